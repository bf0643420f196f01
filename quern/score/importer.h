// Importers: models of other programs become programs of quern. A file is data from anywhere: an
// importer reads it, runs nothing of it, and refuses what it cannot say exactly. It runs in a
// process that can do nothing but that (base/restricted.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quern/base/registry.h"
#include "quern/score/program.h"

namespace quern::score {

struct ImportOptions {
    std::string format;  // an importer's name; empty: found by the file's bytes
    std::vector<std::string>
        names;           // of the features, where the file has none or others are wanted
    std::string target;  // what the model predicts; empty: "prediction"
};

struct Imported {
    Program program;
    std::string source;              // "XGBoost 3.2.0, gbtree, binary:logistic"
    std::vector<std::string> notes;  // where scores are near the other program's, not equal
};

struct ModelImporter {
    static constexpr std::string_view kind = "model import";
    std::string_view name;     // "lightgbm"
    std::string_view summary;  // what is read
    std::string_view exact;    // how its scores compare with those of the program that made it
    std::string_view example;  // a command line
    bool (*recognizes)(std::string_view bytes);
    // unimplemented, with the name and the way out, for what quern cannot say; corrupt for a file
    // that is not whole.
    Result<Imported> (*read)(std::string_view bytes, const ImportOptions& options);
};

constexpr uint64_t kImportFileBytesMax = uint64_t{1} << 30;

// What comes out is not verified yet: that is done wherever a scorer is made of a program.
Result<Imported> import_model(std::string_view bytes, const ImportOptions& options);

}  // namespace quern::score
