#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "quern/serve/testing/example.h"

namespace quern::serve {
namespace {

TEST(ModelList, NamesEachModelWithItsVersions) {
    const ExampleServer example;
    const Answer answer =
        example.ask(RequestText{.start = "GET /models", .token = kViewerToken}.text());
    ASSERT_EQ(answer.http, 200) << answer.body;
    const auto models = nlohmann::json::parse(answer.body)["models"];
    ASSERT_EQ(models.size(), 3u);
    EXPECT_EQ(models[1]["name"], "income");
    EXPECT_EQ(models[1]["champion"], 3);
    EXPECT_EQ(models[1]["aliases"]["champion"], 3);
    EXPECT_EQ(models[1]["classes"], nlohmann::json::array({"<=50K", ">50K"}));
    EXPECT_EQ(models[2]["target"], "price");
}

}  // namespace
}  // namespace quern::serve
