#include "quern/data/http/authentication.h"

#include <gtest/gtest.h>

#include "quern/data/http/raw_server.h"

namespace quern::data::http {
namespace {

Client client_for(const Url& url) {
    return Client::create({.egress = Egress({url}, std::nullopt), .limits = {.pause_s = 0.001}})
        .value();
}

TEST(HttpAuthentication, base64) {
    EXPECT_EQ(base64(""), "");
    EXPECT_EQ(base64("f"), "Zg==");
    EXPECT_EQ(base64("fo"), "Zm8=");
    EXPECT_EQ(base64("foo"), "Zm9v");
    EXPECT_EQ(base64("\xFF\xFE\xFD"), "//79");
}

TEST(HttpAuthentication, fixed_credentials) {
    auto client = client_for(Url::parse("http://127.0.0.1:1/").value());
    const auto header = [&](Credentials credentials) {
        auto made = Authentication::create(std::move(credentials));
        if (!made.ok()) return std::string("refused");
        const auto headers = made->headers(client).value();
        return headers.empty() ? "" : headers.back().first + ": " + headers.back().second;
    };
    EXPECT_EQ(header({}), "");
    EXPECT_EQ(header({.headers = {{"X-Key", "k"}}}), "X-Key: k");
    EXPECT_EQ(header({.bearer = "t"}), "Authorization: Bearer t");
    EXPECT_EQ(header({.user = "Aladdin", .password = "open sesame"}),
              "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    EXPECT_EQ(header({.bearer = "t", .user = "u"}), "refused");
}

TEST(HttpAuthentication, fetches_tokens_and_keeps_them_while_they_hold) {
    int count = 0;
    RawServer server([&](const std::string&) {
        const std::string life = ++count == 1 ? "3600" : "0";
        return good_answer("{\"access_token\": \"token-" + std::to_string(count) +
                           "\", \"expires_in\": " + life + "}");
    });
    const auto url = Url::parse(server.url("/token")).value();
    auto client = client_for(url);
    const OAuth2 oauth2{.token_url = url.text(), .client_id = "me", .scope = "a b"};
    auto made = Authentication::create({.oauth2 = oauth2, .client_secret = "s:cret"}).value();
    const auto token = [&] { return made.headers(client).value().back().second; };
    EXPECT_EQ(token(), "Bearer token-1");
    EXPECT_EQ(token(), "Bearer token-1");
    EXPECT_TRUE(made.forget_token());
    EXPECT_FALSE(made.forget_token());
    EXPECT_EQ(token(), "Bearer token-2");
    EXPECT_EQ(token(), "Bearer token-3");  // the second one was over at once
    const std::string asked = server.requests()[0];
    EXPECT_NE(asked.find("Authorization: Basic " + base64("me:s%3Acret") + "\r\n"),
              std::string::npos);
    EXPECT_TRUE(asked.ends_with("grant_type=client_credentials&scope=a%20b")) << asked;
    EXPECT_EQ(client.without_secrets("x token-1 y token-3"), "x *** y ***");
}

TEST(HttpAuthentication, refuses_an_answer_without_a_token) {
    for (const char* body :
         {"{}", "no", "{\"access_token\": null}", "{\"access_token\": \"a\\nb\"}"}) {
        RawServer server([&](const std::string&) { return good_answer(body); });
        const auto url = Url::parse(server.url("/token")).value();
        auto client = client_for(url);
        const OAuth2 oauth2{.token_url = url.text(), .client_id = "me", .is_in_body = true};
        auto made = Authentication::create({.oauth2 = oauth2, .client_secret = "s"}).value();
        EXPECT_EQ(made.headers(client).status().code(), Code::corrupt) << body;
        EXPECT_TRUE(server.requests()[0].ends_with("&client_id=me&client_secret=s"));
    }
}

}  // namespace
}  // namespace quern::data::http
