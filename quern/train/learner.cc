#include "quern/train/learner.h"

#include <algorithm>
#include <cmath>

#include "quern/base/text.h"

namespace quern::train {
namespace {

Status check_lesson(const Learner& learner, const FitInput& input, const Lesson& lesson) {
    const size_t rows = lesson.matrix.row_count;
    if (lesson.targets.size() != rows) {
        return invalid_argument("the matrix has " + plural(static_cast<int64_t>(rows), "row") +
                                " and the target " + std::to_string(lesson.targets.size()));
    }
    if (!lesson.weights.empty() && lesson.weights.size() != rows) {
        return invalid_argument("weights and rows differ in number");
    }
    const auto is_weight = [](double weight) { return std::isfinite(weight) && weight >= 0; };
    if (!std::ranges::all_of(lesson.weights, is_weight)) {
        return invalid_argument("a weight is not a number of at least 0");
    }
    const auto is_target = [&](double target) {
        if (input.task == Task::regress) return std::isfinite(target);
        return target >= 0 && target < input.class_count && target == std::floor(target);
    };
    if (!std::ranges::all_of(lesson.targets, is_target)) {
        return invalid_argument(input.task == Task::regress ? "a target is not finite"
                                                            : "a target is none of the classes");
    }
    if (learner.taste == Taste::native) return {};
    const size_t columns = lesson.matrix.column_count();
    for (size_t i = 0; i < rows * columns; ++i) {
        if (std::isfinite(lesson.matrix.values[i])) continue;
        return invalid_argument("column '" + lesson.matrix.columns[i % columns].name +
                                "' holds a value that is not finite, and " +
                                std::string(learner.name) + " needs finite numbers")
            .hint("write `case when isfinite(x) then x end`, or use algorithm: gbdt");
    }
    return {};
}

}  // namespace

Result<const Learner*> find_learner(std::string_view name) {
    return Registry<Learner>::of_kind().find(name == "auto" ? "gbdt" : name);
}

Status check_input(const Learner& learner, const FitInput& input) {
    if (input.is_cluster ? !learner.is_for_cluster : !learner.fits(input.task)) {
        return invalid_argument("algorithm '" + std::string(learner.name) + "' does not " +
                                (input.is_cluster               ? "cluster"
                                 : input.task == Task::classify ? "classify"
                                                                : "regress"));
    }
    if (input.lesson.matrix.row_count == 0) {
        return failed_precondition("there are no rows to learn from");
    }
    if (input.lesson.matrix.column_count() == 0) {
        return failed_precondition("there are no features to learn from");
    }
    if (input.task == Task::classify && input.class_count < 2) {
        return failed_precondition("there is one class only; nothing can be learned from that");
    }
    TRY(check_lesson(learner, input, input.lesson));
    if (input.validation.matrix.row_count > 0) {
        TRY(check_lesson(learner, input, input.validation));
    }
    return {};
}

std::vector<double> column_means(const Lesson& lesson) {
    std::vector<double> means(lesson.matrix.column_count());
    double total = 0;
    for (size_t row = 0; row < lesson.matrix.row_count; ++row) {
        const double weight = lesson.weights.empty() ? 1 : lesson.weights[row];
        const double* values = lesson.matrix.row(row);
        for (size_t j = 0; j < means.size(); ++j) means[j] += weight * values[j];
        total += weight;
    }
    for (double& mean : means) mean /= total;
    return means;
}

Result<Fitted> fit(const Learner& learner, const FitInput& input) {
    TRY(check_input(learner, input));
    TRY(input.watch.check());
    return learner.fit(input);
}

}  // namespace quern::train
