#include "quern/base/params.h"

#include <gtest/gtest.h>

namespace quern {
namespace {

struct Nested {
    int64_t folds = 5;
    static std::vector<Param> params() {
        return {param("folds", &Nested::folds, "How many.").in(2, 100)};
    }
};

struct Settings {
    bool is_on = false;
    int64_t depth = 6;
    double rate = 0.1;
    std::string metric = "auc";
    std::optional<double> limit;
    std::vector<std::string> columns;
    std::vector<Located> features;
    Nested split;
    Tree rest;
    static std::vector<Param> params() {
        return {
            param("is_on", &Settings::is_on, "Switch."),
            param("depth", &Settings::depth, "Deepest leaf.").in(1, 64),
            param("rate", &Settings::rate, "Step.").range(0, 1, true, false),
            param("metric", &Settings::metric, "What to watch.").one_of({"auc", "loss"}),
            param("limit", &Settings::limit, "Upper bound.").at_least(0),
            param("columns", &Settings::columns, "Which."),
            param("features", &Settings::features, "Expressions."),
            param("split", &Settings::split, "How to hold rows out."),
            param("rest", &Settings::rest, "Anything."),
        };
    }
};

Result<Settings> read(std::string_view yaml) {
    auto tree = TRY(parse_yaml({.text = yaml, .file = "models/x.yml"}));
    return parse_params<Settings>(tree, "model");
}

TEST(Params, ReadsEveryKind) {
    const auto read_settings = read(
        "is_on: true\ndepth: 12\nrate: 1e-2\nmetric: loss\nlimit: 3\ncolumns: a\n"
        "features:\n  - a + 1\n  - b\nsplit: {folds: 3}\nrest: {x: [1]}\n");
    ASSERT_TRUE(read_settings.ok()) << read_settings.status().text();
    const Settings& settings = *read_settings;
    EXPECT_TRUE(settings.is_on);
    EXPECT_EQ(settings.depth, 12);
    EXPECT_DOUBLE_EQ(settings.rate, 0.01);
    EXPECT_EQ(settings.metric, "loss");
    EXPECT_EQ(settings.limit, 3.0);
    EXPECT_EQ(settings.columns, std::vector<std::string>{"a"});
    EXPECT_EQ(settings.features[1].place.text(), "models/x.yml:9:5");
    EXPECT_EQ(settings.split.folds, 3);
    EXPECT_NE(settings.rest.find("x"), nullptr);
}

TEST(Params, KeepsDefaults) {
    const auto settings = read("depth:\n");
    ASSERT_TRUE(settings.ok());
    EXPECT_EQ(settings->depth, 6);
    EXPECT_FALSE(settings->limit.has_value());
}

TEST(Params, SaysWhereAndWhatIsWrong) {
    const auto check = [](std::string_view yaml, std::string_view want) {
        EXPECT_EQ(read(yaml).status().text(), want) << yaml;
    };
    check("depht: 3", "models/x.yml:1:1: unknown key 'depht' in model\n  did you mean 'depth'?");
    check("depth: 0", "models/x.yml:1:8: 'depth' must be an integer in [1, 64], got '0'");
    check("depth: \"3\"", "models/x.yml:1:8: 'depth' must be an integer in [1, 64], got '3'");
    check("depth: 3.5", "models/x.yml:1:8: 'depth' must be an integer in [1, 64], got '3.5'");
    check("rate: 0", "models/x.yml:1:7: 'rate' must be a number in (0, 1], got '0'");
    check("rate: nan", "models/x.yml:1:7: 'rate' must be a number in (0, 1], got 'nan'");
    check("limit: -1", "models/x.yml:1:8: 'limit' must be a number at least 0, got '-1'");
    check("is_on: yes", "models/x.yml:1:8: 'is_on' must be true or false, got 'yes'");
    check("metric: los",
          "models/x.yml:1:9: 'metric' must be one of auc, loss, got 'los'\n"
          "  did you mean 'loss'?");
    check("columns: {a: 1}",
          "models/x.yml:1:10: 'columns' must be text, got a map\n"
          "  put quotes around a text that holds ': '");
    check("split: 3", "models/x.yml:1:8: split must be a map of keys, got '3'");
    check("split: {fold: 3}",
          "models/x.yml:1:9: unknown key 'fold' in split\n  did you mean 'folds'?");
}

TEST(Params, ReportsEveryFaultOfAMap) {
    const auto settings = read("depth: 0\nrate: 7\nmetric: x\n");
    ASSERT_FALSE(settings.ok());
    EXPECT_EQ(settings.status().others().size(), 2u);
}

struct Needy {
    std::string target;
    static std::vector<Param> params() {
        return {param("target", &Needy::target, "What to learn.").required()};
    }
};

TEST(Params, NamesAMissingRequiredKey) {
    const auto tree = parse_yaml({.text = "{}", .file = "m.yml"});
    ASSERT_TRUE(tree.ok());
    EXPECT_EQ(parse_params<Needy>(*tree, "model").status().text(),
              "m.yml:1:1: model needs the key 'target'");
}

TEST(Params, DescribesItself) {
    const std::string schema = json_schema(Settings::params());
    EXPECT_NE(schema.find("\"additionalProperties\": false"), std::string::npos);
    EXPECT_NE(schema.find("\"exclusiveMinimum\": 0.0"), std::string::npos);
    EXPECT_NE(schema.find("\"loss\""), std::string::npos);
    const std::string table = markdown_table(Settings::params());
    EXPECT_NE(table.find("| `depth` | an integer in [1, 64] | 6 | Deepest leaf. |"),
              std::string::npos);
    EXPECT_NE(table.find("| `split.folds` | an integer in [2, 100] | 5 | How many. |"),
              std::string::npos);
}

}  // namespace
}  // namespace quern
