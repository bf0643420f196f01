// Functions that make texts of texts.
#include <algorithm>
#include <cstring>

#include "quern/score/functions/letter_case.h"
#include "quern/score/functions/unicode.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using Text = std::string_view;

// Offsets and lengths beyond 32 bits fail a row, as in DuckDB.
bool is_in_range(int64_t number) { return number >= -4294967296 && number <= 4294967295; }

// Characters [from, to) counted from 0, as far as they are there.
Text slice(Text text, int64_t from, int64_t to) {
    if (to <= from || to <= 0) return {};
    size_t begin = character_offset(text, std::max<int64_t>(from, 0));
    Text rest = text.substr(begin);
    return rest.substr(0, character_offset(rest, to - std::max<int64_t>(from, 0)));
}

Row substring(Text text, int64_t offset, int64_t length, Text& out) {
    if (!is_in_range(offset) || !is_in_range(length)) return Row::failed;
    int64_t from = offset < 0 ? character_count(text) + offset : offset - 1;
    int64_t to = from + length;
    if (length < 0) std::swap(from, to);
    // Going back from the front stops there.
    out = slice(text, from, to);
    return Row::value;
}

Row substring_to_end(Text text, int64_t offset, Text& out) {
    return substring(text, offset, 4294967295, out);
}

Result<BoundFunction> bind_substring(const Signature& signature) {
    if (signature.arguments.size() == 2)
        return bind_as<substring_to_end, Text, Text, int64_t>(signature);
    return bind_as<substring, Text, Text, int64_t, int64_t>(signature);
}

Row left(Text text, int64_t count, Text& out) {
    if (count > 4294967295) return Row::failed;
    out = slice(text, 0, count >= 0 ? count : character_count(text) + count);
    return Row::value;
}

Row right(Text text, int64_t count, Text& out) {
    int64_t all = character_count(text), taken = 0;
    if (count >= 0)
        taken = std::min(all, count);
    else if (count != INT64_MIN)
        taken = all - std::min(all, -count);
    out = slice(text, all - taken, all);
    return Row::value;
}

template <bool from_left, bool from_right, class IsTrimmed>
Text trimmed(Text text, IsTrimmed is_trimmed) {
    size_t begin = 0, size = 0;
    while (from_left && begin < text.size()) {
        if (!is_trimmed(next_character(text.substr(begin), size))) break;
        begin += size;
    }
    if (!from_right) return text.substr(begin);
    size_t end = begin;
    for (size_t at = begin; at < text.size();) {
        int32_t character = next_character(text.substr(at), size);
        at += size;
        if (!is_trimmed(character)) end = at;
    }
    return text.substr(begin, end - begin);
}

template <bool from_left, bool from_right>
Result<BoundFunction> bind_trim(const Signature& signature) {
    if (signature.arguments.size() == 2) {
        return bind_as<[](Text text, Text characters, Text& out) {
            out = trimmed<from_left, from_right>(text, [characters](int32_t character) {
                for (size_t at = 0, size = 0; at < characters.size(); at += size)
                    if (next_character(characters.substr(at), size) == character) return true;
                return false;
            });
        },
                       Text, Text, Text>(signature);
    }
    return bind_as<[](Text text, Text& out) {
        out = trimmed<from_left, from_right>(text, is_space_separator);
    },
                   Text, Text>(signature);
}

Row replace(TextArena& arena, Text text, Text from, Text to, Text& out) {
    size_t count = 0;
    for (size_t at = 0; !from.empty() && (at = text.find(from, at)) != Text::npos;
         at += from.size())
        ++count;
    out = text;
    if (count == 0) return Row::value;
    size_t size = text.size() - count * from.size() + count * to.size();
    char* next = arena.allocate(size);
    if (next == nullptr) return Row::failed;
    out = {next, size};
    for (size_t at = 0;;) {
        size_t found = text.find(from, at);
        Text before = text.substr(at, found == Text::npos ? Text::npos : found - at);
        next += before.copy(next, before.size());
        if (found == Text::npos) return Row::value;
        next += to.copy(next, to.size());
        at = found + from.size();
    }
}

