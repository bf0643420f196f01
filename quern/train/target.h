// The target: which task it makes, which classes there are, and in which order.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "quern/frame/batch.h"
#include "quern/train/rows.h"

namespace quern::train {

// Gathers the target's values row by row, then turns them into classes or numbers.
class TargetReader {
public:
    static Result<TargetReader> make(const project::Model& model, const frame::Type& type);

    void add(const frame::ColumnView& column, size_t row);  // not NULL
    // Sets task, classes, counts and targets; adds notes.
    Status finish(Rows& rows);

private:
    struct Value {  // a distinct one
        std::string text;
        double number = 0;
        size_t count = 0;
    };
    struct TextHash {
        using is_transparent = void;
        size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>()(text);
        }
    };

    Status infer_task(Rows& rows) const;
    Status take_numbers(Rows& rows);
    Status take_classes(Rows& rows);
    Status put_positive_last(std::vector<uint32_t>& order) const;
    Status fault(std::string message) const;

    const project::Model* model_ = nullptr;
    frame::Type type_;
    bool is_text_ = false;
    std::vector<uint32_t> ids_;    // of each row: into values_; empty once there are too many
    std::vector<double> numbers_;  // of each row, unless text
    std::vector<Value> values_;
    std::unordered_map<std::string, uint32_t, TextHash, std::equal_to<>> by_text_;
    std::unordered_map<double, uint32_t> by_number_;
    bool has_too_many_ = false;
    size_t row_count_ = 0, not_finite_count_ = 0;
};

}  // namespace quern::train
