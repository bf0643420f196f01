#include <cmath>

#include "quern/score/learned.h"
#include "quern/score/stage.h"

namespace quern::score {
namespace {

struct Impute {
    std::vector<double> fill;         // one a column
    std::vector<uint32_t> indicated;  // columns that get one more, 1 where they are missing
};

void apply_impute(const void* prepared, const StageRows& rows) {
    const Impute& impute = *static_cast<const Impute*>(prepared);
    for_each_stage_row(rows, [&](auto in, double* out) {
        for (size_t i = 0; i < impute.fill.size(); ++i)
            *out++ = std::isnan(in(i)) ? impute.fill[i] : in(i);
        for (uint32_t i : impute.indicated) *out++ = std::isnan(in(i)) ? 1.0 : 0.0;
    });
}

Result<BoundStage> bind_impute(std::span<const std::string> from, const Buffers& learned) {
    TRY(check_names(learned, {"fill", "indicated"}));
    auto impute = std::make_shared<Impute>();
    impute->fill = TRY(take_finite(learned, "fill", from.size()));
    if (learned.contains("indicated"))
        impute->indicated = TRY(take_buffer<uint32_t>(learned, "indicated"));
    BoundStage stage{apply_impute, impute, same_columns(from)};
    if (impute->indicated.size() > from.size()) return corrupt("too many indicators");
    for (uint32_t i : impute->indicated) {
        if (i >= from.size()) return corrupt("an indicator has no column");
        stage.columns.push_back((from.size() == 1 ? "" : " " + from[i]) + " is missing");
    }
    return stage;
}

}  // namespace

QUERN_REGISTER(Stage)({
    .name = "impute",
    .summary = "The value, or what training chose where it is missing.",
    .learned = "doubles fill, one a column; uint32 [indicated]: columns that add \"is missing\"",
    .by_column = {"fill"},
    .bind = bind_impute,
});

}  // namespace quern::score
