// Regular expressions with RE2, which takes time in proportion to the text whatever the pattern.
#include <re2/re2.h>

#include <memory>
#include <string>

#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using Text = std::string_view;

constexpr size_t kPatternBytesMax = 10'000;
constexpr int kGroupsMax = 9;

struct Regex {
    explicit Regex(const std::string& pattern, const RE2::Options& options)
        : re(pattern, options) {}
    RE2 re;
    bool is_global = false;
    int group = 0;
};

re2::StringPiece piece(Text text) { return {text.data(), text.size()}; }

Status read_options(const std::string& letters, RE2::Options& options, bool& is_global) {
    for (char letter : letters) {
        switch (letter) {
            case 'c':
                options.set_case_sensitive(true);
                break;
            case 'i':
                options.set_case_sensitive(false);
                break;
            case 'l':
                options.set_literal(true);
                break;
            case 'm':
            case 'n':
            case 'p':
                options.set_dot_nl(false);
                break;
            case 's':
                options.set_dot_nl(true);
                break;
            case 'g':
                is_global = true;
                break;
            case ' ':
            case '\t':
            case '\n':
                break;
            default:
                return unimplemented(std::string("unknown regular expression option '") + letter +
                                     "'");
        }
    }
    return {};
}

// Pattern and options must be constant; `options_at` is the options' argument.
Result<std::shared_ptr<Regex>> make_regex(const Signature& signature, size_t options_at) {
    const std::string* pattern = constant_text(signature, 1);
    if (pattern == nullptr) return unimplemented("the regular expression must be a constant text");
    RE2::Options options;
    options.set_log_errors(false);
    bool is_global = false;
    if (signature.arguments.size() > options_at) {
        const std::string* letters = constant_text(signature, options_at);
        if (letters == nullptr) return unimplemented("regular expression options must be constant");
        TRY(read_options(*letters, options, is_global));
    }
    if (pattern->size() > kPatternBytesMax)
        return unimplemented("this regular expression is too long");
    auto regex = std::make_shared<Regex>(*pattern, options);
    regex->is_global = is_global;
    if (!regex->re.ok()) return invalid_argument("bad regular expression: " + regex->re.error());
    return regex;
}

bool are_texts(const Signature& signature, size_t at_least, size_t at_most) {
    if (signature.arguments.size() < at_least || signature.arguments.size() > at_most) return false;
    for (const auto& type : signature.arguments)
        if (type.id != frame::TypeId::varchar) return false;
    return true;
}

// Only the first argument varies; the constants have been read when bound.
template <bool is_full>
void match_rows(const Call& call) {
    const Regex& regex = *static_cast<const Regex*>(call.prepared);
    Call first{call.arguments.first(1), call.types.first(1), call.result, call.out,
               call.row_count,          call.prepared,       call.texts};
    map_rows<bool, Text>(first, [&](Text text, bool& out) {
        out = is_full ? RE2::FullMatch(piece(text), regex.re)
                      : RE2::PartialMatch(piece(text), regex.re);
    });
}

template <bool is_full>
Result<BoundFunction> bind_match(const Signature& signature) {
    if (!are_texts(signature, 2, 3) || signature.result.id != frame::TypeId::boolean)
        return no_overload(signature);
    auto regex = TRY(make_regex(signature, 2));
    if (regex->is_global) return unimplemented("option 'g' is only for regexp_replace");
    return BoundFunction{match_rows<is_full>, regex};
}

void replace_rows(const Call& call) {
    const Regex& regex = *static_cast<const Regex*>(call.prepared);
    Call without_options{call.arguments.first(3), call.types.first(3), call.result, call.out,
                         call.row_count,          call.prepared,       call.texts};
    map_rows<Text, Text, Text, Text>(
        without_options, [&](Text text, Text, Text replacement, Text& out) {
            std::string changed(text);
            if (regex.is_global)
                RE2::GlobalReplace(&changed, regex.re, piece(replacement));
            else
                RE2::Replace(&changed, regex.re, piece(replacement));
            return keep_text(call, changed, out);
        });
}

Result<BoundFunction> bind_replace(const Signature& signature) {
    if (!are_texts(signature, 3, 4) || signature.result.id != frame::TypeId::varchar)
        return no_overload(signature);
    return BoundFunction{replace_rows, TRY(make_regex(signature, 3))};
}

void extract_rows(const Call& call) {
    const Regex& regex = *static_cast<const Regex*>(call.prepared);
    Call first{call.arguments.first(1), call.types.first(1), call.result, call.out,
               call.row_count,          call.prepared,       call.texts};
    map_rows<Text, Text>(first, [&](Text text, Text& out) {
        re2::StringPiece groups[kGroupsMax + 1];
        out = {};
        if (!regex.re.Match(piece(text), 0, text.size(), RE2::UNANCHORED, groups, regex.group + 1))
            return;
        const re2::StringPiece& found = groups[regex.group];
        if (found.data() != nullptr) out = {found.data(), found.size()};
    });
}

Result<BoundFunction> bind_extract(const Signature& signature) {
    const auto& types = signature.arguments;
    bool fits = types.size() >= 2 && types.size() <= 4 && types[0].id == frame::TypeId::varchar &&
                types[1].id == frame::TypeId::varchar &&
                signature.result.id == frame::TypeId::varchar &&
                (types.size() < 3 || types[2].id == frame::TypeId::integer);
    if (!fits) return no_overload(signature);
    auto regex = TRY(make_regex(signature, 3));
    if (types.size() > 2) {
        const int32_t* group = constant_value<int32_t>(signature, 2);
        if (group == nullptr) return unimplemented("the group must be a constant number");
        regex->group = *group;
    }
    if (regex->group < 0 || regex->group > kGroupsMax ||
        regex->group > regex->re.NumberOfCapturingGroups())
        return unimplemented("the regular expression has no group " + std::to_string(regex->group));
    return BoundFunction{extract_rows, regex};
}

Row escape(TextArena& arena, Text text, Text& out) {
    const std::string escaped = RE2::QuoteMeta(piece(text));
    char* to = arena.allocate(escaped.size());
    if (to == nullptr) return Row::failed;
    out = {to, escaped.copy(to, escaped.size())};
    return Row::value;
}

}  // namespace

QUERN_REGISTER(RowFunction)({
    .name = "regexp_escape",
    .summary = "The text as a regular expression that only matches it.",
    .example = "regexp_escape('a.b') = 'a\\.b'",
    .bind = bind_making<escape, Text>,
});
QUERN_REGISTER(RowFunction)({
    .name = "regexp_matches",
    .summary = "Whether a regular expression is found in the text.",
    .example = "regexp_matches('quern', 'u.r')",
    .bind = bind_match<false>,
});
QUERN_REGISTER(RowFunction)({
    .name = "regexp_full_match",
    .summary = "Whether a regular expression is all of the text; ~ and SIMILAR TO become it.",
    .example = "'quern' similar to 'q.*n'",
    .bind = bind_match<true>,
});
QUERN_REGISTER(RowFunction)({
    .name = "regexp_replace",
    .summary = "The first match replaced; all of them with option 'g'.",
    .example = "regexp_replace('a1b2', '[0-9]', '-', 'g') = 'a-b-'",
    .bind = bind_replace,
});
QUERN_REGISTER(RowFunction)({
    .name = "regexp_extract",
    .summary = "The match, or a group of it; an empty text when there is none.",
    .example = "regexp_extract('order 42', '([0-9]+)', 1) = '42'",
    .bind = bind_extract,
});

}  // namespace quern::score
