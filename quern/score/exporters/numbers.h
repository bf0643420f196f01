// All that a model computes after the row expressions, as one list of operations on doubles: what
// the exports that write code or graphs have in common. Each encoder, stage, link and calibration
// is said once here, in the order of operations that the scorer has, so that the bits are its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quern/score/models/trees.h"
#include "quern/score/scorer.h"

namespace quern::score {

struct Number {
    enum class Op : uint8_t {
        constant,
        value,      // a feature's expression as double; NaN where it is NULL
        position,   // of its category: the count where unseen, one more where NULL
        date_part,  // of its moment, by `part`; NaN where NULL or infinite
        raw,        // raw score `index` of the trees
        add,        // of two
        subtract,
        multiply,
        divide,
        less,  // 1 or 0
        less_or_equal,
        is_nan,
        choose,  // the second where the first is not 0, else the third
        log,
        log1p,
        exp,
        expm1,
        sin,
        cos,
        to_float,     // rounded to 32 bits
        float_exp,    // of the value as a float, as a float
        count_below,  // how many of the table's rising numbers are < the value; NaN: none
        count_to,     // the same with <=; NaN: all
        look_up,      // the table's number at the position that the argument is
    };
    Op op = Op::constant;
    double constant = 0;
    uint32_t index = 0;  // an expression, a raw score
    std::string part;
    std::vector<uint32_t> arguments;  // numbers before this one
    uint32_t table = 0;               // in `tables`, or of `position` in `categories`
};

struct CategoryList {
    bool is_text = false;
    std::vector<std::string> texts;
    std::vector<int64_t> integers;
    size_t size() const { return is_text ? texts.size() : integers.size(); }
};

struct Numbers {
    std::vector<Number> list;
    std::vector<std::vector<double>> tables;
    std::vector<CategoryList> categories;
    std::vector<uint32_t> matrix, raw, outputs, region;
    uint32_t label = UINT32_MAX;       // of a classifier
    std::vector<std::string> refused;  // parts that are left out, for the report
    bool has_trees = false;
    bool adds_floats = false;  // sums of the model are of floats
    Trees trees;
    std::vector<uint32_t> tree_raw;  // their raw scores, one after the other in `list`

    uint32_t add(Number number);
    uint32_t constant(double value);
    uint32_t call(Number::Op op, std::vector<uint32_t> arguments);
    uint32_t table_call(Number::Op op, uint32_t argument, std::vector<double> table);
    // By number: whether an output hangs on it; with `trees`, also the matrix.
    std::vector<bool> used() const;
};

// By input: whether a feature reads it. The others are keys and times of look-ups.
std::vector<bool> inputs_of_features(const Program& program);

// Where the only 1 of a table of zeros stands; its size where it is no such table.
size_t only_one(const std::vector<double>& table);

// unimplemented, with the kind's name, for what no list of operations can say.
Result<Numbers> lower_numbers(const Scorer& scorer);

// How far from the scorer's an output may be that sums up doubles where the model sums up floats; 0
// where it does not.
double float_margin(const Program& program, const Numbers& numbers);

// The steps of it.
Status lower_matrix(const Scorer& scorer, Numbers& numbers);
Status lower_outputs(const Scorer& scorer, Numbers& numbers);

}  // namespace quern::score
