// Models of other programs, brought into the project's registry.
#pragma once

#include <string>
#include <vector>

#include "quern/flow/workspace.h"
#include "quern/score/importer.h"

namespace quern::flow {

struct ImportRequest {
    std::string file;
    std::string name;  // of the model from now on
    score::ImportOptions options;
    // Rows to check the scores on; none are checked where it is empty.
    std::string rows;
    // The columns of `rows` with the scores of the other program: the value, the probability of the
    // second of two classes, or one of each class.
    std::vector<std::string> expect;
    double margin = 1e-6;  // of a score, or of 1 where the score is smaller
};

struct ImportReport {
    std::string source;  // what the file is
    int64_t version = 0;
    std::string model_text;  // "100 trees, 3,100 leaves"
    size_t feature_count = 0, class_count = 0;
    int64_t row_count = 0;  // that were checked
    double largest_difference = 0;
    std::vector<std::string> notes;
};

// The version becomes champion. Refused, with the row and both scores, where one is beyond the
// margin; nothing is kept then.
Result<ImportReport> import_model(Workspace& workspace, const ImportRequest& request);

}  // namespace quern::flow
