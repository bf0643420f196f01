// Values as text, letter by letter what DuckDB's casts to VARCHAR give.
#pragma once

#include <cstdint>
#include <string_view>

#include "quern/score/storage.h"

namespace quern::score {

// The longest text of any value below.
constexpr size_t kValueTextMax = 72;

// Each writes into `out` (kValueTextMax bytes) and returns the part it used.
std::string_view format_integer(int128 value, char* out);
std::string_view format_decimal(int128 value, int width, int scale, char* out);
std::string_view format_float(double value, char* out);
std::string_view format_float(float value, char* out);
std::string_view format_date(int32_t days, char* out);
std::string_view format_time(int64_t micros, char* out);
std::string_view format_timestamp(int64_t micros, char* out);
std::string_view format_timestamptz(int64_t micros, char* out);  // in UTC
std::string_view format_interval(Interval interval, char* out);

}  // namespace quern::score
