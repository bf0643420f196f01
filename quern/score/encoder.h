// Encoders: fitted transforms from one feature to columns of the matrix. `train` fits them; here
// is what they learned and how it is applied. A buffer in [] may be absent.
//     numeric   any number, boolean: the value; missing is NaN. Nothing learned.
//     scaled    the same: (value - mean) / scale, a missing value counts as `fill`.
//               doubles fill, [mean], [scale]; uint8 [indicator] = 1 adds the column " is missing"
//     category  text, integer, boolean: position in `categories` (texts, or int64 of integers and
//               booleans). doubles [unseen] (default -1), [missing] (default NaN) are their codes
//     one_hot   the same: one column of 0 and 1 for each of `categories`; uint8 [unseen] = 1 and
//               [missing] = 1 add the columns "=(other)" and "=(missing)"; or uint32 [missing_as]:
//               the category that a missing value counts as
//     lookup    the same: the numbers of its category, a column for each of texts `columns`:
//               doubles values [category][column], unseen, missing
//     text_counts  text: a column for each of texts `parts`: characters, words, upper, digits,
//               punctuation; missing is NaN
//     date      date, timestamp: a column for each of texts `parts`: days (since 1970-01-01, with
//               fraction), year, month, day, day_of_year, day_of_week (Monday 1), hour, minute,
//               second; missing is NaN, or double [fill] for all parts; doubles
//               [mean] and [scale], one a part: (value - mean) / scale (not of `fill`)
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/registry.h"
#include "quern/score/function.h"

namespace quern::score {

// Where one encoder writes: column c of row r is at out[r * stride + c].
struct MatrixSlice {
    double* out = nullptr;
    size_t stride = 0;
};

struct BoundEncoder {
    // Rows that are not valid are missing values; rows that failed may be written as anything.
    void (*apply)(const void* prepared, const Vector& feature, size_t row_count,
                  MatrixSlice to) = nullptr;
    std::shared_ptr<const void> prepared;
    std::vector<std::string> columns;  // what each column means, after the feature's name:
                                       // "", "=Paris", " is missing"
};

struct Encoder {
    static constexpr std::string_view kind = "encoder";
    std::string_view name;
    std::string_view summary;
    std::string_view learned;  // the buffers that it reads, for people: "mean (1 double), ..."
    bool (*takes)(const frame::Type& type);
    // Checks all buffers; corrupt when they do not fit.
    Result<BoundEncoder> (*bind)(const frame::Type& type, const Buffers& learned);
};

}  // namespace quern::score
