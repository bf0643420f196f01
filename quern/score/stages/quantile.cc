#include <algorithm>
#include <cmath>
#include <limits>

#include <boost/math/distributions/normal.hpp>

#include "quern/score/learned.h"
#include "quern/score/stage.h"

namespace quern::score {
namespace {

// Nearer to the ends than this, a normal share would be infinite.
constexpr double kEnd = 1e-7;

struct Quantile {
    std::vector<std::vector<double>> landmarks;  // of each column, not falling
    std::vector<double> shares;                  // of each landmark, from 0 to 1
    bool is_normal = false;
};

// Where some landmarks are equal, the middle of their shares: interpolated from both sides.
double share_of(double value, const std::vector<double>& marks, const std::vector<double>& shares) {
    const auto slope = [&](size_t i) {
        return (shares[i + 1] - shares[i]) / (marks[i + 1] - marks[i]);
    };
    const size_t last = marks.size() - 1;
    if (value < marks[0]) return shares[0];
    if (value > marks[last]) return shares[last];
    const auto above = std::ranges::upper_bound(marks, value) - marks.begin();
    const auto low = static_cast<size_t>(above - 1);
    const double up = low == last || marks[low] == value
                          ? shares[low]
                          : slope(low) * (value - marks[low]) + shares[low];
    const auto high = static_cast<size_t>(std::ranges::lower_bound(marks, value) - marks.begin());
    const double down = marks[high] == value
                            ? shares[high]
                            : shares[high] - slope(high - 1) * (marks[high] - value);
    return 0.5 * (up + down);
}

double apply_to(double value, const Quantile& quantile, size_t column) {
    if (std::isnan(value)) return value;
    const auto& marks = quantile.landmarks[column];
    const double reach = quantile.is_normal ? kEnd : 0;
    const bool is_low = reach > 0 ? value - reach < marks.front() : value == marks.front();
    const bool is_high = reach > 0 ? value + reach > marks.back() : value == marks.back();
    const double share = is_low ? 0 : is_high ? 1 : share_of(value, marks, quantile.shares);
    if (!quantile.is_normal) return share;
    constexpr double kLeast = kEnd - std::numeric_limits<double>::epsilon();
    return boost::math::quantile(boost::math::normal(), std::clamp(share, kLeast, 1 - kLeast));
}

void apply_quantile(const void* prepared, const StageRows& rows) {
    const Quantile& quantile = *static_cast<const Quantile*>(prepared);
    for_each_stage_row(rows, [&](auto in, double* out) {
        for (size_t i = 0; i < quantile.landmarks.size(); ++i)
            out[i] = apply_to(in(i), quantile, i);
    });
}

Result<BoundStage> bind_quantile(std::span<const std::string> from, const Buffers& learned) {
    TRY(check_names(learned, {"landmarks", "normal"}));
    auto quantile = std::make_shared<Quantile>();
    quantile->is_normal = TRY(take_value<uint8_t>(learned, "normal", 0)) != 0;
    const auto all = TRY(take_finite(learned, "landmarks"));
    const size_t each = all.size() / from.size();
    if (each == 0 || each * from.size() != all.size())
        return corrupt("the landmarks do not fit the columns");
    for (auto at = all.begin(); at != all.end(); at += static_cast<std::ptrdiff_t>(each)) {
        const auto& marks =
            quantile->landmarks.emplace_back(at, at + static_cast<std::ptrdiff_t>(each));
        if (!std::ranges::is_sorted(marks)) return corrupt("landmarks fall");
    }
    const double step = each > 1 ? 1 / static_cast<double>(each - 1) : 0;
    for (size_t i = 0; i < each; ++i)
        quantile->shares.push_back(i + 1 == each && each > 1 ? 1 : static_cast<double>(i) * step);
    return BoundStage{apply_quantile, quantile, same_columns(from)};
}

}  // namespace

QUERN_REGISTER(Stage)({
    .name = "quantile",
    .summary = "The share of training's values below the value, or the normal value of that share.",
    .learned = "doubles landmarks, as many for each column; uint8 [normal]",
    .by_column = {"landmarks"},
    .bind = bind_quantile,
});

}  // namespace quern::score
