#include "quern/score/exporter.h"

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

}  // namespace quern::score
