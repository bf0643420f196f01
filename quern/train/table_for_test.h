// Tables in memory for the tests of training.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "quern/frame/batch.h"
#include "quern/train/fit_model.h"

namespace quern::train {

class Table {
public:
    // fill(row, column) appends one value.
    void add(const std::string& name, frame::TypeId id,
             const std::function<void(size_t row, frame::Column& column)>& fill) {
        const frame::Type type{.id = id, .sql_name = {}};
        schema.push_back({name, type});
        columns.emplace_back(type);
        for (size_t row = 0; row < row_count; ++row) fill(row, columns.back());
    }

    Status scan(const Visit& visit) const {
        for (size_t first = 0; first < row_count; first += frame::kBatchRowsMax) {
            std::vector<frame::ColumnView> views;
            const size_t count = std::min(frame::kBatchRowsMax, row_count - first);
            for (const auto& column : columns) {
                auto view = column.view();
                view.data = static_cast<const char*>(view.data) +
                            first * frame::value_size_bytes(view.type);
                if (view.validity != nullptr) view.validity += first / 64;
                view.row_count = count;
                views.push_back(view);
            }
            TRY(visit({views, count}));
        }
        return {};
    }

    // Every column but `left_out` is a feature as it is.
    TrainingRequest request(const project::Model& model,
                            const std::vector<std::string>& left_out = {}) const {
        TrainingRequest request{.model = &model, .schema = schema};
        for (const auto& [name, type] : schema) {
            const bool is_out =
                name == model.target.text || std::ranges::find(left_out, name) != left_out.end();
            if (is_out) continue;
            const auto index = static_cast<uint32_t>(request.features.inputs.size());
            request.features.inputs.push_back({.name = name, .type = type});
            request.features.expressions.push_back({.type = type, .input = index});
            request.features.features.push_back({name, index});
        }
        request.scan = [this](const Visit& visit) { return scan(visit); };
        return request;
    }

    size_t row_count = 0;
    frame::Schema schema;
    std::vector<frame::Column> columns;
};

}  // namespace quern::train
