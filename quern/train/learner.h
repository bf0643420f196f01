// Learners: from a matrix and a target to a model that the scorer runs. An entry sees numbers
// only; what became of texts and dates is decided before (preparation.h).
#pragma once

#include <atomic>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quern/base/params.h"
#include "quern/base/registry.h"
#include "quern/score/program.h"

namespace quern::train {

using score::Task;

// How a learner wants its columns.
enum class Taste : uint8_t {
    native,  // missing values are NaN, categories are codes; nothing is scaled
    dense,   // every value finite: filled, scaled, one column a category
};

struct MatrixColumn {
    std::string name;          // "age", "city=Paris"
    bool is_category = false;  // codes 0 upwards; below 0: not seen, NaN: missing
};

// A look at rows of doubles, [row][column], as the scorer writes them.
struct MatrixView {
    size_t row_count = 0;
    std::span<const MatrixColumn> columns;
    const double* values = nullptr;

    size_t column_count() const { return columns.size(); }
    const double* row(size_t index) const { return values + index * columns.size(); }
};

// Rows with what is true of them.
struct Lesson {
    MatrixView matrix;
    std::span<const double> targets;  // the class's position, or the value
    std::span<const double> weights;  // empty: all 1
};

// Weighted, of each column of the matrix.
std::vector<double> column_means(const Lesson& lesson);

// How training goes on; may be called often and must be quick.
struct Watch {
    const std::atomic<bool>* cancel = nullptr;
    std::function<void(int64_t done, int64_t total)> progress;

    Status check() const {
        if (cancel != nullptr && cancel->load(std::memory_order_relaxed)) {
            return cancelled("training was stopped");
        }
        return {};
    }
};

struct FitInput {
    Task task = Task::classify;
    bool is_cluster = false;  // there is no target; the task says classify, and targets are 0
    int32_t class_count = 2;
    Lesson lesson;
    Lesson validation;   // for early stopping; no rows unless validation_share asks for them
    std::string metric;  // watched by early stopping (evaluate/metric.h)
    // Of the lesson's rows, where the model's split goes by one of them; else empty. Parts that a
    // learner makes of its rows keep groups together, and are judged by what lies before them.
    std::span<const uint64_t> groups = {};
    std::span<const double> times = {};
    Tree settings;  // a map as the user wrote it, or null
    uint64_t seed = 1;
    int threads = 1;  // never changes the model
    Watch watch;
};

struct Fitted {
    score::FittedModel model;
    score::Link link = score::Link::identity;
    double link_scale = 1;
    int64_t iterations = 0;          // that were made
    int64_t best_iteration = 0;      // that the model keeps; 0: all
    std::vector<double> curve;       // the watched metric on the validation rows, by iteration
    std::vector<double> importance;  // one a column, at least 0; sums to 1, or all 0
    std::vector<std::string> notes;
    std::vector<std::string> classes;  // of clusters, which the learner names itself
};

struct Learner {
    static constexpr std::string_view kind = "algorithm";
    std::string_view name;
    std::string_view summary;  // one sentence
    std::string_view source;   // what does the work, with the paper
    std::string_view example;  // YAML of a model's `algorithm:`
    Taste taste = Taste::native;
    bool is_for_classify = false, is_for_regress = false;
    bool is_for_cluster = false;  // learns without a target
    bool counts_rows = false;     // a setting counts rows, so a weight of 2 is not a row twice
    std::vector<Param> params;
    // Whether `fit` takes these settings.
    Status (*check_settings)(const Tree& settings) = nullptr;
    // The share of the training rows set aside for early stopping; null: none.
    Result<double> (*validation_share)(const Tree& settings) = nullptr;
    Result<Fitted> (*fit)(const FitInput& input) = nullptr;

    bool fits(Task task) const { return task == Task::classify ? is_for_classify : is_for_regress; }
};

// "auto" is gbdt.
Result<const Learner*> find_learner(std::string_view name);

// What every learner asks of its input: rows, columns, targets and weights that go together, more
// than one class, and for `dense` ones finite values.
Status check_input(const Learner& learner, const FitInput& input);

// check_input, the settings, and then the learner.
Result<Fitted> fit(const Learner& learner, const FitInput& input);

}  // namespace quern::train
