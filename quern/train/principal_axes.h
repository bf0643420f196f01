// The axes along which rows spread most: what PCA and truncated SVD keep of.
#pragma once

#include <cstdint>

#include "quern/train/transform.h"

namespace quern::train {

constexpr size_t kAxesColumnsMax = 500;

// Learns a score stage "project" of the first `component_count` axes; rows with a missing or
// infinite value do not teach. Signs are scikit-learn's: the largest weight of an axis is above 0.
struct AxesSettings {
    int64_t component_count = 2;
    bool takes_off_mean = true;
    bool whitens = false;  // to a variance of 1
};
Result<FittedTransform> fit_axes(const TransformInput& input, const AxesSettings& settings);

}  // namespace quern::train
