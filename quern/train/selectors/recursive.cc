#include <algorithm>
#include <cmath>
#include <numeric>

#include "quern/train/narrow.h"
#include "quern/train/selector.h"

namespace quern::train {
namespace {

struct Recursive {
    double keep = 0.5, step = 1;

    static std::vector<Param> params() {
        return {keep_param(&Recursive::keep),
                param("step", &Recursive::step,
                      "How many columns go between two fits; below 1, which share of all.")
                    .above(0)};
    }
};

size_t step_of(double step, size_t column_count) {
    if (step >= 1) return static_cast<size_t>(step);
    return std::max<size_t>(1, static_cast<size_t>(step * static_cast<double>(column_count)));
}

// Scores are ranks, turned around: 0 stays, -1 went last.
Result<Selected> keep_last(const SelectorInput& input) {
    const auto settings = TRY(parse_params<Recursive>(input.settings, "recursive"));
    const size_t column_count = input.column_count();
    const auto wanted = keep_best(std::vector<double>(column_count), settings.keep);
    const auto keep = static_cast<size_t>(std::ranges::count(wanted.is_kept, 1));
    const size_t step = step_of(settings.step, column_count);
    Selected selected{.scores = std::vector<double>(column_count),
                      .is_kept = std::vector<uint8_t>(column_count, 1)};
    std::vector<uint32_t> left(column_count);
    std::iota(left.begin(), left.end(), 0u);
    while (left.size() > keep) {
        TRY(input.fit.watch.check());
        const NarrowInput narrow(input.fit, selected.is_kept);
        const auto fitted = TRY(fit(input.learner, narrow.input()));
        if (std::ranges::all_of(fitted.importance, [](double share) { return share == 0; }))
            return failed_precondition(
                       "`select` by recursive asks the learner which columns "
                       "matter, and " +
                       std::string(input.learner.name) + " does not tell")
                .hint("use another algorithm, or another method");
        std::vector<uint32_t> order(left.size());
        std::iota(order.begin(), order.end(), 0u);
        std::ranges::stable_sort(order, {}, [&](uint32_t i) { return fitted.importance[i]; });
        for (size_t i = 0; i < std::min(step, left.size() - keep); ++i)
            selected.is_kept[left[order[i]]] = 0;
        for (size_t i = 0; i < column_count; ++i) selected.scores[i] -= selected.is_kept[i] == 0;
        std::erase_if(left, [&](uint32_t column) { return selected.is_kept[column] == 0; });
    }
    // Each round took one off what was gone by then: the last to go has the least.
    return selected;
}

}  // namespace

QUERN_REGISTER(Selector)({
    .name = "recursive",
    .summary = "Fits the model's own learner, takes out the column that matters least to it, and "
               "does so again until as many are left as wanted.",
    .reference = "scikit-learn's RFE",
    .example = "select: {method: recursive, keep: 10, step: 0.1}",
    .measure = "rank",
    .params = Recursive::params(),
    .check_settings = check_params<Recursive>,
    .select = keep_last,
});

}  // namespace quern::train
