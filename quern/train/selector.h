// Selectors: which columns of the matrix a learner gets to see (`select` of models/*.yml). An entry
// looks at the rows that teach, of each fold anew, and gives every column a score; the columns that
// are not kept leave the program (narrow.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "quern/train/learner.h"
#include "quern/train/transform.h"

namespace quern::train {

struct SelectorInput {
    const FitInput& fit;     // as the model's learner would get it; at least one column and row
    const Learner& learner;  // the model's
    Tree settings;           // a map, or null

    const MatrixView& matrix() const { return fit.lesson.matrix; }
    size_t column_count() const { return matrix().column_count(); }
};

struct Selected {
    std::vector<double> scores;    // by column, finite or infinite
    std::vector<uint8_t> is_kept;  // by column, at least one of them
};

struct Selector {
    static constexpr std::string_view kind = "selection method";
    std::string_view name;
    std::string_view summary;    // one sentence
    std::string_view reference;  // what its scores are equal to
    std::string_view example;    // YAML of a model's `select:`
    std::string_view measure;    // what a score is, for people: "F"
    bool is_for_regress = true;  // all are for classes
    std::vector<Param> params;
    Status (*check_settings)(const Tree& settings, std::string_view name) = nullptr;
    Result<Selected> (*select)(const SelectorInput& input) = nullptr;
};

// The columns with the largest scores; of equal ones the first. `keep`: how many, or below 1 which
// share of them, one at least.
Selected keep_best(std::vector<double> scores, double keep);
// A parameter of selectors: keep_best's.
constexpr double kKeepDefault = 10;
template <class P>
Param keep_param(double P::* field) {
    return param("keep", field, "How many columns stay; below 1, which share of them.").above(0);
}

// Numbers of one column, NaN where missing. A category is a column of 0 and 1 for each of its
// values. f(column of the matrix, its numbers)
using VisitNumbers = std::function<void(size_t column, std::span<const double> numbers)>;
void for_each_numbers(const MatrixView& matrix, const VisitNumbers& visit);
// The largest of what `score` makes of a column's numbers; NaN counts as the least.
std::vector<double> score_numbers(
    const MatrixView& matrix, const std::function<double(std::span<const double> numbers)>& score);

// What can be refused without data.
Status check_select(std::string_view method, const Tree& settings, bool is_regress);
// The settings, and then the selector.
Result<Selected> select(const Selector& selector, const SelectorInput& input);

}  // namespace quern::train
