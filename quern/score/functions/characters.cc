// Functions of single characters: their numbers, one put in another's place, without accents, and
// characters as people see them (grapheme clusters).
#include <algorithm>
#include <cmath>

#include "quern/base/text.h"
#include "quern/score/functions/unicode.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using Text = std::string_view;

int32_t first_character(Text text) {
    size_t size = 0;
    return next_character(text, size);
}

void ascii(Text text, int32_t& out) { out = text.empty() ? 0 : first_character(text); }
void unicode(Text text, int32_t& out) { out = text.empty() ? -1 : first_character(text); }

Row chr(TextArena& arena, int32_t character, Text& out) {
    const bool is_character =
        character >= 0 && character <= 0x10FFFF && !(character >= 0xD800 && character <= 0xDFFF);
    char* to = is_character ? arena.allocate(4) : nullptr;
    if (to == nullptr) return Row::failed;
    out = {to, encode_character(character, to)};
    arena.shrink_last(4 - out.size());
    return Row::value;
}

// The first `from` character decides; those without a partner in `to` are left out.
Row translate(TextArena& arena, Text text, Text from, Text to, Text& out) {
    const size_t room = text.size() * 4;
    char* const begin = arena.allocate(room);
    if (begin == nullptr) return Row::failed;
    size_t size = 0;
    for (size_t at = 0, taken = 0; at < text.size(); at += taken) {
        const int32_t character = next_character(text.substr(at), taken);
        Text now = text.substr(at, taken);
        size_t in_from = 0, in_to = 0;
        for (Text left = from, put = to; !left.empty();
             left.remove_prefix(in_from), put.remove_prefix(in_to)) {
            in_to = 0;
            const bool is_found = next_character(left, in_from) == character;
            if (!put.empty()) next_character(put, in_to);
            if (!is_found) continue;
            now = put.substr(0, in_to);
            break;
        }
        size += now.copy(begin + size, now.size());
    }
    arena.shrink_last(room - size);
    out = {begin, size};
    return Row::value;
}

template <std::string (*normalised)(Text)>
Row normalise(TextArena& arena, Text text, Text& out) {
    out = text;
    if (is_ascii(text)) return Row::value;
    const std::string made = normalised(text);
    char* to = arena.allocate(made.size());
    if (to == nullptr) return Row::failed;
    out = {to, made.copy(to, made.size())};
    return Row::value;
}

// In texts of ASCII alone DuckDB counts every byte, "\r\n" too.
int64_t grapheme_count(Text text) {
    if (is_ascii(text)) return static_cast<int64_t>(text.size());
    int64_t count = 0;
    for (; !text.empty(); ++count) text.remove_prefix(grapheme_size(text));
    return count;
}

void length_grapheme(Text text, int64_t& out) { out = grapheme_count(text); }

// Where `offset` and `length` lead among `count` characters: [from, to). False when nowhere.
bool find_range(int64_t count, int64_t offset, int64_t length, int64_t& from, int64_t& to) {
    if (length == 0) return false;
    from = offset > 0   ? std::min(count, offset - 1)
           : offset < 0 ? std::max<int64_t>(count + offset, 0)
                        : 0;
    if (offset == 0 && --length <= 0) return false;
    if (length > 0) {
        to = std::min(count, from + length);
    } else {
        to = from;
        from = std::max<int64_t>(0, from + length);
    }
    return from != to;
}

Row substring_grapheme(Text text, int64_t offset, int64_t length, Text& out) {
    constexpr int64_t kLeast = -4294967296, kMost = 4294967295;
    if (offset < kLeast || offset > kMost || length < kLeast || length > kMost) return Row::failed;
    out = {};
    int64_t from = 0, to = 0;
    if (!find_range(static_cast<int64_t>(text.size()), offset, length, from, to)) return Row::value;
    const auto looked_at = static_cast<size_t>(to) + 1;  // an accent may follow
    if (is_ascii(text.substr(0, looked_at))) {
        out = text.substr(static_cast<size_t>(from), static_cast<size_t>(to - from));
        return Row::value;
    }
    if (offset < 0) find_range(grapheme_count(text), offset, length, from, to);
    size_t begin = Text::npos, end = text.size();
    int64_t index = 0;
    for (size_t at = 0; at < text.size(); at += grapheme_size(text.substr(at)), ++index) {
        if (index == from) {
            begin = at;
        } else if (index == to) {
            end = at;
            break;
        }
    }
    if (begin != Text::npos) out = text.substr(begin, end - begin);
    return Row::value;
}

Row grapheme_to_end(Text text, int64_t offset, Text& out) {
    return substring_grapheme(text, offset, 4294967295, out);
}

Row left_grapheme(Text text, int64_t count, Text& out) {
    if (count < 0) count = std::max<int64_t>(0, grapheme_count(text) + count);
    return substring_grapheme(text, 1, count, out);
}

Row right_grapheme(Text text, int64_t count, Text& out) {
    const int64_t all = grapheme_count(text);
    int64_t taken = 0;
    if (count >= 0)
        taken = std::min(all, count);
    else if (count != INT64_MIN)
        taken = all - std::min(all, -count);
    return substring_grapheme(text, all - taken + 1, taken, out);
}

