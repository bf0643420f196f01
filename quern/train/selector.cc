#include "quern/train/selector.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace quern::train {

Selected keep_best(std::vector<double> scores, double keep) {
    const size_t column_count = scores.size();
    const double wanted =
        keep < 1 ? std::floor(keep * static_cast<double>(column_count)) : std::round(keep);
    const auto count = static_cast<size_t>(
        std::clamp(wanted, 1.0, static_cast<double>(std::max<size_t>(column_count, 1))));
    std::vector<uint32_t> order(column_count);
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::stable_sort(order, [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
    Selected selected{.scores = std::move(scores), .is_kept = std::vector<uint8_t>(column_count)};
    for (size_t i = 0; i < std::min(count, column_count); ++i) selected.is_kept[order[i]] = 1;
    return selected;
}

void for_each_numbers(const MatrixView& matrix, const VisitNumbers& visit) {
    std::vector<double> numbers(matrix.row_count);
    for (size_t column = 0; column < matrix.column_count(); ++column) {
        double most = -1;
        for (size_t row = 0; row < matrix.row_count; ++row) {
            const double value = matrix.row(row)[column];
            numbers[row] = std::isfinite(value) ? value : std::nan("");
            most = std::max(most, numbers[row]);
        }
        if (!matrix.columns[column].is_category) {
            visit(column, numbers);
            continue;
        }
        std::vector<double> is_code(matrix.row_count);
        for (double code = 0; code <= most; ++code) {
            for (size_t row = 0; row < matrix.row_count; ++row)
                is_code[row] = numbers[row] == code ? 1 : 0;
            visit(column, is_code);
        }
    }
}

std::vector<double> score_numbers(
    const MatrixView& matrix, const std::function<double(std::span<const double> numbers)>& score) {
    std::vector<double> scores(matrix.column_count(), std::numeric_limits<double>::lowest());
    for_each_numbers(matrix, [&](size_t column, std::span<const double> numbers) {
        const double value = score(numbers);
        if (!std::isnan(value)) scores[column] = std::max(scores[column], value);
    });
    return scores;
}

Status check_select(std::string_view method, const Tree& settings, bool is_regress) {
    const auto* selector = TRY(Registry<Selector>::of_kind().find(method));
    if (is_regress && !selector->is_for_regress)
        return invalid_argument("`select` by " + std::string(method) + " is for classes")
            .hint("use anova or mutual_information");
    return selector->check_settings(settings, selector->name);
}

Result<Selected> select(const Selector& selector, const SelectorInput& input) {
    TRY(check_select(selector.name, input.settings, input.fit.task == Task::regress));
    auto selected = TRY(selector.select(input));
    if (std::ranges::find(selected.is_kept, 1) != selected.is_kept.end()) return selected;
    return failed_precondition("`select` by " + std::string(selector.name) + " keeps no column")
        .hint("loosen its settings");
}

}  // namespace quern::train
