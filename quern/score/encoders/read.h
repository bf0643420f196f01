// How encoders read the values of a feature.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "quern/score/functions/number.h"
#include "quern/score/kernel.h"

namespace quern::score {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

inline bool is_number_or_boolean(const frame::Type& type) {
    return frame::is_numeric(type) || type.id == frame::TypeId::boolean;
}

// f(row, value) for every row, the value as double; NaN where there is none. Decimals are divided
// by their power of ten.
template <class F>
void for_each_number(const frame::Type& type, const Vector& feature, size_t row_count, F f) {
    with_storage(storage_of(type), [&]<class T>(Tag<T>) {
        if constexpr (kIsInteger<T> || kIsFloat<T> || std::is_same_v<T, bool>) {
            const T* values = feature.values<T>();
            const double divisor = type.id == frame::TypeId::decimal
                                       ? static_cast<double>(power_of_ten(type.scale))
                                       : 1.0;
            const auto each = [&](auto number) {
                for (size_t first = 0; first < row_count; first += 64) {
                    const size_t last = std::min(first + 64, row_count);
                    if ((feature.valid[first / 64] | ~row_bits(first / 64, row_count)) == kAllRows)
                        for (size_t row = first; row < last; ++row) f(row, number(values[row]));
                    else
                        for (size_t row = first; row < last; ++row)
                            f(row, feature.is_valid(row) ? number(values[row]) : kMissing);
                }
            };
            if (divisor == 1)
                each([](T value) { return static_cast<double>(value); });
            else
                each([=](T value) { return static_cast<double>(value) / divisor; });
        }
    });
}

}  // namespace quern::score
