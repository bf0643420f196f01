// Values as DuckDB writes them.
#pragma once

#include <string>

#include "quern/frame/batch.h"

namespace quern::frame {

std::string present_text(const ColumnView& column, size_t row);  // of a value that is not NULL
std::string integer_text(int128 value);
std::string decimal_text(int128 value, int scale);  // 0.25
// As DuckDB: .25 when the type has no digits before the point.
std::string decimal_text(int128 value, const Type& type);
std::string float_text(double value);  // 0.1, 1.0, 1e+16, inf, nan
std::string float_text(float value);
// Whether the shortest text of a float is a tie: 322.859375 lies in the middle of 322.85937 and
// 322.85938, or a text in the middle of two floats. DuckDB then writes the digits of the double.
bool is_tie(float value);
std::string date_text(int32_t days);
std::string time_text(int64_t us);
std::string timestamp_text(int64_t us);
std::string timestamptz_text(int64_t us);       // in UTC
std::string blob_text(std::string_view bytes);  // ab\x00

}  // namespace quern::frame
