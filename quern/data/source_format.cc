#include "quern/data/source_format.h"

#include <algorithm>
#include <set>

#include "quern/base/folder.h"
#include "quern/base/text.h"

namespace quern::data {

Result<const SourceFormat*> format_of(const project::Source& source, const std::string& file) {
    const auto& registry = Registry<SourceFormat>::of_kind();
    const std::string place = source.place.text();
    if (!source.format.empty()) {
        auto found = registry.find(source.format);
        if (found.ok()) return found;
        return std::move(found).status().at(place);
    }
    std::string name = lower_ascii(file_name(file));
    for (const std::string_view packed : {".gz", ".zst", ".gzip", ".zstd"}) {
        if (name.ends_with(packed)) name.resize(name.size() - packed.size());
    }
    for (const auto& format : registry.all()) {
        for (const auto ending : format.endings) {
            if (name.ends_with(ending)) return &format;
        }
    }
    std::string names;
    for (const auto& known : registry.all()) {
        if (place.empty() && known.endings.empty()) continue;
        names += (names.empty() ? "" : ", ") + std::string(known.name);
    }
    const std::string advice =
        place.empty() ? "let its name end in one of " : "add `format:` with one of ";
    return invalid_argument("the ending of " + file + " does not tell its format")
        .at(place)
        .hint(advice + names);
}

std::string encoding_hint(const project::Source& source, const std::string& encoding) {
    if (source.place.text().empty()) return "add --encoding " + encoding;
    return "add `encoding: " + encoding + "` to the source";
}

bool declares_all(const project::Source& source, const std::vector<std::string>& names) {
    if (source.columns.size() < names.size()) return false;
    std::set<std::string> declared;
    for (const auto& column : source.columns) {
        if (!column.type.empty()) declared.insert(lower_ascii(column.name));
    }
    return std::ranges::all_of(
        names, [&](const auto& name) { return declared.contains(lower_ascii(name)); });
}

}  // namespace quern::data
