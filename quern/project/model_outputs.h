// Keys of models/*.yml for what stands around the model: select, calibrate, threshold, conformal,
// explain.
#pragma once

#include <string>

#include "quern/base/tree.h"

namespace quern::project {

// `select: {method: mutual_information, keep: 20}`; the registry of selectors judges both.
struct Select {
    std::string method;  // empty: every column is kept
    Tree settings;       // a map without `method`
    Place place;
};

constexpr double kOutputPart = 0.2;  // of the training rows, for each of the next three
struct Calibrate {
    std::string method;  // empty: none; the registry of calibrations judges it
    double part = kOutputPart;
    Place place;
};

// `threshold: {cost: {false_positive: 1, false_negative: 5}}`, `{rate: 0.05}`, `{best: f1}`
struct ThresholdRule {
    enum class Kind { cost, rate, best };
    Kind kind = Kind::cost;
    double false_positive = 1, false_negative = 1;
    double rate = 0;
    std::string metric;
    Place place;
};

struct Conformal {
    double coverage = 0;  // 0: none
    std::string method = "auto";
    double part = kOutputPart;
    Place place;
};

// What `--explain` compares a row with: the shares of training rows at each split, or rows kept.
struct Explain {
    std::string kind = "path_dependent";  // or interventional
    int64_t background = 100;             // rows of the training that an interventional one keeps
    Place place;
};

}  // namespace quern::project
