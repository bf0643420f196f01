#include "quern/data/connector.h"

#include <algorithm>

#include "quern/data/secrets.h"

namespace quern::data {
namespace {

// `postgres: postgresql://...` is short for `postgres: {url: postgresql://...}`.
Tree as_map(const Connector& connector, const Tree& written, const Place& place) {
    Tree map = written;
    if (written.is_scalar() && !connector.short_for.empty()) {
        map = Tree::map({{std::string(connector.short_for), written, written.place}});
    } else if (written.is_null()) {
        map = Tree::map({});
    }
    map.place = written.is_null() ? place : written.place;
    return map;
}

Status refuse_literals(const Connector& connector, const Tree& settings) {
    Status faults;
    for (const auto& [key, value, place] : settings.entries) {
        if (std::ranges::find(connector.secrets, key) == connector.secrets.end()) continue;
        if (!value.is_scalar() || has_reference(value.text)) continue;
        faults.also(invalid_argument("'" + key + "' must not be written down here")
                        .at(place.text())
                        .hint("name where it is: `" + key +
                              ": ${NAME}` of the environment, or "
                              "`${file:/run/secrets/name}`"));
    }
    return faults;
}

// Each param on its own, as its struct is known to the connector alone.
Status check_keys(const Connector& connector, const Tree& settings, const Place& place) {
    if (!settings.is_map()) {
        return invalid_argument("'" + std::string(connector.name) + "' must be a map of settings")
            .at(settings.place.text());
    }
    std::vector<std::string_view> names;
    for (const auto& known : connector.params) names.push_back(known.name);
    Status faults;
    for (const auto& entry : settings.entries) {
        if (std::ranges::find(names, entry.key) != names.end()) continue;
        faults.also(unknown_name("setting of " + std::string(connector.name), entry.key, names)
                        .at(entry.place.text()));
    }
    for (const auto& known : connector.params) {
        if (!known.is_required || settings.find(known.name) != nullptr) continue;
        faults.also(invalid_argument(std::string(connector.name) + " needs the setting '" +
                                     known.name + "'")
                        .at(place.text())
                        .hint(known.doc));
    }
    return faults;
}

}  // namespace

Result<Connecting> connecting(const project::Source& source) {
    const auto& kind = source.origin->kind;
    auto found = Registry<Connector>::of_kind().find(kind.text);
    if (!found.ok()) {
        auto names = Registry<Connector>::of_kind().names();
        names.push_back("file");
        return unknown_name(Connector::kind, kind.text, names).at(kind.place.text());
    }
    Connecting connecting{*found, as_map(**found, source.origin->settings, kind.place)};
    Status faults = check_keys(**found, connecting.settings, kind.place);
    faults.also(refuse_literals(**found, connecting.settings));
    TRY(std::move(faults));
    return connecting;
}

std::string page_of(const Connector& connector) {
    std::string text(connector.summary);
    if (connector.is_stream) text += " A stream: what was read is not read again.";
    text += "\n\n```yaml\n" + std::string(connector.example) + "```\n\n" +
            markdown_table(connector.params);
    if (!connector.short_for.empty()) {
        text += "\nA plain text is short for `" + std::string(connector.short_for) + "`.\n";
    }
    for (const auto secret : connector.secrets) {
        text += "\n`" + std::string(secret) +
                "` is a secret: written as `${NAME}` or "
                "`${file:PATH}`.\n";
    }
    return text;
}

}  // namespace quern::data
