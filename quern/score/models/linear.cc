#include "quern/score/models/linear.h"

#include <algorithm>
#include <cmath>

#include "quern/base/text.h"
#include "quern/score/learned.h"
#include "quern/score/model.h"

namespace quern::score {
namespace {

struct Prepared {
    Linear linear;
    size_t column_count = 0;
};

void score_linear(const void* prepared, const double* matrix, size_t row_count, double* raw,
                  std::byte*) {
    const auto& [linear, column_count] = *static_cast<const Prepared*>(prepared);
    for (size_t row = 0; row < row_count; ++row, matrix += column_count) {
        const double* weight = linear.weights.data();
        for (double intercept : linear.intercepts) {
            double sum = intercept;
            for (size_t c = 0; c < column_count; ++c) sum += *weight++ * matrix[c];
            *raw++ = sum;
        }
    }
}

double as_float(double value) { return static_cast<double>(static_cast<float>(value)); }

void score_floats(const void* prepared, const double* matrix, size_t row_count, double* raw,
                  std::byte*) {
    const auto& [linear, column_count] = *static_cast<const Prepared*>(prepared);
    for (size_t row = 0; row < row_count; ++row, matrix += column_count) {
        const double* weight = linear.weights.data();
        for (double intercept : linear.intercepts) {
            auto sum = static_cast<float>(intercept);
            for (size_t c = 0; c < column_count; ++c) {
                const float product = static_cast<float>(*weight++) * static_cast<float>(matrix[c]);
                sum += product;
            }
            *raw++ = static_cast<double>(sum);
        }
    }
}

// weight * (value - mean): the Shapley values of a linear model whose columns are taken to be
// independent (Lundberg and Lee 2017, corollary 1; shap's LinearExplainer).
void explain_linear(const void* prepared, const double* row, double* contributions, std::byte*) {
    const auto& [linear, column_count] = *static_cast<const Prepared*>(prepared);
    const double* weight = linear.weights.data();
    for (size_t k = 0; k < linear.intercepts.size(); ++k) {
        for (size_t c = 0; c < column_count; ++c) {
            *contributions++ = *weight++ * (row[c] - linear.means[c]);
        }
    }
}

// Nothing but the columns' own.
void interact_linear(const void* prepared, const double* row, const uint32_t* column_sources,
                     size_t source_count, double* out, std::byte*) {
    const auto& [linear, column_count] = *static_cast<const Prepared*>(prepared);
    const double* weight = linear.weights.data();
    for (size_t k = 0; k < linear.intercepts.size(); ++k, out += source_count * source_count) {
        std::fill_n(out, source_count * source_count, 0.0);
        for (size_t c = 0; c < column_count; ++c)
            out[column_sources[c] * (source_count + 1)] += *weight++ * (row[c] - linear.means[c]);
    }
}

Result<BoundModel> bind_linear(const Buffers& learned, size_t column_count) {
    TRY(check_names(learned, {"weights", "intercepts", "means", "is_float32"}));
    auto prepared = std::make_shared<Prepared>();
    prepared->column_count = column_count;
    prepared->linear.intercepts = TRY(take_finite(learned, "intercepts"));
    size_t raw_count = prepared->linear.intercepts.size();
    prepared->linear.weights = TRY(take_finite(learned, "weights", raw_count * column_count));
    if (raw_count == 0) return corrupt("a linear model without intercepts");
    BoundModel bound{score_linear, prepared, raw_count, "fixed order"};
    if (learned.contains("is_float32")) {
        bound.score = score_floats;
        const auto is_float = [](double value) { return as_float(value) == value; };
        const auto& linear = prepared->linear;
        if (!std::ranges::all_of(linear.weights, is_float) ||
            !std::ranges::all_of(linear.intercepts, is_float) || learned.contains("means"))
            return corrupt("a linear model of floats holds what is no float");
    }
    if (!learned.contains("means")) return bound;
    prepared->linear.means = TRY(take_finite(learned, "means", column_count));
    bound.explain = explain_linear;
    bound.interact = interact_linear;
    bound.expected.resize(raw_count);
    score_linear(prepared.get(), prepared->linear.means.data(), 1, bound.expected.data(), nullptr);
    return bound;
}

struct PreparedConstant {
    std::vector<double> raw;
    size_t column_count = 0;
};

void score_constant(const void* prepared, const double*, size_t row_count, double* raw,
                    std::byte*) {
    const auto& values = static_cast<const PreparedConstant*>(prepared)->raw;
    for (size_t row = 0; row < row_count; ++row) raw = std::copy(values.begin(), values.end(), raw);
}

void explain_constant(const void* prepared, const double*, double* contributions, std::byte*) {
    const auto& constant = *static_cast<const PreparedConstant*>(prepared);
    std::fill_n(contributions, constant.raw.size() * constant.column_count, 0.0);
}

void interact_constant(const void* prepared, const double*, const uint32_t*, size_t source_count,
                       double* out, std::byte*) {
    const auto& constant = *static_cast<const PreparedConstant*>(prepared);
    std::fill_n(out, constant.raw.size() * source_count * source_count, 0.0);
}

Result<BoundModel> bind_constant(const Buffers& learned, size_t column_count) {
    TRY(check_names(learned, {"raw"}));
    auto raw = TRY(take_finite(learned, "raw"));
    if (raw.empty()) return corrupt("a constant model without a value");
    auto prepared = std::make_shared<PreparedConstant>(PreparedConstant{raw, column_count});
    BoundModel bound{score_constant, prepared, raw.size(), "copy"};
    bound.explain = explain_constant;
    bound.interact = interact_constant;
    bound.expected = std::move(raw);
    return bound;
}

std::string describe_linear(const Buffers& learned) {
    auto* weights = find_buffer<double>(learned, "weights");
    return plural(weights ? std::ssize(*weights) : 0, "weight") +
           (learned.contains("is_float32") ? ", added as floats" : "");
}

std::string describe_constant(const Buffers&) { return "the same for every row"; }

}  // namespace

FittedModel pack(const Linear& linear) {
    FittedModel model{"linear", {{"weights", linear.weights}, {"intercepts", linear.intercepts}}};
    if (!linear.means.empty()) model.learned.emplace("means", linear.means);
    if (linear.is_float32) model.learned.emplace("is_float32", std::vector<uint8_t>{1});
    return model;
}

FittedModel pack(const ConstantModel& constant) { return {"constant", {{"raw", constant.raw}}}; }

QUERN_REGISTER(ModelKind)({
    .name = "linear",
    .summary = "A weighted sum of the columns.",
    .bind = bind_linear,
    .describe = describe_linear,
});

QUERN_REGISTER(ModelKind)({
    .name = "constant",
    .summary = "The same raw scores for every row: the baseline.",
    .bind = bind_constant,
    .describe = describe_constant,
});

}  // namespace quern::score
