// Dates and timestamps alike: what a value that may be infinite is, by its storage.
#pragma once

#include "quern/score/functions/date_part.h"

namespace quern::score {

template <class T>
bool is_finite_moment(T value) {
    if constexpr (sizeof(T) == 4) return is_finite_date(value);
    return is_finite_timestamp(value);
}

// DuckDB's dates reach further than its timestamps, and parts are taken of dates themselves.
// False where the value is infinite.
template <class T>
bool parts_of(T value, MomentParts& out) {
    if (!is_finite_moment(value)) return false;
    if constexpr (sizeof(T) == 4) {
        out.days = value;
        out.time = 0;
        out.civil = civil_of_days(value);
    } else {
        out = MomentParts(value);
    }
    return true;
}

}  // namespace quern::score
