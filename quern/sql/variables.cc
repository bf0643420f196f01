#include "quern/sql/variables.h"

#include <algorithm>

#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/project/sql_text.h"

namespace quern::sql {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

size_t end_of_digits(std::string_view text, size_t at) {
    while (at < text.size() && is_digit(text[at])) ++at;
    return at;
}

// As SQL writes it: -12, 1.5, 1e-3.
bool is_number(std::string_view text) {
    size_t at = text.starts_with('-') ? 1 : 0;
    size_t end = end_of_digits(text, at);
    if (end == at) return false;
    if (end < text.size() && text[end] == '.') {
        at = end + 1;
        end = end_of_digits(text, at);
        if (end == at) return false;
    }
    if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
        at = end + 1;
        if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
        end = end_of_digits(text, at);
        if (end == at) return false;
    }
    return end == text.size();
}

Result<std::string> scalar_literal(const Tree& value) {
    if (value.is_null()) return std::string("NULL");
    if (!value.is_scalar()) {
        return invalid_argument("a variable is a value or a list of values").at(value.place.text());
    }
    if (value.text.find('\0') != std::string::npos) {
        return invalid_argument("a variable holds no NUL byte").at(value.place.text());
    }
    const std::string word = lower_ascii(value.text);
    if (!value.is_quoted && (word == "true" || word == "false")) return word;
    if (value.is_quoted || !is_number(value.text)) return quote_literal(value.text);
    // `5-$x` must not become `5--3`, which begins a comment.
    return value.text.starts_with('-') ? "(" + value.text + ")" : value.text;
}

Result<std::string> literal(const Tree& value) {
    if (!value.is_list()) return scalar_literal(value);
    std::string list;
    for (const auto& item : value.items) {
        list += (list.empty() ? "" : ", ") + TRY(scalar_literal(item));
    }
    return "[" + list + "]";
}

Status unknown_variable(const std::string& name, const std::map<std::string, Tree>& vars,
                        const PlaceOf& place, size_t offset) {
    std::vector<std::string_view> known;
    for (const auto& [key, value] : vars) known.push_back(key);
    const std::string close = nearest(name, known);
    Status status = not_found("there is no variable `" + name + "` under `vars` in quern.yml");
    if (!close.empty()) status = std::move(status).hint("did you mean `" + close + "`?");
    return place ? std::move(status).at(place(offset)) : status;
}

}  // namespace

size_t ExpandedSql::original_offset(size_t offset) const {
    const auto after = std::ranges::upper_bound(pieces, offset, {}, &Piece::offset);
    if (after == pieces.begin()) return offset;
    const Piece& piece = *std::prev(after);
    return piece.is_value ? piece.original : piece.original + (offset - piece.offset);
}

PlaceOf ExpandedSql::place_with(PlaceOf original) const {
    if (!original) return {};
    return [pieces = ExpandedSql{"", this->pieces}, original = std::move(original)](size_t offset) {
        return original(pieces.original_offset(offset));
    };
}

Result<ExpandedSql> expand_variables(std::string_view sql, const std::map<std::string, Tree>& vars,
                                     const PlaceOf& place) {
    ExpandedSql expanded;
    size_t done = 0;
    for (const auto& statement : project::scan_sql(sql).statements) {
        for (const auto& variable : statement.variables) {
            const auto value = vars.find(variable.name);
            if (value == vars.end()) {
                return unknown_variable(variable.name, vars, place, variable.offset);
            }
            expanded.sql += sql.substr(done, variable.offset - done);
            expanded.pieces.push_back({expanded.sql.size(), variable.offset, true});
            expanded.sql += TRY(literal(value->second));
            done = variable.offset + 1 + variable.name.size();
            expanded.pieces.push_back({expanded.sql.size(), done, false});
        }
    }
    expanded.sql += sql.substr(done);
    return expanded;
}

}  // namespace quern::sql
