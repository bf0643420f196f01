// Covers scorer.cc and explain.cc.
#include "quern/score/scorer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <new>

#include "quern/score/artifact.h"
#include "quern/score/describe.h"
#include "quern/score/models/linear.h"
#include "quern/score/request.h"
#include "quern/score/sample_program.h"

namespace {
thread_local size_t allocation_count = 0;
}  // namespace

// Counts what the scorer allocates; see no_allocation_once_warm. AddressSanitizer brings operators
// of its own, and under it nothing is counted.
#ifndef __SANITIZE_ADDRESS__
__attribute__((noinline)) void* operator new(size_t size) {
    ++allocation_count;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
__attribute__((noinline)) void operator delete(void* memory) noexcept { std::free(memory); }
__attribute__((noinline)) void operator delete(void* memory, size_t) noexcept { std::free(memory); }
#endif

namespace quern::score {
namespace {

RowReader read_row(const Scorer& scorer, double income, std::string_view city) {
    RowReader reader(scorer.program());
    reader.begin_row();
    reader.field("income", FieldValue::of(income));
    reader.field("city", FieldValue::of(city));
    reader.end_row();
    return reader;
}

double probability(const Scorer& scorer, double income, std::string_view city) {
    RowReader reader = read_row(scorer, income, city);
    EXPECT_TRUE(reader.status().ok()) << reader.status().text();
    Scratch scratch(scorer, 1);
    Predictions out;
    Status status = scorer.score(reader.view(), scratch, out);
    EXPECT_TRUE(status.ok()) << status.text();
    return out.output(0, 1);
}

Scorer sample_scorer() {
    auto scorer = Scorer::build(sample_program());
    EXPECT_TRUE(scorer.ok()) << scorer.status().text();
    return std::move(scorer).value();
}

TEST(Scorer, gives_the_probability_of_the_positive_class) {
    Scorer scorer = sample_scorer();
    // Twice the income at most 100 and Paris: -1 + 0.25; above: 1 + 0.25.
    EXPECT_EQ(probability(scorer, 20, "Paris"), 1 / (1 + std::exp(0.75)));
    EXPECT_EQ(probability(scorer, 60, "Paris"), 1 / (1 + std::exp(-1.25)));
    EXPECT_EQ(probability(scorer, 60, "Nowhere"), 1 / (1 + std::exp(-0.5)));
}

TEST(Scorer, names_the_columns_of_its_matrix) {
    Scorer scorer = sample_scorer();
    EXPECT_EQ(scorer.matrix_columns(),
              (std::vector<std::string>{"double_income", "city=Paris", "city=Rome"}));
}

TEST(Scorer, gives_the_same_scores_for_a_row_and_a_batch) {
    Scorer scorer = sample_scorer();
    constexpr std::string_view kCities[] = {"Paris", "Rome", "Oslo"};
    for (size_t row_count : {1u, 2u, 63u, 64u, 65u, 2047u, 2048u}) {
        RowReader reader(scorer.program());
        for (size_t i = 0; i < row_count; ++i) {
            ASSERT_TRUE(reader.begin_row());
            if (i % 5 != 0) reader.field("income", FieldValue::of(static_cast<double>(i % 97)));
            reader.field("city", FieldValue::of(kCities[i % 3]));
            reader.end_row();
        }
        Scratch scratch(scorer), one_row(scorer, 1);
        Predictions batch, one;
        ASSERT_TRUE(scorer.score(reader.view(), scratch, batch).ok());
        RowReader single(scorer.program());
        for (size_t i = 0; i < row_count; ++i) {
            single.clear();
            single.begin_row();
            if (i % 5 != 0) single.field("income", FieldValue::of(static_cast<double>(i % 97)));
            single.field("city", FieldValue::of(kCities[i % 3]));
            single.end_row();
            ASSERT_TRUE(scorer.score(single.view(), one_row, one).ok());
            ASSERT_EQ(batch.output(i, 1), one.output(0, 1)) << row_count << " rows, row " << i;
        }
    }
}

TEST(Scorer, marks_a_row_whose_expression_fails_and_scores_the_others) {
    Program program = sample_program();
    program.inputs[0].type = frame::type_from_sql("TINYINT");
    program.expressions[0].type = program.inputs[0].type;
    program.expressions[1] = program.expressions[0];
    program.expressions[1].kind = Expression::Kind::constant;
    program.expressions[1].constant.type = program.inputs[0].type;
    program.expressions[1].constant.is_null = false;
    program.expressions[1].constant.bits[0] = std::byte{2};
    program.expressions[2].type = program.inputs[0].type;
    auto scorer = Scorer::build(program);
    ASSERT_TRUE(scorer.ok()) << scorer.status().text();
    RowReader reader((*scorer).program());
    for (int64_t income : {3, 100}) {
        reader.begin_row();
        reader.field("income", FieldValue::of(income));
        reader.end_row();
    }
    Scratch scratch(*scorer);
    Predictions out;
    ASSERT_TRUE(scorer->score(reader.view(), scratch, out).ok());
    EXPECT_EQ(out.is_failed, (std::vector<uint8_t>{0, 1}));
    EXPECT_EQ(out.failed_count, 1u);
    EXPECT_FALSE(std::isnan(out.output(0, 1)));
    EXPECT_TRUE(std::isnan(out.output(1, 1)));
    EXPECT_EQ(scorer->row_error(1, scratch).message(),
              "feature 'double_income': *(100, 2) has no TINYINT result");
}

TEST(Scorer, a_score_that_is_no_number_is_no_answer) {
    Program program = sample_program();
    program.model = pack(Linear{{0, 1, 1}, {0.5}});
    const auto scorer = Scorer::build(program);
    ASSERT_TRUE(scorer.ok()) << scorer.status().text();
    Scratch scratch(*scorer);
    Predictions out;
    for (const double income : {1.0, HUGE_VAL, 2.0}) {
        const RowReader reader = read_row(*scorer, income, "Rome");
        ASSERT_TRUE(scorer->score(reader.view(), scratch, out).ok());
        EXPECT_EQ(out.failed_count, std::isinf(income) ? 1u : 0u) << "0 times infinity";
    }
    const RowReader reader = read_row(*scorer, HUGE_VAL, "Rome");
    ASSERT_TRUE(scorer->score(reader.view(), scratch, out).ok());
    EXPECT_EQ(scorer->row_error(0, scratch).message(),
              "the model's score is not a number; its features are too large or infinite");
}

TEST(Scorer, no_allocation_once_warm) {
    Scorer scorer = sample_scorer();
    RowReader reader(scorer.program());
    Scratch scratch(scorer, 1);
    Predictions out;
    auto score_one = [&](double income) {
        reader.clear();
        reader.begin_row();
        reader.field("income", FieldValue::of(income));
        reader.field("city", FieldValue::of(std::string_view("Paris")));
        reader.end_row();
        return scorer.score(reader.view(), scratch, out).ok();
    };
    ASSERT_TRUE(score_one(1));
    size_t before = allocation_count;
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(score_one(i));
    EXPECT_EQ(allocation_count - before, 0u);
}

TEST(Scorer, no_allocation_for_any_row_of_a_batch) {
    Scorer scorer = sample_scorer();
    Scratch scratch(scorer);
    Predictions out;
    for (size_t row_count : {2048u, 300u, 40u, 2u}) {
        RowReader reader(scorer.program());
        for (size_t i = 0; i < row_count; ++i) {
            reader.begin_row();
            reader.field("income", FieldValue::of(static_cast<double>(i)));
            reader.end_row();
        }
        frame::BatchView view = reader.view();
        ASSERT_TRUE(scorer.score(view, scratch, out).ok());
        size_t before = allocation_count;
        ASSERT_TRUE(scorer.score(view, scratch, out).ok());
        EXPECT_EQ(allocation_count - before, 0u) << row_count << " rows";
    }
}

TEST(Scorer, explains_a_score_by_feature) {
    Program program = sample_program();
    program.model.learned["leaf_cover"] = std::vector<double>{30, 10, 20, 20};
    auto scorer = Scorer::build(program);
    ASSERT_TRUE(scorer.ok()) << scorer.status().text();
    RowReader reader(scorer->program());
    reader.begin_row();
    reader.field("income", FieldValue::of(60.0));
    reader.field("city", FieldValue::of(std::string_view("Oslo")));
    reader.end_row();
    Scratch scratch(*scorer);
    Predictions out;
    Explanations why;
    ASSERT_TRUE(scorer->score(reader.view(), scratch, out).ok());
    ASSERT_TRUE(scorer->explain(scratch, why).ok());
    // The means of the two trees are (30 * -1 + 10 * 1) / 40 and (-0.5 + 0.25) / 2.
    EXPECT_DOUBLE_EQ(why.expected[0], -0.5 - 0.125);
    EXPECT_DOUBLE_EQ(why.contribution(0, 0, 0), 1 - -0.5);
    EXPECT_DOUBLE_EQ(why.contribution(0, 0, 1), -0.5 - -0.125);
    EXPECT_DOUBLE_EQ(out.raw[0], 0.5);
}

TEST(Scorer, refuses_to_explain_trees_without_covers) {
    Scorer scorer = sample_scorer();
    Scratch scratch(scorer);
    Explanations why;
    EXPECT_EQ(scorer.explain(scratch, why).code(), Code::unimplemented);
}

TEST(Scorer, no_allocation_while_looking_up) {
    const frame::Type text{frame::TypeId::varchar, 0, 0, ""};
    LookupBuilder builder(
        {.table = "cities", .keys = {{"city", text}}, .columns = {{"size", text}}});
    frame::Column city(text);
    city.append_text("Paris");
    const std::vector<frame::ColumnView> views = {city.view(), city.view()};
    ASSERT_TRUE(builder.add({views, 1}).ok());
    const std::string file = builder.finish().value();
    Program program = sample_program();
    program.golden.clear();
    program.inputs.push_back({.name = "cities.size", .type = text});
    program.lookups = {{.name = "cities", .keys = {{"city", 1}}, .columns = {{"size", 2}}}};
    LookupSource source;
    source.table = LookupTable::read(std::as_bytes(std::span(file))).value();
    const Scorer scorer = Scorer::build(program)->with_lookups({source}).value();
    RowReader reader = read_row(scorer, 10, "Paris");
    Scratch scratch(scorer, 1);
    Predictions out;
    ASSERT_TRUE(scorer.score(reader.view(), scratch, out).ok());
    const size_t before = allocation_count;
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(scorer.score(reader.view(), scratch, out).ok());
    EXPECT_EQ(allocation_count - before, 0u);
}

TEST(Scorer, refuses_a_batch_of_other_columns) {
    Scorer scorer = sample_scorer();
    auto check = [&](frame::Schema schema, std::string_view want) {
        auto map = scorer.map_inputs(schema);
        ASSERT_FALSE(map.ok());
        EXPECT_EQ(map.status().message(), want);
    };
    check({{"incom", frame::type_from_sql("DOUBLE")}, {"city", frame::type_from_sql("VARCHAR")}},
          "column 'income' is not known");
    check({{"income", frame::type_from_sql("BIGINT")}, {"city", frame::type_from_sql("VARCHAR")}},
          "column 'income' must be DOUBLE, got BIGINT");
}

TEST(Scorer, golden_rows_prove_the_program) {
    Program program = sample_program();
    Scorer scorer = sample_scorer();
    RowReader reader = read_row(scorer, 20, "Paris");
    ASSERT_TRUE(add_golden_rows(program, reader.view()).ok());
    ASSERT_EQ(program.golden.size(), 1u);
    EXPECT_TRUE(Scorer::build(program).ok());
    program.golden[0].outputs[1] = std::nextafter(program.golden[0].outputs[1], 1);
    auto changed = Scorer::build(program);
    ASSERT_FALSE(changed.ok());
    EXPECT_EQ(changed.status().code(), Code::corrupt);
}

TEST(Describe, shows_the_whole_program) {
    std::string text = describe(sample_program());
    for (std::string_view part :
         {"sample: classify churned", "income  DOUBLE", "double_income = income * 2.0  DOUBLE",
          "one_hot(city)  categories 'Paris', 'Rome'", "trees: 2 trees, 4 leaves",
          "'yes' when its probability is at least 0.5"})
        EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
}

}  // namespace
}  // namespace quern::score
