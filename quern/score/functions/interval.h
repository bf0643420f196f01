// Arithmetic of intervals and of the moments they shift, as DuckDB does it.
#pragma once

#include "quern/score/functions/calendar.h"
#include "quern/score/storage.h"

namespace quern::score {

constexpr int64_t kMicrosPerMonth = 30 * kMicrosPerDay;

Interval interval_of_micros(int64_t micros);  // whole days, and the rest
Interval inverted(const Interval& interval);
// A month as 30 days. False where the sum does not fit.
bool total_micros(const Interval& interval, int64_t& micros);
bool multiply(const Interval& interval, double factor, Interval& out);
// Years, months and so on from `from` to `to`, field by field.
Interval age_between(int64_t to, int64_t from);

// The day of the month is cut to the last one there is. False where the range ends.
bool add_months(int32_t days, int64_t months, int32_t& out);
// Each shifts a finite value.
bool shift_date(int32_t days, const Interval& interval, int32_t& out);
bool shift_timestamp(int64_t micros, const Interval& interval, int64_t& out);
// A TIMESTAMP WITH TIME ZONE: an interval with a negative field goes from its smallest to its
// greatest unit.
bool shift_instant(int64_t micros, const Interval& interval, int64_t& out);
// A time of day goes around the clock.
int64_t shift_time(int64_t time, int64_t micros);

}  // namespace quern::score
