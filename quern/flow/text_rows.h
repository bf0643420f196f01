// The rows of a file as texts, to be judged by a model's own contract: the same for a file as for a
// request.
#pragma once

#include <string>
#include <vector>

#include "quern/data/load.h"
#include "quern/frame/type.h"
#include "quern/project/project.h"
#include "quern/sql/session.h"

namespace quern::flow {

struct TextRows {
    frame::Schema columns;           // with the types that their values have
    std::vector<std::string> notes;  // what was found odd in the file
};

// Loads the file into a table of `session` whose columns are all texts; what cannot be read goes to
// another. `like` says how it is written.
Result<TextRows> load_text_rows(sql::Session& session, const std::string& file,
                                const project::Source& like, const data::LoadTarget& target);

}  // namespace quern::flow
