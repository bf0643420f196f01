#include "quern/quality/check.h"

#include <charconv>
#include <cmath>

#include "quern/base/text.h"

namespace quern::quality {

std::string CheckContext::column_sql() const { return quote_identifier(column->name); }

std::string CheckContext::relation_of(const std::string& name) const {
    const auto found = relations.find(name);
    return found == relations.end() ? quote_identifier(name) : found->second;
}

Result<const Check*> find_check(std::string_view name) {
    std::vector<std::string_view> names;
    for (const auto& check : Registry<Check>::of_kind().all()) {
        if (check.name == name) return &check;
        names.push_back(check.name);
        for (const auto alias : check.aliases) {
            if (alias == name) return &check;
            names.push_back(alias);
        }
    }
    return unknown_name(Check::kind, name, names);
}

Result<std::string> literal_of(const Located& value, const frame::ColumnSpec& column) {
    if (frame::is_numeric(column.type)) {
        // A bare 0.1 is a DECIMAL to DuckDB, and becomes a double that is not always the nearest.
        const bool is_floating =
            column.type.id == frame::TypeId::real || column.type.id == frame::TypeId::float64;
        double number = 0;
        const char* const stop = value.text.data() + value.text.size();
        const auto [end, error] = std::from_chars(value.text.data(), stop, number);
        if (error != std::errc() || end != stop || (!is_floating && !std::isfinite(number))) {
            return invalid_argument("'" + column.name + "' is " + column.type.text() +
                                    ", so a number is needed, got '" + value.text + "'")
                .at(value.place.text());
        }
        if (!is_floating) return value.text;
    }
    if (frame::is_text(column.type)) return quote_literal(value.text);
    return "cast(" + quote_literal(value.text) + " as " + column.type.text() + ")";
}

}  // namespace quern::quality
