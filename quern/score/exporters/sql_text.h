// What the parts of the SQL export share: two dialects, and values as they write them.
#pragma once

#include <string>
#include <string_view>

#include "quern/score/exporters/numbers.h"

namespace quern::score::sql {

enum class Dialect : uint8_t { duckdb, postgresql };

std::string number(Dialect dialect, double value);                // exact
std::string type_name(Dialect dialect, const frame::Type& type);  // "" where there is none
// What gives infinity or 0 in quern stops PostgreSQL: there the ends are told apart before.
std::string exponential(Dialect dialect, const std::string& argument);

// Expression `index` of the program over the columns of one row.
Result<std::string> expression_text(const Program& program, Dialect dialect, uint32_t index);

// The CTEs from the row to the outputs, and the last one's columns by name.
struct Steps {
    std::string ctes;  // ", n1 AS (...), n2 AS (...)"
    std::string last;  // "n2"
    std::vector<std::string> raw, outputs, region;
    std::string label;
};
Result<Steps> number_steps(const Program& program, Dialect dialect, const Numbers& numbers,
                           std::string_view from);

}  // namespace quern::score::sql
