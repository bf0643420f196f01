// A program without what its model does not read scores as before, to the bit.
#include "quern/train/narrow.h"

#include <gtest/gtest.h>

#include <cmath>

#include "quern/score/models/linear.h"
#include "quern/score/models/trees.h"
#include "quern/score/scorer.h"

namespace quern::train {
namespace {

using score::Buffers;

// a, b, c, d as numbers; b, c and d scaled by one stage, and the product of a and the scaled b.
// Columns: a b c d | scaled b, c, d | product.
score::Program program_of(std::vector<uint32_t> matrix) {
    score::Program program;
    program.task = score::Task::regress;
    program.target_type = frame::type_from_sql("DOUBLE");
    for (const char* name : {"a", "b", "c", "d"}) {
        const auto index = static_cast<uint32_t>(program.inputs.size());
        program.inputs.push_back({.name = name, .type = program.target_type});
        program.inputs.back().is_nullable = false;
        program.expressions.push_back({.type = program.target_type, .input = index});
        program.features.push_back({name, index});
        program.encoders.push_back({.kind = "numeric", .feature = index, .learned = {}});
    }
    const auto numbers = [](double a, double b, double c) { return std::vector<double>{a, b, c}; };
    program.stages.push_back({.kind = "affine",
                              .columns = {1, 2, 3},
                              .name = "s",
                              .learned = {{"center", numbers(1, 2, 3)},
                                          {"scale", numbers(3, 7, 11)},
                                          {"shift", numbers(0, 0, 0.5)}}});
    program.stages.push_back({.kind = "products",
                              .columns = {0, 4},
                              .name = "p",
                              .learned = {{"factors", std::vector<uint32_t>{0, 1}},
                                          {"sizes", std::vector<uint32_t>{2}}}});
    program.matrix = std::move(matrix);
    program.model = score::pack(score::ConstantModel{{0}});
    return program;
}

// A stump on each of the columns.
score::FittedModel stumps(const std::vector<uint32_t>& columns) {
    score::Trees trees;
    for (const uint32_t column : columns) {
        trees.trees.push_back(
            {.nodes = {{.column = column, .threshold = 0.25, .left = ~0, .right = ~1}},
             .leaves = {0.1 * (column + 1), -0.3},
             .covers = {}});
    }
    return score::pack(trees);
}

std::vector<double> scores(const score::Program& program) {
    auto scorer = score::Scorer::build(program);
    EXPECT_TRUE(scorer.ok()) << scorer.status().text();
    constexpr size_t kRows = 50;
    std::vector<frame::Column> columns;
    std::vector<frame::ColumnView> views;
    for (size_t i = 0; i < 4; ++i) {
        columns.emplace_back(frame::type_from_sql("DOUBLE"));
        for (size_t row = 0; row < kRows; ++row)
            columns.back().append(std::sin(double(row * (i + 1))) * 5);
    }
    for (const auto& column : columns) views.push_back(column.view());
    score::Scratch scratch(*scorer);
    score::Predictions predictions;
    EXPECT_TRUE(scorer->score({views, kRows}, scratch, predictions).ok());
    return predictions.outputs;
}

std::vector<std::string> names(const score::Program& program) {
    return score::Scorer::build(program)->matrix_columns();
}

TEST(Narrow, WhatNoSplitReadsLeavesTheProgram) {
    // The model sees a, scaled b, c, d and the product, and splits on scaled d and a.
    score::Program program = program_of({0, 4, 5, 6, 7});
    program.model = stumps({3, 0});
    const auto before = scores(program);
    const auto is_read = columns_read(program.model, 5);
    EXPECT_EQ(is_read, (std::vector<uint8_t>{1, 0, 0, 1, 0}));
    ASSERT_TRUE(narrow(program, is_read).ok());
    EXPECT_EQ(scores(program), before);
    EXPECT_EQ(names(program), (std::vector<std::string>{"a", "s d"}));
    EXPECT_EQ(program.encoders.size(), 2);
    ASSERT_EQ(program.stages.size(), 1);
    EXPECT_EQ(std::get<std::vector<double>>(program.stages[0].learned.at("scale")),
              std::vector<double>{11});
    EXPECT_EQ(program.features.size(), 2);
    EXPECT_EQ(program.expressions.size(), 2);
    EXPECT_EQ(program.inputs.size(), 4);
    EXPECT_TRUE(program.inputs[1].is_nullable) << "nobody need bring it";
    EXPECT_FALSE(program.inputs[3].is_nullable);
}

TEST(Narrow, AStageThatOthersReadStays) {
    score::Program program = program_of({0, 4, 5, 6, 7});
    program.model = stumps({4});
    const auto before = scores(program);
    ASSERT_TRUE(narrow(program, columns_read(program.model, 5)).ok());
    EXPECT_EQ(scores(program), before);
    EXPECT_EQ(names(program), (std::vector<std::string>{"p a * s b"}));
    EXPECT_EQ(program.stages.size(), 2);
    EXPECT_EQ(program.encoders.size(), 2);
}

TEST(Narrow, EncodersAloneNeedNoMatrix) {
    score::Program program = program_of({});
    program.stages.clear();
    program.model = stumps({1, 3});
    const auto before = scores(program);
    ASSERT_TRUE(narrow(program, columns_read(program.model, 4)).ok());
    EXPECT_EQ(scores(program), before);
    EXPECT_TRUE(program.matrix.empty());
    EXPECT_EQ(names(program), (std::vector<std::string>{"b", "d"}));
}

TEST(Narrow, SumsAndModelsWithoutSplitsStayAsTheyAre) {
    EXPECT_EQ(columns_read(score::pack(score::Linear{{0, 1, 0}, {2}}), 3),
              (std::vector<uint8_t>{1, 1, 1}));
    EXPECT_EQ(columns_read(stumps({}), 3), (std::vector<uint8_t>{1, 1, 1}));
}

}  // namespace
}  // namespace quern::train
