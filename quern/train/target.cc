#include "quern/train/target.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "quern/base/nearest.h"
#include "quern/base/text.h"

namespace quern::train {
namespace {

constexpr size_t kInferredClassesMax = 10;

std::string count_text(size_t count, std::string_view noun) {
    return plural(static_cast<int64_t>(count), noun);
}

}  // namespace

Status TargetReader::fault(std::string message) const {
    return invalid_argument(std::move(message)).at(model_->target.place.text());
}

Result<TargetReader> TargetReader::make(const project::Model& model, const frame::Type& type) {
    TargetReader reader;
    reader.model_ = &model;
    reader.type_ = type;
    reader.is_text_ = type.id == frame::TypeId::varchar;
    const bool fits =
        reader.is_text_ || type.id == frame::TypeId::boolean || frame::is_numeric(type);
    if (!fits) {
        return reader
            .fault("target '" + model.target.text + "' is " + type.text() +
                   "; a target is text, boolean or a number")
            .hint("cast it in the table's SQL");
    }
    if (model.task == "regress" && !frame::is_numeric(type)) {
        return reader
            .fault("target '" + model.target.text + "' is " + type.text() +
                   "; to regress it must be a number")
            .hint("cast it in the table's SQL, or leave `task` out");
    }
    return reader;
}

void TargetReader::add(const frame::ColumnView& column, size_t row) {
    ++row_count_;
    uint32_t next = static_cast<uint32_t>(values_.size()), id = next;
    if (is_text_) {
        const auto text = column.values<std::string_view>()[row];
        const auto found = by_text_.find(text);
        id = found != by_text_.end() ? found->second : next;
        if (id == next && !has_too_many_) {
            by_text_.emplace(text, id);
            values_.push_back({.text = std::string(text)});
        }
    } else {
        const double number = frame::value_as_double(column, row);
        numbers_.push_back(number);
        not_finite_count_ += !std::isfinite(number);
        if (has_too_many_) return;
        id = by_number_.try_emplace(number, next).first->second;
        if (id == next) values_.push_back({frame::value_text(column, row), number, 0});
    }
    has_too_many_ = has_too_many_ || values_.size() > kTargetClassesMax;
    if (has_too_many_) return;
    ids_.push_back(id);
    ++values_[id].count;
}

Status TargetReader::infer_task(Rows& rows) const {
    if (!model_->task.empty()) {
        rows.task = model_->task == "regress" ? Task::regress : Task::classify;
        return {};
    }
    rows.task = Task::classify;
    if (!frame::is_numeric(type_)) return {};
    const auto is_whole = [](const Value& value) {
        return value.number == std::floor(value.number);
    };
    const bool is_integer = frame::is_integer(type_);
    const size_t classes_max = is_integer ? kInferredClassesMax : 2;
    const bool has_classes =
        !has_too_many_ && values_.size() <= classes_max && std::ranges::all_of(values_, is_whole);
    if (!has_classes) {
        rows.task = Task::regress;
    } else if (values_.size() > 2) {
        rows.notes.push_back("target " + model_->target.text + " has " +
                             count_text(values_.size(), "whole value") +
                             ", so they are classes; write `task: regress` if they measure "
                             "something");
    }
    return {};
}

Status TargetReader::take_numbers(Rows& rows) {
    if (not_finite_count_ > 0) {
        return fault("target '" + model_->target.text + "' is infinite or NaN in " +
                     count_text(not_finite_count_, "row"))
            .hint("filter such rows out in the table's SQL");
    }
    const auto [low, high] = std::ranges::minmax_element(numbers_);
    if (*low == *high) {
        return fault("target '" + model_->target.text + "' is " + values_.front().text +
                     " in every row; there is nothing to learn");
    }
    rows.targets = std::move(numbers_);
    return {};
}

Status TargetReader::put_positive_last(std::vector<uint32_t>& order) const {
    if (!model_->positive) return {};
    const std::string& wanted = model_->positive->text;
    const auto place = model_->positive->place.text();
    if (order.size() != 2) {
        return invalid_argument("`positive` is for two classes, and " + model_->target.text +
                                " has " + std::to_string(order.size()))
            .at(place);
    }
    for (auto at = order.begin(); at != order.end(); ++at) {
        if (values_[*at].text != wanted) continue;
        std::rotate(at, at + 1, order.end());
        return {};
    }
    return unknown_name("class of " + model_->target.text, wanted,
                        {values_[order[0]].text, values_[order[1]].text})
        .at(place);
}

Status TargetReader::take_classes(Rows& rows) {
    if (has_too_many_ || (values_.size() > 20 && values_.size() * 2 > row_count_)) {
        return fault("target '" + model_->target.text + "' has " +
                     (has_too_many_ ? "more than " + std::to_string(kTargetClassesMax)
                                    : std::to_string(values_.size())) +
                     " different values in " + count_text(row_count_, "row") +
                     "; that is an id, not a class")
            .hint(frame::is_numeric(type_) ? "write `task: regress`" : "choose another target");
    }
    if (values_.size() == 1) {
        return fault("target '" + model_->target.text + "' is '" + values_.front().text +
                     "' in every row; there is nothing to learn");
    }
    std::vector<uint32_t> order(values_.size()), rank(values_.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, [&](uint32_t a, uint32_t b) {
        if (is_text_) return values_[a].text < values_[b].text;
        return values_[a].number < values_[b].number;
    });
    TRY(put_positive_last(order));
    for (uint32_t i = 0; i < order.size(); ++i) {
        rank[order[i]] = i;
        rows.classes.push_back(values_[order[i]].text);
        rows.class_counts.push_back(values_[order[i]].count);
    }
    rows.targets.reserve(ids_.size());
    for (const uint32_t id : ids_) rows.targets.push_back(rank[id]);
    return {};
}

Status TargetReader::finish(Rows& rows) {
    rows.target_type = type_;
    if (row_count_ == 0) {
        return fault(rows.dropped_count == 0
                         ? "table " + model_->from.text + " has no rows to learn from"
                         : "target '" + model_->target.text + "' is NULL in every row");
    }
    TRY(infer_task(rows));
    if (rows.task == Task::regress && model_->positive) {
        return invalid_argument("`positive` is for two classes, and the task is to regress")
            .at(model_->positive->place.text());
    }
    return rows.task == Task::regress ? take_numbers(rows) : take_classes(rows);
}

}  // namespace quern::train
