// What training must know of each row before it looks at a single feature: the target, the
// weight, and what the split goes by.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "quern/evaluate/split.h"
#include "quern/train/fit_model.h"

namespace quern::train {

constexpr size_t kTargetClassesMax = 1000;

// Rows whose target is not NULL, in the order in which they were read.
struct Rows {
    Task task = Task::classify;
    frame::Type target_type;
    std::vector<std::string> classes;  // sorted; of two, the last is the positive one
    std::vector<size_t> class_counts;
    std::vector<double> targets;  // the class's position, or the value
    std::vector<double> weights;  // empty: all 1
    std::vector<uint64_t> groups, keys;
    std::vector<double> times;
    std::vector<uint32_t> position;  // of every row read: among the kept ones, or kDropped
    size_t dropped_count = 0;
    std::vector<std::string> notes;

    static constexpr uint32_t kDropped = UINT32_MAX;
    size_t count() const { return targets.size(); }
    std::vector<int32_t> labels() const { return {targets.begin(), targets.end()}; }
};

Result<Rows> read_rows(const TrainingRequest& request);

}  // namespace quern::train
