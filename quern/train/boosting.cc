#include "quern/train/boosting.h"

#include <algorithm>
#include <bit>

#include "quern/score/importers/lightgbm_trees.h"
#include "quern/score/model.h"
#include "quern/score/models/trees.h"

namespace quern::train {
namespace {

// On less data than this, threads wait for each other longer than they work.
constexpr size_t kCellsPerThread = 150'000;

// What the data has work for, on however small a machine.
size_t useful_threads(const FitInput& input) {
    const MatrixView& matrix = input.lesson.matrix;
    return 1 + matrix.row_count * matrix.column_count() / kCellsPerThread;
}

uint32_t raw_count_of(const FitInput& input) {
    const bool is_multiclass = input.task == Task::classify && input.class_count > 2;
    return is_multiclass ? static_cast<uint32_t>(input.class_count) : 1;
}

// The scorer must give LightGBM's own raw scores, to the last bit, or the model is not kept.
Status check_scores(const Booster& booster, const FitInput& input, int64_t iterations,
                    const Fitted& fitted) {
    constexpr size_t kRowsChecked = 512;
    MatrixView some = input.lesson.matrix;
    some.row_count = std::min(some.row_count, kRowsChecked);
    const auto want = TRY(booster.raw_scores(some, iterations));
    const auto* kind = TRY(Registry<score::ModelKind>::of_kind().find(fitted.model.kind));
    const auto model = TRY(kind->bind(fitted.model.learned, some.column_count()));
    std::vector<double> got(want.size());
    const auto scratch = score::make_model_scratch(model);
    model.score(model.prepared.get(), some.values, some.row_count, got.data(), scratch.get());
    for (size_t i = 0; i < want.size(); ++i) {
        if (std::bit_cast<uint64_t>(want[i]) == std::bit_cast<uint64_t>(got[i])) continue;
        return internal("the compiled trees score row " + std::to_string(i) +
                        " unlike LightGBM does");
    }
    return {};
}

}  // namespace

std::string boosting_parameters(const FitInput& input) {
    std::string objective = "regression";
    if (input.task == Task::classify) {
        objective = input.class_count == 2
                        ? "binary"
                        : "multiclass num_class=" + std::to_string(input.class_count);
    }
    std::string categories;
    const auto columns = input.lesson.matrix.columns;
    for (size_t j = 0; j < columns.size(); ++j) {
        if (columns[j].is_category)
            categories += (categories.empty() ? "" : ",") + std::to_string(j);
    }
    const size_t useful = useful_threads(input);
    const auto threads = std::min(useful, static_cast<size_t>(std::max(1, input.threads)));
    // One thread sums its histograms sooner row by row; several would add them up in an order
    // that hangs on their number. Both ways give the same sums.
    return "objective=" + objective +
           " deterministic=true verbosity=-1 num_threads=" + std::to_string(threads) +
           (useful == 1 ? " force_row_wise=true" : " force_col_wise=true") +
           " seed=" + std::to_string(input.seed & 0x7fffffff) +
           (categories.empty() ? "" : " categorical_feature=" + categories);
}

Status keep_trees(const Booster& booster, const FitInput& input, int64_t iterations,
                  Fitted& fitted) {
    const auto text = TRY(booster.text(iterations));
    fitted.model = score::pack(TRY(score::read_lightgbm_trees(text, raw_count_of(input))));
    if (input.task == Task::classify) {
        fitted.link = input.class_count == 2 ? score::Link::sigmoid : score::Link::softmax;
    }
    TRY(check_scores(booster, input, iterations, fitted));
    fitted.importance = TRY(booster.gain(input.lesson.matrix.column_count(), iterations));
    double total = 0;
    for (const double gain : fitted.importance) total += gain;
    for (double& gain : fitted.importance) gain = total > 0 ? gain / total : 0;
    if (total == 0) {
        fitted.notes.push_back(
            "no split was worth making, so every row scores the same; are "
            "there enough rows for min_data_in_leaf?");
    }
    return {};
}

}  // namespace quern::train
