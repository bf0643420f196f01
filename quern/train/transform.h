// Fitted transforms that a model's features may call: `standard_scale(income)`,
// `one_hot(city, min_count := 20)`. An entry says what it takes and learns from the rows that
// teach; what it learned is applied by an encoder or a stage of the scorer. Two kinds:
//     of columns: numbers in, numbers out, by a score::Stage; calls may stand inside of each other
//     of a feature: one text, category or date in, numbers out, by a score::Encoder
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/params.h"
#include "quern/base/registry.h"
#include "quern/frame/batch.h"
#include "quern/score/program.h"

namespace quern::train {

// What the user wrote of one feature: SQL over the row, bare or inside of transforms.
struct Written {
    std::string transform;           // empty: the feature as it is; what becomes of it goes by type
    Tree settings = {};              // a map or null
    std::vector<Written> arguments;  // of a transform
    uint32_t feature = 0;            // without a transform: of the compiled features
    std::string name;                // its alias, or "one_hot(city)"
    bool has_alias = false;
    std::string place;  // "models/loan.yml:7:5"
};

enum class Takes : uint8_t {
    numbers,   // columns: numbers, booleans, and what other transforms give
    category,  // a feature: text, integer or boolean
    text,      // a feature: text
    date,      // a feature: date or timestamp
};
bool takes_type(Takes takes, const frame::Type& type);
// "numbers or booleans"
inline std::string_view takes_text(Takes takes) {
    constexpr std::string_view kTexts[] = {"numbers or booleans", "a text, integer or boolean",
                                           "a text", "a date or timestamp"};
    return kTexts[static_cast<size_t>(takes)];
}

// The rows that teach, seen by one transform.
struct TransformInput {
    // Of a feature: its values, and which of them teach.
    const frame::Column* feature = nullptr;
    std::span<const uint32_t> rows;
    // Of columns: [row][column], NaN is missing. All rows teach.
    std::span<const double> values;
    std::span<const std::string> names;
    score::Task task = score::Task::classify;
    int32_t class_count = 2;
    std::span<const double> targets;  // the class's position, or the value; of every row
    std::span<const std::string> classes;
    Tree settings = {};
    uint64_t seed = 1;

    size_t column_count() const { return names.size(); }
    size_t row_count() const { return targets.size(); }
    double at(size_t row, size_t column) const { return values[row * names.size() + column]; }
    // One column without what is missing, and without what is infinite.
    std::vector<double> known(size_t column) const;
};

struct FittedTransform {
    std::string kind;  // a score::Encoder of a feature, a score::Stage of columns
    score::Buffers learned;
};
// (value - center) / scale + shift, one of each a column.
FittedTransform affine(std::vector<double> center, std::vector<double> scale,
                       std::vector<double> shift);

struct Transform {
    static constexpr std::string_view kind = "transform";
    std::string_view name;       // as SQL writes it
    std::string_view summary;    // one sentence
    std::string_view reference;  // what its numbers are equal to: a class of scikit-learn, a paper
    std::string_view example;    // an entry of a model's `features:`
    Takes takes = Takes::numbers;
    // It looks at the target: rows that teach are written by a fit on the other folds.
    bool is_cross_fitted = false;
    std::vector<Param> params;
    Status (*check_settings)(const Tree& settings, std::string_view name) = nullptr;
    Result<FittedTransform> (*fit)(const TransformInput& input) = nullptr;

    bool is_of_columns() const { return takes == Takes::numbers; }
};

// Refuses unknown transforms and settings, arguments that do not fit and types that they do not
// take; `types` are those of the compiled features. All at their places.
Status check_written(const Written& written, std::span<const frame::Type> types);

// The entry's check_settings for a struct of parameters.
template <class P>
Status check_params(const Tree& settings, std::string_view name) {
    return parse_params<P>(settings, name).status();
}
struct NoSettings {
    static std::vector<Param> params() { return {}; }
};

}  // namespace quern::train
