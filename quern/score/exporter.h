// Exporters: a model in a form that other programs run. Each says of itself, in what it writes,
// which model it was made of.
#pragma once

#include <string>
#include <string_view>

#include "quern/base/registry.h"
#include "quern/score/scorer.h"

namespace quern::score {

struct Exporter {
    static constexpr std::string_view kind = "export";
    std::string_view name;     // "artifact"
    std::string_view summary;  // one sentence
    std::string_view example;  // a command line
    std::string_view ending;   // of the files that it is chosen for: ".qn"
    // The file's bytes; unimplemented, with the reason, for what the form cannot say.
    Result<std::string> (*write)(const Scorer& scorer);
};

// By name, or when that is empty by the file's ending.
Result<const Exporter*> find_exporter(std::string_view name, std::string_view file);

}  // namespace quern::score
