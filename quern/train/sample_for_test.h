// Small lessons for the tests of learners.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "quern/score/model.h"
#include "quern/train/learner.h"

namespace quern::train {

struct Sample {
    Task task = Task::classify;
    int32_t class_count = 2;
    std::vector<MatrixColumn> columns;
    std::vector<double> values, targets, weights;

    Lesson lesson() const { return {{targets.size(), columns, values.data()}, targets, weights}; }
    FitInput input(Tree settings = {}) const {
        return {.task = task,
                .class_count = class_count,
                .lesson = lesson(),
                .settings = std::move(settings)};
    }
};

// Three heaps of 12, 4 and 4 rows of 2 columns.
inline std::vector<double> heaps() {
    std::vector<double> values;
    const double right[] = {0, 10, 10}, up[] = {0, 0, 8};
    for (int i = 0; i < 20; ++i) {
        const int heap = i < 12 ? i % 3 : 0;
        values.push_back((i * 7 % 11) / 5.0 + right[heap]);
        values.push_back((i * 5 % 13) / 6.0 + up[heap]);
    }
    return values;
}

// Twelve-digit answers of other programs are known for these 24 rows of 3 columns.
inline Sample small_sample(Task task, int32_t class_count) {
    Sample sample{.task = task, .class_count = class_count};
    for (const char* name : {"a", "b", "c"}) sample.columns.push_back({.name = name});
    for (int i = 0; i < 24; ++i) {
        const double a = (i * 7 % 11) / 5.0 - 1, b = (i * 5 % 13) / 6.0 - 1, c = i * 3 % 4 - 1.5;
        sample.values.insert(sample.values.end(), {a, b, c});
        double target = 2 * a - b + .3 * c + (i * 11 % 5) / 5.0 + 100;
        if (task == Task::classify) {
            target =
                class_count == 3 ? (i * i + i / 3) % 3 : a + 0.7 * b + (i * 9 % 7) / 7.0 - .5 > 0;
        }
        sample.targets.push_back(target);
    }
    return sample;
}

// Numbers, missing values and a category, with noise: `row_count` rows of 6 columns.
inline Sample mixed_sample(Task task, int32_t class_count, size_t row_count, bool is_dense) {
    Sample sample{.task = task, .class_count = class_count};
    sample.columns = {{.name = "x"},    {.name = "y"},     {.name = "z"},
                      {.name = "part"}, {.name = "whole"}, {.name = "kind"}};
    sample.columns.back().is_category = !is_dense;
    uint64_t state = 12345;
    const auto uniform = [&] {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<double>(state >> 11) * 0x1.0p-53;
    };
    for (size_t i = 0; i < row_count; ++i) {
        const double x = uniform() * 4 - 2, y = uniform(), z = uniform() * uniform() * 1000;
        const bool is_missing = uniform() < 0.2;
        const double kind = std::floor(uniform() * 12), noise = uniform() - 0.5;
        const double part = is_missing && !is_dense ? std::nan("") : is_missing ? 0 : x * y;
        sample.values.insert(sample.values.end(), {x, y, z, part, std::floor(z / 50), kind});
        double target = std::sin(x * 2) + y * y + std::log1p(z) / 3 +
                        (static_cast<int>(kind) % 3 == 0 ? 1 : 0) + noise + (is_missing ? 0.5 : 0);
        if (task == Task::classify) {
            target = std::min<double>(class_count - 1,
                                      std::floor(std::max(0.0, target) * class_count / 5));
        }
        sample.targets.push_back(target);
    }
    return sample;
}

// Raw scores of a fitted model by the scorer's own kernel.
inline std::vector<double> raw_scores(const Fitted& fitted, const MatrixView& matrix) {
    const auto* kind = Registry<score::ModelKind>::of_kind().find(fitted.model.kind).value();
    const auto model = kind->bind(fitted.model.learned, matrix.column_count()).value();
    std::vector<double> raw(matrix.row_count * model.raw_count);
    const auto scratch = score::make_model_scratch(model);
    model.score(model.prepared.get(), matrix.values, matrix.row_count, raw.data(), scratch.get());
    return raw;
}

inline Tree settings_of(const std::string& yaml) {
    return parse_yaml({.text = yaml, .file = "models/x.yml"}).value();
}

}  // namespace quern::train
