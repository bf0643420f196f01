// A program with a calibration and a conformal part: rows, batches, golden rows, the artifact.
#include <gtest/gtest.h>

#include <cmath>
#include <span>

#include "quern/score/artifact.h"
#include "quern/score/conformal.h"
#include "quern/score/describe.h"
#include "quern/score/request.h"
#include "quern/score/sample_program.h"
#include "quern/score/scorer.h"

namespace quern::score {
namespace {

using List = std::vector<double>;

Program full_program() {
    Program program = sample_program();
    program.calibration = {"platt", {{"slope", List{0.5}}, {"intercept", List{-0.25}}}};
    program.conformal = {"lac", 0.9, {{"quantile", List{0.625}}}};
    return program;
}

// 130 rows of both inputs, some of them NULL.
void fill(RowReader& reader, size_t row) {
    reader.begin_row();
    if (row % 7 != 0) reader.field("income", FieldValue::of(static_cast<double>(row)));
    reader.field("city", FieldValue::of(std::string_view(row % 3 == 0 ? "Rome" : "Paris")));
    reader.end_row();
}

TEST(ProgramOutputs, a_row_is_a_batch_of_one) {
    const auto scorer = Scorer::build(full_program());
    ASSERT_TRUE(scorer.ok()) << scorer.status().text();
    constexpr size_t kRows = 130;
    RowReader all(scorer->program());
    for (size_t row = 0; row < kRows; ++row) fill(all, row);
    Scratch scratch(*scorer);
    Predictions batch, one;
    ASSERT_TRUE(scorer->score(all.view(), scratch, batch).ok());
    ASSERT_EQ(batch.region_count, 2u);
    RowReader single(scorer->program());
    for (size_t row = 0; row < kRows; ++row) {
        single.clear();
        fill(single, row);
        ASSERT_TRUE(scorer->score(single.view(), scratch, one).ok());
        EXPECT_EQ(one.output(0, 1), batch.output(row, 1));
        EXPECT_EQ(one.region,
                  List(batch.region.begin() + 2 * row, batch.region.begin() + 2 * row + 2));
        EXPECT_DOUBLE_EQ(batch.output(row, 1), 1 / (1 + std::exp(-(0.5 * batch.raw[row] - 0.25))));
    }
}

TEST(ProgramOutputs, live_in_the_artifact_and_in_its_golden_rows) {
    Program program = full_program();
    RowReader reader(program);
    for (size_t row = 1; row < 4; ++row) fill(reader, row);
    ASSERT_TRUE(add_golden_rows(program, reader.view()).ok());
    ASSERT_EQ(program.golden[0].region.size(), 2u);
    const auto bytes = artifact_bytes(program);
    ASSERT_TRUE(bytes.ok());
    const auto again = read_artifact(std::as_bytes(std::span(*bytes)));
    ASSERT_TRUE(again.ok()) << again.status().text();
    EXPECT_TRUE(*again == program);
    EXPECT_TRUE(Scorer::build(*again).ok());
    for (int change = 0; change < 3; ++change) {
        Program broken = program;
        if (change == 0) broken.calibration = {};
        if (change == 1) broken.golden[1].region[0] = 1 - broken.golden[1].region[0];
        if (change == 2) broken.conformal = {};
        EXPECT_EQ(Scorer::build(broken).status().code(), Code::corrupt) << change;
    }
}

TEST(ProgramOutputs, what_does_not_fit_the_program_is_refused) {
    const auto check = [](auto change) {
        Program program = full_program();
        change(program);
        EXPECT_EQ(Scorer::build(program).status().code(), Code::corrupt);
    };
    check([](Program& program) { program.calibration.kind = ""; });
    check([](Program& program) { program.conformal.kind = ""; });
    check([](Program& program) { program.conformal.kind = "split"; });
    check([](Program& program) { program.conformal.coverage = 1; });
    check([](Program& program) { program.conformal.learned["quantile"] = List{1, 2}; });
    Program unknown = full_program();
    unknown.calibration.kind = "magic";
    EXPECT_FALSE(Scorer::build(unknown).ok());
}

TEST(ProgramOutputs, are_described) {
    const std::string text = describe(full_program());
    EXPECT_NE(text.find("calibrated by platt  intercept -0.25; slope 0.5"), std::string::npos)
        << text;
    EXPECT_NE(text.find("set of classes for 0.9 of all rows, by lac"), std::string::npos) << text;
}

}  // namespace
}  // namespace quern::score
