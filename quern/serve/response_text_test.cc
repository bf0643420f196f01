#include "quern/serve/response_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "quern/serve/error_body.h"

namespace quern::serve {
namespace {

TEST(ResponseTextTest, writes_head_and_body) {
    Response response;
    response.body = "{}";
    std::string out = "before";
    append_response(out, response, {.keeps_alive = true, .date = "today"});
    EXPECT_TRUE(
        out.starts_with("beforeHTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                        "content-length: 2\r\n"));
    EXPECT_TRUE(out.ends_with("date: today\r\n\r\n{}"));
    out.clear();
    response.http = 405;
    response.allow = "POST";
    append_response(out, response, {.keeps_alive = false, .date = ""});
    EXPECT_TRUE(out.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
    EXPECT_NE(out.find("\r\nallow: POST\r\nconnection: close\r\n\r\n{}"), std::string::npos);
}

TEST(ResponseTextTest, dates_are_those_of_http) {
    EXPECT_EQ(http_date(784'111'777'000), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(ErrorBodyTest, says_what_went_wrong_in_each_form) {
    const auto body = [](ErrorForm form) {
        Response response;
        response.http = 400;
        response.field_errors = {{2, "age", "'x' is not a BIGINT"}};
        write_error(form, invalid_argument("1 fault").hint("fix it"), response);
        EXPECT_EQ(response.http, 400);
        return nlohmann::json::parse(response.body);
    };
    const auto problem = body(ErrorForm::problem);
    EXPECT_EQ(problem["detail"], "1 fault");
    EXPECT_EQ(problem["hint"], "fix it");
    EXPECT_EQ(problem["errors"][0]["row"], 2);
    EXPECT_EQ(body(ErrorForm::inference)["error"],
              "1 fault; row 2, field 'age': 'x' is not a BIGINT");
    EXPECT_EQ(body(ErrorForm::mlflow)["error_code"], "BAD_REQUEST");
}

TEST(ErrorBodyTest, keeps_our_own_faults_to_the_log) {
    Response response;
    write_error(ErrorForm::problem, corrupt("/srv/.quern/x.qn: byte 7"), response);
    EXPECT_EQ(response.http, 500);
    EXPECT_EQ(response.body.find("x.qn"), std::string::npos);
    EXPECT_NE(response.body.find("log"), std::string::npos);
}

}  // namespace
}  // namespace quern::serve
