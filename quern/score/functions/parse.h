// Values out of text, with the rules of DuckDB's casts: what '1e3', ' 12 ', '1_000', '.5', 'yes'
// or '2020-1-2' are. False when the text is no such value.
#pragma once

#include <cstdint>
#include <string_view>

#include "quern/frame/type.h"
#include "quern/score/storage.h"

namespace quern::score {

template <class T>  // integers from 8 to 128 bits
bool parse_integer(std::string_view text, T& out);
template <class T>  // float, double
bool parse_float(std::string_view text, T& out);
bool parse_boolean(std::string_view text, bool& out);
bool parse_decimal(std::string_view text, int width, int scale, int128& out);
bool parse_date(std::string_view text, int32_t& days);
bool parse_timestamp(std::string_view text, int64_t& micros);
// Without an offset the text is in UTC. Only UTC is known by its name.
bool parse_timestamptz(std::string_view text, int64_t& micros);
// +01, +0130, +01:30 or +01:30:15 at the front: how long it is, 0 where there is none.
size_t parse_offset(std::string_view text, int64_t& seconds);
// Whether the text is a timestamp and the name of a zone that is not UTC.
bool names_time_zone(std::string_view text);
bool parse_time(std::string_view text, int64_t& micros);
// Hours (up to nine digits), minutes and seconds at the front, as far as they reach: "100:00:00".
bool parse_clock(std::string_view text, int64_t& micros);
bool parse_interval(std::string_view text, Interval& interval);

}  // namespace quern::score
