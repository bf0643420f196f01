// Logistic regression with an L2 penalty: one row of weights for two classes, one a class for
// more. oneDAL has it for GPUs only (docs/decisions/005-onedal.md), so it is fitted here.
#include <algorithm>
#include <cmath>
#include <memory>

#include "quern/base/threads.h"
#include "quern/score/models/linear.h"
#include "quern/train/learner.h"
#include "quern/train/newton.h"

namespace quern::train {
namespace {

struct Logistic {
    double c = 1;
    int64_t max_iter = 100;
    double tol = 1e-6;

    static std::vector<Param> params() {
        return {param("C", &Logistic::c, "Inverse strength of the L2 penalty; smaller is simpler.")
                    .range(0, 1e12, true, false),
                param("max_iter", &Logistic::max_iter, "Newton steps at most.").in(1, 100'000),
                param("tol", &Logistic::tol,
                      "Done when no part of the mean loss's gradient is above this.")
                    .range(0, 1, true, false)};
    }
};

// The mean loss over blocks of rows of a fixed size, added in their order: the same sum whatever
// the number of threads.
constexpr size_t kBlockRows = 4096;

class LogisticLoss {
public:
    LogisticLoss(const FitInput& input, double penalty)
        : lesson_(input.lesson),
          columns_(input.lesson.matrix.column_count()),
          outputs_(input.class_count == 2 ? 1 : static_cast<size_t>(input.class_count)),
          rows_(input.lesson.matrix.row_count),
          threads_(input.threads),
          penalty_(penalty),
          probabilities_(rows_ * outputs_),
          blocks_((rows_ + kBlockRows - 1) / kBlockRows) {
        for (size_t row = 0; row < rows_; ++row) weight_total_ += weight(row);
    }

    size_t size() const { return outputs_ * (columns_ + 1); }
    size_t outputs() const { return outputs_; }

    double set(std::span<const double> point) {
        std::vector<double> losses(blocks_);
        over_blocks([&](size_t block, size_t first, size_t last) {
            std::vector<double> raw(outputs_);
            for (size_t row = first; row < last; ++row) {
                multiply(point, row, raw.data());
                losses[block] += weight(row) * keep_probabilities(row, raw);
            }
        });
        double sum = 0;
        for (const double loss : losses) sum += loss;
        return sum / weight_total_ + penalty_ / 2 * square_of_weights(point);
    }

    void gradient(std::span<double> out) {
        std::span<const double> none;
        accumulate(out, none, [&](size_t row, const double*, double* pull) {
            const auto label = static_cast<size_t>(lesson_.targets[row]);
            for (size_t k = 0; k < outputs_; ++k) {
                const double truth = outputs_ == 1 ? lesson_.targets[row] : label == k ? 1 : 0;
                pull[k] = probabilities_[row * outputs_ + k] - truth;
            }
        });
        last_point_penalty(out);
    }

    void hessian(std::span<const double> direction, std::span<double> out) {
        accumulate(out, direction, [&](size_t row, const double* raw, double* pull) {
            const double* p = &probabilities_[row * outputs_];
            if (outputs_ == 1) {
                pull[0] = p[0] * (1 - p[0]) * raw[0];
                return;
            }
            double mean = 0;
            for (size_t k = 0; k < outputs_; ++k) mean += p[k] * raw[k];
            for (size_t k = 0; k < outputs_; ++k) pull[k] = p[k] * (raw[k] - mean);
        });
        add_penalty(out, direction);
    }

    void remember(std::span<const double> point) { point_.assign(point.begin(), point.end()); }

private:
    double weight(size_t row) const { return lesson_.weights.empty() ? 1 : lesson_.weights[row]; }

    template <class Work>
    void over_blocks(Work work) const {
        const auto status = run_parallel(blocks_, threads_, [&](size_t block) {
            work(block, block * kBlockRows, std::min(rows_, (block + 1) * kBlockRows));
            return Status();
        });
        status.ignore("the work has no way to fail");
    }

    void multiply(std::span<const double> point, size_t row, double* raw) const {
        const double* x = lesson_.matrix.row(row);
        for (size_t k = 0; k < outputs_; ++k) {
            const double* w = &point[k * (columns_ + 1)];
            double even = w[columns_], odd = 0;  // the intercept stands last
            size_t j = 0;
            for (; j + 1 < columns_; j += 2) {
                even += w[j] * x[j];
                odd += w[j + 1] * x[j + 1];
            }
            if (j < columns_) even += w[j] * x[j];
            raw[k] = even + odd;
        }
    }

    double keep_probabilities(size_t row, std::vector<double>& raw) {
        double* p = &probabilities_[row * outputs_];
        if (outputs_ == 1) {
            p[0] = 1 / (1 + std::exp(-raw[0]));
            const double margin = lesson_.targets[row] == 1 ? raw[0] : -raw[0];
            return margin > 0 ? std::log1p(std::exp(-margin))
                              : std::log1p(std::exp(margin)) - margin;
        }
        const double most = *std::ranges::max_element(raw);
        double sum = 0;
        for (size_t k = 0; k < outputs_; ++k) sum += p[k] = std::exp(raw[k] - most);
        for (size_t k = 0; k < outputs_; ++k) p[k] /= sum;
        return std::log(sum) + most - raw[static_cast<size_t>(lesson_.targets[row])];
    }

