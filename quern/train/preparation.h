// Fitted transforms chosen by type: what becomes of a feature before a learner sees it.
//                     native learners (trees)           dense learners (linear ones)
//   number, boolean   as it is; missing is NaN          mean for missing, scaled, "is missing"
//   text              code of its category              a column of 0 and 1 each category
//   date, timestamp   days, month, weekday (, hour)     the same, scaled
// Left out with a note: empty and constant features. Refused: texts with too many values, and
// for dense learners infinite numbers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "quern/train/feature_facts.h"
#include "quern/train/fit_model.h"

namespace quern::train {

constexpr size_t kCategoriesMax = 1000;
// A text with more values than this, on more than half of the rows a new one, is an id.
constexpr size_t kIdLikeMin = 50;
// Rarer categories count as unseen ones.
constexpr size_t kNativeCategoryRows = 2;
constexpr size_t kDenseCategoryRows = 10;

// Nothing when the feature says nothing; the reason goes to `notes`. Its `feature` is left open.
Result<std::optional<score::FittedEncoder>> choose_encoder(const std::string& name,
                                                           const FeatureFacts& facts, Taste taste,
                                                           std::vector<std::string>& notes);

// "text of 9 values", "a number with gaps, scaled for a linear learner": why it chose so.
std::string why_chosen(const FeatureFacts& facts, Taste taste);

// Takes out features without an encoder, and the expressions and inputs that only they read.
void prune(score::Program& program);

}  // namespace quern::train
