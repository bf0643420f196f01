// Which rows teach and which rows judge. A split depends on the seed, the rows' keys and what the
// kind looks at (labels, groups, times); not on threads, and with keys not on the rows' order.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"
#include "quern/project/project.h"

namespace quern::evaluate {

using project::SplitKind;

// What is known of the rows; empty where the kind does not look at it.
struct SplitRows {
    size_t row_count = 0;
    std::span<const int32_t> labels;           // stratified: the class, 0 upwards
    std::span<const uint64_t> groups;          // group: the same number for the same group
    std::span<const double> times;             // time: finite
    std::span<const uint64_t> keys;            // empty: the row's position stands for it
    std::span<const std::string> class_names;  // for messages; may be empty
};

// `automatic` is time if times are given, stratified if labels are, else random. `group` puts no
// group on both sides; of `time`, the latest rows judge and folds are an expanding window.
SplitKind resolve(SplitKind kind, const SplitRows& rows);
std::string_view name_of(SplitKind kind);

struct HoldOut {
    SplitKind kind = SplitKind::automatic;
    double test = 0.2;  // share of the rows, in (0, 1)
    uint64_t seed = 1;
};
// 1 for the rows that judge. Both parts have at least one row; a class of one row is refused by
// `stratified`. `time` puts rows of one time on one side, the later; `group` comes as near to the
// share as whole groups allow.
Result<std::vector<uint8_t>> hold_out(const SplitRows& rows, const HoldOut& settings);

struct FoldSettings {
    SplitKind kind = SplitKind::automatic;
    int64_t folds = 5;
    uint64_t seed = 1;
};
struct Folds {
    SplitKind kind = SplitKind::random;
    int32_t fold_count = 0;
    std::vector<int32_t> fold_of_row;  // time: -1 is the first block, which only teaches

    bool judges(int32_t fold, size_t row) const { return fold_of_row[row] == fold; }
    bool teaches(int32_t fold, size_t row) const {
        return kind == SplitKind::time ? fold_of_row[row] < fold : fold_of_row[row] != fold;
    }
};
Result<Folds> make_folds(const SplitRows& rows, const FoldSettings& settings);

}  // namespace quern::evaluate
