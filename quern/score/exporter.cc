#include "quern/score/exporter.h"

#include <algorithm>

namespace quern::score {

Result<const Exporter*> find_exporter(std::string_view name, std::string_view file) {
    const auto& registry = Registry<Exporter>::of_kind();
    if (!name.empty()) return registry.find(name);
    std::string endings;
    for (const auto& exporter : registry.all()) {
        if (file.ends_with(exporter.ending)) return &exporter;
        endings += (endings.empty() ? "" : ", ") + std::string(exporter.ending);
    }
    return invalid_argument("no export is known by the ending of '" + std::string(file) + "'")
        .hint("endings are " + endings + "; or name the form with --to");
}

std::string file_stem(std::string_view file) {
    file.remove_prefix(std::min(file.rfind('/') + 1, file.size()));
    return std::string(file.substr(0, file.rfind('.')));
}

}  // namespace quern::score
