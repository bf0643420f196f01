// What a transform makes of a few rows, by the whole way: fit, program, scorer.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "quern/score/models/linear.h"
#include "quern/score/scorer.h"
#include "quern/train/sample_for_test.h"
#include "quern/train/written_columns.h"

namespace quern::train {

inline frame::Column numbers(const std::vector<double>& values) {
    frame::Column column(frame::type_from_sql("DOUBLE"));
    for (const double value : values) column.append(value);
    return column;
}

// "" is NULL.
inline frame::Column texts(const std::vector<std::string>& values) {
    frame::Column column(frame::type_from_sql("VARCHAR"));
    for (const auto& value : values) {
        if (value.empty())
            column.append_null();
        else
            column.append_text(value);
    }
    return column;
}

struct TransformCase {
    std::string name;
    std::string settings;  // YAML
    std::vector<frame::Column> lesson;
    std::vector<frame::Column> rows = {};  // to be transformed; empty: the lesson's
    std::vector<double> targets = {};
    std::vector<std::string> classes = {"no", "yes"};
    Task task = Task::classify;
};

struct Transformed {
    Status status;
    std::vector<std::string> columns;
    std::vector<double> matrix;  // [row][column]
    WrittenColumns fitted;
};

inline Transformed transform(const TransformCase& one) {
    score::Program program;
    program.task = one.task;
    program.target_type = frame::type_from_sql("DOUBLE");
    if (one.task == Task::classify) program.classes = {"no", "yes"};
    program.link = one.task == Task::classify ? score::Link::sigmoid : score::Link::identity;
    Written written{.transform = one.name,
                    .settings = one.settings.empty() ? Tree() : settings_of(one.settings),
                    .name = "t"};
    for (const auto& column : one.lesson) {
        const auto i = static_cast<uint32_t>(program.inputs.size());
        const std::string name(1, static_cast<char>('a' + i));
        program.inputs.push_back({.name = name, .type = column.type()});
        program.expressions.push_back({.type = column.type(), .input = i});
        program.features.push_back({name, i});
        written.arguments.push_back({.transform = {}, .feature = i, .name = name});
    }
    const size_t lesson_rows = one.lesson[0].row_count();
    const std::vector<FeatureFacts> facts(one.lesson.size());
    auto targets = one.targets;
    targets.resize(lesson_rows);
    auto fitted = fit_columns(program, {written},
                              {.facts = facts,
                               .columns = one.lesson,
                               .targets = targets,
                               .task = one.task,
                               .classes = one.classes});
    Transformed done;
    if (!fitted.ok()) {
        done.status = std::move(fitted).status();
        return done;
    }
    program.encoders = fitted->encoders;
    program.stages = fitted->stages;
    for (const auto& part : fitted->matrix) program.matrix.push_back(part.column);
    program.model = score::pack(score::ConstantModel{.raw = {0}});
    done.fitted = *std::move(fitted);
    auto scorer = score::Scorer::build(std::move(program));
    if (!scorer.ok()) {
        done.status = std::move(scorer).status();
        return done;
    }
    done.columns = scorer->matrix_columns();
    const auto& rows = one.rows.empty() ? one.lesson : one.rows;
    std::vector<frame::ColumnView> views;
    for (const auto& column : rows) views.push_back(column.view());
    done.matrix.resize(rows[0].row_count() * done.columns.size());
    score::Scratch scratch(*scorer);
    done.status =
        scorer->features_matrix({views, rows[0].row_count()}, scratch, done.matrix.data());
    return done;
}

// Equal to `margin` of the larger of the value and 1.
inline void check_transform(const TransformCase& one, const std::vector<double>& want,
                            double margin = 1e-12) {
    SCOPED_TRACE(one.name + " " + one.settings);
    const auto done = transform(one);
    ASSERT_TRUE(done.status.ok()) << done.status.text();
    ASSERT_EQ(done.matrix.size(), want.size());
    for (size_t i = 0; i < want.size(); ++i) {
        if (std::isnan(want[i])) {
            EXPECT_TRUE(std::isnan(done.matrix[i])) << i;
        } else {
            EXPECT_NEAR(done.matrix[i], want[i], margin * std::max(1.0, std::abs(want[i]))) << i;
        }
    }
}

}  // namespace quern::train
