// Models and tokens change, and every event_loop stops, while requests run.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "quern/serve/testing/example.h"

namespace quern::serve {
namespace {

const std::string kScore = RequestText{.start = "POST /score/income", .body = kRow}.text();

void serve_version(ExampleServer& example, int64_t version, double bias) {
    auto models = std::make_shared<ModelSet>(*example.served.models.get());
    models->models["income"] = serve_only(load_model(income_program(bias), version));
    example.served.models.set(std::move(models));
}

TEST(SwapTest, no_request_fails_while_the_champion_changes) {
    ExampleServer example;
    std::atomic<bool> is_done = false;
    std::atomic<int> answered = 0, failed = 0, went_back = 0;
    const auto ask = [&] {
        RawClient client(example.port());
        int64_t last_version = 0;
        while (!is_done) {
            const Answer answer = client.ask(kScore);
            if (answer.http != 200) ++failed;
            const size_t at = answer.body.find("\"version\": ");
            const int64_t version = std::strtoll(answer.body.c_str() + at + 11, nullptr, 10);
            // A version and its score always belong together, and versions never go back.
            const bool is_even = answer.body.find(R"("prediction": ">50K")") != std::string::npos;
            if (version > 3 && is_even != (version % 2 == 0)) ++failed;
            if (version < last_version) ++went_back;
            last_version = version;
            ++answered;
        }
    };
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i) clients.emplace_back(ask);
    for (int64_t version = 4; version < 64; ++version) {
        serve_version(example, version, version % 2 == 0 ? 10 : -10);
        const int seen = answered;
        while (answered < seen + 20) std::this_thread::yield();
    }
    is_done = true;
    for (auto& client : clients) client.join();
    EXPECT_EQ(failed, 0);
    EXPECT_EQ(went_back, 0);
    EXPECT_GT(answered, 1000);
}

TEST(SwapTest, replaced_models_are_let_go) {
    ExampleServer example;
    const std::weak_ptr<const LoadedModel> old =
        example.served.models.get()->models.at("income").champion;
    RawClient client(example.port());
    ASSERT_EQ(client.ask(kScore).http, 200);
    serve_version(example, 4, 0);
    // The connections are idle: the loops look by themselves.
    for (int i = 0; i < 2000 && !old.expired(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_TRUE(old.expired());
}

TEST(SwapTest, a_model_that_is_gone_is_not_found) {
    ExampleServer example;
    RawClient client(example.port());
    EXPECT_EQ(client.ask(kScore).http, 200);
    const std::string ready = RequestText{.start = "GET /v2/health/ready"}.text();
    EXPECT_EQ(client.ask(ready).http, 200);
    example.served.models.set(std::make_shared<ModelSet>());
    EXPECT_EQ(client.ask(kScore).http, 404);
    EXPECT_EQ(client.ask(ready).http, 503);
    EXPECT_EQ(client.ask(RequestText{}.text()).http, 200) << "alive all the same";
}

TEST(SwapTest, a_revoked_token_is_refused_at_once) {
    ExampleServer example;
    RawClient client(example.port());
    EXPECT_EQ(client.ask(kScore).http, 200);
    example.served.access.set(std::make_shared<AccessList>());
    EXPECT_EQ(client.ask(kScore).http, 401) << "on a connection that was allowed before";
}

TEST(SwapTest, stopping_lets_requests_in_flight_end) {
    ExampleServer example;
    RawClient idle(example.port());
    RawClient halfway(example.port());
    ASSERT_EQ(idle.ask(RequestText{}.text()).http, 200);
    const std::string_view request = kScore;
    ASSERT_TRUE(halfway.send(request.substr(0, request.size() - 10)));
    // The first bytes are there when the loop answers another request of the same loop.
    for (int i = 0; i < 4; ++i) example.ask(RequestText{}.text());
    std::thread stopper([&] { example.server->stop(); });
    EXPECT_TRUE(idle.is_closed_by_server());
    EXPECT_FALSE(RawClient(example.port()).ask(RequestText{}.text()).http == 200);
    ASSERT_TRUE(halfway.send(request.substr(request.size() - 10)));
    const Answer answer = halfway.read();
    EXPECT_EQ(answer.http, 200);
    EXPECT_NE(answer.head.find("connection: close"), std::string::npos);
    halfway.end_sending();
    stopper.join();
}

TEST(SwapTest, stopping_does_not_wait_for_ever) {
    ExampleServer example({.stop_timeout_ms = 200});
    RawClient halfway(example.port());
    ASSERT_TRUE(halfway.send("GET /v2/health/live HTTP/1.1\r\n"));
    for (int i = 0; i < 4; ++i) example.ask(RequestText{}.text());
    example.server->stop();
    EXPECT_TRUE(halfway.is_closed_by_server());
}

TEST(SwapTest, starts_and_stops_again_and_again) {
    for (int i = 0; i < 20; ++i) {
        ExampleServer example;
        EXPECT_EQ(example.ask(RequestText{}.text()).http, 200);
    }
}

}  // namespace
}  // namespace quern::serve