Row reverse(TextArena& arena, Text text, Text& out) {
    char* to = arena.allocate(text.size());
    if (to == nullptr) return Row::failed;
    out = {to, text.size()};
    char* end = to + text.size();
    while (!text.empty()) {
        size_t size = grapheme_size(text);
        end -= size;
        text.copy(end, size);
        text.remove_prefix(size);
    }
    return Row::value;
}

Row repeat(TextArena& arena, Text text, int64_t count, Text& out) {
    out = {};
    if (count <= 0 || text.empty()) return Row::value;
    size_t size = 0;
    if (__builtin_mul_overflow(text.size(), static_cast<size_t>(count), &size)) return Row::failed;
    char* to = arena.allocate(size);
    if (to == nullptr) return Row::failed;
    for (int64_t i = 0; i < count; ++i)
        text.copy(to + static_cast<size_t>(i) * text.size(), text.size());
    out = {to, size};
    return Row::value;
}

// Bytes of `count` characters of the padding, which starts again when it ends.
size_t padding_size(Text padding, int64_t count) {
    int64_t all = character_count(padding);
    size_t rest = character_offset(padding, count % all);
    return static_cast<size_t>(count / all) * padding.size() + rest;
}

template <bool is_left>
Row pad(TextArena& arena, Text text, int32_t length, Text padding, Text& out) {
    int64_t wanted = std::max<int64_t>(length, 0);
    Text kept = slice(text, 0, wanted);
    int64_t missing = wanted - character_count(kept);
    out = kept;
    if (missing == 0) return Row::value;
    if (padding.empty()) return Row::failed;
    size_t fill = padding_size(padding, missing);
    char* to = arena.allocate(fill + kept.size());
    if (to == nullptr) return Row::failed;
    out = {to, fill + kept.size()};
    if (!is_left) to += kept.copy(to, kept.size());
    for (size_t done = 0; done < fill;) {
        Text piece = padding.substr(0, std::min(padding.size(), fill - done));
        done += piece.copy(to + done, piece.size());
    }
    if (is_left) kept.copy(to + fill, kept.size());
    return Row::value;
}

void join(const Call& call, Text separator, size_t first, size_t row) {
    size_t size = 0;
    bool is_first = true;
    for (const Vector* argument : call.arguments.subspan(first)) {
        if (!argument->is_valid(row)) continue;
        size += argument->values<Text>()[row].size() + (is_first ? 0 : separator.size());
        is_first = false;
    }
    char* to = call.texts.allocate(size);
    if (to == nullptr) return set_outcome(call.out, row, Row::failed);
    call.out.values<Text>()[row] = {to, size};
    is_first = true;
    for (const Vector* argument : call.arguments.subspan(first)) {
        if (!argument->is_valid(row)) continue;
        if (!is_first) to += separator.copy(to, separator.size());
        Text text = argument->values<Text>()[row];
        to += text.copy(to, text.size());
        is_first = false;
    }
}

// NULLs are left out; only a NULL separator makes the result NULL.
template <bool has_separator>
void concat_rows(const Call& call) {
    combine_arguments(call);
    for (size_t w = 0; w < word_count(call.row_count); ++w) {
        uint64_t rows = row_bits(w, call.row_count) & ~call.out.failed[w];
        if (has_separator) rows &= call.arguments[0]->valid[w];
        call.out.valid[w] = rows;
        for_bits(rows, w * 64, [&](size_t row) {
            Text separator = has_separator ? call.arguments[0]->values<Text>()[row] : Text();
            join(call, separator, has_separator ? 1 : 0, row);
        });
    }
}

