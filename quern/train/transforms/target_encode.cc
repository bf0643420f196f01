#include <cmath>
#include <optional>

#include "quern/train/categories.h"

namespace quern::train {
namespace {

struct TargetEncode {
    std::optional<double> smoothing;

    static std::vector<Param> params() {
        return {param("smoothing", &TargetEncode::smoothing,
                      "How many rows the mean of all counts for; default: by the spread within "
                      "the categories (empirical Bayes).")
                    .at_least(0)};
    }
};

struct Group {
    double count = 0, mean = 0, squares = 0;
};

// The means of the groups, each drawn to the mean of all.
class Smoothing {
public:
    Smoothing(std::span<const double> targets, std::optional<double> rows) : rows_(rows) {
        for (const double target : targets) mean_ += target;
        if (!targets.empty()) mean_ /= static_cast<double>(targets.size());
        for (const double target : targets) variance_ += (target - mean_) * (target - mean_);
        if (!targets.empty()) variance_ /= static_cast<double>(targets.size());
    }
    double mean() const { return mean_; }
    double of(const Group& group) const {
        if (rows_) {
            const double whole = group.count + *rows_;
            return whole > 0 ? (group.mean * group.count + mean_ * *rows_) / whole : mean_;
        }
        if (group.count == 0) return mean_;
        const double between = variance_ * group.count;
        const double share = between / (between + group.squares / group.count);
        return std::isnan(share) ? mean_ : share * group.mean + (1 - share) * mean_;
    }

private:
    std::optional<double> rows_;
    double mean_ = 0, variance_ = 0;
};

// By category, then the missing ones.
std::vector<Group> groups_of(const Categories& categories, std::span<const double> targets) {
    std::vector<Group> groups(categories.count() + 1);
    const auto group_of = [&](size_t i) -> Group& {
        const int32_t code = categories.codes[i];
        return code == Categories::kMissing ? groups.back() : groups[static_cast<size_t>(code)];
    };
    for (size_t i = 0; i < targets.size(); ++i) {
        group_of(i).count += 1;
        group_of(i).mean += targets[i];
    }
    for (auto& group : groups)
        if (group.count > 0) group.mean /= group.count;
    for (size_t i = 0; i < targets.size(); ++i) {
        const double off = targets[i] - group_of(i).mean;
        group_of(i).squares += off * off;
    }
    return groups;
}

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<TargetEncode>(input.settings, "target_encode"));
    const Categories categories = TRY(read_categories(input));
    const bool is_many = input.task == score::Task::classify && input.class_count > 2;
    const size_t width = is_many ? static_cast<size_t>(input.class_count) : 1;
    std::vector<double> values(categories.count() * width), unseen(width), missing(width);
    std::vector<std::string> columns;
    std::vector<double> targets(input.rows.size());
    for (size_t c = 0; c < width; ++c) {
        for (size_t i = 0; i < targets.size(); ++i) {
            const double target = input.targets[input.rows[i]];
            targets[i] = !is_many || target == static_cast<double>(c) ? (is_many ? 1 : target) : 0;
        }
        const Smoothing smoothing(targets, settings.smoothing);
        const auto groups = groups_of(categories, targets);
        for (size_t k = 0; k < categories.count(); ++k)
            values[k * width + c] = smoothing.of(groups[k]);
        unseen[c] = smoothing.mean();
        missing[c] = smoothing.of(groups.back());
        columns.push_back(input.task == score::Task::regress
                              ? " mean"
                              : " rate of " + input.classes[is_many ? c : 1]);
    }
    return FittedTransform{"lookup",
                           {{"categories", categories.buffer()},
                            {"columns", columns},
                            {"values", values},
                            {"unseen", unseen},
                            {"missing", missing}}};
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "target_encode",
    .summary = "The mean of the target in the category, drawn to the mean of all; of more than two "
               "classes a column each. A row that teaches is encoded by a fit on other rows.",
    .reference = "scikit-learn's TargetEncoder (Micci-Barreca 2001)",
    .example = "target_encode(zip, smoothing := 10)",
    .takes = Takes::category,
    .is_cross_fitted = true,
    .params = TargetEncode::params(),
    .check_settings = check_params<TargetEncode>,
    .fit = fit,
});

}  // namespace quern::train
