// What holds for every route, whoever adds it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "quern/serve/testing/example.h"

namespace quern::serve {
namespace {

using nlohmann::json;

// A path of the route that works for the example server.
std::string example_path(std::string_view pattern) {
    std::string path(pattern);
    const auto fill = [&path](const std::string& name, const std::string& value) {
        const size_t at = path.find(name);
        if (at != std::string::npos) path.replace(at, name.size(), value);
    };
    fill("{model}", "income");
    fill("{version}", "3");
    return path;
}

struct Case {
    const Route& route;
    std::string path;
};

std::vector<Case> every_path() {
    std::vector<Case> cases;
    for (const auto& route : Registry<Route>::of_kind().all()) {
        for (const std::string_view path : route.paths) {
            cases.push_back({route, example_path(path)});
        }
    }
    return cases;
}

std::string request(const Case& each, std::string_view token, std::string_view body) {
    const std::string start = std::string(method_name(each.route.method)) + " " + each.path;
    return RequestText{.start = start, .token = token, .body = body}.text();
}

std::string example_request(const Case& each, std::string_view token) {
    return request(each, token, each.route.example);
}

// The text of the failure, which must stand where the route's form has it.
std::string failure_text(const Route& route, const Answer& answer) {
    const json body = json::parse(answer.body, nullptr, false);
    const char* key = route.errors == ErrorForm::problem     ? "detail"
                      : route.errors == ErrorForm::inference ? "error"
                                                             : "message";
    if (!body.is_object() || !body.contains(key) || !body[key].is_string()) return "";
    return body[key];
}

TEST(RouteContractTest, every_route_is_described) {
    ASSERT_GE(every_path().size(), 15u);
    for (const auto& route : Registry<Route>::of_kind().all()) {
        SCOPED_TRACE(route.name);
        EXPECT_GT(route.summary.size(), 10u);
        EXPECT_TRUE(route.summary.ends_with('.'));
        EXPECT_FALSE(route.paths.empty());
        EXPECT_NE(route.handle, nullptr);
        EXPECT_TRUE(json::accept(route.response_schema));
        if (route.method != Method::post) continue;
        EXPECT_TRUE(json::accept(route.example));
        EXPECT_TRUE(json::accept(route.request_schema));
    }
}

TEST(RouteContractTest, every_example_works) {
    ExampleServer example;
    for (const auto& each : every_path()) {
        SCOPED_TRACE(each.path);
        const Answer answer = example.ask(example_request(each, kScorerToken));
        EXPECT_EQ(answer.http, 200) << answer.body;
        const auto type = "content-type: " + std::string(each.route.response_type);
        EXPECT_NE(answer.head.find(type), std::string::npos) << answer.head;
    }
}

TEST(RouteContractTest, only_liveness_answers_without_a_token) {
    ExampleServer example;
    const std::vector<std::string> open = {"/v2/health/live", "/ping", "/health"};
    for (const auto& each : every_path()) {
        SCOPED_TRACE(each.path);
        const bool is_open = std::ranges::find(open, each.path) != open.end();
        EXPECT_EQ(each.route.needs == Role::nobody, is_open);
        if (is_open) continue;
        const std::string_view wrong[] = {"",
                                          "qk_aaaaaaaa-scorer-secre",
                                          "qk_aaaaaaaa-scorer-secrez",
                                          "qk_zzzzzzzz-scorer-secret",
                                          "qk_",
                                          "qk_aaaaaaaa",
                                          "aaaaaaaa-scorer-secret",
                                          "qk_aaaaaaaa-scorer-secret2"};
        for (const std::string_view token : wrong) {
            const Answer answer = example.ask(example_request(each, token));
            EXPECT_EQ(answer.http, 401) << token;
            EXPECT_NE(answer.head.find("www-authenticate: Bearer"), std::string::npos);
            EXPECT_NE(failure_text(each.route, answer), "");
        }
    }
}

TEST(RouteContractTest, without_a_token_no_path_tells_whether_it_is_there) {
    ExampleServer example;
    for (const std::string path : {"/", "/nothing", "/score", "/.quern/state.db", "/admin"}) {
        for (const std::string method :
             {"GET ", "POST ", "DELETE ", "OPTIONS ", "PUT ", "HEAD ", "TRACE ", "PATCH "}) {
            const std::string start = method + path;
            EXPECT_EQ(example.ask(RequestText{.start = start, .token = ""}.text()).http, 401);
            EXPECT_EQ(example.ask(RequestText{.start = start}.text()).http, 404);
        }
    }
}

TEST(RouteContractTest, a_wrong_method_is_refused_and_the_right_one_named) {
    ExampleServer example;
    for (const auto& each : every_path()) {
        const std::string_view right = method_name(each.route.method);
        for (const std::string_view method : {"GET", "POST", "DELETE", "PUT", "OPTIONS", "BREW"}) {
            if (method == right) continue;
            SCOPED_TRACE(std::string(method) + " " + each.path);
            const std::string start = std::string(method) + " " + each.path;
            const Answer answer = example.ask(RequestText{.start = start}.text());
            EXPECT_EQ(answer.http, 405);
            EXPECT_NE(answer.head.find("allow: " + std::string(right)), std::string::npos);
            EXPECT_EQ(example.ask(RequestText{.start = start, .token = ""}.text()).http, 401);
        }
    }
}

TEST(RouteContractTest, a_viewer_may_look_but_not_score) {
    ExampleServer example;
    for (const auto& each : every_path()) {
        SCOPED_TRACE(each.path);
        const int expected = each.route.method == Method::post ? 403 : 200;
        EXPECT_EQ(example.ask(example_request(each, kViewerToken)).http, expected);
    }
}

TEST(RouteContractTest, a_broken_body_is_refused) {
    ExampleServer example;
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    const std::string deep_object = R"({"inputs": {"a": )" + deep + "}}";
    const std::string deep_parameters = R"({"parameters": )" + deep + "}";
    const std::string bodies[] = {"",
                                  " ",
                                  "null",
                                  "1",
                                  "\"text\"",
                                  "true",
                                  "{",
                                  "[",
                                  "{}",
                                  "]",
                                  "{\"age\"",
                                  "{\"age\": }",
                                  "{\"age\": 39",
                                  "{\"age\": 39}}",
                                  "{\"age\": 39} {}",
                                  "{\"age\": 39,}",
                                  "{age: 39}",
                                  "{'age': 39}",
                                  "{\"age\": 039}",
                                  "{\"age\": NaN}",
                                  "{\"age\": Infinity}",
                                  "{\"age\": \"\\ud800\"}",
                                  "{\"age\": \"\xff\"}",
                                  "{\"age\": 1e999}",
                                  "{\"age\": [39]}",
                                  "[{\"age\": 39}, ]",
                                  "[{\"age\": 39} {\"age\": 39}]",
                                  "{\"rows\": [{\"age\": 39}]",
                                  "{\"rows\": 1}",
                                  "[1, 2]",
                                  "{\"instances\": 3}",
                                  "{\"age\": \"a\nb\"}",
                                  deep,
                                  deep.substr(0, 100'000),
                                  deep_object,
                                  deep_parameters,
                                  std::string("{\"age\"\0: 39}", 12),
                                  "\xEF\xBB\xBF{\"age\": 39}"};
    for (const auto& each : every_path()) {
        if (each.route.method != Method::post) continue;
        for (const auto& body : bodies) {
            const Answer answer = example.ask(request(each, kScorerToken, body));
            EXPECT_EQ(answer.http, 400) << each.path << " " << body.substr(0, 40) << answer.body;
            EXPECT_NE(failure_text(each.route, answer), "") << answer.body;
        }
    }
}

TEST(RouteContractTest, only_known_content_types_are_read) {
    ExampleServer example;
    for (const auto& each : every_path()) {
        if (each.route.method != Method::post) continue;
        SCOPED_TRACE(each.path);
        const auto post = [&](std::string_view type) {
            const std::string start = "POST " + each.path;
            const RequestText text{.start = start, .body = each.route.example, .type = type};
            return example.ask(text.text()).http;
        };
        EXPECT_EQ(post("application/json"), 200);
        EXPECT_EQ(post("Application/JSON; charset=UTF-8"), 200);
        EXPECT_EQ(post("application/json; charset=latin1"), 415);
        EXPECT_EQ(post(""), 415);
        EXPECT_EQ(post("text/plain"), 415);
        EXPECT_EQ(post("application/x-www-form-urlencoded"), 415);
        EXPECT_EQ(post("multipart/form-data; boundary=x"), 415);
        EXPECT_EQ(post("application/octet-stream"), 415);
        EXPECT_EQ(post("application/x-pickle"), 415);
        EXPECT_EQ(post("text/csv") == 415, !each.route.takes_csv);
    }
}

TEST(RouteContractTest, a_body_beyond_the_limit_is_refused) {
    ExampleServer example({.body_bytes = 1000});
    for (const auto& each : every_path()) {
        if (each.route.method != Method::post) continue;
        const Answer answer = example.ask(request(each, kScorerToken, std::string(1001, ' ')));
        EXPECT_EQ(answer.http, 413) << each.path;
        EXPECT_NE(failure_text(each.route, answer), "") << answer.body;
    }
}

TEST(RouteContractTest, an_unknown_model_is_not_found) {
    ExampleServer example;
    for (const auto& each : every_path()) {
        const size_t at = each.path.find("income");
        if (at == std::string::npos) continue;
        for (const std::string name : {"incom", "income@x", "income@99", "%F0%9F%8D%90", "..", "*",
                                       "income%2F..", "%3Cscript%3E"}) {
            Case other{each.route, each.path};
            other.path.replace(at, 6, name);
            SCOPED_TRACE(other.path);
            EXPECT_EQ(example.ask(example_request(other, kScorerToken)).http, 404);
        }
    }
}

TEST(RouteContractTest, the_description_holds_every_route) {
    ExampleServer example;
    const Answer answer = example.ask(RequestText{.start = "GET /openapi.json"}.text());
    const json document = json::parse(answer.body, nullptr, false);
    ASSERT_TRUE(document.is_object()) << answer.body;
    EXPECT_EQ(document["openapi"], "3.1.0");
    EXPECT_EQ(document["components"]["securitySchemes"]["token"]["scheme"], "bearer");
    EXPECT_EQ(document["components"]["schemas"]["income"]["required"], json::array({"age"}));
    std::vector<std::string> ids;
    for (const auto& route : Registry<Route>::of_kind().all()) {
        for (const std::string_view path : route.paths) {
            const bool is_get = route.method == Method::get;
            const json& operation = document["paths"][std::string(path)][is_get ? "get" : "post"];
            ASSERT_TRUE(operation.is_object()) << path;
            EXPECT_EQ(operation["summary"], route.summary);
            EXPECT_EQ(operation.contains("security"), route.needs == Role::nobody);
            EXPECT_EQ(operation.contains("requestBody"), !is_get);
            const auto names = std::ranges::count(path, '{');
            EXPECT_EQ(std::ssize(operation["parameters"]), names + std::ssize(route.query));
            ids.push_back(operation["operationId"]);
        }
    }
    std::ranges::sort(ids);
    EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end()) << "operations have names of their own";
}

TEST(RouteContractTest, failures_tell_nothing_of_the_inside) {
    ExampleServer example;
    for (const auto& each : every_path()) {
        for (const std::string_view body : {"{", "{\"age\": {}}", "[]", "{\"zzz\": 1}"}) {
            if (each.route.method != Method::post) continue;
            const std::string text = example.ask(request(each, kScorerToken, body)).body;
            for (const std::string_view word : {".cc", ".qn", "/", "simdjson", "std::", "0x"}) {
                EXPECT_EQ(text.find(word), std::string::npos) << text;
            }
        }
    }
}

}  // namespace
}  // namespace quern::serve
