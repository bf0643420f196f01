// Stages: fitted transforms from columns of numbers to new columns. Encoders (encoder.h) fill the
// first columns of a row of numbers; each stage reads some columns before its own and adds more;
// the model sees those that Program::matrix names. `train` fits stages; here is what they learned
// and how it is applied. NaN is a missing value. A buffer in [] may be absent.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/registry.h"
#include "quern/score/program.h"

namespace quern::score {

// Rows of numbers, [row][stride]. Stages read `from` and write from `to` on.
struct StageRows {
    double* numbers = nullptr;
    size_t stride = 0, row_count = 0;
    std::span<const uint32_t> from;
    size_t to = 0;

    size_t column_count() const { return from.size(); }
};

struct BoundStage {
    // Must not allocate.
    void (*apply)(const void* prepared, const StageRows& rows) = nullptr;
    std::shared_ptr<const void> prepared;
    std::vector<std::string> columns;  // what each means, after the stage's name: "", " is missing"
};

struct Stage {
    static constexpr std::string_view kind = "stage";
    std::string_view name;
    std::string_view summary;
    std::string_view learned;  // the buffers that it reads, for people
    // Of stages that make column i of column i alone: the buffers that hold as many values for each
    // column, so that columns which nobody reads can be taken out. Empty: it goes as a whole.
    std::vector<std::string_view> by_column = {};
    // `from`: names of the columns that it reads, at least one. Checks all buffers; corrupt when
    // they do not fit.
    Result<BoundStage> (*bind)(std::span<const std::string> from, const Buffers& learned);
};

// f(in, out) for each row: in(i) is the value of column i of `from`, out[j] of new column j.
template <class F>
void for_each_stage_row(const StageRows& rows, F f) {
    for (size_t row = 0; row < rows.row_count; ++row) {
        double* at = rows.numbers + row * rows.stride;
        f([&](size_t i) { return at[rows.from[i]]; }, at + rows.to);
    }
}

// The suffixes of a stage that makes one column of each: none for one, " age" and " income" for
// more.
inline std::vector<std::string> same_columns(std::span<const std::string> from) {
    if (from.size() == 1) return {""};
    std::vector<std::string> columns;
    for (const std::string& name : from) columns.push_back(" " + name);
    return columns;
}

}  // namespace quern::score
