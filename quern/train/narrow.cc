#include "quern/train/narrow.h"

#include <algorithm>
#include <numeric>

#include "quern/score/models/trees.h"
#include "quern/score/plan.h"
#include "quern/score/scorer.h"
#include "quern/score/stage.h"
#include "quern/train/preparation.h"

namespace quern::train {
namespace {

std::vector<double> narrow_rows(const MatrixView& from, const std::vector<uint32_t>& columns) {
    std::vector<double> values;
    values.reserve(from.row_count * columns.size());
    for (size_t row = 0; row < from.row_count; ++row)
        for (const uint32_t column : columns) values.push_back(from.row(row)[column]);
    return values;
}

std::vector<uint32_t> positions(const std::vector<uint8_t>& is_kept) {
    std::vector<uint32_t> kept;
    for (uint32_t i = 0; i < is_kept.size(); ++i)
        if (is_kept[i] != 0) kept.push_back(i);
    return kept;
}

// The values of some of `column_count` columns, of a buffer that holds as many for each.
template <class T>
std::vector<T> pick(const std::vector<T>& from, size_t column_count,
                    const std::vector<uint32_t>& columns) {
    const size_t each = from.size() / column_count;
    std::vector<T> picked;
    for (const uint32_t column : columns)
        for (size_t i = 0; i < each; ++i) picked.push_back(from[column * each + i]);
    return picked;
}

// The stage for some of its columns alone, where it works on each apart.
void narrow_stage(score::FittedStage& stage, const std::vector<std::string>& suffixes,
                  const std::vector<std::string_view>& by_column,
                  const std::vector<uint32_t>& kept) {
    const size_t column_count = stage.columns.size();
    for (const std::string_view name : by_column) {
        const auto found = stage.learned.find(std::string(name));
        if (found == stage.learned.end()) continue;
        std::visit([&](auto& values) { values = pick(values, column_count, kept); }, found->second);
    }
    stage.columns = pick(stage.columns, column_count, kept);
    // Of one column, a stage names no column; its name must say it then.
    if (kept.size() == 1 && column_count > 1) stage.name += suffixes[kept[0]];
}

// Walks from the matrix back to the encoders, and numbers what is left anew.
class Narrowing {
public:
    Narrowing(score::Program& program, const score::Scorer::Plan& plan)
        : program_(program), plan_(plan), is_read_(plan.number_count) {}

    Status run() {
        for (const uint32_t column : program_.matrix) is_read_[column] = 1;
        for (size_t i = plan_.stages.size(); i-- > 0;) TRY(mark_stage(i));
        new_number_.assign(plan_.number_count, 0);
        std::vector<score::FittedEncoder> encoders;
        for (size_t i = 0; i < plan_.encodes.size(); ++i) {
            const auto& step = plan_.encodes[i];
            if (!reads(step.first_column, step.encoder.columns.size())) continue;
            for (size_t c = 0; c < step.encoder.columns.size(); ++c)
                new_number_[step.first_column + c] = next_++;
            encoders.push_back(std::move(program_.encoders[i]));
        }
        std::vector<score::FittedStage> stages;
        for (size_t i = 0; i < plan_.stages.size(); ++i)
            if (reads(plan_.stages[i].first_column, plan_.stages[i].stage.columns.size()))
                stages.push_back(number_stage(i));
        for (uint32_t& column : program_.matrix) column = new_number_[column];
        program_.encoders = std::move(encoders);
        program_.stages = std::move(stages);
        std::vector<uint32_t> all(next_);
        std::iota(all.begin(), all.end(), 0u);
        if (program_.matrix == all && program_.stages.empty()) program_.matrix.clear();
        return {};
    }

private:
    bool reads(size_t first, size_t count) const {
        return std::any_of(is_read_.begin() + static_cast<std::ptrdiff_t>(first),
                           is_read_.begin() + static_cast<std::ptrdiff_t>(first + count),
                           [](uint8_t is_read) { return is_read != 0; });
    }

    bool is_by_column(size_t index, const std::vector<std::string_view>& by_column) const {
        const auto& step = plan_.stages[index];
        return !by_column.empty() && step.from.size() == step.stage.columns.size();
    }

