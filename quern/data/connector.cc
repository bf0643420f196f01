#include "quern/data/connector.h"

#include <algorithm>

#include "quern/base/hash.h"
#include "quern/base/json.h"
#include "quern/base/text.h"
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

// scheme://user:password@host; a password may hold what should be escaped.
bool has_password(std::string_view url) {
    const size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) return false;
    const auto rest = url.substr(scheme + 3);
    const size_t at = rest.rfind('@'), host_end = rest.starts_with('[') ? rest.find(']') : 0;
    const size_t colon = rest.find(':', host_end);
    if (at == std::string_view::npos || colon > at) return false;
    const size_t port_end = rest.find_first_not_of("0123456789", colon + 1);
    return rest[port_end] != '/' && rest[port_end] != '?';
}

// The place is the file alone: what shows the line would show the secret.
Status refuse_literals(const Connector& connector, const Tree& settings) {
    Status faults;
    for (const auto& [key, value, place] : settings.entries) {
        if (!value.is_scalar() || has_reference(value.text)) continue;
        const bool is_secret = std::ranges::find(connector.secrets, key) != connector.secrets.end();
        const std::string line = " in line " + std::to_string(value.place.line);
        if (is_secret) {
            faults.also(invalid_argument("'" + key + "'" + line + " must not be written down here")
                            .at(*value.place.file)
                            .hint("name where it is: `" + key +
                                  ": ${NAME}` of the environment, or "
                                  "`${file:/run/secrets/name}`"));
        } else if (has_password(value.text)) {
            faults.also(invalid_argument("'" + key + "'" + line + " must not hold a password")
                            .at(*value.place.file)
                            .hint("leave it out, and write `password: ${NAME}`, which takes it "
                                  "from the environment"));
        }
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
    TRY(refuse_literals(**found, connecting.settings));
    TRY(check_keys(**found, connecting.settings, kind.place));
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

Result<std::string> landed_identity(const project::Source& source) {
    const auto found = TRY(connecting(source));
    const auto& connector = *found.connector;
    JsonWriter json;
    json.begin_object();
    // A history goes on wherever its rows come from: no source can give it again.
    const bool is_history = source.loading.mode == project::LoadMode::snapshot;
    if (!is_history) json.field("kind", connector.name);
    for (const auto& [key, value, place] : found.settings.entries) {
        const auto is_in = [&key](const auto& list) {
            return std::ranges::find(list, key) != list.end();
        };
        if (is_in(connector.secrets) || is_history) continue;
        if (!connector.identity.empty() && !is_in(connector.identity)) continue;
        json.key(key).raw(tree_json(value));
    }
    json.field("load", static_cast<int>(source.loading.mode)).key("keys").begin_array();
    for (const auto& key : source.loading.key) json.value(lower_ascii(key.text));
    json.end_array();
    if (source.loading.cursor && !is_history) {
        json.field("cursor", lower_ascii(source.loading.cursor->column.text));
        json.field("start", source.loading.cursor->start);
    }
    return sha256_hex(json.end_object().take());
}

}  // namespace quern::data
