#include <algorithm>
#include <cmath>
#include <utility>

#include "quern/score/stage.h"
#include "quern/train/order_statistics.h"
#include "quern/train/transform.h"

namespace quern::train {
namespace {

struct PowerTransform {
    std::string kind = "yeo_johnson";
    bool scale = true;

    static std::vector<Param> params() {
        return {param("kind", &PowerTransform::kind, "box_cox is for values above 0.")
                    .one_of({"yeo_johnson", "box_cox"}),
                param("scale", &PowerTransform::scale,
                      "Then take off the mean and divide by the standard deviation.")};
    }
};

// The scorer's own transform of these values.
std::vector<double> powers_of(const std::vector<double>& values, double lambda, bool is_box_cox) {
    const auto* stage = Registry<score::Stage>::of_kind().find("power").value();
    const std::string name;
    const auto bound = stage->bind({&name, 1}, {{"lambda", std::vector<double>{lambda}},
                                                {"center", std::vector<double>{0}},
                                                {"scale", std::vector<double>{1}},
                                                {"box_cox", std::vector<uint8_t>{is_box_cox}}});
    std::vector<double> pairs(values.size() * 2);
    for (size_t i = 0; i < values.size(); ++i) pairs[i * 2] = values[i];
    const uint32_t from = 0;
    bound->apply(bound->prepared.get(), {pairs.data(), 2, values.size(), {&from, 1}, 1});
    std::vector<double> powers(values.size());
    for (size_t i = 0; i < values.size(); ++i) powers[i] = pairs[i * 2 + 1];
    return powers;
}

// The logarithm of the likelihood that the powers are of a normal distribution.
double likelihood(const std::vector<double>& values, double lambda, bool is_box_cox) {
    const auto powers = powers_of(values, lambda, is_box_cox);
    const double deviation = moments_of(powers).deviation;
    if (!(deviation > 0) || !std::isfinite(deviation)) return -INFINITY;
    double logs = 0;
    for (const double value : values)
        logs += is_box_cox ? std::log(value) : std::copysign(std::log1p(std::abs(value)), value);
    return -static_cast<double>(values.size()) * std::log(deviation) + (lambda - 1) * logs;
}

// Golden section, after a look at the whole range: the likelihood has one maximum.
double best_lambda(const std::vector<double>& values, bool is_box_cox) {
    const auto at = [&](double lambda) { return likelihood(values, lambda, is_box_cox); };
    double best = 1, most = -INFINITY;
    for (double lambda = -6; lambda <= 6; lambda += 0.25) {
        const double found = at(lambda);
        if (found > most) {
            most = found;
            best = lambda;
        }
    }
    double low = best - 0.25, high = best + 0.25;
    const double golden = (std::sqrt(5.0) - 1) / 2;
    double left = high - golden * (high - low), right = low + golden * (high - low);
    double at_left = at(left), at_right = at(right);
    for (int i = 0; i < 60; ++i) {
        if (at_left > at_right) {
            high = std::exchange(right, left);
            at_right = at_left;
            left = high - golden * (high - low);
            at_left = at(left);
        } else {
            low = std::exchange(left, right);
            at_left = at_right;
            right = low + golden * (high - low);
            at_right = at(right);
        }
    }
    return (low + high) / 2;
}

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<PowerTransform>(input.settings, "power_transform"));
    const bool is_box_cox = settings.kind == "box_cox";
    std::vector<double> lambdas, center, scale;
    for (size_t c = 0; c < input.column_count(); ++c) {
        const auto values = input.known(c);
        if (is_box_cox && !values.empty() && std::ranges::min(values) <= 0) {
            return invalid_argument("box_cox is for values above 0, and " + input.names[c] +
                                    " has others")
                .hint("write kind := 'yeo_johnson'");
        }
        const bool has_spread = moments_of(values).deviation > 0;
        const double lambda = has_spread ? best_lambda(values, is_box_cox) : 1;
        const auto moments = moments_of(powers_of(values, lambda, is_box_cox));
        lambdas.push_back(lambda);
        center.push_back(settings.scale ? moments.mean : 0);
        scale.push_back(settings.scale && moments.deviation > 0 ? moments.deviation : 1);
    }
    score::Buffers learned{{"lambda", lambdas}, {"center", center}, {"scale", scale}};
    if (is_box_cox) learned["box_cox"] = std::vector<uint8_t>{1};
    return FittedTransform{"power", std::move(learned)};
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "power_transform",
    .summary = "Makes the values as normal as a power can, chosen by maximum likelihood.",
    .reference = "scikit-learn's PowerTransformer (Yeo and Johnson 2000, Box and Cox 1964)",
    .example = "power_transform(income)",
    .takes = Takes::numbers,
    .params = PowerTransform::params(),
    .check_settings = check_params<PowerTransform>,
    .fit = fit,
});

}  // namespace quern::train
