#include <gtest/gtest.h>

#include "quern/project/keys.h"

namespace quern::project {
namespace {

Result<Model> read(const std::string& yaml) {
    const std::string text = "from: t\ntarget: y\n" + yaml;
    return read_model(TRY(parse_yaml({.text = text, .file = "x.yml"})));
}

TEST(ModelOutputKeys, are_all_read) {
    const auto model = read(
        "calibrate: {method: platt, part: 0.1}\nthreshold: {cost: {fp: 2, false_negative: 7}}\n"
        "conformal: {coverage: 0.95, method: aps, part: 0.3}");
    ASSERT_TRUE(model.ok()) << model.status().text();
    EXPECT_EQ(model->calibrate.method, "platt");
    EXPECT_EQ(model->calibrate.part, 0.1);
    EXPECT_FALSE(model->threshold);
    ASSERT_TRUE(model->threshold_rule);
    EXPECT_EQ(model->threshold_rule->false_positive, 2);
    EXPECT_EQ(model->threshold_rule->false_negative, 7);
    EXPECT_EQ(model->conformal.coverage, 0.95);
    EXPECT_EQ(model->conformal.method, "aps");
    EXPECT_EQ(model->conformal.part, 0.3);
}

TEST(ModelOutputKeys, have_short_forms) {
    const auto model = read("calibrate: beta\nthreshold: {best: f1}\nconformal: 0.8");
    ASSERT_TRUE(model.ok()) << model.status().text();
    EXPECT_EQ(model->calibrate.method, "beta");
    EXPECT_EQ(model->calibrate.part, kOutputPart);
    EXPECT_EQ(model->threshold_rule->metric, "f1");
    EXPECT_EQ(model->conformal.coverage, 0.8);
    EXPECT_EQ(read("threshold: {rate: 0.05}")->threshold_rule->rate, 0.05);
    EXPECT_EQ(read("threshold: 0.3")->threshold, 0.3);
}

TEST(ModelOutputKeys, say_what_is_wrong) {
    const auto check = [](const std::string& yaml, std::string_view want) {
        const auto model = read(yaml);
        ASSERT_FALSE(model.ok()) << yaml;
        EXPECT_NE(model.status().text().find(want), std::string::npos) << model.status().text();
    };
    check("threshold: {}", "'threshold' must be a number, or one of cost, rate and best");
    check("threshold: {cost: {fp: 0, fn: 0}}", "one of the costs must be above 0");
    check("threshold: {cost: {fp: -1}}", "must be");
    check("threshold: {rate: 2}", "must be a number in [0, 1]");
    check("conformal: 1", "'conformal' must be");
    check("conformal: {method: aps}", "coverage");
    check("calibrate: {method: platt, part: 0}", "'part' must be");
}

}  // namespace
}  // namespace quern::project