Result<BoundFunction> bind_substring(const Signature& signature) {
    if (signature.arguments.size() == 2)
        return bind_as<grapheme_to_end, Text, Text, int64_t>(signature);
    return bind_as<substring_grapheme, Text, Text, int64_t, int64_t>(signature);
}

// text[from:to] of characters counted from 1, or back from the end when negative.
void slice(Text text, int64_t from, int64_t to, Text& out) {
    const int64_t count = character_count(text);
    const bool is_least = from == INT64_MIN;
    if (is_least)
        ++from;
    else if (from != 0)
        --from;
    const bool is_before = from < 0 && -from > count;
    out = {};
    if (is_before && to < 0 && to < -count) return;
    if (is_before) from = 0;
    from = from < 0 ? count + from + (is_least ? 0 : 1) : std::min(from, count);
    to = to < 0 ? count + to + 1 : std::min(to, count);
    if (to <= from || to <= 0) return;
    const size_t begin = character_offset(text, std::max<int64_t>(from, 0));
    const Text rest = text.substr(begin);
    out = rest.substr(0, character_offset(rest, to - std::max<int64_t>(from, 0)));
}

// A bar of blocks, an eighth of a cell exact.
Row bar(TextArena& arena, double x, double low, double high, double cells, Text& out) {
    constexpr Text kParts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    if (!(cells >= 1 && cells <= 1000)) return Row::failed;
    double width = 0;
    const bool is_above = x > low && !std::isnan(high);
    if (is_above) width = x >= high ? cells : cells * (x - low) / (high - low);
    if (!std::isfinite(width)) return Row::failed;
    const auto eighths = static_cast<uint32_t>(width * 8);
    const size_t full = eighths / 8, part = eighths % 8;
    const auto all = static_cast<size_t>(cells);
    char* const begin = arena.allocate(all * 3 + 3);
    if (begin == nullptr) return Row::failed;
    char* to = begin;
    for (size_t i = 0; i < full; ++i) to += Text("█").copy(to, 3);
    to += kParts[part].copy(to, 3);
    for (size_t used = full + (part != 0 ? 1 : 0); used < all; ++used) *to++ = ' ';
    out = {begin, static_cast<size_t>(to - begin)};
    arena.shrink_last(all * 3 + 3 - out.size());
    return Row::value;
}

Row bar_of_80(TextArena& arena, double x, double low, double high, Text& out) {
    return bar(arena, x, low, high, 80, out);
}

Result<BoundFunction> bind_bar(const Signature& signature) {
    if (signature.arguments.size() == 3)
        return bind_making<bar_of_80, double, double, double>(signature);
    return bind_making<bar, double, double, double, double>(signature);
}

}  // namespace

QUERN_ROW_FUNCTION("ascii", "The number of the first character; 0 of an empty text.",
                   "ascii('a') = 97", bind_as<ascii, int32_t, Text>);
QUERN_ROW_FUNCTION("unicode", "The number of the first character; -1 of an empty text.",
                   "unicode('é') = 233", bind_as<unicode, int32_t, Text>);
QUERN_ROW_FUNCTION("ord", "The same as unicode.", "ord('é') = 233",
                   bind_as<unicode, int32_t, Text>);
QUERN_ROW_FUNCTION("chr", "The character of a number.", "chr(97) = 'a'", bind_making<chr, int32_t>);
QUERN_ROW_FUNCTION("translate", "Each character of one list replaced by its partner in another.",
                   "translate('quern', 'un', 'U') = 'qUer'",
                   bind_making<translate, Text, Text, Text>);
QUERN_ROW_FUNCTION("strip_accents", "Without the marks on letters.", "strip_accents('é') = 'e'",
                   bind_making<normalise<without_marks>, Text>);
QUERN_ROW_FUNCTION("nfc_normalize", "Letters and their marks joined, by Unicode's form NFC.",
                   "nfc_normalize('é') = 'é'", bind_making<normalise<composed>, Text>);
QUERN_ROW_FUNCTION("length_grapheme", "How many characters as people see them.",
                   "length_grapheme('🤦🏼‍♂️') = 1",
                   bind_as<length_grapheme, int64_t, Text>);
QUERN_ROW_FUNCTION("substring_grapheme", "substring by characters as people see them.",
                   "substring_grapheme('🤦🏼‍♂️é', 2, 1) = 'é'", bind_substring);
QUERN_ROW_FUNCTION("left_grapheme", "left by characters as people see them.",
                   "left_grapheme('éa', 1) = 'é'", bind_as<left_grapheme, Text, Text, int64_t>);
QUERN_ROW_FUNCTION("right_grapheme", "right by characters as people see them.",
                   "right_grapheme('aé', 1) = 'é'", bind_as<right_grapheme, Text, Text, int64_t>);
QUERN_ROW_FUNCTION("slice_text", "Characters from one position to another; text[a:b] becomes it.",
                   "('quern')[2:4] = 'uer'", bind_as<slice, Text, Text, int64_t, int64_t>);
QUERN_ROW_FUNCTION("bar", "A bar for a number between two others, so many characters wide.",
                   "bar(5, 0, 10, 4) = '██  '", bind_bar);

}  // namespace quern::score
