#include "quern/train/matrix.h"

#include <algorithm>
#include <cstring>

#include "quern/base/text.h"
#include "quern/train/input_facts.h"

namespace quern::train {
namespace {

constexpr size_t kGoldenRows = 16;

// Walks over all rows with the position that each has among the kept ones.
template <class Work>
Status walk(const TrainingRequest& request, const Rows& rows, Work work) {
    size_t first = 0;
    const auto visit = [&](const frame::BatchView& batch) -> Status {
        TRY(request.watch.check());
        if (first + batch.row_count > rows.position.size()) {
            return failed_precondition("the table changed while it was read; run it again");
        }
        const std::span positions(rows.position.data() + first, batch.row_count);
        first += batch.row_count;
        return work(batch, positions);
    };
    TRY(request.scan(visit));
    if (first == rows.position.size()) return {};
    return failed_precondition("the table changed while it was read; run it again");
}

// Rows of a batch, picked into a batch of their own.
class Picked {
public:
    Picked(const frame::Schema& schema, const std::vector<uint32_t>& columns) : columns_(columns) {
        for (const uint32_t column : columns) types_.push_back(schema[column].type);
        clear();
    }

    void add(const frame::BatchView& batch, size_t row) {
        for (size_t i = 0; i < columns_.size(); ++i) {
            picked_[i].append_from(batch.columns[columns_[i]], row);
        }
        ++row_count_;
    }
    size_t row_count() const { return row_count_; }
    frame::BatchView view() {
        views_.clear();
        for (const auto& column : picked_) views_.push_back(column.view());
        return {views_, row_count_};
    }
    void clear() {
        picked_.clear();
        for (const auto& type : types_) picked_.emplace_back(type);
        row_count_ = 0;
    }

private:
    const std::vector<uint32_t>& columns_;
    std::vector<frame::Type> types_;
    std::vector<frame::Column> picked_;
    std::vector<frame::ColumnView> views_;
    size_t row_count_ = 0;
};

void keep_predictions(const score::Predictions& predictions, Judgement& judgement) {
    judgement.regions.insert(judgement.regions.end(), predictions.region.begin(),
                             predictions.region.end());
    for (size_t row = 0; row < predictions.row_count; ++row) {
        if (judgement.task == Task::regress) {
            judgement.values.push_back(predictions.output(row, 0));
            continue;
        }
        judgement.predicted.push_back(static_cast<int32_t>(predictions.labels[row]));
        if (judgement.class_count == 2) {
            judgement.probabilities.push_back(predictions.output(row, 1));
            continue;
        }
        for (size_t k = 0; k < predictions.output_count; ++k) {
            judgement.probabilities.push_back(predictions.output(row, k));
        }
    }
}

void keep_truth(const Rows& rows, const Roles& roles, Role role, Judgement& judgement) {
    for (size_t row = 0; row < rows.count(); ++row) {
        if (roles.of_row[row] != role) continue;
        if (judgement.task == Task::regress)
            judgement.targets.push_back(rows.targets[row]);
        else
            judgement.labels.push_back(static_cast<int32_t>(rows.targets[row]));
        if (!rows.weights.empty()) judgement.weights.push_back(rows.weights[row]);
    }
}

}  // namespace

size_t Roles::count(Role role) const {
    return static_cast<size_t>(std::ranges::count(of_row, role));
}

std::vector<uint32_t> Roles::rows(Role role) const {
    std::vector<uint32_t> found;
    for (uint32_t row = 0; row < of_row.size(); ++row) {
        if (of_row[row] == role) found.push_back(row);
    }
    return found;
}

Result<GatheredFeatures> gather_features(const TrainingRequest& request, const Rows& rows,
                                         const Roles& roles, score::Program& program,
                                         const std::vector<uint8_t>& is_kept) {
    auto scorer = TRY(score::Scorer::build(program));
    const auto map = TRY(scorer.map_inputs(request.schema));
    score::Scratch scratch(scorer);
    InputFacts inputs(program, map.positions);
    GatheredFeatures gathered;
    auto& [facts, columns] = gathered;
    facts.resize(program.features.size());
    for (size_t i = 0; i < facts.size(); ++i) {
        facts[i].type = program.expressions[program.features[i].expression].type;
        columns.emplace_back(facts[i].type);
    }
    std::vector<uint8_t> is_lesson;
    double nothing = 0;  // there are no encoders yet, so no column of the matrix is written
    const auto work = [&](const frame::BatchView& batch,
                          std::span<const uint32_t> positions) -> Status {
        is_lesson.assign(batch.row_count, 0);
        for (size_t row = 0; row < batch.row_count; ++row) {
            is_lesson[row] =
                positions[row] != Rows::kDropped && roles.of_row[positions[row]] == Role::lesson;
        }
        inputs.add(batch, is_lesson);
        TRY(scorer.features_matrix(batch, map, scratch, &nothing));
        for (size_t i = 0; i < facts.size(); ++i) {
            const auto column = scorer.feature(i, scratch);
            for (size_t row = 0; row < batch.row_count; ++row) {
                if (is_lesson[row] == 0) continue;
                facts[i].add(column, row);
                if (is_kept[i] != 0) columns[i].append_from(column, row);
            }
        }
        return {};
    };
    TRY(walk(request, rows, work));
    inputs.put(program);
    return gathered;
}

Result<std::vector<double>> build_matrix(const TrainingRequest& request, const Rows& rows,
                                         const Roles& roles, const MatrixWriters& writers) {
    const score::Scorer& scorer = writers.scorer;
    const size_t columns = scorer.matrix_column_count();
    const auto map = TRY(scorer.map_inputs(request.schema));
    score::Scratch scratch(scorer);
    std::vector<score::Scratch> fold_scratch;
    std::vector<std::vector<double>> fold_blocks;
    for (const auto& of_fold : writers.of_fold) {
        fold_scratch.emplace_back(of_fold);
        fold_blocks.emplace_back(frame::kBatchRowsMax * columns);
    }
    size_t next_lesson = 0, next_validation = roles.count(Role::lesson);
    const size_t row_count = next_validation + roles.count(Role::validation);
    std::vector<double> matrix(row_count * columns);
    std::vector<double> block(frame::kBatchRowsMax * columns);
    const auto work = [&](const frame::BatchView& batch,
                          std::span<const uint32_t> positions) -> Status {
        TRY(scorer.features_matrix(batch, map, scratch, block.data()));
        for (size_t k = 0; k < fold_scratch.size(); ++k) {
            TRY(writers.of_fold[k].features_matrix(batch, map, fold_scratch[k],
                                                   fold_blocks[k].data()));
        }
        for (size_t row = 0; row < batch.row_count; ++row) {
            if (positions[row] == Rows::kDropped) continue;
            const Role role = roles.of_row[positions[row]];
            if (role != Role::lesson && role != Role::validation) continue;
            const bool is_folded = role == Role::lesson && !writers.fold.empty();
            const auto& from = is_folded ? fold_blocks[writers.fold[next_lesson]] : block;
            size_t& next = role == Role::lesson ? next_lesson : next_validation;
            std::memcpy(&matrix[next++ * columns], &from[row * columns], columns * sizeof(double));
        }
        return {};
    };
    TRY(walk(request, rows, work));
    return matrix;
}

evaluate::Judged Judgement::view() const {
    return {.task = task,
            .class_count = class_count,
            .labels = labels,
            .predicted = predicted,
            .probabilities = probabilities,
            .targets = targets,
            .values = values,
            .weights = weights,
            .ranking = {}};
}

Result<Judgement> judge(const TrainingRequest& request, const Rows& rows, const Roles& roles,
                        const score::Scorer& scorer, Role role, score::Program* program) {
    Judgement judgement;
    judgement.task = rows.task;
    judgement.class_count = static_cast<int32_t>(rows.classes.size());
    keep_truth(rows, roles, role, judgement);
    const auto map = TRY(scorer.map_inputs(request.schema));
    score::Scratch scratch(scorer);
    score::Predictions predictions;
    Picked picked(request.schema, map.positions), golden(request.schema, map.positions);
    const auto flush = [&]() -> Status {
        if (picked.row_count() == 0) return {};
        TRY(scorer.score(picked.view(), scratch, predictions));
        for (size_t row = 0; row < predictions.row_count && predictions.failed_count > 0; ++row) {
            if (predictions.is_failed[row] != 0) return scorer.row_error(row, scratch);
        }
        keep_predictions(predictions, judgement);
        picked.clear();
        return {};
    };
    const auto work = [&](const frame::BatchView& batch,
                          std::span<const uint32_t> positions) -> Status {
        for (size_t row = 0; row < batch.row_count; ++row) {
            if (positions[row] == Rows::kDropped) continue;
            if (roles.of_row[positions[row]] != role) continue;
            picked.add(batch, row);
            if (golden.row_count() < kGoldenRows) golden.add(batch, row);
            if (picked.row_count() == frame::kBatchRowsMax) TRY(flush());
        }
        return {};
    };
    TRY(walk(request, rows, work));
    TRY(flush());
    if (program != nullptr) TRY(score::add_golden_rows(*program, golden.view()));
    return judgement;
}

}  // namespace quern::train
