// Functions that look into texts: lengths, positions, LIKE.
#include "quern/score/functions/letter_case.h"
#include "quern/score/functions/unicode.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using Text = std::string_view;

void length(Text text, int64_t& out) { out = character_count(text); }
void byte_length(Text text, int64_t& out) { out = static_cast<int64_t>(text.size()); }
void contains(Text text, Text part, bool& out) { out = text.find(part) != Text::npos; }
void starts_with(Text text, Text part, bool& out) { out = text.starts_with(part); }
void ends_with(Text text, Text part, bool& out) { out = text.ends_with(part); }

// Counted in characters from 1; 0 when it is not there.
void position(Text text, Text part, int64_t& out) {
    size_t at = text.find(part);
    out = at == Text::npos ? 0 : character_count(text.substr(0, at)) + 1;
}

size_t skip_character(Text text, size_t at) {
    do ++at;
    while (at < text.size() && !is_character_start(text[at]));
    return at;
}

// % is any text, _ any one character. Remembers only the last %: what matched before it may stay.
// Failed: the pattern ends with its escape character.
Row matches_like(Text text, Text pattern, const char* escape, bool& out) {
    size_t at = 0, p = 0, retry_at = 0, retry_p = Text::npos;
    out = false;
    while (at < text.size()) {
        bool is_escape = escape != nullptr && p < pattern.size() && pattern[p] == *escape;
        if (is_escape && p + 1 == pattern.size()) return Row::failed;
        if (p < pattern.size() && !is_escape && pattern[p] == '%') {
            retry_p = ++p;
            retry_at = at;
        } else if (p < pattern.size() && !is_escape && pattern[p] == '_') {
            at = skip_character(text, at);
            ++p;
        } else if (p < pattern.size() && pattern[p + is_escape] == text[at]) {
            ++at;
            p += 1 + is_escape;
        } else if (retry_p != Text::npos) {
            p = retry_p;
            at = ++retry_at;
        } else {
            return Row::value;
        }
    }
    while (p < pattern.size() && pattern[p] == '%') ++p;
    out = p == pattern.size();
    return Row::value;
}

template <bool is_negated>
Row like(Text text, Text pattern, bool& out) {
    Row row = matches_like(text, pattern, nullptr, out);
    if (is_negated) out = !out;
    return row;
}

template <bool is_negated>
Row like_escape(Text text, Text pattern, Text escape, bool& out) {
    if (escape.size() > 1) return Row::failed;
    Row row = matches_like(text, pattern, escape.empty() ? nullptr : escape.data(), out);
    if (is_negated) out = !out;
    return row;
}

template <bool is_negated>
void ilike_rows(const Call& call) {
    map_rows<bool, Text, Text>(call, [&](Text text, Text pattern, bool& out) {
        Text low_text, low_pattern;
        if (lower_case(call.texts, text, low_text) == Row::failed) return Row::failed;
        if (lower_case(call.texts, pattern, low_pattern) == Row::failed) return Row::failed;
        return like<is_negated>(low_text, low_pattern, out);
    });
}

template <bool is_negated>
void ilike_escape_rows(const Call& call) {
    map_rows<bool, Text, Text, Text>(call, [&](Text text, Text pattern, Text escape, bool& out) {
        Text low_text, low_pattern;
        if (lower_case(call.texts, text, low_text) == Row::failed) return Row::failed;
        if (lower_case(call.texts, pattern, low_pattern) == Row::failed) return Row::failed;
        return like_escape<is_negated>(low_text, low_pattern, escape, out);
    });
}

template <bool is_negated>
Result<BoundFunction> bind_ilike(const Signature& signature) {
    if (fits<bool, Text, Text>(signature)) return BoundFunction{ilike_rows<is_negated>, nullptr};
    if (fits<bool, Text, Text, Text>(signature))
        return BoundFunction{ilike_escape_rows<is_negated>, nullptr};
    return no_overload(signature);
}

void bit_length(Text text, int64_t& out) { out = static_cast<int64_t>(text.size()) * 8; }

// [abc], [a-z], [!a]: whether the byte is one of them; moves behind the bracket.
bool is_in_bracket(Text pattern, size_t& p, char c) {
    const bool is_negated = ++p < pattern.size() && pattern[p] == '!';
    if (is_negated) ++p;
    bool is_found = false;
    for (const size_t begin = p;
         p + 1 < pattern.size() || (p < pattern.size() && pattern[p] == ']');) {
        if (pattern[p] == ']' && p > begin) {
            ++p;
            return is_found != is_negated;
        }
        const bool is_range = p + 1 < pattern.size() && pattern[p + 1] == '-';
        if (is_range && p + 2 >= pattern.size()) break;
        is_found =
            is_found || (is_range ? c >= pattern[p] && c <= pattern[p + 2] : c == pattern[p]);
        p += is_range ? 3 : 1;
    }
    p = pattern.size();
    return false;  // never closed
}

// One byte against one item of the pattern that is no *; moves behind the item.
bool matches_item(Text pattern, size_t& p, char c) {
    if (pattern[p] == '[') return is_in_bracket(pattern, p, c);
    if (pattern[p] == '?') return ++p > 0;
    if (pattern[p] == '\\' && ++p == pattern.size()) return false;
    return pattern[p++] == c;
}

