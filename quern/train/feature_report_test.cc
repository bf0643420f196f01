#include "quern/train/feature_report.h"

#include <gtest/gtest.h>

namespace quern::train {
namespace {

const Selector& selector(const std::string& name) {
    return **Registry<Selector>::of_kind().find(name);
}

// age, city (three columns) and id, as a selector and a tree left them.
std::vector<ColumnFate> fates() {
    return {{.name = "age", .written = 0, .score = 12.5},
            {.name = "city=Bonn", .written = 1, .score = 3, .is_read = false},
            {.name = "city=Kiel", .written = 1, .score = 0.25, .is_dropped = true},
            {.name = "city=Ulm", .written = 1, .score = 4},
            {.name = "id", .written = 2, .score = 0.5, .is_dropped = true}};
}

TEST(FeatureReport, FatesSayWhatIsGoneAndWhy) {
    std::vector<FeatureReport> reports = {{.name = "age", .column_count = 1},
                                          {.name = "city", .column_count = 3},
                                          {.name = "id", .column_count = 1}};
    report_fates(fates(), &selector("anova"), reports);
    EXPECT_EQ(reports[0].fate, "F 12.5");
    EXPECT_EQ(reports[1].fate,
              "1 of 3 columns dropped by anova: F 4; 1 of 3 columns read by no split");
    EXPECT_EQ(reports[2].fate, "dropped by anova: F 0.5");
    std::vector<FeatureReport> unread = {{.name = "age", .column_count = 1}};
    report_fates({{.name = "age", .written = 0, .is_read = false}}, nullptr, unread);
    EXPECT_EQ(unread[0].fate, "no split reads it");
}

TEST(FeatureReport, SelectionNamesTheDroppedFromTheBest) {
    EXPECT_EQ(selection_words(fates(), selector("anova")),
              "anova keeps 3 of 5 columns, F 3 or better; dropped: id 0.5, city=Kiel 0.25");
    auto ranks = fates();
    for (auto& fate : ranks) fate.score = fate.is_dropped ? -2 : 0;
    EXPECT_EQ(selection_words(ranks, selector("recursive")),
              "recursive keeps 3 of 5 columns, rank 1 or better; dropped: city=Kiel 3, id 3");
}

TEST(FeatureReport, WrittenAndChosenFeaturesSayHowAndWhy) {
    const Written inner{.feature = 0, .name = "income"};
    const std::vector<Written> written = {
        {.transform = "standard_scale",
         .arguments = {{.transform = "impute", .arguments = {inner}, .name = "impute(income)"}},
         .name = "s",
         .place = "models/m.yml:7:5"},
        {.feature = 1, .name = "age"},
        {.feature = 2, .name = "empty"}};
    WrittenColumns columns;
    columns.encoders = {
        {.kind = "numeric", .feature = 0, .learned = {}},
        {.kind = "scaled", .feature = 1, .learned = {{"mean", std::vector<double>{3}}}}};
    columns.encoder_written = {0, 1};
    columns.stages = {{.kind = "affine",
                       .columns = {0},
                       .name = "s",
                       .learned = {{"center", std::vector<double>{40}}}}};
    columns.stage_written = {0};
    columns.matrix = {{.column = 2, .written = 0}, {.column = 1, .written = 1}};
    std::vector<FeatureFacts> facts(3);
    for (auto& one : facts) one.type = frame::type_from_sql("DOUBLE");
    facts[1].valid_count = 10;
    facts[1].missing_count = 1;
    const auto reports = report_features(written, columns, facts, Taste::dense);
    ASSERT_EQ(reports.size(), 3);
    EXPECT_EQ(reports[0].how, "standard_scale(impute(income))");
    EXPECT_EQ(reports[0].why, "written at models/m.yml:7:5");
    EXPECT_EQ(reports[0].learned, std::vector<std::string>{"affine: center 40.0"});
    EXPECT_EQ(reports[0].column_count, 1);
    EXPECT_EQ(reports[1].how, "scaled");
    EXPECT_EQ(reports[1].why, "a number with gaps, to be scaled");
    EXPECT_EQ(reports[2].how, "left out");
    EXPECT_EQ(reports[2].why, "NULL in every training row");
}

}  // namespace
}  // namespace quern::train