    Status mark_stage(size_t index) {
        const auto& step = plan_.stages[index];
        const size_t count = step.stage.columns.size();
        if (!reads(step.first_column, count)) return {};
        auto& stage = program_.stages[index];
        const auto* kind = TRY(Registry<score::Stage>::of_kind().find(stage.kind));
        std::vector<uint32_t> kept;
        for (uint32_t i = 0; i < count; ++i)
            if (is_read_[step.first_column + i] != 0) kept.push_back(i);
        if (is_by_column(index, kind->by_column) && kept.size() < count) {
            narrow_stage(stage, step.stage.columns, kind->by_column, kept);
            dropped_from_.resize(plan_.stages.size());
            dropped_from_[index] = true;
        }
        for (const uint32_t column : stage.columns) is_read_[column] = 1;
        return {};
    }

    score::FittedStage number_stage(size_t index) {
        const auto& step = plan_.stages[index];
        score::FittedStage stage = std::move(program_.stages[index]);
        for (uint32_t& column : stage.columns) column = new_number_[column];
        const bool is_narrowed = index < dropped_from_.size() && dropped_from_[index];
        for (size_t c = 0; c < step.stage.columns.size(); ++c) {
            if (is_narrowed && is_read_[step.first_column + c] == 0) continue;
            new_number_[step.first_column + c] = next_++;
        }
        return stage;
    }

    score::Program& program_;
    const score::Scorer::Plan& plan_;
    std::vector<uint8_t> is_read_;      // by column of encoders and stages
    std::vector<bool> dropped_from_;    // by stage
    std::vector<uint32_t> new_number_;  // by column
    uint32_t next_ = 0;
};

Status renumber_model(score::FittedModel& model, const std::vector<uint8_t>& is_kept) {
    if (model.kind != "trees") return {};
    auto trees = TRY(score::unpack_trees(model.learned, is_kept.size()));
    std::vector<uint32_t> new_column(is_kept.size());
    std::exclusive_scan(is_kept.begin(), is_kept.end(), new_column.begin(), 0u);
    for (auto& tree : trees.trees) {
        for (auto& node : tree.nodes) node.column = new_column[node.column];
        for (auto& leaf : tree.linear)
            for (auto& term : leaf.terms) term.column = new_column[term.column];
    }
    trees.background =
        narrow_rows({trees.background.size() / is_kept.size(),
                     std::vector<MatrixColumn>(is_kept.size()), trees.background.data()},
                    positions(is_kept));
    model = score::pack(trees);
    return {};
}

}  // namespace

NarrowInput::NarrowInput(const FitInput& from, const std::vector<uint8_t>& is_kept) : input_(from) {
    const auto kept = positions(is_kept);
    for (const uint32_t column : kept) columns_.push_back(from.lesson.matrix.columns[column]);
    lesson_ = narrow_rows(from.lesson.matrix, kept);
    validation_ = narrow_rows(from.validation.matrix, kept);
    input_.lesson.matrix = {from.lesson.matrix.row_count, columns_, lesson_.data()};
    input_.validation.matrix = {from.validation.matrix.row_count, columns_, validation_.data()};
}

std::vector<uint8_t> columns_read(const score::FittedModel& model, size_t column_count) {
    std::vector<uint8_t> is_read(column_count, model.kind == "trees" ? 0 : 1);
    if (model.kind != "trees") return is_read;
    const auto trees = score::unpack_trees(model.learned, column_count);
    if (!trees.ok()) return std::vector<uint8_t>(column_count, 1);
    for (const auto& tree : trees->trees) {
        for (const auto& node : tree.nodes) is_read[node.column] = 1;
        for (const auto& leaf : tree.linear)
            for (const auto& term : leaf.terms) is_read[term.column] = 1;
    }
    if (std::ranges::find(is_read, 1) == is_read.end()) std::ranges::fill(is_read, uint8_t{1});
    return is_read;
}

Status narrow(score::Program& program, const std::vector<uint8_t>& is_kept) {
    if (std::ranges::find(is_kept, 0) == is_kept.end()) return {};
    // The plan counts the columns of encoders and stages; the model does not matter to it.
    score::Program bare = program;
    bare.golden.clear();
    const auto scorer = TRY(score::Scorer::build(std::move(bare)));
    if (program.matrix.empty()) {
        program.matrix.resize(scorer.plan().number_count);
        std::iota(program.matrix.begin(), program.matrix.end(), 0u);
    }
    std::vector<uint32_t> matrix;
    for (const uint32_t i : positions(is_kept)) matrix.push_back(program.matrix[i]);
    program.matrix = std::move(matrix);
    TRY(renumber_model(program.model, is_kept));
    TRY(Narrowing(program, scorer.plan()).run());
    prune(program);
    return {};
}

}  // namespace quern::train
