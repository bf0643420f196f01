#include "quern/score/importer.h"

namespace quern::score {
namespace {

Result<const ModelImporter*> find_importer(std::string_view bytes, std::string_view name) {
    const auto& registry = Registry<ModelImporter>::of_kind();
    if (!name.empty()) return registry.find(name);
    std::string names;
    for (const auto& importer : registry.all()) {
        if (importer.recognizes(bytes)) return &importer;
        names += (names.empty() ? "" : ", ") + std::string(importer.name);
    }
    return invalid_argument("the file is no model of a kind that can be read")
        .hint("kinds are " + names + "; name one with --from to hear what is wrong with the file");
}

}  // namespace

Result<Imported> import_model(std::string_view bytes, const ImportOptions& options) {
    if (bytes.size() > kImportFileBytesMax) return resource_exhausted("the file is above 1 GiB");
    const ModelImporter* importer = TRY(find_importer(bytes, options.format));
    return importer->read(bytes, options);
}

}  // namespace quern::score
