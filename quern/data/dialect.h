// How a delimited file is written: what the source says, and the rest found in its first records.
#pragma once

#include <string>
#include <vector>

#include "quern/data/record_scanner.h"
#include "quern/project/project.h"

namespace quern::data {

struct Layout {
    Dialect dialect;
    std::vector<std::string> names;  // of the columns: unique, not empty
    std::vector<std::string> notes;  // what was renamed, in words
};

// `path` is plain UTF-8, `name` what messages call it. `delimiter` is the format's own one, ""
// where it is to be found.
Result<Layout> find_layout(const std::string& path, const std::string& name,
                           const project::Source& source, const std::string& delimiter);

// Names as a table can have them: surrounding blanks removed, an empty one becomes `column_3`,
// a repeated one (ASCII case does not matter) `name_1`. Each change adds a note.
std::vector<std::string> column_names(std::vector<std::string> written,
                                      std::vector<std::string>& notes);

}  // namespace quern::data
