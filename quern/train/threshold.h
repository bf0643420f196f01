// The probability from which on the positive class is predicted, chosen on rows that did not teach.
#pragma once

#include "quern/evaluate/judged.h"
#include "quern/project/project.h"

namespace quern::train {

// `judged` is of two classes; what it predicted is not looked at. Every place between two
// probabilities is tried; of equally good ones the highest is taken.
//     cost   the least sum of costs (Elkan 2001, by count)
//     rate   as many positives as may be, at most that share of the rows
//     best   the best value of a metric of labels, such as f1
Result<double> choose_threshold(const evaluate::Judged& judged, const project::ThresholdRule& rule);

// What can be refused without rows.
Status check_threshold_rule(const project::ThresholdRule& rule);

}  // namespace quern::train
