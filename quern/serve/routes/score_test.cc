#include <gtest/gtest.h>

#include <cmath>

#include <nlohmann/json.hpp>

#include "quern/serve/testing/example.h"

namespace quern::serve {
namespace {

using nlohmann::json;

class ScoreTest : public testing::Test {
protected:
    ExampleServer example;

    Answer post(std::string_view body, std::string_view model = "income",
                std::string_view type = "application/json") {
        const std::string start = "POST /score/" + std::string(model);
        return example.ask(RequestText{.start = start, .body = body, .type = type}.text());
    }
    json ok(std::string_view body, std::string_view model = "income",
            std::string_view type = "application/json") {
        const Answer answer = post(body, model, type);
        EXPECT_EQ(answer.http, 200) << answer.body;
        return json::parse(answer.body);
    }
    // The fields at fault, as "row field".
    std::vector<std::string> faults(std::string_view body,
                                    std::string_view type = "application/json") {
        const Answer answer = post(body, "income", type);
        EXPECT_EQ(answer.http, 400) << answer.body;
        std::vector<std::string> out;
        for (const auto& error : json::parse(answer.body).value("errors", json::array())) {
            out.push_back(error["row"].dump() + " " + error.value("field", ""));
        }
        return out;
    }
};

using Faults = std::vector<std::string>;

TEST_F(ScoreTest, answers_a_row_with_label_and_probabilities) {
    const json answer = ok(kRow);
    const double probability = 1 / (1 + std::exp(-(-4 + 3.9 + 1)));
    EXPECT_EQ(answer["prediction"], ">50K");
    EXPECT_NEAR(answer["probability"], probability, 1e-12);
    EXPECT_NEAR(answer["probabilities"][">50K"], probability, 1e-12);
    EXPECT_NEAR(answer["probabilities"]["<=50K"], 1 - probability, 1e-12);
    EXPECT_EQ(answer["model"], "income");
    EXPECT_EQ(answer["version"], 3);
}

TEST_F(ScoreTest, tells_what_moved_the_score) {
    const auto explained = [&](const char* path) {
        return example.ask(RequestText{
            .start = "POST /score/" + std::string(path), .body = kRow, .type = "application/json"}
                               .text());
    };
    const json answer = json::parse(explained("income?explain=true").body);
    double raw = answer["base_score"];
    for (const double part : answer["contributions"]) raw += part;
    EXPECT_NEAR(1 / (1 + std::exp(-raw)), answer["probability"], 1e-12);
    ASSERT_EQ(answer["contributions"].size(), 3u) << answer;
    EXPECT_NEAR(answer["contributions"]["age"], 0.1 * (39 - 40), 1e-12);
    EXPECT_FALSE(ok(kRow).contains("contributions"));
    EXPECT_EQ(explained("income?explain=yes").http, 400);
    const json both = json::parse(explained("income?explain=true&interactions=true").body);
    ASSERT_EQ(both["interactions"].size(), 6u) << both;
    EXPECT_NEAR(both["interactions"]["age"], 0.1 * (39 - 40), 1e-12);
    EXPECT_EQ(both["interactions"]["age * hours"], 0);
    EXPECT_EQ(both["contributions"], answer["contributions"]);
    const json pairs = json::parse(explained("income?interactions=true").body);
    EXPECT_EQ(pairs["interactions"], both["interactions"]);
    EXPECT_EQ(pairs["base_score"], answer["base_score"]);
    EXPECT_FALSE(pairs.contains("contributions"));
}

TEST_F(ScoreTest, tells_pairs_of_so_many_rows_only) {
    score::Program program = price_program();
    for (int i = 0; i < 59; ++i) {
        add_input(program, "more" + std::to_string(i), frame::TypeId::float64, true);
        program.encoders.push_back(scaled(static_cast<uint32_t>(i + 1), 0));
    }
    const auto refused = [&](size_t rows, int http, const char* why) {
        const size_t columns = program.encoders.size();
        program.model = score::pack(
            score::Linear{std::vector<double>(columns, 1), {5}, std::vector<double>(columns, 2)});
        auto models = std::make_shared<ModelSet>();
        models->models["price"] = serve_only(load_model(program, 1));
        example.served.models.set(std::move(models));
        std::string body = "[{\"carat\": 1}";
        for (size_t i = 1; i < rows; ++i) body += ", {\"carat\": 1}";
        const Answer answer = post(body + "]", "price?interactions=true");
        EXPECT_EQ(answer.http, http) << answer.body.substr(0, 1000);
        EXPECT_NE(answer.body.find(why), std::string::npos) << answer.body.substr(0, 1000);
    };
    refused(546, 200, "more57 * more58");
    refused(547, 413, "at most 546 rows");
    add_input(program, "last", frame::TypeId::float64, true);
    program.encoders.push_back(scaled(60, 0));
    refused(1, 400, "this model has 61 features");
}

TEST_F(ScoreTest, answers_a_list_with_a_list) {
    const std::string row(kRow);
    for (const std::string& body :
         {"[" + row + ", " + row + "]", "{\"rows\": [" + row + ", " + row + "]}"}) {
        const json answer = ok(body);
        ASSERT_EQ(answer["predictions"].size(), 2u);
        EXPECT_EQ(answer["predictions"][1]["prediction"], ">50K");
        EXPECT_EQ(answer["version"], 3);
    }
    EXPECT_EQ(ok("[]")["predictions"].size(), 0u);
    EXPECT_EQ(ok("{\"rows\": []}")["predictions"].size(), 0u);
}

TEST_F(ScoreTest, keeps_the_order_of_very_many_rows) {
    std::string body = "[";
    for (int i = 0; i < 9000; ++i) {
        body += std::string(i > 0 ? "," : "") + "{\"age\": " + std::to_string(i % 100) + "}";
    }
    const json answer = ok(body + "]");
    ASSERT_EQ(answer["predictions"].size(), 9000u);
    for (size_t i = 0; i < 9000; ++i) {
        const double odds = -4 + 0.1 * static_cast<double>(i % 100);
        ASSERT_NEAR(answer["predictions"][i]["probability"], 1 / (1 + std::exp(-odds)), 1e-12);
    }
}

TEST_F(ScoreTest, names_versions_and_aliases) {
    for (const std::string_view name : {"income@champion", "income@3", "income@v3"}) {
        EXPECT_EQ(ok(kRow, name)["version"], 3) << name;
    }
}

TEST_F(ScoreTest, regressors_answer_numbers_and_integer_classes_stay_integers) {
    const json price = ok(R"({"carat": 0.5})", "price");
    EXPECT_EQ(price["prediction"], 505);
    EXPECT_FALSE(price.contains("probability"));
    const json color = ok(R"({"x": 9})", "color");
    EXPECT_EQ(color["prediction"], 3);
    EXPECT_FALSE(color.contains("probability")) << "of which of three classes?";
    EXPECT_EQ(color["probabilities"].size(), 3u);
}

TEST_F(ScoreTest, takes_rows_in_any_order_and_with_missing_values) {
    EXPECT_EQ(ok(R"({"hours": 40, "education": "Bachelors", "age": 39})")["prediction"], ">50K");
    EXPECT_EQ(ok(R"({"age": 39})")["prediction"], "<=50K");
    EXPECT_EQ(ok(R"({"age": 39, "education": null, "hours": null})")["prediction"], "<=50K");
    EXPECT_EQ(ok(R"({"age": 39, "education": "never seen"})")["prediction"], "<=50K");
    EXPECT_EQ(ok(R"({"\u0061ge": 39, "education": "Bachelors"})")["prediction"], ">50K");
}

TEST_F(ScoreTest, names_every_fault_with_its_row_and_field) {
    EXPECT_EQ(faults(R"({"education": "HS-grad"})"), Faults{"0 age"});
    EXPECT_EQ(faults(R"({"age": null})"), Faults{"0 age"});
    EXPECT_EQ(faults("{}"), Faults{"0 age"});
    EXPECT_EQ(faults(R"({"age": "old"})"), Faults{"0 age"});
    EXPECT_EQ(faults(R"({"age": 39.5})"), Faults{"0 age"});
    EXPECT_EQ(faults(R"({"age": true})"), Faults{"0 age"});
    EXPECT_EQ(faults(R"({"age": 1, "hours": "many"})"), Faults{"0 hours"});
    EXPECT_EQ(faults(R"({"age": 1, "education": 7})"), Faults{"0 education"});
    EXPECT_EQ(faults(R"({"age": 1, "education": ["HS-grad"]})"), Faults{"0 education"});
    EXPECT_EQ(faults(R"({"age": 1, "education": {"a": {"b": []}}})"), Faults{"0 education"});
    EXPECT_EQ(faults(R"([{"age": 1}, {"age": "x"}, {"age": 1}, {"hours": 1}])"),
              (Faults{"1 age", "3 age"}));
}

TEST_F(ScoreTest, passes_over_further_fields_of_a_row_that_has_all_of_its_own) {
    EXPECT_EQ(ok(R"({"key": 7, "age": 39, "income": ">50K", "education": "Bachelors",
                     "hours": null, "list": [1, {"a": 2}], "large": 1e999})")["prediction"],
              ">50K");
    EXPECT_EQ(faults(R"({"age": 1, "hours": 1, "eduction": "x"})"),
              (Faults{"0 eduction", "0 education"}));
    EXPECT_EQ(faults(R"({"age": 1, "hours": 1, "eduction": ["x"]})"),
              (Faults{"0 eduction", "0 education"}));
    EXPECT_EQ(faults(R"({"key": 1})"), (Faults{"0 key", "0 age"}));
    EXPECT_EQ(faults(R"({"key": 1, "age": 1, "education": [], "hours": 1})"),
              Faults{"0 education"});
    const Answer answer = post(R"({"age": 1, "hours": 1, "eduction": "x"})");
    EXPECT_NE(answer.body.find("did you mean 'education'?"), std::string::npos) << answer.body;
    EXPECT_EQ(post(R"({"age": 1, "hours": 1, "education": "x", "list": [1, tru]})").http, 400);
}

TEST_F(ScoreTest, tells_each_fault_of_the_names_of_csv_once) {
    const auto csv = [this](std::string_view body) { return faults(body, "text/csv"); };
    EXPECT_EQ(ok("key,hours,age,education\n1,,39,Bachelors\n", "income",
                 "text/csv")["predictions"][0]["prediction"],
              ">50K");
    EXPECT_EQ(csv("age,other\n39,1\n39,1\n"), (Faults{"0 other", "0 education", "0 hours"}));
    EXPECT_EQ(csv("education\ny\nz\n"), Faults{"0 age"});
    const auto refused = [this](std::string_view body, std::string_view why) {
        const Answer answer = post(body, "income", "text/csv");
        EXPECT_EQ(answer.http, 400) << body;
        EXPECT_NE(answer.body.find(why), std::string::npos) << answer.body;
    };
    refused("39,Bachelors,40\n40,HS-grad,1\n", "the first line must hold the names");
    for (const std::string_view body :
         {"", "\n", "age\n", "age,hours\r\n\r\n", "age,education,hours39,Bachelors,40"}) {
        refused(body, "no rows; send CSV with curl --data-binary");
    }
}

TEST_F(ScoreTest, refuses_numbers_that_do_not_fit) {
    for (const std::string_view age :
         {"9223372036854775808", "-9223372036854775809", "18446744073709551616", "1e19", "1e999",
          "-1e999", "1e400", "123456789012345678901234567890"}) {
        EXPECT_EQ(faults("{\"age\": " + std::string(age) + "}"), Faults{"0 age"}) << age;
    }
    EXPECT_EQ(faults(R"({"age": 1, "hours": 1e999})"), Faults{"0 hours"});
    EXPECT_EQ(ok(R"({"age": -9223372036854775808})")["prediction"], "<=50K");
    EXPECT_EQ(ok(R"({"age": 39, "hours": 1e308})")["version"], 3);
    EXPECT_EQ(ok(R"({"age": 39, "hours": 123456789012345678901234567890})")["version"], 3);
    EXPECT_EQ(ok(R"({"age": 39.0})")["version"], 3);
    EXPECT_EQ(ok(R"({"age": 39, "hours": -1e-400})")["version"], 3);
}

TEST_F(ScoreTest, reads_numbers_of_many_digits) {
    const auto price = [&](const std::string& carat) {
        return ok("{\"carat\": " + carat + " }", "price")["prediction"].get<double>();
    };
    const double half = price("0.5");
    EXPECT_EQ(price("0.5" + std::string(30, '0')), half);
    EXPECT_EQ(price("5" + std::string(40, '0') + "e-41"), half);
    EXPECT_EQ(price("0." + std::string(400, '0') + "5e400"), half);
    EXPECT_EQ(price("1.30000000000000004440892098500626"), price("1.3"));
    EXPECT_EQ(price("123456.789012345678901234"), price("123456.789012345678901"));
    EXPECT_EQ(faults("{\"age\": 0." + std::string(50, '1') + "}"), Faults{"0 age"});
    EXPECT_EQ(ok("{\"age\": 39." + std::string(50, '0') + "}")["version"], 3);
}

TEST_F(ScoreTest, says_which_batch_a_faulty_row_was_in) {
    std::string body = "[";
    for (int i = 0; i < 5000; ++i) body += "{\"age\": 1},";
    EXPECT_EQ(faults(body + "{\"age\": \"x\"}]"), Faults{"5000 age"});
}

TEST_F(ScoreTest, stops_counting_faults_at_a_limit) {
    std::string body = "[{}";
    for (int i = 0; i < 5000; ++i) body += ",{}";
    EXPECT_EQ(faults(body + "]").size(), kFieldErrorsMax);
}

TEST_F(ScoreTest, reads_csv) {
    const auto csv = [this](std::string_view body) { return ok(body, "income", "text/csv"); };
    const json answer = csv("age,education,hours\n39,Bachelors,40\r\n39,\"HS-grad\",\n");
    ASSERT_EQ(answer["predictions"].size(), 2u);
    EXPECT_EQ(answer["predictions"][0]["prediction"], ">50K");
    EXPECT_EQ(answer["predictions"][1]["prediction"], "<=50K");
    EXPECT_EQ(csv("\xEF\xBB\xBF"
                  "age\n39")["predictions"]
                  .size(),
              1u);
    EXPECT_EQ(csv("education,age\n\"a \"\"b\"\",\nc\",39\n\n")["predictions"].size(), 1u);
    EXPECT_EQ(faults("age,education\nx,y\n", "text/csv"), Faults{"0 age"});
    EXPECT_EQ(faults("age,education\n,y\n", "text/csv"), Faults{"0 age"});
    EXPECT_EQ(faults("age\n39,40\n", "text/csv"), Faults{"0 "});
    for (const std::string_view broken : {"", "\n", "age\n\"39", "age\n\"39\"x\n", "age\n\xff\n"}) {
        EXPECT_EQ(post(broken, "income", "text/csv").http, 400) << broken;
    }
}

TEST_F(ScoreTest, a_row_whose_features_fail_is_refused) {
    score::Program program = price_program();
    program.model_name = "sum";
    program.inputs[0].type.id = frame::TypeId::bigint;
    program.expressions[0].type.id = frame::TypeId::bigint;
    score::Expression sum;
    sum.kind = score::Expression::Kind::call;
    sum.type.id = frame::TypeId::bigint;
    sum.function = "+";
    sum.children = {0, 0};
    program.expressions.push_back(sum);
    program.features[0].expression = 1;
    auto models = std::make_shared<ModelSet>();
    models->models["sum"] = serve_only(load_model(program, 1));
    example.served.models.set(std::move(models));
    EXPECT_EQ(ok(R"({"carat": 2})", "sum")["prediction"], 4005);
    const Answer answer = post(R"([{"carat": 1}, {"carat": 9223372036854775807}])", "sum");
    EXPECT_EQ(answer.http, 400) << answer.body;
    const json errors = json::parse(answer.body)["errors"];
    ASSERT_EQ(errors.size(), 1u);
    EXPECT_EQ(errors[0]["row"], 1);
}

TEST_F(ScoreTest, counts_what_it_scored) {
    ok(kRow);
    ok("[" + std::string(kRow) + "]");
    post("{}");
    const std::string text = example.ask(RequestText{.start = "GET /metrics"}.text()).body;
    const auto has = [&](const std::string& line) {
        return text.find("\n" + line + "\n") != std::string::npos;
    };
    const std::string income = "{model=\"income\",version=\"3\"";
    EXPECT_TRUE(has("quern_inference_requests_total" + income + ",status=\"ok\"} 2")) << text;
    EXPECT_TRUE(has("quern_inference_requests_total" + income + ",status=\"refused\"} 1"));
    EXPECT_TRUE(has("quern_inference_rows_total" + income + "} 2"));
    EXPECT_TRUE(has("quern_inference_duration_seconds_count" + income + "} 3"));
    EXPECT_TRUE(has("quern_inference_duration_seconds_bucket" + income + ",le=\"+Inf\"} 3"));
    EXPECT_TRUE(has("quern_http_requests_total{route=\"score\",status=\"400\"} 1"));
    EXPECT_TRUE(has("quern_model_info" + income + ",alias=\"champion\"} 1"));
}

}  // namespace
}  // namespace quern::serve
