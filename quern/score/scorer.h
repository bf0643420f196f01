// Runs a program over batches of rows. A scorer never changes once made and serves any number of
// threads; what changes lives in a Scratch, one a thread. A row is a batch of one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "quern/frame/batch.h"
#include "quern/score/lookup.h"
#include "quern/score/program.h"

namespace quern::score {

class Scorer;

// The memory of one thread's scoring: allocated once, used again for every batch.
class Scratch {
public:
    explicit Scratch(const Scorer& scorer, size_t row_count_max = frame::kBatchRowsMax);
    ~Scratch();
    Scratch(Scratch&&) noexcept;
    Scratch& operator=(Scratch&&) noexcept;

    struct State;
    State& state() { return *state_; }
    const State& state() const { return *state_; }

private:
    std::unique_ptr<State> state_;
};

// What came out, row by row. Keep one and pass it again: its memory is reused.
struct Predictions {
    size_t row_count = 0, output_count = 0;
    std::vector<double> outputs;  // [row][output]: probability of each class, or the value
    std::vector<double> raw;      // [row][raw score], as the model gives them
    // [row][region_count] of conformal.h: low and high, or 1 for each class in the set.
    std::vector<double> region;
    size_t region_count = 0;
    std::vector<uint32_t> labels;    // of a classifier: index of the predicted class
    std::vector<uint8_t> is_failed;  // 1: an expression of the row failed; its outputs are NaN
    size_t failed_count = 0;

    double output(size_t row, size_t index) const { return outputs[row * output_count + index]; }
};

// How far each source (a feature, mostly) moved each row's raw scores away from `expected`, the
// mean over the training rows: expected + the sum over the sources = the raw score. Exact Shapley
// values of the columns of the matrix, added up by source. Keep one and pass it again: its memory
// is reused.
struct Explanations {
    size_t row_count = 0, raw_count = 0, source_count = 0;
    std::vector<double> contributions;  // [row][raw score][source]; NaN for a failed row
    std::vector<double> expected;       // by raw score
    std::vector<double> columns;        // of one row, before they are added up

    // The raw score to tell of: the predicted class's, or the only one.
    size_t raw_of(const Predictions& predictions, size_t row) const {
        return raw_count > 1 ? predictions.labels[row] : 0;
    }
    double contribution(size_t row, size_t raw, size_t source) const {
        return contributions[(row * raw_count + raw) * source_count + source];
    }
};

// What each two sources added to one row's raw scores together, beyond what they added alone:
// expected + the sum over all cells = the raw score, and a row of cells sums up to its source's
// contribution. Keep one and pass it again.
struct Interactions {
    size_t raw_count = 0, source_count = 0;
    std::vector<double> values;    // [raw score][source][source]; the diagonal: alone
    std::vector<double> expected;  // by raw score

    // The raw score to tell of, as Explanations say it.
    size_t raw_of(const Predictions& predictions, size_t row) const {
        return raw_count > 1 ? predictions.labels[row] : 0;
    }
    double alone(size_t raw, size_t source) const {
        return values[(raw * source_count + source) * source_count + source];
    }
    // Of two different sources: both halves.
    double together(size_t raw, size_t one, size_t two) const {
        return values[(raw * source_count + one) * source_count + two] +
               values[(raw * source_count + two) * source_count + one];
    }
    // Each source alone, then with each later one: the order of interaction_names().
    template <class Give>
    void for_each(size_t raw, const Give& give) const {
        for (size_t i = 0; i < source_count; ++i) {
            give(alone(raw, i));
            for (size_t j = i + 1; j < source_count; ++j) give(together(raw, i, j));
        }
    }
};

constexpr size_t kInteractingMax = 60;  // sources that are told in pairs: 1,830 numbers a row

// "age", "age * hours", "hours": of the sources "age" and "hours".
std::vector<std::string> interaction_names(const std::vector<std::string>& sources);

// Where each input of the program stands in a caller's schema; made once, by name.
struct InputMap {
    std::vector<uint32_t> positions;
};

class Scorer {
public:
    // Reads, verifies and re-scores the golden rows; Code::corrupt for anything that is not whole.
    static Result<Scorer> open(const std::string& path);
    static Result<Scorer> build(Program program);
    // The same program, with tables to look up in: from now on batches hold only what a request
    // brings (Program::asked). Without, a batch holds every input, looked up or not.
    Result<Scorer> with_lookups(std::vector<LookupSource> sources) const;
    Scorer(Scorer&&) noexcept;
    Scorer& operator=(Scorer&&) noexcept;
    ~Scorer();

    const Program& program() const;
    size_t matrix_column_count() const;
    // "city=Paris", "income", "income is missing": what each column of the matrix means.
    const std::vector<std::string>& matrix_columns() const;
    size_t raw_count() const;  // raw scores a row
    // How the model is computed on this machine, for people: "rows, AVX-512".
    const std::string& kernel() const;

    // What a batch must hold.
    std::span<const Input> batch_inputs() const;
    const LookupStage* lookup_stage() const { return stage_.get(); }  // null: there is none

    // Names are matched without regard to ASCII case; types must be equal (cast in SQL before).
    Result<InputMap> map_inputs(const frame::Schema& schema) const;

    // `inputs` holds batch_inputs() in their order, at most kBatchRowsMax rows. A row whose
    // expression fails (as the same SQL would) is marked, the others are scored.
    Status score(const frame::BatchView& inputs, Scratch& scratch, Predictions& out) const;
    // The same from a batch of another schema.
    Status score(const frame::BatchView& batch, const InputMap& map, Scratch& scratch,
                 Predictions& out) const;

    // What contributions are told of: the features, then stages that mix several of them.
    const std::vector<std::string>& sources() const;
    // Contributions to the rows that `scratch` scored last. Refused where the model's kind cannot
    // tell, and for a model of trees that was trained before covers were kept.
    Status explain(Scratch& scratch, Explanations& out) const;
    // The same for pairs, of one of those rows that did not fail.
    Status can_interact() const;
    Status interact(Scratch& scratch, size_t row, Interactions& out) const;

    // The model's own input, [row][matrix column]; training reads it, so that training and
    // scoring share every step before the model. The first row that fails is the Status.
    Status features_matrix(const frame::BatchView& inputs, Scratch& scratch, double* out) const;
    Status features_matrix(const frame::BatchView& batch, const InputMap& map, Scratch& scratch,
                           double* out) const;

    // A feature's values in the last batch that `scratch` has seen; good until the next one.
    frame::ColumnView feature(size_t index, const Scratch& scratch) const;
    // Why a row of the last batch failed: names the feature, the function and its arguments.
    Status row_error(size_t row, const Scratch& scratch) const;

    struct Plan;
    const Plan& plan() const { return *plan_; }

private:
    explicit Scorer(std::shared_ptr<const Plan> plan);
    Status run(const frame::BatchView& inputs, Scratch& scratch) const;
    std::shared_ptr<const Plan> plan_;
    std::shared_ptr<const LookupStage> stage_;
};

// Scores the rows of `inputs` and keeps them in the program as golden rows (kGoldenRowsMax).
Status add_golden_rows(Program& program, const frame::BatchView& inputs);

}  // namespace quern::score
