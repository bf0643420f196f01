// Conformal methods: for each row an interval (regression) or a set of classes that holds the
// truth as often as is stated, for rows drawn like those it was fitted on, which taught neither
// the model nor its calibration. Each learns one number, double `quantile`, of the rows' scores.
#pragma once

#include <span>
#include <string_view>

#include "quern/base/registry.h"
#include "quern/score/program.h"

namespace quern::score {

struct ConformalRows {
    size_t output_count = 1;
    std::span<const double> outputs;  // [row][output], after calibration
    std::span<const double> targets;  // the value, or the class's position

    const double* row(size_t index) const { return outputs.data() + index * output_count; }
};

struct ConformalMethod {
    static constexpr std::string_view kind = "conformal method";
    std::string_view name;
    std::string_view summary;
    std::string_view source;  // the paper, and what it equals
    Task task = Task::regress;
    // How little a row's outputs agree with its target.
    double (*disagreement)(const double* outputs, size_t output_count, double target) = nullptr;
    // Of one row. regress: region[0] to region[1]; classify: 1 for each class in the set, else 0.
    void (*region)(double quantile, const double* outputs, size_t output_count,
                   double* region) = nullptr;
};

// Numbers that a row's region has: low and high, or one a class.
inline size_t region_size(const Program& program) {
    if (program.conformal.kind.empty()) return 0;
    return program.task == Task::regress ? 2 : program.classes.size();
}

// The ceil((rows + 1) * coverage)-th smallest disagreement; failed_precondition when there are too
// few rows for the coverage.
Result<FittedConformal> fit_conformal(const ConformalMethod& method, const ConformalRows& rows,
                                      double coverage);

struct BoundConformal {
    const ConformalMethod* method = nullptr;  // null: none
    double quantile = 0;
};
Result<BoundConformal> bind_conformal(const Program& program);

}  // namespace quern::score
