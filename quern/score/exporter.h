// Exporters: a model in a form that other programs run. Each says of itself, in what it writes,
// which model it was made of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quern/base/registry.h"
#include "quern/score/scorer.h"

namespace quern::score {

struct ExportOptions {
    std::string file;     // the name that it will have: "income.c"
    std::string dialect;  // of SQL; empty: the form's first
};

struct ExportFile {
    std::string name;  // beside the main one
    std::string bytes;
};

struct Export {
    std::string bytes;                 // of the file itself
    std::vector<ExportFile> beside;    // that are written with it
    std::vector<std::string> refused;  // parts that are left out, in words
    double margin = 0;                 // how far a score may be off; beyond, the check fails
    std::string parity;                // how near it comes to the scorer, and where not
};

struct Exporter {
    static constexpr std::string_view kind = "export";
    std::string_view name;     // "artifact"
    std::string_view summary;  // one sentence
    std::string_view example;  // a command line
    std::string_view ending;   // of the files that it is chosen for: ".qn"
    // unimplemented, with the place and the way out, for what the form cannot say.
    Result<Export> (*write)(const Scorer& scorer, const ExportOptions& options);
};

// By name, or when that is empty by the file's ending.
Result<const Exporter*> find_exporter(std::string_view name, std::string_view file);

}  // namespace quern::score
