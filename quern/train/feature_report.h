// What became of each feature and why, for people: `quern show MODEL`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "quern/train/selector.h"
#include "quern/train/written_columns.h"

namespace quern::train {

struct FeatureReport {
    std::string name;                  // "income", "one_hot(city)"
    std::string how;                   // "as it is", "one_hot", "standard_scale(impute(income))"
    std::string why;                   // "text of 9 values", "written at models/loan.yml:7:5"
    std::vector<std::string> learned;  // each fitted part with its numbers
    std::string fate;                  // "dropped by anova: F 0.02", "no split reads it"; or empty
    int64_t column_count = 0;          // that it made
};

// Before anything is taken out of `columns`; facts by feature.
std::vector<FeatureReport> report_features(const std::vector<Written>& written,
                                           const WrittenColumns& columns,
                                           const std::vector<FeatureFacts>& facts, Taste taste);

// One column of the matrix as it was made, and what became of it.
struct ColumnFate {
    std::string name;
    uint32_t written = 0;
    std::optional<double> score;  // of the selector
    bool is_dropped = false;      // by the selector
    bool is_read = true;          // by the fitted model
};
void report_fates(const std::vector<ColumnFate>& fates, const Selector* selector,
                  std::vector<FeatureReport>& reports);
// "anova keeps 5 of 14 columns, F from 3.4 up; dropped: noise 0.1, x 0.02"
std::string selection_words(const std::vector<ColumnFate>& fates, const Selector& selector);

}  // namespace quern::train