template <bool has_separator>
Result<BoundFunction> bind_concat(const Signature& signature) {
    bool fits = signature.result.id == frame::TypeId::varchar && !signature.arguments.empty();
    for (const auto& type : signature.arguments) fits = fits && type.id == frame::TypeId::varchar;
    if (!fits) return no_overload(signature);
    return BoundFunction{concat_rows<has_separator>, nullptr};
}

Row concat_two(TextArena& arena, Text a, Text b, Text& out) {
    char* to = arena.allocate(a.size() + b.size());
    if (to == nullptr) return Row::failed;
    a.copy(to, a.size());
    b.copy(to + a.size(), b.size());
    out = {to, a.size() + b.size()};
    return Row::value;
}

}  // namespace

QUERN_ROW_FUNCTION("lower", "In lower case, by Unicode's simple rules.", "lower('ÄB') = 'äb'",
                   bind_making<lower_case, Text>);
QUERN_ROW_FUNCTION("lcase", "The same as lower.", "lcase('AB') = 'ab'",
                   bind_making<lower_case, Text>);
QUERN_ROW_FUNCTION("upper", "In upper case, by Unicode's simple rules.", "upper('äb') = 'ÄB'",
                   bind_making<upper_case, Text>);
QUERN_ROW_FUNCTION("ucase", "The same as upper.", "ucase('ab') = 'AB'",
                   bind_making<upper_case, Text>);
QUERN_ROW_FUNCTION("substr", "Characters from an offset (1 is the first, -1 the last), so many.",
                   "substr('quern', 2, 3) = 'uer'", bind_substring);
QUERN_ROW_FUNCTION("substring", "The same as substr.", "substring('quern', 2, 3) = 'uer'",
                   bind_substring);
QUERN_ROW_FUNCTION("left", "The first characters; all but so many when negative.",
                   "left('quern', 2) = 'qu'", bind_as<left, Text, Text, int64_t>);
QUERN_ROW_FUNCTION("right", "The last characters; all but so many when negative.",
                   "right('quern', 2) = 'rn'", bind_as<right, Text, Text, int64_t>);
QUERN_ROW_FUNCTION("trim", "Without spaces, or the given characters, at both ends.",
                   "trim(' a ') = 'a'", bind_trim<true, true>);
QUERN_ROW_FUNCTION("ltrim", "Without spaces, or the given characters, at the front.",
                   "ltrim(' a ') = 'a '", bind_trim<true, false>);
QUERN_ROW_FUNCTION("rtrim", "Without spaces, or the given characters, at the end.",
                   "rtrim(' a ') = ' a'", bind_trim<false, true>);
QUERN_ROW_FUNCTION("replace", "Each occurrence of one text replaced by another.",
                   "replace('aXbX', 'X', '-') = 'a-b-'", bind_making<replace, Text, Text, Text>);
QUERN_ROW_FUNCTION("reverse", "The characters in reverse order.", "reverse('abc') = 'cba'",
                   bind_making<reverse, Text>);
QUERN_ROW_FUNCTION("repeat", "The text so many times over.", "repeat('ab', 2) = 'abab'",
                   bind_making<repeat, Text, int64_t>);
QUERN_ROW_FUNCTION("lpad", "Filled up at the front to a length.", "lpad('7', 3, '0') = '007'",
                   bind_making<pad<true>, Text, int32_t, Text>);
QUERN_ROW_FUNCTION("rpad", "Filled up at the end to a length.", "rpad('7', 3, '0') = '700'",
                   bind_making<pad<false>, Text, int32_t, Text>);
QUERN_ROW_FUNCTION("||", "Two texts joined; NULL when one is NULL.", "'a' || 'b' = 'ab'",
                   bind_making<concat_two, Text, Text>);
QUERN_ROW_FUNCTION("concat", "Texts joined; NULLs are left out.", "concat('a', null, 'b') = 'ab'",
                   bind_concat<false>);
QUERN_ROW_FUNCTION("concat_ws", "Texts joined with a separator; NULLs are left out.",
                   "concat_ws('-', 'a', null, 'b') = 'a-b'", bind_concat<true>);

}  // namespace quern::score
