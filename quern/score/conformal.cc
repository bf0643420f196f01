#include "quern/score/conformal.h"

#include <algorithm>
#include <cmath>

#include "quern/base/text.h"
#include "quern/score/field.h"
#include "quern/score/learned.h"

namespace quern::score {
namespace {

// What is left of (rows + 1) * coverage after rounding, when it is a whole number.
constexpr double kSlack = 1e-9;

}  // namespace

Result<FittedConformal> fit_conformal(const ConformalMethod& method, const ConformalRows& rows,
                                      double coverage) {
    const size_t count = rows.targets.size();
    std::vector<double> scores(count);
    for (size_t i = 0; i < count; ++i)
        scores[i] = method.disagreement(rows.row(i), rows.output_count, rows.targets[i]);
    const auto rank =
        static_cast<size_t>(std::ceil(static_cast<double>(count + 1) * coverage - kSlack));
    if (rank > count) {
        const auto least = static_cast<int64_t>(std::ceil(coverage / (1 - coverage) - kSlack));
        return failed_precondition("a coverage of " + float_text(coverage) + " needs at least " +
                                   plural(least, "row") + " set aside, got " +
                                   std::to_string(count))
            .hint("bring more rows, set a larger part aside, or ask for less coverage");
    }
    const size_t at = rank == 0 ? 0 : rank - 1;
    std::ranges::nth_element(scores, scores.begin() + static_cast<std::ptrdiff_t>(at));
    return FittedConformal{std::string(method.name), coverage,
                           Buffers{{"quantile", std::vector<double>{scores[at]}}}};
}

Result<BoundConformal> bind_conformal(const Program& program) {
    const FittedConformal& fitted = program.conformal;
    if (fitted.kind.empty()) {
        if (!fitted.learned.empty()) return corrupt("a conformal part has no method");
        return BoundConformal{};
    }
    const auto* method = TRY(Registry<ConformalMethod>::of_kind().find(fitted.kind));
    if (method->task != program.task) return corrupt("a conformal method of the other task");
    if (!(fitted.coverage > 0 && fitted.coverage < 1)) return corrupt("a coverage is out of range");
    TRY(check_names(fitted.learned, {"quantile"}));
    const auto quantile = TRY(take_buffer<double>(fitted.learned, "quantile", 1));
    if (!std::isfinite(quantile[0])) return corrupt("a conformal quantile is not finite");
    return BoundConformal{method, quantile[0]};
}

}  // namespace quern::score
