#include "quern/flow/latency.h"

#include <algorithm>
#include <vector>

#include "quern/base/clock.h"

namespace quern::flow {
namespace {

constexpr size_t kRoundsWarm = 200, kRounds = 2000;

struct OneRow {
    std::vector<frame::Column> columns;
    std::vector<frame::ColumnView> views;
};

OneRow row_of(const frame::Batch& rows, size_t row) {
    OneRow one;
    for (const auto& column : rows.columns) {
        one.columns.emplace_back(column.type());
        one.columns.back().append_from(column.view(), row);
    }
    for (const auto& column : one.columns) one.views.push_back(column.view());
    return one;
}

}  // namespace

Result<Latency> measure_latency(const score::Scorer& scorer, const frame::Batch& rows) {
    if (rows.row_count == 0) return Latency{};
    const auto map = TRY(scorer.map_inputs(rows.schema));
    std::vector<OneRow> ones;
    for (size_t row = 0; row < rows.row_count; ++row) ones.push_back(row_of(rows, row));
    score::Scratch scratch(scorer, 1);
    score::Predictions out;
    std::vector<double> micros;
    for (size_t round = 0; round < kRoundsWarm + kRounds; ++round) {
        const auto& one = ones[round % ones.size()];
        const double start = steady_seconds();
        TRY(scorer.score({one.views, 1}, map, scratch, out));
        if (round >= kRoundsWarm) micros.push_back((steady_seconds() - start) * 1e6);
    }
    std::ranges::sort(micros);
    return Latency{micros[kRounds / 2], micros[kRounds * 99 / 100]};
}

}  // namespace quern::flow
