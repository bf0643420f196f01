#include "quern/train/preparation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "quern/train/feature_facts.h"
#include "quern/train/input_facts.h"

namespace quern::train {
namespace {

using frame::TypeId;
using score::Buffers;

FeatureFacts facts_of(TypeId id, size_t rows,
                      const std::function<void(size_t row, frame::Column& column)>& fill) {
    frame::Column column({.id = id, .sql_name = {}});
    for (size_t row = 0; row < rows; ++row) fill(row, column);
    FeatureFacts facts{.type = column.type()};
    for (size_t row = 0; row < rows; ++row) facts.add(column.view(), row);
    return facts;
}

struct Chosen {
    Status status;
    std::vector<score::FittedEncoder> encoders;
    std::vector<std::string> notes;
};

Chosen choose_for(const FeatureFacts& facts, Taste taste) {
    Chosen chosen;
    auto encoder = choose_encoder("x", facts, taste, chosen.notes);
    if (!encoder.ok())
        chosen.status = std::move(encoder).status();
    else if (*encoder)
        chosen.encoders.push_back(**std::move(encoder));
    return chosen;
}

void check_kind(const FeatureFacts& facts, Taste taste, std::string_view kind,
                const Buffers& learned) {
    const Chosen chosen = choose_for(facts, taste);
    ASSERT_EQ(chosen.encoders.size(), 1) << kind << chosen.status.text();
    EXPECT_EQ(chosen.encoders[0].kind, kind);
    EXPECT_EQ(chosen.encoders[0].learned, learned);
}

const FeatureFacts kNumbers = facts_of(TypeId::float64, 5, [](size_t row, auto& c) {
    if (row == 4)
        c.append_null();
    else
        c.append(static_cast<double>(row) * 2);  // 0 2 4 6: mean 3, deviation sqrt 5
});

const FeatureFacts kTowns = facts_of(TypeId::varchar, 40, [](size_t row, auto& c) {
    if (row % 8 == 7)
        c.append_null();
    else if (row == 0)
        c.append_text("Auch");
    else
        c.append_text(row % 3 == 0 ? "Paris" : "Lyon");
});

TEST(Preparation, NumbersStayOrAreScaled) {
    check_kind(kNumbers, Taste::native, "numeric", {});
    check_kind(kNumbers, Taste::dense, "scaled",
               {{"mean", std::vector<double>{3}},
                {"scale", std::vector<double>{std::sqrt(5.0)}},
                {"fill", std::vector<double>{3}},
                {"indicator", std::vector<uint8_t>{1}}});
}

TEST(Preparation, TextsBecomeCodesOrColumns) {
    check_kind(kTowns, Taste::native, "category",
               {{"categories", std::vector<std::string>{"Lyon", "Paris"}}});
    check_kind(kTowns, Taste::dense, "one_hot",
               {{"categories", std::vector<std::string>{"Lyon", "Paris"}},
                {"unseen", std::vector<uint8_t>{1}},
                {"missing", std::vector<uint8_t>{1}}});
}

TEST(Preparation, DatesBecomeParts) {
    const auto dates = facts_of(
        TypeId::date, 3, [](size_t row, auto& c) { c.append(static_cast<int32_t>(row * 100)); });
    check_kind(dates, Taste::native, "date",
               {{"parts", std::vector<std::string>{"days", "month", "day_of_week"}}});
    const auto moments = facts_of(TypeId::timestamp, 3, [](size_t row, auto& c) {
        c.append(static_cast<int64_t>(row) * 86'400'000'000);
    });
    const Chosen chosen = choose_for(moments, Taste::dense);
    ASSERT_EQ(chosen.encoders.size(), 1);
    const auto& learned = chosen.encoders[0].learned;
    EXPECT_EQ(std::get<std::vector<std::string>>(learned.at("parts")).back(), "hour");
    EXPECT_EQ(std::get<std::vector<double>>(learned.at("mean"))[0], 1);  // in days
    EXPECT_EQ(std::get<std::vector<double>>(learned.at("mean")).size(), 4);
}

TEST(Preparation, EndlessDatesAreMissing) {
    const auto dates = facts_of(TypeId::date, 3, [](size_t row, auto& c) {
        c.append(row == 1 ? std::numeric_limits<int32_t>::max() : static_cast<int32_t>(row));
    });
    EXPECT_EQ(dates.missing_count, 1);
    EXPECT_EQ(dates.high, 2);
}

TEST(Preparation, WhatSaysNothingIsLeftOutWithANote) {
    const auto check_note = [](const FeatureFacts& facts, std::string_view note) {
        const Chosen chosen = choose_for(facts, Taste::native);
        EXPECT_TRUE(chosen.status.ok());
        EXPECT_TRUE(chosen.encoders.empty());
        ASSERT_EQ(chosen.notes.size(), 1) << note;
        EXPECT_EQ(chosen.notes[0], note);
    };
    check_note(facts_of(TypeId::integer, 9, [](size_t, auto& c) { c.append_null(); }),
               "feature x left out: it is NULL in every training row");
    check_note(facts_of(TypeId::float64, 9, [](size_t, auto& c) { c.append(std::nan("")); }),
               "feature x left out: it is NULL in every training row");
    check_note(facts_of(TypeId::integer, 9, [](size_t, auto& c) { c.append(int32_t{4}); }),
               "feature x left out: it is the same in every training row");
    check_note(facts_of(TypeId::varchar, 9, [](size_t, auto& c) { c.append_text("a"); }),
               "feature x left out: it is the same in every training row");
    check_note(facts_of(TypeId::varchar, 9,
                        [](size_t row, auto& c) { c.append_text(std::to_string(row)); }),
               "feature x left out: no text of it occurs often enough");
}

TEST(Preparation, OneValueAndGapsSaySomething) {
    const auto facts = facts_of(TypeId::integer, 9, [](size_t row, auto& c) {
        if (row < 3)
            c.append_null();
        else
            c.append(int32_t{4});
    });
    EXPECT_EQ(choose_for(facts, Taste::native).encoders.size(), 1);
}

TEST(Preparation, IdsAreRefusedWithAHint) {
    const auto check_refused = [](size_t rows, auto fill, std::string_view message) {
        const Chosen chosen = choose_for(facts_of(TypeId::varchar, rows, fill), Taste::native);
        EXPECT_EQ(chosen.status.message(), message);
        EXPECT_NE(chosen.status.hint().find("exclude"), std::string_view::npos);
    };
    check_refused(
        60, [](size_t row, auto& c) { c.append_text(std::to_string(row)); },
        "feature 'x' holds 60 different texts in 60 rows; that is too many for "
        "categories");
    check_refused(
        5000, [](size_t row, auto& c) { c.append_text(std::to_string(row % 1001)); },
        "feature 'x' holds 1,001 different texts in 5,000 rows; that is too many for "
        "categories");
    check_refused(
        30'000, [](size_t row, auto& c) { c.append_text(std::to_string(row)); },
        "feature 'x' holds more than 20,000 different texts in 30,000 rows; that is too "
        "many for categories");
}

TEST(Preparation, ATypeWithoutMeaningIsRefused) {
    const auto facts =
        facts_of(TypeId::time, 3, [](size_t row, auto& c) { c.append(static_cast<int64_t>(row)); });
    EXPECT_EQ(choose_for(facts, Taste::native).status.message(),
              "feature 'x' is TIME; a feature is a number, boolean, text, date or timestamp");
}

TEST(Preparation, InfiniteNumbersAreForTreesOnly) {
    const auto facts = facts_of(TypeId::float64, 3, [](size_t row, auto& c) {
        c.append(row == 1 ? INFINITY : static_cast<double>(row));
    });
    EXPECT_EQ(choose_for(facts, Taste::native).notes.size(), 1);
    const Chosen dense = choose_for(facts, Taste::dense);
    EXPECT_EQ(dense.status.message(), "feature 'x' is infinite in 1 row");
    EXPECT_EQ(facts.mean, 1);
}

TEST(FeatureFacts, KeepTheMostFrequentCategories) {
    const auto facts = facts_of(TypeId::varchar, 60, [](size_t row, auto& c) {
        c.append_text(row < 30 ? "c" : row < 50 ? "b" : row < 59 ? "a" : "d");
    });
    EXPECT_EQ(facts.categories(1, 100), (std::vector<std::string>{"a", "b", "c", "d"}));
    EXPECT_EQ(facts.categories(1, 2), (std::vector<std::string>{"b", "c"}));
    EXPECT_EQ(facts.categories(10, 100), (std::vector<std::string>{"b", "c"}));
}

TEST(Prune, TakesOutWhatNobodyReads) {
    score::Program program;
    for (const auto name : {"a", "b", "c"}) program.inputs.push_back({name, {}, false, {}, {}, {}});
    for (uint32_t i = 0; i < 3; ++i) program.expressions.push_back({.input = i});
    program.expressions.push_back(
        {.kind = score::Expression::Kind::call, .function = "+", .children = {0, 2}});
    program.features = {{"b", 1}, {"sum", 3}};
    program.encoders = {{.kind = "numeric", .feature = 1, .learned = {}}};
    prune(program);
    ASSERT_EQ(program.inputs.size(), 3) << "what requests may bring does not change";
    EXPECT_FALSE(program.inputs[0].is_nullable);
    EXPECT_TRUE(program.inputs[1].is_nullable) << "but nobody reads b";
    ASSERT_EQ(program.expressions.size(), 3);
    EXPECT_EQ(program.expressions[1].input, 2);
    EXPECT_EQ(program.expressions[2].children, (std::vector<uint32_t>{0, 1}));
    EXPECT_EQ(program.features, (std::vector<score::Feature>{{"sum", 2}}));
    EXPECT_EQ(program.encoders[0].feature, 0);
}

TEST(InputFacts, SeeRangesAndTextsOfTheLessonAndNullsOfAllRows) {
    score::Program program;
    program.inputs = {{.name = "n", .type = {.id = TypeId::integer, .sql_name = {}}},
                      {.name = "t", .type = {.id = TypeId::varchar, .sql_name = {}}}};
    frame::Column numbers(program.inputs[0].type), texts(program.inputs[1].type);
    for (int32_t i = 0; i < 4; ++i) {
        numbers.append(i * 10);
        if (i == 3)
            texts.append_null();
        else
            texts.append_text(i == 0 ? "z" : "a");
    }
    const std::vector<frame::ColumnView> views = {numbers.view(), texts.view()};
    InputFacts facts(program, {0, 1});
    facts.add({views, 4}, {1, 1, 0, 0});
    facts.put(program);
    EXPECT_EQ(program.inputs[0].low, 0);
    EXPECT_EQ(program.inputs[0].high, 10);
    EXPECT_FALSE(program.inputs[0].is_nullable);
    EXPECT_EQ(program.inputs[1].categories, (std::vector<std::string>{"a", "z"}));
    EXPECT_TRUE(program.inputs[1].is_nullable);
}

}  // namespace
}  // namespace quern::train
