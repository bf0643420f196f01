// Which row function stands for what DuckDB's plan calls.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace quern::score {

// Of a comparison or BOUND_OPERATOR; empty when there is none.
std::string_view operator_name(std::string_view type);
bool compares(std::string_view name);        // = < in
bool compares_order(std::string_view name);  // <
bool is_enum(const nlohmann::json& node);

// Whether its value is not a matter of the row.
bool is_volatile(std::string_view function);
// The name that a function of lists, structs and maps has here.
std::string nested_name(const std::string& function);
bool is_split(std::string_view function);
// Whether the order of the list that it is given does not matter to its value.
bool ignores_order(std::string_view function, const nlohmann::json& children);

// strptime(s, ['%Y', '%m']): each pattern becomes an argument.
bool is_list_of_patterns(std::string_view function, const nlohmann::json& children);
nlohmann::json spread_last(nlohmann::json children);

// DuckDB takes the remainder of wide decimals as DOUBLE, and NULL where the divisor is 0. Its
// plan looks just like that of a remainder of doubles, which is NaN there.
bool is_double_for_decimals(const nlohmann::json& children);

}  // namespace quern::score
