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

Status check_finite(const std::vector<double>& numbers) {
    for (double number : numbers)
        if (!std::isfinite(number)) return corrupt("a weight is not finite");
    return {};
}

Result<BoundModel> bind_linear(const Buffers& learned, size_t column_count) {
    TRY(check_names(learned, {"weights", "intercepts"}));
    auto prepared = std::make_shared<Prepared>();
    prepared->column_count = column_count;
    prepared->linear.intercepts = TRY(take_buffer<double>(learned, "intercepts"));
    size_t raw_count = prepared->linear.intercepts.size();
    prepared->linear.weights =
        TRY(take_buffer<double>(learned, "weights", raw_count * column_count));
    TRY(check_finite(prepared->linear.weights));
    TRY(check_finite(prepared->linear.intercepts));
    if (raw_count == 0) return corrupt("a linear model without intercepts");
    return BoundModel{score_linear, prepared, raw_count, "fixed order"};
}

void score_constant(const void* prepared, const double*, size_t row_count, double* raw,
                    std::byte*) {
    const auto& values = *static_cast<const std::vector<double>*>(prepared);
    for (size_t row = 0; row < row_count; ++row) raw = std::copy(values.begin(), values.end(), raw);
}

Result<BoundModel> bind_constant(const Buffers& learned, size_t) {
    TRY(check_names(learned, {"raw"}));
    auto values = std::make_shared<std::vector<double>>(TRY(take_buffer<double>(learned, "raw")));
    TRY(check_finite(*values));
    if (values->empty()) return corrupt("a constant model without a value");
    size_t raw_count = values->size();
    return BoundModel{score_constant, std::move(values), raw_count, "copy"};
}

std::string describe_linear(const Buffers& learned) {
    auto* weights = find_buffer<double>(learned, "weights");
    return plural(weights ? std::ssize(*weights) : 0, "weight");
}

std::string describe_constant(const Buffers&) { return "the same for every row"; }

}  // namespace

FittedModel pack(const Linear& linear) {
    return {"linear", {{"weights", linear.weights}, {"intercepts", linear.intercepts}}};
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