    // out[k] = mean over rows of pull[k] * (row, 1)
    template <class Pull>
    void accumulate(std::span<double> out, std::span<const double> point, Pull pull_of) const {
        std::vector<std::vector<double>> sums(blocks_);
        over_blocks([&](size_t block, size_t first, size_t last) {
            auto& sum = sums[block];
            sum.assign(out.size(), 0);
            std::vector<double> raw(outputs_), pull(outputs_);
            for (size_t row = first; row < last; ++row) {
                if (!point.empty()) multiply(point, row, raw.data());
                pull_of(row, raw.data(), pull.data());
                const double* x = lesson_.matrix.row(row);
                for (size_t k = 0; k < outputs_; ++k) {
                    const double factor = pull[k] * weight(row);
                    double* to = &sum[k * (columns_ + 1)];
                    for (size_t j = 0; j < columns_; ++j) to[j] += factor * x[j];
                    to[columns_] += factor;
                }
            }
        });
        std::ranges::fill(out, 0);
        for (const auto& sum : sums) {
            for (size_t i = 0; i < out.size(); ++i) out[i] += sum[i] / weight_total_;
        }
    }

    double square_of_weights(std::span<const double> point) const {
        double sum = 0;
        for (size_t i = 0; i < point.size(); ++i) {
            if (i % (columns_ + 1) != columns_) sum += point[i] * point[i];
        }
        return sum;
    }
    void add_penalty(std::span<double> out, std::span<const double> point) const {
        for (size_t i = 0; i < out.size(); ++i) {
            if (i % (columns_ + 1) != columns_) out[i] += penalty_ * point[i];
        }
    }
    void last_point_penalty(std::span<double> out) const { add_penalty(out, point_); }

    const Lesson& lesson_;
    size_t columns_, outputs_, rows_;
    int threads_;
    double penalty_, weight_total_ = 0;
    std::vector<double> probabilities_, point_;
    size_t blocks_;
};

// Of many classes, the same added to all intercepts changes no probability: the sum is 0 by choice,
// or it would be what rounding made of it.
void centre(std::vector<double>& intercepts) {
    if (intercepts.size() == 1) return;
    double mean = 0;
    for (const double intercept : intercepts) mean += intercept;
    mean /= static_cast<double>(intercepts.size());
    for (double& intercept : intercepts) intercept -= mean;
}

std::vector<double> importance_of(const score::Linear& linear, const MatrixView& matrix) {
    const size_t columns = matrix.column_count();
    std::vector<double> importance(columns);
    double total = 0;
    for (size_t j = 0; j < columns; ++j) {
        double sum = 0, squares = 0;
        for (size_t row = 0; row < matrix.row_count; ++row) {
            sum += matrix.row(row)[j];
            squares += matrix.row(row)[j] * matrix.row(row)[j];
        }
        const auto count = static_cast<double>(matrix.row_count);
        const double deviation =
            std::sqrt(std::max(0.0, squares / count - sum * sum / count / count));
        for (size_t k = 0; k < linear.intercepts.size(); ++k) {
            importance[j] += std::abs(linear.weights[k * columns + j]) * deviation;
        }
        total += importance[j];
    }
    for (double& share : importance) share = total > 0 ? share / total : 0;
    return importance;
}

Result<Fitted> fit_logistic(const FitInput& input) {
    const auto settings = TRY(parse_params<Logistic>(input.settings, "logistic"));
    double weight_total = 0;
    for (const double weight : input.lesson.weights) weight_total += weight;
    if (input.lesson.weights.empty()) {
        weight_total = static_cast<double>(input.lesson.matrix.row_count);
    }
    if (weight_total == 0) return invalid_argument("all weights are 0");
    LogisticLoss loss(input, 1 / (settings.c * weight_total));
    const Objective objective{
        .set =
            [&](std::span<const double> point) {
                loss.remember(point);
                return loss.set(point);
            },
        .gradient = [&](std::span<double> out) { loss.gradient(out); },
        .hessian = [&](std::span<const double> d, std::span<double> out) { loss.hessian(d, out); }};
    const auto each = [&](int64_t iteration) {
        if (input.watch.progress) input.watch.progress(iteration, settings.max_iter);
        return input.watch.check();
    };
    const auto minimum = TRY(
        minimise(objective, loss.size(),
                 {.iterations_max = settings.max_iter, .tolerance = settings.tol, .each = each}));
    score::Linear linear;
    const size_t columns = input.lesson.matrix.column_count();
    for (size_t k = 0; k < loss.outputs(); ++k) {
        const auto first = minimum.point.begin() + static_cast<ptrdiff_t>(k * (columns + 1));
        linear.weights.insert(linear.weights.end(), first, first + static_cast<ptrdiff_t>(columns));
        linear.intercepts.push_back(first[static_cast<ptrdiff_t>(columns)]);
    }
    centre(linear.intercepts);
    linear.means = column_means(input.lesson);
    Fitted fitted;
    fitted.importance = importance_of(linear, input.lesson.matrix);
    fitted.model = score::pack(linear);
    fitted.link = loss.outputs() == 1 ? score::Link::sigmoid : score::Link::softmax;
    fitted.iterations = minimum.iterations;
    if (!minimum.is_converged) {
        fitted.notes.push_back("logistic stopped after " + std::to_string(minimum.iterations) +
                               " steps before it reached `tol`; raise max_iter or lower C");
    }
    return fitted;
}

QUERN_REGISTER(Learner)
({.name = "logistic",
  .summary = "Logistic regression with an L2 penalty; multinomial for more than two classes.",
  .source = "quern's own truncated Newton; equals scikit-learn's LogisticRegression",
  .example = "algorithm: {logistic: {C: 0.5}}",
  .taste = Taste::dense,
  .is_for_classify = true,
  .params = Logistic::params(),
  .check_settings =
      [](const Tree& tree) { return parse_params<Logistic>(tree, "logistic").status(); },
  .fit = fit_logistic});

}  // namespace
}  // namespace quern::train
