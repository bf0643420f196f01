// Steps through a document that parse_json found well formed; nothing is checked again.
#pragma once

#include "quern/score/functions/json.h"

namespace quern::score {

size_t skip_json_spaces(std::string_view text, size_t at);
size_t json_size(std::string_view text, size_t at);  // of the value that begins there
JsonValue json_value_at(std::string_view text, size_t at);

// Calls each(key, value) for the members of an object, or the elements of an array with an empty
// key, until it gives false.
template <class Each>
void each_json(const JsonValue& parent, Each each) {
    std::string_view text = parent.text;
    size_t at = skip_json_spaces(text, 1);
    while (text[at] != ']' && text[at] != '}') {
        JsonValue key;
        if (parent.kind == JsonKind::object) {
            key = json_value_at(text, at);
            at = skip_json_spaces(text, at + key.text.size());
            at = skip_json_spaces(text, at + 1);
        }
        JsonValue value = json_value_at(text, at);
        if (!each(key, value)) return;
        at = skip_json_spaces(text, at + value.text.size());
        if (text[at] == ',') at = skip_json_spaces(text, at + 1);
    }
}

}  // namespace quern::score
