// Scores the rows of a file: as many rows come out as went in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quern/flow/workspace.h"

namespace quern::flow {

struct ScoreFileRequest {
    std::string model;                          // "income", "income@3"
    std::string file;                           // csv, tsv, json, ndjson, parquet; packed or not
    std::string output;                         // the same formats, by the ending
    std::vector<std::string> null_values = {};  // that read as missing beside the source's own
    std::vector<std::string> names = {};        // of the columns; the file then has no header
    std::optional<bool> has_header = {};        // absent: found by reading
    std::string encoding = {};                  // of the file; empty: UTF-8
    bool is_explained = false;                  // also what each feature added to the score
    bool has_interactions = false;              // also what each two of them added together
};

struct ScoreFileReport {
    std::string model;
    int64_t version = 0;
    int64_t row_count = 0;              // of the input and of the output
    int64_t imputed_row_count = 0;      // with a value in place of one that broke the contract
    int64_t bad_row_count = 0;          // among them: no prediction, because a value does not fit
    std::vector<std::string> bad_rows;  // the first of them, in words
    std::string missing_mark;           // a text like 'N/A' that made most of them bad; or empty
    std::vector<std::pair<std::string, int64_t>> predictions;  // of each class, how many
    std::vector<std::string> notes;  // what was found odd in the file's header
    double seconds = 0;
};

// Each row of the output begins with the model's key columns, where the file has them, else with
// the row's number from 1. A row whose values do not fit gets no prediction. Refused: a file that
// lacks a column that the model needs.
Result<ScoreFileReport> score_file(Workspace& workspace, const ScoreFileRequest& request);

}  // namespace quern::flow
