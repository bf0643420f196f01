#include "quern/serve/scoring.h"

#include <algorithm>

#include "quern/base/text.h"

namespace quern::serve {
namespace {

score::ReadOptions options(const LoadedModel& model, RowForm form, size_t batch_rows) {
    score::ReadOptions options;
    options.contract = model.contract;
    options.is_all_text = form == RowForm::text;
    options.errors_max = kFieldErrorsMax;
    options.row_count_max = batch_rows;
    return options;
}

}  // namespace

Lane::Lane(const LoadedModel& model, RowForm row_form, size_t batch_rows)
    : serial(model.serial),
      form(row_form),
      row_count_max(batch_rows),
      reader(model.program(), options(model, row_form, batch_rows)),
      scratch(model.scorer, batch_rows) {}

Lane& Lanes::find(const LoadedModel& model, RowForm form, size_t body_bytes) {
    const size_t rows = body_bytes <= kSmallBodyBytes ? kSmallBatchRows : frame::kBatchRowsMax;
    for (const auto& lane : lanes_) {
        if (lane->serial == model.serial && lane->form == form && lane->row_count_max == rows) {
            return *lane;
        }
    }
    return *lanes_.emplace_back(std::make_unique<Lane>(model, form, rows));
}

void Lanes::keep_only(const ModelSet& models) {
    const auto is_served = [&](const Lane& lane) {
        for (const auto& [name, model] : models.models) {
            for (const auto& [version, loaded] : model.versions) {
                if (loaded->serial == lane.serial) return true;
            }
        }
        return false;
    };
    std::erase_if(lanes_, [&](const auto& lane) { return !is_served(*lane); });
}

Scoring::Scoring(const Target& target)
    : model_(target.model),
      lane_(target.lane),
      sink_(target.sink),
      row_count_max_(target.row_count_max) {
    lane_.reader.clear();
}

Status Scoring::begin_row() {
    if (row_count_ == row_count_max_) {
        return resource_exhausted("a request may bring at most " +
                                  plural(static_cast<int64_t>(row_count_max_), "row"));
    }
    if (!lane_.reader.begin_row()) {
        TRY(flush());
        if (!lane_.reader.begin_row()) return internal("an empty batch takes no row");
    }
    ++row_count_;
    return {};
}

void Scoring::add_error(std::string_view field, std::string message) {
    const bool is_known = !field.empty() && find(field) >= 0;
    if (is_known && model_.contract.type == project::OnViolation::impute)
        return this->field(field, score::FieldValue::json("?"));        // what no type takes
    if (!field.empty()) this->field(field, score::FieldValue::null());  // it did come
    if (!field.empty() && !is_known) return;
    if (errors_.size() == kFieldErrorsMax) return;
    errors_.push_back({row_count_ - 1, std::string(field), std::move(message)});
}

void Scoring::add_body_error(std::string_view field, std::string message) {
    if (errors_.size() == kFieldErrorsMax) return;
    errors_.push_back({0, std::string(field), std::move(message)});
}

Status Scoring::end_row() {
    lane_.reader.end_row();
    return {};
}

Status Scoring::flush() {
    const size_t own_count = errors_.size();
    for (const auto& error : lane_.reader.errors()) {
        if (errors_.size() == kFieldErrorsMax) break;
        const size_t row = error.row + flushed_row_count_;
        // To the reader, a field that we refused is null.
        const auto is_said = [&](const auto& own) {
            return own.row == row && own.field == error.field;
        };
        if (std::any_of(errors_.begin(), errors_.begin() + own_count, is_said)) continue;
        errors_.push_back({row, error.field, error.message});
    }
    if (errors_.empty()) {
        TRY(model_.scorer.score(lane_.reader.view(), lane_.scratch, lane_.predictions));
        const score::Predictions& predictions = lane_.predictions;
        for (size_t row = 0; predictions.failed_count > 0 && row < predictions.row_count; ++row) {
            if (!predictions.is_failed[row] || errors_.size() == kFieldErrorsMax) continue;
            const Status why = model_.scorer.row_error(row, lane_.scratch);
            errors_.push_back({row + flushed_row_count_, "", std::string(why.message())});
        }
        if (errors_.empty()) TRY(sink_.take(model_, lane_));
    }
    flushed_row_count_ += lane_.reader.row_count();
    lane_.reader.clear();
    return {};
}

Status Scoring::finish(Response& response) {
    if (lane_.reader.row_count() > 0) TRY(flush());
    if (errors_.empty()) return {};
    response.http = 400;
    std::ranges::stable_sort(errors_, {}, &score::FieldError::row);
    response.field_errors = std::move(errors_);
    const auto count = static_cast<int64_t>(response.field_errors.size());
    const std::string more = count == kFieldErrorsMax ? " or more" : "";
    return invalid_argument(plural(count, "fault") + more + " in what model '" + model_.name +
                            "' was given");
}

}  // namespace quern::serve
