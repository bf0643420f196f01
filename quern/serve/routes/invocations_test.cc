#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "quern/serve/testing/example.h"

namespace quern::serve {
namespace {

using nlohmann::json;

class InvocationsTest : public testing::Test {
protected:
    ExampleServer example;

    Answer post(std::string_view body, std::string_view query = "",
                std::string_view type = "application/json") {
        const std::string start = "POST /invocations" + std::string(query);
        return example.ask(RequestText{.start = start, .body = body, .type = type}.text());
    }
    void check(std::string_view body, const json& predictions) {
        const Answer answer = post(body);
        EXPECT_EQ(answer.http, 200) << body << answer.body;
        EXPECT_EQ(json::parse(answer.body)["predictions"], predictions) << body;
    }
};

TEST_F(InvocationsTest, takes_every_form_of_mlflow) {
    const json both = {">50K", "<=50K"};
    check(R"({"dataframe_split": {"columns": ["age", "education"], "index": [0, 1],
              "data": [[39, "Bachelors"], [39, null]]}})",
          both);
    check(R"({"dataframe_split": {"data": [[39, "Bachelors"], [39, null]],
              "columns": ["age", "education"]}, "params": {"a": [1]}})",
          both);
    check(R"({"dataframe_records": [{"age": 39, "education": "Bachelors"}, {"age": 39}]})", both);
    check(R"({"instances": [{"age": 39, "education": "Bachelors"}, {"age": 39}]})", both);
    check(R"({"instances": [[39, "Bachelors", 1], [39, null, 1]]})", both);
    check(R"({"inputs": {"age": [39, 39], "education": ["Bachelors", "x"]}})", both);
    check(R"({"inputs": [[39, "Bachelors", 1], [39, null, 1]]})", both);
    check(R"({"dataframe_records": [{"age": 39, "more": 1, "hours": 1, "education": "x"}]})",
          json::array({"<=50K"}));
    check(R"({"dataframe_split": {"columns": ["age", "more", "hours", "education"],
              "data": [[39, [1], 40, null]]}})",
          json::array({"<=50K"}));
}

TEST_F(InvocationsTest, takes_csv_and_passes_over_further_columns) {
    const Answer answer = post("id,age,hours,education\n7,39,,\n", "", "text/csv");
    EXPECT_EQ(json::parse(answer.body)["predictions"], json::array({"<=50K"})) << answer.body;
}

TEST_F(InvocationsTest, refuses_with_the_words_of_mlflow) {
    for (const std::string_view body :
         {"{}", R"({"columns": ["age"], "data": [[39]]})", R"({"instances": [], "inputs": []})",
          R"({"inputs": [], "instances": []})", R"({"dataframe_records": [{"age": "x"}]})",
          R"({"dataframe_records": [{"age": 39, "more": 1}]})",
          R"({"dataframe_split": {"columns": ["age", "more"], "data": [[39, 1]]}})",
          R"({"inputs": {"age": [39], "more": [1]}})", R"({"dataframe_records": [{}]})",
          R"({"dataframe_split": {"columns": ["age"]}})",
          R"({"dataframe_split": {"columns": ["age"], "data": [[1, 2]]}})",
          R"({"dataframe_split": {"columns": [1], "data": [[1]]}})",
          R"({"inputs": {"age": [1, 2], "hours": [1]}})", R"({"inputs": {"age": 1}})",
          R"({"instances": [[1]]})", R"({"instances": ["x"]})"}) {
        const Answer answer = post(body);
        EXPECT_EQ(answer.http, 400) << body << answer.body;
        const json error = json::parse(answer.body);
        EXPECT_EQ(error["error_code"], "BAD_REQUEST") << body;
        EXPECT_TRUE(error["message"].is_string());
    }
}

TEST_F(InvocationsTest, scores_the_model_that_is_named) {
    const std::string_view body = R"({"instances": [{"carat": 1}]})";
    EXPECT_EQ(json::parse(post(body, "?model=price").body)["predictions"], json::array({1005}));
    EXPECT_EQ(json::parse(post(body, "?x=1&model=pric%65").body)["predictions"].size(), 1u);
    EXPECT_EQ(post(body, "?model=nothing").http, 404);
    EXPECT_EQ(post(body, "?model=%zz").http, 400);
}

}  // namespace
}  // namespace quern::serve
