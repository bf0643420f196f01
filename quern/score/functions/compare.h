// The order of values as DuckDB has it: NaN is equal to itself and greater than any other number,
// texts go byte by byte, a month counts 30 days and a day 24 hours.
#pragma once

#include <cmath>
#include <tuple>

#include "quern/score/functions/calendar.h"
#include "quern/score/storage.h"

namespace quern::score {

inline int128 interval_order(const Interval& interval) {
    return ((int128{interval.months} * 30) + interval.days) * kMicrosPerDay + interval.micros;
}

template <class T>
bool is_equal(const T& a, const T& b) {
    if constexpr (kIsFloat<T>)
        return a == b || (std::isnan(a) && std::isnan(b));
    else if constexpr (std::is_same_v<T, Interval>)
        return interval_order(a) == interval_order(b);
    else
        return a == b;
}

template <class T>
bool is_less(const T& a, const T& b) {
    if constexpr (kIsFloat<T>)
        return std::isnan(b) ? !std::isnan(a) : a < b;
    else if constexpr (std::is_same_v<T, Interval>)
        return interval_order(a) < interval_order(b);
    else
        return a < b;
}

// How greatest and least see it: DuckDB compares intervals there field by field.
template <class T>
bool is_lesser(const T& a, const T& b) {
    if constexpr (std::is_same_v<T, Interval>)
        return std::tie(a.months, a.days, a.micros) < std::tie(b.months, b.days, b.micros);
    else
        return is_less(a, b);
}

}  // namespace quern::score
