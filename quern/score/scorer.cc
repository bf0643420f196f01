#include "quern/score/scorer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "quern/base/clock.h"
#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/score/artifact.h"
#include "quern/score/conformal.h"
#include "quern/score/golden.h"
#include "quern/score/kernel.h"
#include "quern/score/plan.h"

namespace quern::score {
namespace {

Status check_batch(std::span<const Input> wanted, const frame::BatchView& inputs,
                   size_t row_count_max) {
    if (inputs.columns.size() != wanted.size()) {
        return invalid_argument("the model reads " + plural(std::ssize(wanted), "column") +
                                ", got " + std::to_string(inputs.columns.size()));
    }
    if (inputs.row_count > row_count_max) {
        return invalid_argument("a batch has at most " + std::to_string(row_count_max) +
                                " rows, got " + std::to_string(inputs.row_count));
    }
    for (size_t i = 0; i < inputs.columns.size(); ++i) {
        const frame::ColumnView& column = inputs.columns[i];
        if (!(column.type == wanted[i].type) || column.row_count < inputs.row_count) {
            return invalid_argument("column '" + wanted[i].name + "' must be " +
                                    type_text(wanted[i].type) + ", got " + type_text(column.type));
        }
    }
    return {};
}

// Points the vectors of input expressions at the caller's own columns.
void take_inputs(const Program& program, const frame::BatchView& inputs, Scratch::State& state) {
    for (size_t node = 0; node < program.expressions.size(); ++node) {
        const Expression& expression = program.expressions[node];
        if (expression.kind != Expression::Kind::input) continue;
        const frame::ColumnView& column = inputs.columns[expression.input];
        Vector& vector = state.vectors[node];
        // Functions only ever write their own vector, so inputs stay as they are.
        vector.data = const_cast<void*>(column.data);
        vector.valid =
            column.validity ? const_cast<uint64_t*>(column.validity) : state.all_valid.data();
    }
}

void collect_failures(const Program& program, Scratch::State& state) {
    size_t words = word_count(state.row_count);
    std::fill_n(state.row_failed.begin(), words, 0);
    for (const Feature& feature : program.features) {
        const Vector& vector = state.vectors[feature.expression];
        for (size_t w = 0; w < words; ++w)
            state.row_failed[w] |= vector.failed[w] & row_bits(w, state.row_count);
    }
    for (size_t w = 0; state.lookups && w < words; ++w)
        state.row_failed[w] |= state.lookups->failed[w];
}

// The vector from a row on, which begins a word of bits.
Vector rows_from(const Vector& vector, const frame::Type& type, size_t first) {
    if (first == 0) return vector;
    auto* data = static_cast<std::byte*>(vector.data) + first * storage_bytes(storage_of(type));
    return {data, vector.valid + first / 64, vector.failed + first / 64};
}

// Few rows at a time, since the columns of one row lie side by side: what is written stays near.
void encode(const Scorer::Plan& plan, Scratch::State& state, double* matrix) {
    constexpr size_t kRowsAtOnce = 64;
    double* numbers = plan.picked.empty() ? matrix : state.numbers.data();
    for (size_t first = 0; first < state.row_count; first += kRowsAtOnce) {
        const size_t count = std::min(kRowsAtOnce, state.row_count - first);
        double* rows = numbers + first * plan.number_count;
        for (const EncodeStep& step : plan.encodes) {
            const auto& type = plan.program.expressions[step.node].type;
            step.encoder.apply(step.encoder.prepared.get(),
                               rows_from(state.vectors[step.node], type, first), count,
                               {rows + step.first_column, plan.number_count});
        }
        for (const StageStep& step : plan.stages) {
            step.stage.apply(step.stage.prepared.get(),
                             {rows, plan.number_count, count, step.from, step.first_column});
        }
    }
    if (plan.picked.empty()) return;
    for (size_t row = 0; row < state.row_count; ++row, numbers += plan.number_count)
        for (uint32_t column : plan.picked) *matrix++ = numbers[column];
}

void choose_labels(const Program& program, Predictions& out) {
    for (size_t row = 0; row < out.row_count; ++row) {
        const double* p = out.outputs.data() + row * out.output_count;
        if (out.output_count == 2) {
            out.labels[row] = p[1] >= program.threshold ? 1 : 0;
        } else {
            out.labels[row] = static_cast<uint32_t>(std::max_element(p, p + out.output_count) - p);
        }
    }
}

void find_regions(const BoundConformal& conformal, Predictions& out) {
    if (conformal.method == nullptr) return;
    for (size_t row = 0; row < out.row_count; ++row) {
        conformal.method->region(conformal.quantile, out.outputs.data() + row * out.output_count,
                                 out.output_count, out.region.data() + row * out.region_count);
    }
}

// A row whose raw score is not a number has no score at all: a link or a calibration would make
// some certain answer of it.
void collect_lost(const std::vector<double>& raw, size_t raw_count, Scratch::State& state) {
    bool is_lost = false;
    for (const double score : raw) is_lost |= std::isnan(score);
    if (!is_lost) return;
    for (size_t i = 0; i < raw.size(); ++i) {
        const size_t row = i / raw_count;
        if (std::isnan(raw[i])) state.row_failed[row / 64] |= uint64_t{1} << (row % 64);
    }
}

void mark_failures(const Scratch::State& state, size_t raw_count, Predictions& out) {
    out.failed_count = 0;
    std::fill(out.is_failed.begin(), out.is_failed.end(), uint8_t{0});
    for (size_t w = 0; w < word_count(out.row_count); ++w) {
        for_bits(state.row_failed[w], w * 64, [&](size_t row) {
            constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
            ++out.failed_count;
            out.is_failed[row] = 1;
            std::fill_n(out.outputs.begin() + row * out.output_count, out.output_count, kNan);
            std::fill_n(out.region.begin() + row * out.region_count, out.region_count, kNan);
            std::fill_n(out.raw.begin() + row * raw_count, raw_count, kNan);
        });
    }
}

}  // namespace

Scorer::Scorer(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
Scorer::Scorer(Scorer&&) noexcept = default;
Scorer& Scorer::operator=(Scorer&&) noexcept = default;
Scorer::~Scorer() = default;

Result<Scorer> Scorer::build(Program program) {
    Scorer scorer(TRY(make_plan(std::move(program))));
    TRY(check_golden_rows(scorer));
    return scorer;
}

Result<Scorer> Scorer::open(const std::string& path) {
    Program program = TRY(read_artifact_file(path));
    auto scorer = build(std::move(program));
    if (scorer.ok()) return scorer;
    return corrupt("this model file is not whole: " + std::string(scorer.status().message()))
        .at(path)
        .hint("restore the file, or train the model again");
}

Result<Scorer> Scorer::with_lookups(std::vector<LookupSource> sources) const {
    Scorer scorer(plan_);
    if (program().lookups.empty()) return scorer;
    scorer.stage_ = TRY(LookupStage::make(program().inputs, program().lookups, std::move(sources)));
    return scorer;
}

std::span<const Input> Scorer::batch_inputs() const {
    return stage_ ? program().asked() : std::span<const Input>(program().inputs);
}

const Program& Scorer::program() const { return plan_->program; }
size_t Scorer::matrix_column_count() const { return plan_->columns.size(); }
const std::vector<std::string>& Scorer::matrix_columns() const { return plan_->columns; }
size_t Scorer::raw_count() const { return plan_->model.raw_count; }
const std::string& Scorer::kernel() const { return plan_->model.kernel; }

Result<InputMap> Scorer::map_inputs(const frame::Schema& schema) const {
    InputMap map;
    Status faults;
    for (const Input& input : batch_inputs()) {
        int position = frame::column_index(schema, input.name);
        if (position < 0) {
            std::vector<std::string_view> names;
            for (const auto& column : schema) names.push_back(column.name);
            faults.also(unknown_name("column", input.name, names));
        } else if (!(schema[position].type == input.type)) {
            faults.also(invalid_argument("column '" + input.name + "' must be " +
                                         type_text(input.type) + ", got " +
                                         type_text(schema[position].type)));
        }
        map.positions.push_back(static_cast<uint32_t>(std::max(position, 0)));
    }
    TRY(std::move(faults));
    return map;
}

Status Scorer::run(const frame::BatchView& inputs, Scratch& scratch) const {
    Scratch::State& state = scratch.state();
    TRY(check_batch(batch_inputs(), inputs, state.row_count_max));
    state.row_count = inputs.row_count;
    state.texts.clear();
    if (stage_) {
        stage_->run(inputs, unix_ms_now() * 1000, *state.lookups);
        take_inputs(program(), {state.lookups->columns, inputs.row_count}, state);
    } else {
        take_inputs(program(), inputs, state);
    }
    const Vector* const* arguments = state.arguments.data();
    for (const Step& step : plan_->steps) {
        Call call{{arguments, step.arguments.size()},
                  step.types,
                  program().expressions[step.node].type,
                  state.vectors[step.node],
                  inputs.row_count,
                  step.function.prepared.get(),
                  state.texts};
        step.function.kernel(call);
        arguments += step.arguments.size();
    }
    collect_failures(program(), state);
    return {};
}

Status Scorer::score(const frame::BatchView& inputs, Scratch& scratch, Predictions& out) const {
    TRY(run(inputs, scratch));
    Scratch::State& state = scratch.state();
    encode(*plan_, state, state.matrix.data());
    out.row_count = inputs.row_count;
    out.output_count = program().output_count();
    out.raw.resize(out.row_count * raw_count());
    out.outputs.resize(out.row_count * out.output_count);
    out.region_count = region_size(program());
    out.region.resize(out.row_count * out.region_count);
    out.labels.resize(program().task == Task::classify ? out.row_count : 0);
    out.is_failed.resize(out.row_count);
    plan_->model.score(plan_->model.prepared.get(), state.matrix.data(), out.row_count,
                       out.raw.data(), state.model_scratch.get());
    collect_lost(out.raw, raw_count(), state);
    apply_link(program().link, program().link_scale, raw_count(), out.row_count, out.raw.data(),
               out.outputs.data());
    const BoundCalibration& calibration = plan_->calibration;
    if (calibration.apply != nullptr)
        calibration.apply(calibration.prepared.get(), out.row_count, out.outputs.data());
    find_regions(plan_->conformal, out);
    if (program().task == Task::classify) choose_labels(program(), out);
    mark_failures(state, raw_count(), out);
    return {};
}

Status Scorer::features_matrix(const frame::BatchView& inputs, Scratch& scratch,
                               double* out) const {
    TRY(run(inputs, scratch));
    Scratch::State& state = scratch.state();
    for (size_t row = 0; row < inputs.row_count; ++row)
        if (state.row_failed[row / 64] >> (row % 64) & 1) return row_error(row, scratch);
    encode(*plan_, state, out);
    return {};
}

namespace {

// A batch of the program's inputs, picked from a batch of another schema.
Result<frame::BatchView> pick(const frame::BatchView& batch, const InputMap& map,
                              Scratch::State& state) {
    state.picked.resize(map.positions.size());
    for (size_t i = 0; i < map.positions.size(); ++i) {
        if (map.positions[i] >= batch.columns.size())
            return invalid_argument("the batch has fewer columns than its schema");
        state.picked[i] = batch.columns[map.positions[i]];
    }
    return frame::BatchView{state.picked, batch.row_count};
}

}  // namespace

Status Scorer::score(const frame::BatchView& batch, const InputMap& map, Scratch& scratch,
                     Predictions& out) const {
    return score(TRY(pick(batch, map, scratch.state())), scratch, out);
}

Status Scorer::features_matrix(const frame::BatchView& batch, const InputMap& map, Scratch& scratch,
                               double* out) const {
    return features_matrix(TRY(pick(batch, map, scratch.state())), scratch, out);
}

frame::ColumnView Scorer::feature(size_t index, const Scratch& scratch) const {
    uint32_t node = program().features[index].expression;
    const Vector& vector = scratch.state().vectors[node];
    return {program().expressions[node].type, vector.data, vector.valid, scratch.state().row_count};
}

}  // namespace quern::score
