// Small dense networks, trained by Adam on batches of rows in a seeded order, on one thread.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "quern/train/learner.h"
#include "quern/train/network_fit.h"

namespace quern::train {
namespace {

struct Mlp {
    std::vector<int64_t> hidden = {32};
    std::string activation = "relu";
    double learning_rate = 0.001, alpha = 0.0001, validation_fraction = 0.1, tol = 0.0001;
    int64_t batch_size = 200, max_iter = 200, early_stopping_rounds = 10;

    static std::vector<Param> params() {
        auto all = std::vector<Param>{
            param("hidden", &Mlp::hidden, "Widths of the hidden layers, from the inputs on.")
                .in(1, 1024),
            param("activation", &Mlp::activation, "What bends a hidden layer's sums.")
                .one_of({"relu", "tanh", "logistic"}),
            param("learning_rate", &Mlp::learning_rate, "Of Adam.").range(0, 1, true, false),
            param("alpha", &Mlp::alpha, "Strength of the L2 penalty on weights.").in(0, 1e6),
            param("batch_size", &Mlp::batch_size, "Rows of a step.").in(1, 1'000'000),
            param("max_iter", &Mlp::max_iter, "Passes over the rows at most.").in(1, 100'000),
            param("early_stopping_rounds", &Mlp::early_stopping_rounds,
                  "Stop after so many passes without a smaller loss; 0: never.")
                .in(0, 100'000),
            param("validation_fraction", &Mlp::validation_fraction,
                  "Share of the rows whose loss is watched; 0: that of the lesson is.")
                .range(0, 1, false, true),
            param("tol", &Mlp::tol, "By which a smaller loss must be smaller.").in(0, 1)};
        all[0].default_text = "32";
        return all;
    }
};

score::Activation activation_of(const Mlp& settings) {
    return settings.activation == "tanh"       ? score::Activation::tanh
           : settings.activation == "logistic" ? score::Activation::logistic
                                               : score::Activation::relu;
}

Result<Mlp> read_settings(const Tree& tree) {
    auto settings = TRY(parse_params<Mlp>(tree, "mlp"));
    constexpr size_t kHiddenMax = score::kNetworkLayersMax - 1;
    if (!settings.hidden.empty() && settings.hidden.size() <= kHiddenMax) return settings;
    return invalid_argument("'hidden' must hold 1 to " + std::to_string(kHiddenMax) + " widths")
        .at(tree.find("hidden")->place.text());
}

// Kingma and Ba 2015.
struct Adam {
    double learning_rate;
    std::vector<double> means, squares;
    int64_t steps = 0;

    void step(std::span<const double> gradient, std::vector<double>& parameters) {
        constexpr double kMean = 0.9, kSquare = 0.999, kLeast = 1e-8;
        ++steps;
        const double rate = learning_rate *
                            std::sqrt(1 - std::pow(kSquare, static_cast<double>(steps))) /
                            (1 - std::pow(kMean, static_cast<double>(steps)));
        for (size_t i = 0; i < parameters.size(); ++i) {
            means[i] = kMean * means[i] + (1 - kMean) * gradient[i];
            squares[i] = kSquare * squares[i] + (1 - kSquare) * gradient[i] * gradient[i];
            parameters[i] -= rate * means[i] / (std::sqrt(squares[i]) + kLeast);
        }
    }
};

void shuffle(std::vector<uint32_t>& rows, std::mt19937_64& random) {
    for (size_t i = rows.size(); i-- > 1;) std::swap(rows[i], rows[random() % (i + 1)]);
}

double weight_of(const Lesson& lesson, std::span<const uint32_t> rows) {
    if (lesson.weights.empty()) return static_cast<double>(rows.size());
    double sum = 0;
    for (const uint32_t row : rows) sum += lesson.weights[row];
    return sum;
}

struct Spread {
    double centre = 0, scale = 1;
};
Spread spread_of(const FitInput& input, std::span<const uint32_t> rows) {
    Spread spread;
    if (input.task == Task::classify) return spread;
    const Lesson& lesson = input.lesson;
    const double total = weight_of(lesson, rows);
    const auto mean_of = [&](auto f) {
        double sum = 0;
        for (const uint32_t row : rows)
            sum += (lesson.weights.empty() ? 1 : lesson.weights[row]) * f(lesson.targets[row]);
        return sum / total;
    };
    spread.centre = mean_of([](double target) { return target; });
    const double square =
        mean_of([&](double target) { return (target - spread.centre) * (target - spread.centre); });
    if (square > 0) spread.scale = std::sqrt(square);
    return spread;
}

class Training {
public:
    Training(const FitInput& input, const Mlp& settings, NetworkFit& fit)
        : input_(input),
          settings_(settings),
          fit_(fit),
          adam_{settings.learning_rate, std::vector<double>(fit.size()),
                std::vector<double>(fit.size())},
          gradient_(fit.size()),
          rows_(input.lesson.matrix.row_count),
          watched_(input.validation.matrix.row_count),
          random_(input.seed + 1) {
        std::iota(rows_.begin(), rows_.end(), 0u);
        std::iota(watched_.begin(), watched_.end(), 0u);
    }

    Status run(Fitted& fitted) {
        std::vector<double> best;
        double least = INFINITY;
        for (int64_t pass = 0; pass < settings_.max_iter; ++pass) {
            TRY(input_.watch.check());
            const double lesson_loss = pass_over();
            const double loss = watched_.empty() ? lesson_loss : watched_loss();
            if (!std::isfinite(loss))
                return failed_precondition("mlp's loss grew without bound")
                    .hint("lower `learning_rate`, or scale the features and clip outliers");
            fitted.curve.push_back(loss);
            fitted.iterations = pass + 1;
            if (loss < least - settings_.tol || best.empty()) fitted.best_iteration = pass + 1;
            if (loss < least || best.empty()) best = fit_.parameters;
            least = std::min(loss, least);
            if (input_.watch.progress) input_.watch.progress(pass + 1, settings_.max_iter);
            const int64_t idle = pass + 1 - fitted.best_iteration;
            if (settings_.early_stopping_rounds > 0 && idle >= settings_.early_stopping_rounds)
                break;
        }
        fit_.parameters = std::move(best);
        return {};
    }

private:
    double pass_over() {
        shuffle(rows_, random_);
        double loss = 0, total = 0;
        const auto size = static_cast<size_t>(settings_.batch_size);
        for (size_t first = 0; first < rows_.size(); first += size) {
            const auto batch =
                std::span(rows_).subspan(first, std::min(size, rows_.size() - first));
            const double weight = weight_of(input_.lesson, batch);
            if (weight == 0) continue;
            std::ranges::fill(gradient_, 0);
            loss += fit_.add(input_.lesson, batch, gradient_);
            total += weight;
            for (size_t i = 0; i < gradient_.size(); ++i) {
                const double pull = fit_.is_weight[i] != 0 ? settings_.alpha : 0;
                gradient_[i] = (gradient_[i] + pull * fit_.parameters[i]) / weight;
            }
            adam_.step(gradient_, fit_.parameters);
        }
        return loss / total;
    }

    double watched_loss() {
        const double weight = weight_of(input_.validation, watched_);
        return weight > 0 ? fit_.add(input_.validation, watched_, {}) / weight : 0;
    }

    const FitInput& input_;
    const Mlp& settings_;
    NetworkFit& fit_;
    Adam adam_;
    std::vector<double> gradient_;
    std::vector<uint32_t> rows_, watched_;
    std::mt19937_64 random_;
};

Result<Fitted> fit_mlp(const FitInput& input) {
    const Mlp settings = TRY(read_settings(input.settings));
    std::vector<uint32_t> rows(input.lesson.matrix.row_count);
    std::iota(rows.begin(), rows.end(), 0u);
    if (weight_of(input.lesson, rows) == 0) return invalid_argument("all weights are 0");
    std::vector<size_t> widths(settings.hidden.begin(), settings.hidden.end());
    const bool is_many = input.task == Task::classify && input.class_count > 2;
    widths.push_back(is_many ? static_cast<size_t>(input.class_count) : 1);
    if (widths.back() > score::kNetworkWidthMax)
        return invalid_argument("mlp takes at most " + std::to_string(score::kNetworkWidthMax) +
                                " classes");
    const Spread spread = spread_of(input, rows);
    NetworkFit fit(input.task, activation_of(settings), input.lesson.matrix.column_count(), widths,
                   spread.centre, spread.scale);
    fit.start(input.seed);
    Fitted fitted;
    TRY(Training(input, settings, fit).run(fitted));
    fitted.model = score::pack(fit.network());
    if (input.task == Task::classify)
        fitted.link = is_many ? score::Link::softmax : score::Link::sigmoid;
    fitted.importance.assign(input.lesson.matrix.column_count(), 0);
    if (fitted.iterations == settings.max_iter && fitted.iterations == fitted.best_iteration)
        fitted.notes.push_back("mlp's loss was still falling after `max_iter` passes; raise it");
    return fitted;
}

QUERN_REGISTER(Learner)
({.name = "mlp",
  .summary = "A small dense network, for smooth dependencies; features are scaled.",
  .source = "quern's own Adam (Kingma and Ba 2015); the forward pass equals scikit-learn's "
            "MLPClassifier and MLPRegressor",
  .example = "algorithm: {mlp: {hidden: [64, 16], activation: tanh, max_iter: 50}}",
  .taste = Taste::dense,
  .is_for_classify = true,
  .is_for_regress = true,
  .counts_rows = true,
  .params = Mlp::params(),
  .check_settings = [](const Tree& tree) { return read_settings(tree).status(); },
  .validation_share = [](const Tree& tree) -> Result<double> {
      const Mlp settings = TRY(read_settings(tree));
      return settings.early_stopping_rounds > 0 ? settings.validation_fraction : 0;
  },
  .fit = fit_mlp});

}  // namespace
}  // namespace quern::train
