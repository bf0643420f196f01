#include "apps/cli/export_loss.h"

#include <algorithm>
#include <cmath>

#include "quern/base/text.h"
#include "quern/score/exporters/check_rows.h"
#include "quern/score/learned.h"

namespace quern::cli {
namespace {

constexpr double kWaitSeconds = 10;  // for a run that is writing
constexpr int64_t kRowsMax = 100'000;

int64_t leaf_count(const score::Scorer& scorer) {
    const auto* leaves = score::find_buffer<double>(scorer.program().model.learned, "leaf_value");
    return leaves ? std::ssize(*leaves) : 0;
}

// Both variants side by side, batch by batch.
class Comparison {
public:
    Comparison(const score::Scorer& before, const score::Scorer& after)
        : before_(before), after_(after), scratch_before_(before), scratch_after_(after) {}

    Status add(const frame::BatchView& rows) {
        TRY(before_.score(rows, scratch_before_, a_));
        TRY(after_.score(rows, scratch_after_, b_));
        for (size_t row = 0; row < rows.row_count; ++row) {
            if (a_.is_failed[row]) continue;
            for (size_t i = 0; i < a_.output_count; ++i) {
                const double difference = std::abs(a_.output(row, i) - b_.output(row, i));
                if (std::isnan(difference)) continue;
                sum_ += difference;
                ++count_;
                loss_.largest = std::max(loss_.largest, difference);
            }
            if (!a_.labels.empty()) loss_.label_count += a_.labels[row] != b_.labels[row];
            ++loss_.row_count;
        }
        return {};
    }

    ExportLoss take(std::string rows_of) {
        loss_.rows_of = std::move(rows_of);
        loss_.mean = count_ > 0 ? sum_ / static_cast<double>(count_) : 0;
        loss_.leaves_before = leaf_count(before_);
        loss_.leaves = leaf_count(after_);
        return loss_;
    }

private:
    const score::Scorer &before_, &after_;
    score::Scratch scratch_before_, scratch_after_;
    score::Predictions a_, b_;
    ExportLoss loss_;
    double sum_ = 0;
    int64_t count_ = 0;
};

Result<ExportLoss> on_table(flow::Workspace& workspace, const std::string& table,
                            const score::Scorer& before, const score::Scorer& after) {
    const auto warehouse = TRY(flow::Warehouse::open_for_reading(workspace, kWaitSeconds));
    auto session = TRY(warehouse.connect());
    std::string columns;
    for (const score::Input& input : before.program().inputs)
        columns += (columns.empty() ? "" : ", ") + quote_identifier(input.name);
    auto reader = TRY(session.query("SELECT " + columns + " FROM " + quote_identifier(table) +
                                    " LIMIT " + std::to_string(kRowsMax)));
    Comparison comparison(before, after);
    while (const auto views = TRY(reader.next()))
        TRY(comparison.add({views->columns, views->row_count}));
    return comparison.take(table);
}

}  // namespace

Result<ExportLoss> measure_loss(flow::Workspace& workspace, const std::string& table,
                                const score::Scorer& before, const score::Scorer& after) {
    if (auto loss = on_table(workspace, table, before, after); loss.ok()) return loss;
    const score::CheckRows rows = TRY(score::check_rows(before, 0));
    std::vector<frame::ColumnView> views;
    Comparison comparison(before, after);
    TRY(comparison.add(rows.view(views)));
    return comparison.take("the golden rows");
}

}  // namespace quern::cli
