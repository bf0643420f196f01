#include "quern/score/functions/letter_case.h"

#include "quern/score/functions/unicode.h"

namespace quern::score {
namespace {

// `first` is the first of the ASCII letters that change.
template <int32_t (*convert)(int32_t), char first>
Row change_case(TextArena& arena, std::string_view text, std::string_view& out) {
    const bool is_plain = is_ascii(text);
    // A character may take a byte more in the other case, never more than one and a half times.
    size_t room = text.size() * (is_plain ? 1 : 2), size = 0;
    char* to = arena.allocate(room);
    if (to == nullptr) return Row::failed;
    if (is_plain) {
        for (size_t i = 0; i < room; ++i)
            to[i] =
                static_cast<char>(text[i] ^ (static_cast<uint8_t>(text[i] - first) < 26 ? 32 : 0));
        out = {to, room};
        return Row::value;
    }
    for (size_t at = 0, taken = 0; at < text.size(); at += taken)
        size += encode_character(convert(next_character(text.substr(at), taken)), to + size);
    arena.shrink_last(room - size);
    out = {to, size};
    return Row::value;
}

}  // namespace

Row lower_case(TextArena& arena, std::string_view text, std::string_view& out) {
    return change_case<lower_character, 'A'>(arena, text, out);
}

Row upper_case(TextArena& arena, std::string_view text, std::string_view& out) {
    return change_case<upper_character, 'a'>(arena, text, out);
}

}  // namespace quern::score
