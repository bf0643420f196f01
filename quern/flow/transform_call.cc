#include "quern/flow/transform_call.h"

#include <algorithm>

#include "quern/base/text.h"
#include "quern/project/sql_text.h"

namespace quern::flow {
namespace {

struct Token {
    size_t offset = 0;
    std::string_view text;
};

// Without white space and comments; `:=` and `=>` are one token.
std::vector<Token> tokens_of(std::string_view text) {
    std::vector<Token> tokens;
    for (size_t at = 0; at < text.size();) {
        if (const size_t blank = project::skip_one_blank(text, at); blank > at) {
            at = blank;
            continue;
        }
        size_t end = project::skip_one_piece(text, at);
        const auto two = text.substr(at, 2);
        if (two == ":=" || two == "=>") end = at + 2;
        tokens.push_back({at, text.substr(at, end - at)});
        at = end;
    }
    return tokens;
}

bool is_name(std::string_view token) {
    const char c = token[0];
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

// The name that a word or a quoted name stands for.
std::string name_of(std::string_view token) {
    if (token[0] != '"') return std::string(token);
    std::string name;
    for (size_t i = 1; i + 1 < token.size(); ++i) {
        name += token[i];
        if (token[i] == '"') ++i;
    }
    return name;
}

bool is_opening(std::string_view token) { return token == "(" || token == "[" || token == "{"; }
bool is_closing(std::string_view token) { return token == ")" || token == "]" || token == "}"; }

// Behind the bracket that closes the one at `open`; 0 when none does.
size_t end_of_brackets(const std::vector<Token>& tokens, size_t open) {
    size_t depth = 0;
    for (size_t i = open; i < tokens.size(); ++i) {
        if (is_opening(tokens[i].text)) ++depth;
        if (is_closing(tokens[i].text) && --depth == 0) return i + 1;
    }
    return 0;
}

CallText::Piece piece_of(std::string_view text, const std::vector<Token>& tokens, size_t first,
                         size_t end) {
    const size_t begin = tokens[first].offset;
    const auto& last = tokens[end - 1];
    return {begin, std::string(text.substr(begin, last.offset + last.text.size() - begin))};
}

// The words after an expression: nothing, or its alias. False when they are something else.
bool read_alias(const std::vector<Token>& tokens, size_t at, std::string& alias) {
    if (at == tokens.size()) return true;
    if (lower_ascii(tokens[at].text) == "as") ++at;
    if (at + 1 != tokens.size()) return false;
    const auto token = tokens[at].text;
    if (!is_name(token) && token[0] != '"') return false;
    alias = name_of(token);
    return true;
}

}  // namespace

std::optional<CallText> read_call(std::string_view text) {
    const auto tokens = tokens_of(text);
    if (tokens.size() < 3 || !is_name(tokens[0].text) || tokens[1].text != "(") return {};
    const size_t end = end_of_brackets(tokens, 1);
    CallText call;
    if (end == 0 || !read_alias(tokens, end, call.alias)) return {};
    call.name = lower_ascii(tokens[0].text);
    call.offset = tokens[0].offset;
    size_t depth = 0, first = 2;
    for (size_t i = 2; i < end; ++i) {
        const bool is_last = i + 1 == end;
        if (is_last || (depth == 0 && tokens[i].text == ",")) {
            const bool is_setting =
                i > first + 1 && (tokens[first + 1].text == ":=" || tokens[first + 1].text == "=>");
            if (is_setting && i > first + 2) {
                call.settings.push_back({piece_of(text, tokens, first, first + 1),
                                         piece_of(text, tokens, first + 2, i)});
            } else if (i > first) {
                call.arguments.push_back(piece_of(text, tokens, first, i));
            }
            first = i + 1;
        } else if (is_opening(tokens[i].text)) {
            ++depth;
        } else if (is_closing(tokens[i].text)) {
            --depth;
        }
    }
    return call;
}

bool is_one_word(std::string_view text) {
    const auto tokens = tokens_of(text);
    return tokens.size() == 1 && (is_name(tokens[0].text) || tokens[0].text[0] == '"');
}

AliasText split_alias(std::string_view text) {
    const auto tokens = tokens_of(text);
    for (size_t i = tokens.size(); i-- > 1;) {
        if (lower_ascii(tokens[i].text) != "as") continue;
        AliasText split;
        if (!read_alias(tokens, i, split.alias)) break;
        const auto& last = tokens[i - 1];
        const size_t begin = tokens[0].offset;
        split.expression = text.substr(begin, last.offset + last.text.size() - begin);
        return split;
    }
    return {text, ""};
}

}  // namespace quern::flow
