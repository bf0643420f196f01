// Functions that look into texts or take a piece of one, as C. What makes new texts needs memory,
// and what changes their case needs Unicode's tables: those are refused.
#include "quern/score/exporters/c_call.h"

namespace quern::score::c {
namespace {

constexpr std::string_view kCharacters = R"(
static int64_t q_character_count(q_text text) {
    int64_t count = 0;
    for (size_t i = 0; i < text.size; ++i) count += (text.at[i] & 0xC0) != 0x80;
    return count;
}
)";
constexpr std::string_view kFind = R"(
static size_t q_find(q_text text, q_text part) { /* SIZE_MAX: not there */
    if (part.size == 0) return 0;
    for (size_t i = 0; i + part.size <= text.size; ++i)
        if (memcmp(text.at + i, part.at, part.size) == 0) return i;
    return SIZE_MAX;
}
)";
constexpr std::string_view kStarts = R"(
static bool q_starts_with(q_text text, q_text part) {
    return text.size >= part.size && (part.size == 0 || memcmp(text.at, part.at, part.size) == 0);
}
)";
constexpr std::string_view kEnds = R"(
static bool q_ends_with(q_text text, q_text part) {
    return text.size >= part.size &&
           (part.size == 0 || memcmp(text.at + text.size - part.size, part.at, part.size) == 0);
}
)";
constexpr std::string_view kPosition = R"(
static int64_t q_position(q_text text, q_text part) {
    size_t at = q_find(text, part);
    return at == SIZE_MAX ? 0 : q_character_count((q_text){text.at, at}) + 1;
}
)";
// % is any text, _ any one character; only the last % is remembered.
constexpr std::string_view kLike = R"(
static bool q_like(q_text text, q_text pattern) {
    size_t at = 0, p = 0, retry_at = 0, retry_p = SIZE_MAX;
    while (at < text.size) {
        if (p < pattern.size && pattern.at[p] == '%') {
            retry_p = ++p;
            retry_at = at;
        } else if (p < pattern.size && pattern.at[p] == '_') {
            do ++at;
            while (at < text.size && (text.at[at] & 0xC0) == 0x80);
            ++p;
        } else if (p < pattern.size && pattern.at[p] == text.at[at]) {
            ++at;
            ++p;
        } else if (retry_p != SIZE_MAX) {
            p = retry_p;
            at = ++retry_at;
        } else {
            return false;
        }
    }
    while (p < pattern.size && pattern.at[p] == '%') ++p;
    return p == pattern.size;
}
)";
constexpr std::string_view kSlice = R"(
static size_t q_offset(q_text text, int64_t characters) {
    size_t at = 0;
    for (; at < text.size; ++at)
        if ((text.at[at] & 0xC0) != 0x80 && characters-- == 0) break;
    return at;
}
static q_text q_slice(q_text text, int64_t from, int64_t to) {
    q_text none = {"", 0};
    size_t begin;
    if (to <= from || to <= 0) return none;
    if (from < 0) from = 0;
    begin = q_offset(text, from);
    text.at += begin;
    text.size -= begin;
    text.size = q_offset(text, to - from);
    return text;
}
static int q_substring(q_text text, int64_t offset, int64_t length, q_text *out) {
    const int64_t low = -INT64_C(4294967296), high = INT64_C(4294967295);
    int64_t from, to;
    if (offset < low || offset > high || length < low || length > high) return 2;
    from = offset < 0 ? q_character_count(text) + offset : offset - 1;
    to = from + length;
    *out = length < 0 ? q_slice(text, to, from) : q_slice(text, from, to);
    return 0;
}
)";

void use(const CallSite& site, std::initializer_list<std::string_view> helpers) {
    site.source.use_texts();
    for (const std::string_view helper : helpers) site.source.helper(std::string(helper));
}

bool are_texts(const CallSite& site, size_t count) {
    if (site.arguments.size() != count) return false;
    for (const Expression* argument : site.arguments)
        if (argument->type.id != frame::TypeId::varchar) return false;
    return true;
}

bool length(const CallSite& site) {
    if (!are_texts(site, 1)) return false;
    use(site, {kCharacters});
    site.assign("q_character_count(" + site.values[0] + ")");
    return true;
}

bool byte_length(const CallSite& site) {
    if (site.arguments.size() != 1 || site.storage(0) != Storage::text) return false;
    site.assign("(int64_t)" + site.values[0] + ".size");
    return true;
}

bool starts_with(const CallSite& site) {
    if (!are_texts(site, 2)) return false;
    use(site, {kStarts});
    site.assign("q_starts_with(" + site.listed_values() + ")");
    return true;
}

bool ends_with(const CallSite& site) {
    if (!are_texts(site, 2)) return false;
    use(site, {kEnds});
    site.assign("q_ends_with(" + site.listed_values() + ")");
    return true;
}

bool contains(const CallSite& site) {
    if (!are_texts(site, 2)) return false;
    use(site, {kFind});
    site.assign("q_find(" + site.listed_values() + ") != SIZE_MAX");
    return true;
}

bool position(const CallSite& site) {
    if (!are_texts(site, 2)) return false;
    use(site, {kFind, kCharacters, kPosition});
    site.assign("q_position(" + site.listed_values() + ")");
    return true;
}

template <bool is_negated>
bool like(const CallSite& site) {
    if (!are_texts(site, 2)) return false;
    use(site, {kLike});
    site.assign((is_negated ? "!" : "") + std::string("q_like(") + site.listed_values() + ")");
    return true;
}

bool substring(const CallSite& site) {
    const size_t count = site.arguments.size();
    const bool fits = (count == 2 || count == 3) &&
                      site.arguments[0]->type.id == frame::TypeId::varchar &&
                      site.storage(1) == Storage::i64 && site.storage(count - 1) == Storage::i64;
    if (!fits) return false;
    use(site, {kCharacters, kSlice});
    site.source.line(site.state + " = " + site.joined_states() + ";");
    site.source.line("if (" + site.state + " == 0) " + site.state + " = q_substring(" +
                     site.listed_values() + (count == 2 ? ", INT64_C(4294967295)" : "") + ", &" +
                     site.value + ");");
    return true;
}

constexpr NamedForm kForms[] = {
    {"length", length},           {"len", length},         {"char_length", length},
    {"character_length", length}, {"strlen", byte_length}, {"octet_length", byte_length},
    {"starts_with", starts_with}, {"prefix", starts_with}, {"^@", starts_with},
    {"ends_with", ends_with},     {"suffix", ends_with},   {"contains", contains},
    {"position", position},       {"strpos", position},    {"instr", position},
    {"~~", like<false>},          {"!~~", like<true>},     {"substr", substring},
    {"substring", substring},
};

}  // namespace

std::span<const NamedForm> text_forms() { return kForms; }

}  // namespace quern::score::c
