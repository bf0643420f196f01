// A model as a program over one row's raw columns, as plain data:
//     inputs -> expressions -> features -> encoders -> stages -> matrix -> model -> link ->
//     calibration -> threshold, and beside it the interval or set that holds the truth
// Training fills one in, artifact.h writes and reads it, scorer.h runs it. Nothing in here is
// trusted: verify.h checks a program in full before a scorer is made of it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "quern/frame/type.h"

namespace quern::score {

enum class Task : uint8_t { classify, regress };

// A raw column that a request must bring. The rest says what training saw: facts for people and
// drift checks, no limits on what is scored.
struct Input {
    std::string name;
    frame::Type type;
    bool is_nullable = true;
    std::optional<double> low, high;
    std::vector<std::string> categories;  // sorted; empty when not text or too many to keep
    bool operator==(const Input&) const = default;
};
constexpr size_t kInputCategoriesMax = 100;

// A published table that is read by key, see lookup_table.h. Its columns are inputs that no request
// brings.
struct Lookup {
    struct Part {  // a column of the table, and the input that it is compared with or becomes
        std::string column;
        uint32_t input = 0;
        bool operator==(const Part&) const = default;
    };
    std::string name;   // as features call it
    std::string table;  // as the project calls it
    std::vector<Part> keys, columns;
    std::optional<uint32_t> time;       // the input with the row's own time
    std::optional<int64_t> max_age_us;  // older than that is as good as not there
    bool fails_if_missing = false;      // else the columns are NULL
    std::string snapshot;               // SHA-256 of the file that training read
    bool operator==(const Lookup&) const = default;
};
constexpr size_t kLookupsMax = 1000;
constexpr size_t kLookupKeysMax = 8;

// One value of one type, apart from any column.
struct Constant {
    frame::Type type;
    bool is_null = true;
    // The stored value (frame/type.h) from byte 0, the rest zero. Aligned: columns point at it.
    alignas(16) std::array<std::byte, 16> bits{};
    std::string text;  // of text types, instead of bits
    bool operator==(const Constant&) const = default;
};

constexpr uint32_t kNoPosition = UINT32_MAX;

// A node of the row expressions. Children stand before their parents, so the list is in
// evaluation order and cannot hold a cycle.
struct Expression {
    enum class Kind : uint8_t { input, constant, call };
    Kind kind = Kind::input;
    frame::Type type;                 // of the result
    uint32_t input = 0;               // which input, of kind input
    Constant constant;                // of kind constant
    std::string function;             // a RowFunction (function.h), of kind call
    std::vector<uint32_t> children;   // its arguments
    uint32_t position = kNoPosition;  // byte in the user's SELECT, for messages
    bool operator==(const Expression&) const = default;
};

struct Feature {
    std::string name;
    uint32_t expression = 0;
    bool operator==(const Feature&) const = default;
};

// What a fitted part has learned: named arrays.
using Buffer = std::variant<std::vector<double>, std::vector<int64_t>, std::vector<int32_t>,
                            std::vector<uint32_t>, std::vector<uint8_t>, std::vector<std::string>>;
using Buffers = std::map<std::string, Buffer>;

// Turns one feature into one or more columns of numbers, from left to right in their order.
struct FittedEncoder {
    std::string kind;  // an Encoder (encoder.h): "numeric", "one_hot"
    uint32_t feature = 0;
    Buffers learned;
    std::string name = {};  // its columns' names begin with it; empty: the feature's name
    bool operator==(const FittedEncoder&) const = default;
};

// Makes new columns of columns before its own: those of the encoders, then of each stage in order.
struct FittedStage {
    std::string kind;               // a Stage (stage.h): "affine", "impute"
    std::vector<uint32_t> columns;  // that it reads
    std::string name;               // its columns' names begin with it
    Buffers learned;
    bool operator==(const FittedStage&) const = default;
};

// From a row of the matrix to raw scores.
struct FittedModel {
    std::string kind = "constant";  // a ModelKind (model.h): "trees", "linear", "constant"
    Buffers learned;
    bool operator==(const FittedModel&) const = default;
};

// From raw scores to outputs. `sigmoid` makes two probabilities of one raw score, and one of each
// of several. Those of float compute in 32 bits, in XGBoost's order.
enum class Link : uint8_t {
    identity,
    sigmoid,
    softmax,
    exponential,
    float_sigmoid,
    float_softmax,
    float_exponential,
};
inline bool is_sigmoid(Link link) { return link == Link::sigmoid || link == Link::float_sigmoid; }

// From the link's probabilities to better ones.
struct FittedCalibration {
    std::string kind;  // a Calibration (calibration.h): "platt"; empty: none
    Buffers learned;
    bool operator==(const FittedCalibration&) const = default;
};

// An interval or a set of classes that holds the truth in `coverage` of all rows.
struct FittedConformal {
    std::string kind;  // a ConformalMethod (conformal.h): "split"; empty: none
    double coverage = 0;
    Buffers learned;
    bool operator==(const FittedConformal&) const = default;
};

// A row whose whole way is written down. At load the scorer must reproduce it bit for bit.
struct GoldenRow {
    std::vector<Constant> inputs;
    std::vector<double> matrix;
    std::vector<double> outputs;
    std::vector<double>
        region;  // low and high, or 1 for each class in the set; empty: no conformal
    bool operator==(const GoldenRow&) const = default;
};
constexpr size_t kGoldenRowsMax = 64;

struct Program {
    std::string model_name;
    Task task = Task::classify;
    std::string target;                // the target column's name
    frame::Type target_type;           // its type; class labels are values of it
    std::vector<std::string> classes;  // label texts in order; the last of two is the positive one
    std::vector<Input> inputs;         // those that look-ups bring stand last
    std::vector<Lookup> lookups;
    std::vector<Expression> expressions;
    std::vector<Feature> features;
    std::vector<FittedEncoder> encoders;
    std::vector<FittedStage> stages;
    // Which columns, of encoders and stages, the model sees, in its order. Empty: all of them.
    std::vector<uint32_t> matrix;
    FittedModel model;
    Link link = Link::identity;
    double link_scale = 1;  // sigmoid: 1 / (1 + exp(-link_scale * raw))
    FittedCalibration calibration;
    FittedConformal conformal;
    double threshold = 0.5;  // of two classes: positive when its probability is above or equal
    // Facts for people and later steps: seed, trained_by, metrics (JSON). Keys are sorted.
    std::map<std::string, std::string> metadata;
    std::vector<GoldenRow> golden;

    bool operator==(const Program&) const = default;
    // The inputs that a request brings stand first.
    std::span<const Input> asked() const {
        size_t count = inputs.size();
        for (const Lookup& lookup : lookups) count -= lookup.columns.size();
        return {inputs.data(), count};
    }
    // Columns of outputs: one per class, or one value.
    size_t output_count() const { return task == Task::classify ? classes.size() : 1; }
};

}  // namespace quern::score
