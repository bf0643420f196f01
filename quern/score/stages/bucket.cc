#include <algorithm>
#include <cmath>
#include <cstdio>

#include "quern/score/learned.h"
#include "quern/score/stage.h"

namespace quern::score {
namespace {

struct Bucket {
    std::vector<std::vector<double>> cuts;  // of each column, rising
    bool is_one_hot = false;
};

void apply_bucket(const void* prepared, const StageRows& rows) {
    const Bucket& bucket = *static_cast<const Bucket*>(prepared);
    for_each_stage_row(rows, [&](auto in, double* out) {
        for (size_t i = 0; i < bucket.cuts.size(); ++i) {
            const auto& cuts = bucket.cuts[i];
            const double value = in(i);
            const auto at = std::upper_bound(cuts.begin(), cuts.end(), value) - cuts.begin();
            if (!bucket.is_one_hot) {
                *out++ = std::isnan(value) ? value : static_cast<double>(at);
                continue;
            }
            std::fill_n(out, cuts.size() + 1, 0.0);
            if (!std::isnan(value)) out[at] = 1;
            out += cuts.size() + 1;
        }
    });
}

std::string number_text(double value) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.6g", value);
    return text;
}

// "[0, 18)": what the bucket holds.
std::string range_text(const std::vector<double>& cuts, size_t bucket) {
    const std::string low = bucket == 0 ? "(" : "[" + number_text(cuts[bucket - 1]) + ", ";
    const std::string high = bucket == cuts.size() ? "" : number_text(cuts[bucket]);
    return (bucket == 0    ? "below " + high
            : high.empty() ? "from " + low.substr(1, low.size() - 3)
                           : low + high + ")");
}

Result<BoundStage> bind_bucket(std::span<const std::string> from, const Buffers& learned) {
    TRY(check_names(learned, {"cuts", "counts", "one_hot"}));
    auto bucket = std::make_shared<Bucket>();
    const auto cuts = TRY(take_finite(learned, "cuts"));
    const auto counts = TRY(take_buffer<uint32_t>(learned, "counts", from.size()));
    bucket->is_one_hot = TRY(take_value<uint8_t>(learned, "one_hot", 0)) != 0;
    size_t first = 0;
    for (const uint32_t count : counts) {
        if (count > cuts.size() - first) return corrupt("a bucket's cut is missing");
        const auto begin = cuts.begin() + static_cast<std::ptrdiff_t>(first);
        bucket->cuts.emplace_back(begin, begin + count);
        const auto& own = bucket->cuts.back();
        if (std::ranges::adjacent_find(own, std::greater_equal<>()) != own.end())
            return corrupt("the cuts of buckets do not rise");
        first += count;
    }
    if (first != cuts.size()) return corrupt("there are too many cuts of buckets");
    BoundStage stage{apply_bucket, bucket, {}};
    if (!bucket->is_one_hot) {
        stage.columns = same_columns(from);
        return stage;
    }
    for (size_t i = 0; i < from.size(); ++i)
        for (size_t k = 0; k <= bucket->cuts[i].size(); ++k)
            stage.columns.push_back(
                (from.size() == 1 ? " " : " " + from[i] + " ") +
                (bucket->cuts[i].empty() ? "any" : range_text(bucket->cuts[i], k)));
    return stage;
}

}  // namespace

QUERN_REGISTER(Stage)({
    .name = "bucket",
    .summary = "The number of the range that the value lies in, or a column of 0 and 1 for each.",
    .learned = "doubles cuts, all columns' one after the other; uint32 counts of them; uint8 "
               "[one_hot]",
    .bind = bind_bucket,
});

}  // namespace quern::score
