#include "quern/serve/server.h"

#include <gtest/gtest.h>

#include <thread>

#include "quern/serve/testing/example.h"

namespace quern::serve {
namespace {

class ServerTest : public testing::Test {
protected:
    ExampleServer example;

    // Nothing a client sends may harm the next client.
    void TearDown() override {
        if (example.server) {
            EXPECT_EQ(example.ask(RequestText{}.text()).http, 200);
        }
    }
    // The status of what is answered to these bytes.
    int ask(std::string_view bytes) { return example.ask(bytes).http; }
};

std::string repeat(std::string_view text, size_t count) {
    std::string out;
    for (size_t i = 0; i < count; ++i) out += text;
    return out;
}

TEST_F(ServerTest, answers_liveness_without_a_token) {
    const Answer answer = example.ask("GET /v2/health/live HTTP/1.1\r\nHost: x.y:1\r\n\r\n");
    EXPECT_EQ(answer.http, 421) << "a strange host";
    const Answer live = example.ask("GET /v2/health/live HTTP/1.1\r\nHost: 127.0.0.1:9\r\n\r\n");
    EXPECT_EQ(live.http, 200);
    EXPECT_EQ(live.body, R"({"live": true})");
    EXPECT_NE(live.head.find("x-content-type-options: nosniff"), std::string::npos);
    EXPECT_EQ(live.head.find("access-control"), std::string::npos);
}

TEST_F(ServerTest, refuses_what_is_no_plain_http) {
    const std::string get = "GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n";
    EXPECT_EQ(ask(get + "\r\n"), 200);
    EXPECT_EQ(ask("\x16\x03\x01\x02\r\n\r\n"), 400) << "TLS";
    EXPECT_EQ(ask(std::string_view("\0\0\0\0", 4)), 400) << "NUL bytes";
    EXPECT_EQ(ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
    EXPECT_EQ(ask("GET /v2/health/live HTTP/1.1\r\n\r\n"), 400) << "no host";
    EXPECT_EQ(ask(get + "Host: localhost\r\n\r\n"), 400) << "two hosts";
    EXPECT_EQ(ask(get + "X: a\r\n b\r\n\r\n"), 400) << "a folded line";
    EXPECT_EQ(ask("GET /v2/health/live HTTP/1.1\nHost: localhost\n\n"), 400) << "bare LF";
    EXPECT_EQ(ask(get + "X: a\rb\r\n\r\n"), 400) << "bare CR";
    EXPECT_EQ(ask(get + "X : a\r\n\r\n"), 400) << "a space before the colon";
    EXPECT_EQ(ask(get + "no colon\r\n\r\n"), 400);
    EXPECT_EQ(ask(get + std::string("X: a\0b\r\n\r\n", 11)), 400) << "NUL in a header";
    EXPECT_EQ(ask("GET  /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"), 400);
    EXPECT_EQ(ask("GET http://localhost/v2 HTTP/1.1\r\nHost: localhost\r\n\r\n"), 400);
    EXPECT_EQ(ask("CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n"), 400);
    EXPECT_EQ(ask("\r\n" + get + "\r\n"), 400) << "an empty first line";
}

TEST_F(ServerTest, refuses_bodies_that_two_servers_could_measure_differently) {
    const auto post = [this](std::string_view headers) {
        return ask(
            "POST /score/income HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
            "application/json\r\nAuthorization: Bearer " +
            std::string(kScorerToken) + "\r\n" + std::string(headers) + "\r\n" + "0\r\n\r\n");
    };
    EXPECT_EQ(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400);
    EXPECT_EQ(post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400);
    EXPECT_EQ(post("Content-Length: 5\r\nContent-Length: 5\r\n"), 400);
    EXPECT_EQ(post("Content-Length: 5, 5\r\n"), 400);
    EXPECT_EQ(post("Content-Length: +5\r\n"), 400);
    EXPECT_EQ(post("Content-Length: 0x5\r\n"), 400);
    EXPECT_EQ(post("Content-Length: -1\r\n"), 400);
    EXPECT_EQ(post("Content-Length: 99999999999999999999999\r\n"), 400);
    EXPECT_EQ(post("Transfer-Encoding: gzip, chunked\r\n"), 501);
    EXPECT_EQ(post("Transfer-Encoding: chunked, identity\r\n"), 501);
    EXPECT_EQ(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400);
    EXPECT_EQ(post("Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n"), 415);
    EXPECT_EQ(post("Content-Length: 5\r\nExpect: a-miracle\r\n"), 417);
}

TEST_F(ServerTest, keeps_its_limits_of_the_head) {
    const std::string get = "GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n";
    const size_t line = static_cast<size_t>(Limits{}.header_line_bytes);
    EXPECT_EQ(ask(get + "X: " + std::string(line - 3, 'a') + "\r\n\r\n"), 200);
    EXPECT_EQ(ask(get + "X: " + std::string(line - 2, 'a') + "\r\n\r\n"), 431);
    EXPECT_EQ(ask(get + repeat("X: a\r\n", 63) + "\r\n"), 200);
    EXPECT_EQ(ask(get + repeat("X: a\r\n", 64) + "\r\n"), 431);
    EXPECT_EQ(ask(get + repeat("X: a\r\n", 100'000) + "\r\n"), 431);
    EXPECT_EQ(ask(get + "X: " + std::string(32 << 20, 'a')), 431) << "a line without end";
    EXPECT_EQ(ask("GET /" + std::string(5000, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n"), 414);
}

TEST_F(ServerTest, takes_paths_apart_once) {
    const auto get = [this](const std::string& path) {
        return ask(RequestText{.start = "GET " + path}.text());
    };
    EXPECT_EQ(get("/v2/models/income"), 200);
    EXPECT_EQ(get("/v2/models/%69ncome"), 200);
    EXPECT_EQ(get("/v2/models/%2569ncome"), 404) << "decoded once, not twice";
    EXPECT_EQ(get("/v2/models/..%2f..%2fetc%2fpasswd"), 404);
    EXPECT_EQ(get("/v2/models/../../etc/passwd"), 404);
    EXPECT_EQ(get("/v2/models/%00"), 400);
    EXPECT_EQ(get("/v2/models/income%0d%0aX:1"), 400);
    EXPECT_EQ(get("/v2/models/%zz"), 400);
    EXPECT_EQ(get("/v2/models/%f"), 400);
    EXPECT_EQ(get("/v2/models/%ff%fe"), 400) << "no UTF-8";
    EXPECT_EQ(get("/v2/models/m%C3%BCller"), 404);
    EXPECT_EQ(get("/v2/models/%F0%9F%8D%90"), 404);
    EXPECT_EQ(get("//v2/models/income"), 404);
    EXPECT_EQ(get("/v2/models/income/"), 404);
    EXPECT_EQ(get("/v2\\models\\income"), 404);
    EXPECT_EQ(get("/a/b/c/d/e/f/g/h/i/j"), 404);
    EXPECT_EQ(get("/v2/models/income?x=%zz"), 200) << "a query nobody reads";
}

TEST_F(ServerTest, refuses_other_sites_and_hosts) {
    const auto get = [this](std::string_view host, std::string_view headers = "") {
        return ask("GET /v2/health/live HTTP/1.1\r\nHost: " + std::string(host) + "\r\n" +
                   std::string(headers) + "\r\n");
    };
    EXPECT_EQ(get("localhost:8484"), 200);
    EXPECT_EQ(get("LOCALHOST"), 200);
    EXPECT_EQ(get("[::1]:8484"), 200);
    EXPECT_EQ(get("evil.example"), 421);
    EXPECT_EQ(get("localhost.evil.example"), 421);
    EXPECT_EQ(get("localhost:8484:1"), 421);
    EXPECT_EQ(get("localhost@evil.example"), 421);
    EXPECT_EQ(get("localhost", "Origin: http://localhost:8484\r\n"), 200);
    EXPECT_EQ(get("localhost", "Origin: http://evil.example\r\n"), 421);
    EXPECT_EQ(get("localhost", "Origin: null\r\n"), 421);
}

TEST_F(ServerTest, answers_pipelined_requests_in_order) {
    RawClient client(example.port());
    const std::string live = RequestText{}.text();
    const std::string score = RequestText{.start = "POST /score/income", .body = kRow}.text();
    std::string all;
    for (int i = 0; i < 500; ++i) all += live + score;
    std::thread sender([&] { client.send(all); });
    for (int i = 0; i < 500; ++i) {
        ASSERT_EQ(client.read().body, R"({"live": true})") << i;
        ASSERT_EQ(client.read().http, 200) << i;
    }
    sender.join();
}

TEST_F(ServerTest, takes_a_request_in_any_pieces) {
    const std::string score = RequestText{.start = "POST /score/income", .body = kRow}.text();
    RawClient client(example.port());
    for (const char c : score) ASSERT_TRUE(client.send({&c, 1}));
    EXPECT_EQ(client.read().http, 200);
    EXPECT_EQ(client.ask(score).http, 200) << "and keeps the connection";
}

TEST_F(ServerTest, knows_models_by_any_name) {
    auto models = std::make_shared<ModelSet>(*example.served.models.get());
    for (const std::string name : {"gr\u00f6\u00dfe", "\U0001F350", "a b/c", "select"}) {
        models->models[name] = models->models["price"];
    }
    example.served.models.set(std::move(models));
    for (const std::string path : {"gr%C3%B6%C3%9Fe", "%F0%9F%8D%90", "a%20b%2Fc", "select"}) {
        EXPECT_EQ(ask(RequestText{.start = "GET /v2/models/" + path}.text()), 200) << path;
    }
    const std::string bare = RequestText{.start = "GET /v2/models/\U0001F350"}.text();
    EXPECT_EQ(ask(bare), 200) << "not escaped, as many clients send it";
}

TEST_F(ServerTest, asks_for_a_body_that_waits_to_be_asked_for) {
    const std::string text =
        RequestText{
            .start = "POST /score/income", .body = kRow, .headers = "Expect: 100-continue\r\n"}
            .text();
    const size_t head = text.size() - kRow.size();
    RawClient client(example.port());
    ASSERT_TRUE(client.send(text.substr(0, head)));
    EXPECT_EQ(client.read(200, true).http, 100);
    EXPECT_EQ(client.ask(kRow).http, 200);
    EXPECT_EQ(client.ask(text).http, 200) << "and takes one that did not wait";
    const std::string refused = RequestText{.start = "POST /score/income",
                                            .token = "",
                                            .body = kRow,
                                            .headers = "Expect: 100-continue\r\n"}
                                    .text();
    EXPECT_EQ(ask(refused.substr(0, refused.size() - kRow.size())), 401) << "not asked for";
}

TEST_F(ServerTest, takes_chunked_bodies) {
    const std::string head =
        "POST /score/income HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
        "Bearer " +
        std::string(kScorerToken) +
        "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked"
        "\r\n\r\n";
    const std::string good = head +
                             "5;name=value\r\n{\"age\r\n1\r\n\"\r\n5\r\n: 39}\r\n0\r\n"
                             "Trailer: x\r\n\r\n";
    RawClient client(example.port());
    EXPECT_EQ(client.ask(good).http, 200);
    EXPECT_EQ(client.ask(good).http, 200);
    RawClient slow(example.port());
    for (const char c : good) ASSERT_TRUE(slow.send({&c, 1}));
    EXPECT_EQ(slow.read().http, 200);
    EXPECT_EQ(ask(head + "zz\r\n"), 400);
    EXPECT_EQ(ask(head + "5\r\nabcdefgh\r\n"), 400);
    EXPECT_EQ(ask(head + "ffffffffffffffffff\r\n"), 400);
    EXPECT_EQ(ask(head + "1;" + std::string(64 << 10, 'x')), 400) << "an extension without end";
    EXPECT_EQ(ask(head + "0\r\n" + repeat("X: a\r\n", 10'000)), 400) << "trailers without end";
}

}  // namespace
}  // namespace quern::serve
