#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "quern/serve/testing/example.h"

namespace quern::serve {
namespace {

using nlohmann::json;

class InferTest : public testing::Test {
protected:
    ExampleServer example;

    Answer post(const std::string& body, std::string_view path = "/v2/models/income/infer") {
        const std::string start = "POST " + std::string(path);
        return example.ask(RequestText{.start = start, .body = body}.text());
    }
    json get(const std::string& path) {
        return json::parse(example.ask(RequestText{.start = "GET " + path}.text()).body);
    }
};

json tensor(std::string name, json shape, std::string datatype, json data) {
    return {{"name", name}, {"shape", shape}, {"datatype", datatype}, {"data", data}};
}

std::string request(std::vector<json> inputs, json more = json::object()) {
    more["inputs"] = inputs;
    return more.dump();
}

TEST_F(InferTest, answers_tensors_with_tensors) {
    const json answer =
        json::parse(post(request({tensor("education", {2}, "BYTES", {"Bachelors", "HS-grad"}),
                                  tensor("age", {2}, "INT64", {39, 39})},
                                 {{"id", "a\"b"}, {"parameters", {{"content_type", "pd"}}}}))
                        .body);
    EXPECT_EQ(answer["model_name"], "income");
    EXPECT_EQ(answer["model_version"], "3");
    EXPECT_EQ(answer["id"], "a\"b");
    ASSERT_EQ(answer["outputs"].size(), 3u);
    EXPECT_EQ(answer["outputs"][0]["name"], "prediction");
    EXPECT_EQ(answer["outputs"][0]["datatype"], "BYTES");
    EXPECT_EQ(answer["outputs"][0]["data"], json::array({">50K", "<=50K"}));
    EXPECT_EQ(answer["outputs"][1]["name"], "probability");
    EXPECT_EQ(answer["outputs"][1]["shape"], json::array({2}));
    EXPECT_EQ(answer["outputs"][2]["shape"], json::array({2, 2}));
    EXPECT_EQ(answer["outputs"][2]["data"].size(), 4u);
}

TEST_F(InferTest, takes_columns_of_both_shapes) {
    for (const json& data : {json{39, 40}, json{{39}, {40}}}) {
        const Answer answer = post(request({tensor("age", {2, 1}, "INT64", data)}));
        ASSERT_EQ(answer.http, 200) << answer.body;
        EXPECT_EQ(json::parse(answer.body)["outputs"][0]["shape"], json::array({2, 1}));
    }
}

TEST_F(InferTest, gives_only_the_outputs_that_are_wanted) {
    const json wanted = {{"outputs", {{{"name", "probability"}}}}};
    const json answer =
        json::parse(post(request({tensor("age", {1}, "INT64", {39})}, wanted)).body);
    ASSERT_EQ(answer["outputs"].size(), 1u);
    EXPECT_EQ(answer["outputs"][0]["name"], "probability");
    const json unknown = {{"outputs", {{{"name", "logit"}}}}};
    EXPECT_EQ(post(request({tensor("age", {1}, "INT64", {39})}, unknown)).http, 404);
}

TEST_F(InferTest, takes_one_tensor_of_all_inputs) {
    const std::string path = "/v2/models/income/versions/3/infer";
    const json matrix = tensor("x", {2, 3}, "BYTES", {"a", "b", "c", "d", "e", "f"});
    EXPECT_EQ(post(request({matrix}), path).http, 400) << "an age is no text";
    const json mixed = tensor("x", {1, 3}, "INT64", {39, nullptr, 40});
    EXPECT_EQ(post(request({mixed}), path).http, 200);
}

TEST_F(InferTest, refuses_tensors_that_do_not_fit) {
    const auto age = [this](json shape, std::string datatype, json data) {
        return post(request({tensor("age", shape, datatype, data)})).http;
    };
    EXPECT_EQ(age({1}, "INT64", {39}), 200);
    EXPECT_EQ(age({1}, "FP64", {39}), 200);
    EXPECT_EQ(age({0}, "INT64", json::array()), 200) << "no rows";
    EXPECT_EQ(age({2}, "INT64", {39}), 400);
    EXPECT_EQ(age(json::array(), "INT64", {39}), 400);
    EXPECT_EQ(age({-1}, "INT64", {39}), 400);
    EXPECT_EQ(age({1, 1, 1}, "INT64", {39}), 400);
    EXPECT_EQ(age({1.5}, "INT64", {39}), 400);
    EXPECT_EQ(age({4294967296, 4294967296}, "INT64", json::array()), 400) << "overflows to 0";
    EXPECT_EQ(age({1}, "INT65", {39}), 400);
    EXPECT_EQ(age({1}, "BYTES", {39}), 400);
    EXPECT_EQ(age({1}, "INT64", {"39"}), 400);
    EXPECT_EQ(age({1}, "INT64", {39.5}), 400);
    EXPECT_EQ(age({1}, "INT64", {{{{39}}}}), 400);
    const json good = tensor("age", {1}, "INT64", {39});
    EXPECT_EQ(post(request({good, good})).http, 400) << "twice";
    EXPECT_EQ(post(request({good, tensor("hours", {2}, "FP64", {1, 2})})).http, 400);
    EXPECT_EQ(post(request({good, tensor("hour", {1}, "FP64", {1})})).http, 404);
    EXPECT_EQ(post(request({tensor("hours", {1}, "FP64", {1})})).http, 400) << "age is missing";
    EXPECT_EQ(post(request({json::object()})).http, 400);
}

TEST_F(InferTest, describes_models_and_versions) {
    const json income = get("/v2/models/income");
    EXPECT_EQ(income["name"], "income");
    EXPECT_EQ(income["versions"], json::array({"3"}));
    EXPECT_EQ(income["platform"], "quern_v1");
    EXPECT_EQ(income["inputs"][0], (json{{"name", "age"}, {"datatype", "INT64"}, {"shape", {-1}}}));
    EXPECT_EQ(income["inputs"][1]["datatype"], "BYTES");
    EXPECT_EQ(income["outputs"][2]["shape"], json::array({-1, 2}));
    EXPECT_EQ(get("/v2/models/price")["outputs"].size(), 1u);
    EXPECT_EQ(get("/v2/models/color")["outputs"][0]["datatype"], "INT64");
    EXPECT_EQ(get("/v2/models/income/versions/3/ready")["ready"], true);
    EXPECT_TRUE(get("/v2/models/income/versions/4/ready").contains("error"));
    EXPECT_EQ(get("/v2")["name"], "quern");
    EXPECT_EQ(get("/v2/health/ready")["ready"], true);
}

}  // namespace
}  // namespace quern::serve
