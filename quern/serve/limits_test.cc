#include <gtest/gtest.h>

#include <thread>

#include "quern/serve/testing/example.h"

namespace quern::serve {
namespace {

std::string post_head(std::string_view more) {
    return "POST /score/income HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
           std::string(kScorerToken) + "\r\nContent-Type: application/json\r\n" +
           std::string(more) + "\r\n";
}

TEST(LimitsTest, ends_a_request_that_comes_too_slowly) {
    ExampleServer example({.header_timeout_ms = 200, .body_timeout_ms = 300});
    RawClient head(example.port());
    RawClient drip(example.port());
    RawClient body(example.port());
    RawClient chunks(example.port());
    ASSERT_TRUE(head.send("GET /v2/health/live HTTP/1.1\r\n"));
    ASSERT_TRUE(body.send(post_head("Content-Length: 100\r\n") + "{"));
    ASSERT_TRUE(chunks.send(post_head("Transfer-Encoding: chunked\r\n") + "5\r\n"));
    // A byte now and then does not extend the time.
    for (int i = 0; i < 100 && drip.send("X"); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(head.read().http, 408);
    EXPECT_EQ(body.read().http, 408);
    EXPECT_EQ(chunks.read().http, 408);
    EXPECT_TRUE(body.is_closed_by_server());
    EXPECT_EQ(drip.read().http, 408);
}

TEST(LimitsTest, closes_idle_connections) {
    ExampleServer example({.idle_timeout_ms = 200});
    RawClient fresh(example.port());
    RawClient used(example.port());
    EXPECT_EQ(used.ask(RequestText{}.text()).http, 200);
    EXPECT_TRUE(fresh.is_closed_by_server());
    EXPECT_TRUE(used.is_closed_by_server());
}

TEST(LimitsTest, ends_a_client_that_does_not_take_its_answers) {
    ExampleServer example({.write_timeout_ms = 300});
    RawClient client(example.port());
    const std::string request = RequestText{.start = "GET /openapi.json"}.text();
    bool is_open = true;
    for (int i = 0; i < 100'000 && is_open; ++i) is_open = client.send(request);
    EXPECT_FALSE(is_open);
    EXPECT_EQ(example.ask(RequestText{}.text()).http, 200);
}

TEST(LimitsTest, refuses_a_body_that_is_too_large) {
    ExampleServer example({.body_bytes = 1000});
    const auto post = [&](size_t size) {
        std::string body = R"({"age": 39)" + std::string(size - 11, ' ') + "}";
        return example.ask(RequestText{.start = "POST /score/income", .body = body}.text()).http;
    };
    EXPECT_EQ(post(1000), 200);
    EXPECT_EQ(post(1001), 413);
    EXPECT_EQ(example.ask(post_head("Content-Length: 1000000000000\r\n")).http, 413);
    EXPECT_EQ(example
                  .ask(post_head("Transfer-Encoding: chunked\r\n") + "3e9\r\n" +
                       std::string(1001, ' ') + "\r\n")
                  .http,
              413);
}

TEST(LimitsTest, refuses_a_chunk_that_is_said_to_be_too_large_at_once) {
    ExampleServer example({.body_bytes = 1000, .body_timeout_ms = 600'000});
    for (const char* size : {"3e9", "FFFFFFFFFFFFFFFF", "7fffffffffffffff"}) {
        RawClient client(example.port());
        ASSERT_TRUE(client.send(post_head("Transfer-Encoding: chunked\r\n") + size + "\r\n{"));
        EXPECT_EQ(client.read().http, 413) << size;
    }
}

TEST(LimitsTest, ends_a_chunked_body_without_end) {
    ExampleServer example({.body_bytes = 1 << 20});
    RawClient large(example.port());
    ASSERT_TRUE(large.send(post_head("Transfer-Encoding: chunked\r\n")));
    const std::string chunk = "1000\r\n" + std::string(4096, ' ') + "\r\n";
    for (int i = 0; i < 300 && large.send(chunk); ++i) {
    }
    EXPECT_EQ(large.read().http, 413);
    RawClient tiny(example.port());
    ASSERT_TRUE(tiny.send(post_head("Transfer-Encoding: chunked\r\n")));
    std::string tiny_chunks;
    for (int i = 0; i < 10'000; ++i) tiny_chunks += "1;abcdefghijklmnopqrst\r\n \r\n";
    for (int i = 0; i < 60 && tiny.send(tiny_chunks); ++i) {
    }
    EXPECT_EQ(tiny.read().http, 413) << "few bytes in very many chunks";
}

TEST(LimitsTest, refuses_connections_beyond_the_limit) {
    ExampleServer example({.connections = 3});
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 3; ++i) {
        clients.push_back(std::make_unique<RawClient>(example.port()));
        ASSERT_EQ(clients.back()->ask(RequestText{}.text()).http, 200);
    }
    EXPECT_EQ(RawClient(example.port()).read().http, 503);
    clients.clear();
    int http = 0;
    for (int i = 0; i < 200 && http != 200; ++i) http = example.ask(RequestText{}.text()).http;
    EXPECT_EQ(http, 200) << "when the others have gone";
}

TEST(LimitsTest, shares_the_memory_for_bodies) {
    ExampleServer example({.body_bytes = 1000, .bodies_bytes = 1500});
    RawClient first(example.port());
    ASSERT_TRUE(first.send(post_head("Content-Length: 1000\r\n")));
    const auto& counted = example.served.metrics.body_bytes;
    for (int i = 0; i < 2000 && counted == 0; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ASSERT_EQ(counted, 1000);
    EXPECT_EQ(example.ask(post_head("Content-Length: 1000\r\n")).http, 503);
    EXPECT_EQ(counted, 1000);
    ASSERT_TRUE(first.send(R"({"age": 39})" + std::string(989, ' ')));
    EXPECT_EQ(first.read().http, 200);
    EXPECT_EQ(counted, 0);
}

TEST(LimitsTest, refuses_more_rows_than_the_limit) {
    ExampleServer example({.rows = 3});
    const auto post = [&](int count) {
        std::string rows;
        for (int i = 0; i < count; ++i) rows += std::string(i > 0 ? "," : "") + R"({"age": 1})";
        const std::string body = "[" + rows + "]";
        return example.ask(RequestText{.start = "POST /score/income", .body = body}.text()).http;
    };
    EXPECT_EQ(post(3), 200);
    EXPECT_EQ(post(4), 413);
}

TEST(SettingsTest, refuses_addresses_that_other_machines_reach) {
    const auto start = [](const ServerSettings& settings) {
        Served served;
        auto server = Server::start(settings, served);
        return server.status().code();
    };
    EXPECT_EQ(start({.address = "0.0.0.0", .port = 0}), Code::failed_precondition);
    EXPECT_EQ(start({.address = "::", .port = 0}), Code::failed_precondition);
    EXPECT_EQ(start({.address = "localhost", .port = 0}), Code::invalid_argument);
    EXPECT_EQ(start({.address = "0.0.0.0", .port = 0, .threads = 1, .open_network = true}),
              Code::ok);
    EXPECT_EQ(start({.address = "127.0.0.2", .port = 0, .threads = 1}), Code::ok);
}

TEST(SettingsTest, says_when_the_port_is_taken) {
    ExampleServer example;
    Served served;
    auto second = Server::start({.port = example.port()}, served);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.status().code(), Code::unavailable);
}

}  // namespace
}  // namespace quern::serve
