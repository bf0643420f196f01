// `quern new`: reads a file, looks at every column, and writes a complete project that a person can
// read and change: source, cleaned table with checks that hold today, model, service.
#pragma once

#include <string>
#include <vector>

#include "quern/base/status.h"

namespace quern::flow {

struct NewProject {
    std::string folder;                   // to make; its last part is the project's name
    std::string file;                     // CSV, TSV, Parquet, JSON or NDJSON
    std::string target;                   // column to learn; empty: no model and no service
    std::vector<std::string> names = {};  // of the columns, for a file without a header
    std::string encoding = {};            // of the file; empty: UTF-8
};

struct NewFile {
    std::string path;  // relative to the folder
    std::string note;  // "15 columns typed, bad rows quarantined"
};

struct NewReport {
    std::string file_words;    // "Read census.csv: 32,561 rows, 15 columns, 3.8 MB (0.09 s)"
    std::string target_words;  // "Target income: 2 values (<=50K 76 %, ...), so a binary ..."
    std::vector<NewFile> files;
};

// already_exists when the folder holds anything; not_found with the nearest name for a target that
// is no column. Nothing is written unless all of it can be.
Result<NewReport> new_project(const NewProject& wanted);

}  // namespace quern::flow
