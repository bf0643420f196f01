// Covers written_features.cc and transform_call.cc.
#include "quern/flow/written_features.h"

#include <gtest/gtest.h>

#include "quern/flow/transform_call.h"

namespace quern::flow {
namespace {

std::string words(std::string_view text) {
    const auto call = read_call(text);
    if (!call) return "no call";
    std::string all = call->name;
    for (const auto& argument : call->arguments)
        all += "|" + argument.text + "@" + std::to_string(argument.offset);
    for (const auto& setting : call->settings)
        all += "|" + setting.name.text + "=" + setting.value.text;
    return call->alias.empty() ? all : all + "|as " + call->alias;
}

TEST(TransformCall, ReadsOneCallAndNothingElse) {
    EXPECT_EQ(words("One_Hot(city, min_count := 20) as town"),
              "one_hot|city@8|min_count=20|as town");
    EXPECT_EQ(words("f(a, g(b, c), d => 'x, y')"), "f|a@2|g(b, c)@5|d='x, y'");
    EXPECT_EQ(words("f(case when a then ')' end)"), "f|case when a then ')' end@2");
    EXPECT_EQ(words("f( /* , */ a\n)  \"B c\" -- end"), "f|a@11|as B c");
    EXPECT_EQ(words("f(x := ['a', 'b'])"), "f|x=['a', 'b']");
    EXPECT_EQ(words("f()"), "f");
    EXPECT_EQ(words("f(a) + 1"), "no call");
    EXPECT_EQ(words("f(a) over (order by b)"), "no call");
    EXPECT_EQ(words("f(a"), "no call");
    EXPECT_EQ(words("income"), "no call");
    EXPECT_EQ(words("(a)"), "no call");
    EXPECT_EQ(words(""), "no call");
}

TEST(TransformCall, SplitsOffAnAlias) {
    EXPECT_EQ(split_alias("a / 2 as half").alias, "half");
    EXPECT_EQ(split_alias("a / 2 as half").expression, "a / 2");
    EXPECT_EQ(split_alias("cast(a as int)").alias, "");
    EXPECT_EQ(split_alias("'x as y'").alias, "");
}

WrittenFeatures read(const std::vector<std::string>& features) {
    project::Model model;
    model.from.text = "t";
    const auto file = std::make_shared<std::string>("m.yml");
    for (int i = 0; i < static_cast<int>(features.size()); ++i)
        model.features.push_back({features[size_t(i)], {.file = file, .line = i + 1, .column = 5}});
    auto read = read_features(model, {}, {});
    EXPECT_TRUE(read.ok()) << read.status().text();
    return *std::move(read);
}

TEST(WrittenFeatures, TakeTransformsOffTheSql) {
    const auto written =
        read({"standard_scale(impute(a)) as x", "a", "one_hot(left(b, 2))", "lower(b)"});
    EXPECT_EQ(written.select.text(),
              "select a,\nlower(b),\nleft(b, 2)\nas \"left(b, 2)\"\nfrom \"t\"");
    ASSERT_EQ(written.features.size(), 4);
    const auto& scale = written.features[0];
    EXPECT_EQ(scale.transform, "standard_scale");
    EXPECT_EQ(scale.name, "x");
    EXPECT_EQ(scale.arguments[0].transform, "impute");
    EXPECT_EQ(scale.arguments[0].place, "m.yml:1:20");
    EXPECT_EQ(scale.arguments[0].arguments[0].feature, 0);
    EXPECT_EQ(written.features[1].feature, 0);
    EXPECT_EQ(written.features[2].name, "one_hot(left(b, 2))");
    EXPECT_EQ(written.features[2].arguments[0].feature, 2);
    EXPECT_EQ(written.features[3].transform, "");
    EXPECT_EQ(written.features[3].feature, 1);
}

TEST(WrittenFeatures, SettingsAreTyped) {
    const auto settings =
        read({"impute(a, kind := 'it''s', count := -1.5, on := TRUE, list := [1, 'b'])"})
            .features[0]
            .settings;
    ASSERT_EQ(settings.entries.size(), 4);
    EXPECT_EQ(settings.find("kind")->text, "it's");
    EXPECT_TRUE(settings.find("kind")->is_quoted);
    EXPECT_EQ(settings.find("count")->text, "-1.5");
    EXPECT_EQ(settings.find("count")->place.column, 41);
    EXPECT_EQ(settings.find("on")->text, "true");
    EXPECT_EQ(settings.find("list")->items.size(), 2);
}

}  // namespace
}  // namespace quern::flow