// Bytes, not characters, as in DuckDB. Remembers only the last *, as LIKE does the last %.
void glob(Text text, Text pattern, bool& out) {
    size_t p = 0, at = 0, retry_p = Text::npos, retry_at = 0;
    out = false;
    while (at < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            retry_p = ++p;
            retry_at = at;
        } else if (p < pattern.size() && matches_item(pattern, p, text[at])) {
            ++at;
        } else if (retry_p != Text::npos) {
            p = retry_p;
            at = ++retry_at;
        } else {
            return;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    out = p == pattern.size();
}

template <auto f, class Out, class... In>
Result<BoundFunction> bind_text(const Signature& signature) {
    // Bytes have other rules than texts.
    for (const auto& type : signature.arguments)
        if (type.id == frame::TypeId::blob) return no_overload(signature);
    return bind_as<f, Out, In...>(signature);
}

}  // namespace

QUERN_ROW_FUNCTION("length", "How many characters.", "length('né') = 2",
                   bind_text<length, int64_t, Text>);
QUERN_ROW_FUNCTION("len", "The same as length.", "len('né') = 2", bind_text<length, int64_t, Text>);
QUERN_ROW_FUNCTION("char_length", "The same as length.", "char_length('né') = 2",
                   bind_text<length, int64_t, Text>);
QUERN_ROW_FUNCTION("character_length", "The same as length.", "character_length('né') = 2",
                   bind_text<length, int64_t, Text>);
QUERN_ROW_FUNCTION("strlen", "How many bytes.", "strlen('né') = 3",
                   bind_text<byte_length, int64_t, Text>);
QUERN_ROW_FUNCTION("bit_length", "How many bits its bytes have.", "bit_length('né') = 24",
                   bind_text<bit_length, int64_t, Text>);
QUERN_ROW_FUNCTION("octet_length", "How many bytes.", "octet_length('abc'::blob) = 3",
                   bind_as<byte_length, int64_t, Text>);
QUERN_ROW_FUNCTION("~~~", "GLOB: * is any text, ? one byte, [a-z] one of these, [!a] another.",
                   "'quern' glob 'q?[a-f]*'", bind_text<glob, bool, Text, Text>);
QUERN_ROW_FUNCTION("position", "Where a text is found, from 1; 0 when it is not.",
                   "position('e' in 'quern') = 3", bind_text<position, int64_t, Text, Text>);
QUERN_ROW_FUNCTION("strpos", "The same as position.", "strpos('quern', 'e') = 3",
                   bind_text<position, int64_t, Text, Text>);
QUERN_ROW_FUNCTION("instr", "The same as position.", "instr('quern', 'e') = 3",
                   bind_text<position, int64_t, Text, Text>);
QUERN_ROW_FUNCTION("contains", "Whether a text is found in another.", "contains('quern', 'er')",
                   bind_text<contains, bool, Text, Text>);
QUERN_ROW_FUNCTION("starts_with", "Whether a text begins with another.",
                   "starts_with('quern', 'qu')", bind_text<starts_with, bool, Text, Text>);
QUERN_ROW_FUNCTION("prefix", "The same as starts_with.", "prefix('quern', 'qu')",
                   bind_text<starts_with, bool, Text, Text>);
QUERN_ROW_FUNCTION("^@", "The same as starts_with.", "'quern' ^@ 'qu'",
                   bind_text<starts_with, bool, Text, Text>);
QUERN_ROW_FUNCTION("ends_with", "Whether a text ends with another.", "ends_with('quern', 'rn')",
                   bind_text<ends_with, bool, Text, Text>);
QUERN_ROW_FUNCTION("suffix", "The same as ends_with.", "suffix('quern', 'rn')",
                   bind_text<ends_with, bool, Text, Text>);
QUERN_ROW_FUNCTION("~~", "LIKE: % stands for any text, _ for one character.", "'quern' like 'q_e%'",
                   bind_text<like<false>, bool, Text, Text>);
QUERN_ROW_FUNCTION("!~~", "NOT LIKE.", "'quern' not like 'x%'",
                   bind_text<like<true>, bool, Text, Text>);
QUERN_ROW_FUNCTION("like_escape", "LIKE ... ESCAPE.", "'5%' like '5$%' escape '$'",
                   bind_text<like_escape<false>, bool, Text, Text, Text>);
QUERN_ROW_FUNCTION("not_like_escape", "NOT LIKE ... ESCAPE.", "'55' not like '5$%' escape '$'",
                   bind_text<like_escape<true>, bool, Text, Text, Text>);
QUERN_ROW_FUNCTION("~~*", "ILIKE: LIKE without regard to case.", "'QUERN' ilike 'q%'",
                   bind_ilike<false>);
QUERN_ROW_FUNCTION("!~~*", "NOT ILIKE.", "'QUERN' not ilike 'x%'", bind_ilike<true>);
QUERN_ROW_FUNCTION("ilike_escape", "ILIKE ... ESCAPE.", "'A%' ilike 'a$%' escape '$'",
                   bind_ilike<false>);
QUERN_ROW_FUNCTION("not_ilike_escape", "NOT ILIKE ... ESCAPE.", "'AB' not ilike 'a$%' escape '$'",
                   bind_ilike<true>);

}  // namespace quern::score
