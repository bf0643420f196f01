// A model of another program is read in a restricted process (base/restricted.h): this program,
// started anew. What comes back is a model file like any other, which is verified as all are.
#pragma once

#include <string>

#include "quern/score/importer.h"

namespace quern::flow {

// The verb, which nobody types, that the process is started with.
constexpr std::string_view kReadModelVerb = "read-model";

Result<score::Imported> read_model(const std::string& file, const score::ImportOptions& options);

// In that process: reads standard input, answers on standard output and ends.
[[noreturn]] void answer_read_model(const score::ImportOptions& options);

}  // namespace quern::flow
