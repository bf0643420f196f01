// Models and tokens change, and every event_loop stops, while requests run.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <deque>
#include <span>
#include <thread>

#include "quern/base/clock.h"
#include "quern/score/lookup_table.h"
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

// low + 1000 * high, both looked up by key.
score::Program looked_up_program() {
    score::Program program;
    program.model_name = "looked_up";
    program.task = score::Task::regress;
    program.target = "y";
    program.target_type.id = frame::TypeId::float64;
    program.inputs.resize(3);
    program.inputs[0].name = "key";
    program.inputs[0].type.id = frame::TypeId::bigint;
    program.inputs[1].name = "stats.low";
    program.inputs[2].name = "stats.high";
    for (uint32_t i = 0; i < 2; ++i) {
        program.inputs[i + 1].type.id = frame::TypeId::float64;
        score::Expression read;
        read.type.id = frame::TypeId::float64;
        read.input = i + 1;
        program.expressions.push_back(read);
        program.features.push_back({program.inputs[i + 1].name, i});
        program.encoders.push_back(scaled(i, 0));
    }
    program.lookups = {{.name = "stats",
                        .table = "stats",
                        .keys = {{"key", 0}},
                        .columns = {{"low", 1}, {"high", 2}}}};
    program.model = score::pack(score::Linear{{1, 1000}, {0}});
    return program;
}

// The file of a snapshot in which every value is `number`.
std::string numbered_snapshot(int number) {
    const frame::Type whole{frame::TypeId::bigint, 0, 0, ""},
        real{frame::TypeId::float64, 0, 0, ""};
    score::LookupFacts facts;
    facts.table = "stats";
    facts.keys = {{"key", whole}};
    facts.columns = {{"low", real}, {"high", real}};
    frame::Column key(whole), value(real);
    for (int64_t i = 0; i < 50; ++i) {
        key.append(i);
        value.append(static_cast<double>(number));
    }
    const std::vector<frame::ColumnView> views = {key.view(), value.view(), value.view()};
    score::LookupBuilder builder(facts);
    EXPECT_TRUE(builder.add({views, 50}).ok());
    return builder.finish().value();
}

TEST(SwapTest, no_answer_mixes_two_snapshots_of_a_look_up) {
    // Before the server, which may look into them to its end.
    std::deque<std::vector<std::max_align_t>> files;
    ExampleServer example;
    const auto bare = score::Scorer::build(looked_up_program()).value();
    const auto serve_snapshot = [&](int number) {
        const std::string file = numbered_snapshot(number);
        auto& kept = files.emplace_back(file.size() / sizeof(std::max_align_t) + 1);
        std::memcpy(kept.data(), file.data(), file.size());
        const auto bytes = std::as_bytes(std::span(kept)).first(file.size());
        auto scorer = bare.with_lookups({{score::LookupTable::read(bytes).value(),
                                          std::to_string(number), unix_ms_now() * 1000}})
                          .value();
        auto models = std::make_shared<ModelSet>(*example.served.models.get());
        models->models["looked_up"] =
            serve_only(std::make_shared<LoadedModel>("looked_up", 1, std::move(scorer)));
        example.served.models.set(std::move(models));
    };
    serve_snapshot(1);
    constexpr int kRows = 50, kSnapshots = 60;
    std::string body = "[";
    for (int i = 0; i < kRows; ++i)
        body += (i > 0 ? ", {\"key\": " : "{\"key\": ") + std::to_string(i) + "}";
    const std::string request =
        RequestText{.start = "POST /score/looked_up", .body = body + "]"}.text();
    std::atomic<bool> is_done = false;
    std::atomic<int> answered = 0, failed = 0, mixed = 0;
    std::array<std::atomic<int>, kSnapshots + 1> seen{};
    const auto ask = [&] {
        RawClient client(example.port());
        while (!is_done) {
            const Answer answer = client.ask(request);
            if (answer.http != 200) ++failed;
            size_t at = 0;
            std::vector<double> values;
            constexpr std::string_view kKey = "\"prediction\": ";
            while ((at = answer.body.find(kKey, at)) != std::string::npos)
                values.push_back(std::strtod(answer.body.c_str() + (at += kKey.size()), nullptr));
            const double first = values.empty() ? 0 : values[0];
            const int number = static_cast<int>(first / 1001);
            const bool is_one = values.size() == kRows &&
                                std::ranges::count(values, first) == kRows &&
                                first == number * 1001.0 && number >= 1 && number <= kSnapshots;
            if (is_one)
                ++seen[static_cast<size_t>(number)];
            else
                ++mixed;
            ++answered;
        }
    };
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i) clients.emplace_back(ask);
    for (int number = 2; number <= kSnapshots; ++number) {
        serve_snapshot(number);
        const int before = answered;
        while (answered < before + 10) std::this_thread::yield();
    }
    is_done = true;
    for (auto& client : clients) client.join();
    EXPECT_EQ(failed, 0);
    EXPECT_EQ(mixed, 0);
    EXPECT_GT(std::ranges::count_if(seen, [](const auto& count) { return count > 0; }),
              kSnapshots / 2);
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
