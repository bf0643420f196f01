// How a value in a file becomes a value of a column: one SQL expression, used by the fast load
// (which stops at the first value that does not fit) and by the careful one (which finds them all).
#pragma once

#include <string>
#include <string_view>

#include "quern/frame/type.h"

namespace quern::data {

struct Reading {
    frame::Type from;  // what the file yields: VARCHAR of a text file
    frame::Type to;
    std::string format;  // strptime's letters for dates and times; empty: ISO 8601
    bool has_decimal_comma = false;
};

// Fails on a value that does not fit. Unlike DuckDB's own cast it does not round: 2.5 is no
// integer. `column` is a quoted name.
std::string cast_sql(std::string_view column, const Reading& reading);
// True where there is a value and it does not fit.
std::string misfit_sql(std::string_view column, const Reading& reading);

// The narrowest type that holds the values of both, among those that reading finds.
frame::Type common_type(const frame::Type& a, const frame::Type& b);

}  // namespace quern::data
