// What a scorer makes of a program when it is built, and the memory that running it needs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "quern/score/calibration.h"
#include "quern/score/conformal.h"
#include "quern/score/encoder.h"
#include "quern/score/function.h"
#include "quern/score/model.h"
#include "quern/score/scorer.h"
#include "quern/score/stage.h"

namespace quern::score {

// One call of a row function, with everything looked up.
struct Step {
    uint32_t node;  // the expression it computes
    BoundFunction function;
    std::vector<uint32_t> arguments;  // expressions
    std::vector<frame::Type> types;   // of the arguments
};

struct EncodeStep {
    BoundEncoder encoder;
    uint32_t node;  // the feature's expression
    uint32_t first_column;
};

struct StageStep {
    BoundStage stage;
    std::vector<uint32_t> from;
    uint32_t first_column;
};

struct Scorer::Plan {
    Program program;
    std::vector<Step> steps;
    std::vector<EncodeStep> encodes;
    std::vector<StageStep> stages;
    size_t number_count = 0;           // columns that encoders and stages write
    std::vector<uint32_t> picked;      // which of them are the matrix; empty: just they
    std::vector<std::string> columns;  // of the matrix
    // What explanations tell of: the features, then stages that mix several of them.
    std::vector<std::string> sources;
    std::vector<uint32_t> column_sources;  // by column of the matrix
    BoundModel model;
    BoundCalibration calibration;  // without `apply`: none
    BoundConformal conformal;
};

struct Scratch::State {
    size_t row_count_max = 0;
    std::unique_ptr<std::byte[]> arena;    // constants, and what steps write: data and bits
    std::vector<Vector> vectors;           // by expression
    std::vector<const Vector*> arguments;  // of the steps, one after the other
    std::vector<uint64_t> all_valid, none_failed;
    std::vector<uint64_t> input_valid;  // [input][word]
    std::vector<uint64_t> row_failed;
    std::vector<double> matrix;
    std::vector<double> numbers;  // of encoders and stages, where these are not the matrix
    ModelScratch model_scratch;
    std::vector<frame::ColumnView> picked;  // inputs in the program's order
    TextArena texts;
    std::optional<LookupStage::State> lookups;  // of a scorer that looks up
    size_t row_count = 0;                       // of the last batch
};

Result<std::unique_ptr<Scorer::Plan>> make_plan(Program program);

// Runs a link in place of its raw scores; binary sigmoid writes two outputs of one raw score.
void apply_link(Link link, double scale, size_t raw_count, size_t row_count, const double* raw,
                double* outputs);

}  // namespace quern::score
