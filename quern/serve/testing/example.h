// A server with known models and tokens, for tests: `income` (age, education, hours -> two
// classes), `price` (a number from a number) and `color` (three classes).
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/hash.h"
#include "quern/score/models/linear.h"
#include "quern/serve/server.h"
#include "quern/serve/testing/raw_client.h"

namespace quern::serve {

constexpr std::string_view kScorerToken = "qk_aaaaaaaa-scorer-secret";
constexpr std::string_view kViewerToken = "qk_bbbbbbbb-viewer-secret";
constexpr std::string_view kKey = "key of the tests";
constexpr std::string_view kRow = R"({"age": 39, "education": "Bachelors", "hours": 40})";

inline score::FittedEncoder scaled(uint32_t feature, double fill) {
    return {.kind = "scaled", .feature = feature, .learned = {{"fill", std::vector<double>{fill}}}};
}

inline void add_input(score::Program& program, std::string name, frame::TypeId type,
                      bool is_nullable) {
    const auto index = static_cast<uint32_t>(program.inputs.size());
    score::Input input;
    input.name = name;
    input.type.id = type;
    input.is_nullable = is_nullable;
    program.inputs.push_back(input);
    score::Expression expression;
    expression.type.id = type;
    expression.input = index;
    program.expressions.push_back(expression);
    program.features.push_back({std::move(name), index});
}

// The log odds of ">50K" are `bias` - 4 + age / 10, and 1 more for Bachelors.
inline score::Program income_program(double bias = 0) {
    score::Program program;
    program.model_name = "income";
    program.target = "income";
    program.target_type.id = frame::TypeId::varchar;
    program.classes = {"<=50K", ">50K"};
    add_input(program, "age", frame::TypeId::bigint, false);
    add_input(program, "education", frame::TypeId::varchar, true);
    add_input(program, "hours", frame::TypeId::float64, true);
    program.encoders = {
        scaled(0, 0),
        {.kind = "one_hot",
         .feature = 1,
         .learned = {{"categories", std::vector<std::string>{"Bachelors", "HS-grad"}}}},
        scaled(2, 40)};
    program.model = score::pack(score::Linear{{0.1, 1, 0, 0}, {bias - 4}, {40, 0.25, 0.5, 0}});
    program.link = score::Link::sigmoid;
    return program;
}

inline score::Program price_program() {
    score::Program program;
    program.model_name = "price";
    program.task = score::Task::regress;
    program.target = "price";
    program.target_type.id = frame::TypeId::float64;
    add_input(program, "carat", frame::TypeId::float64, false);
    program.encoders = {scaled(0, 0)};
    program.model = score::pack(score::Linear{{1000}, {5}});
    return program;
}

inline score::Program color_program() {
    score::Program program;
    program.model_name = "color";
    program.target = "color";
    program.target_type.id = frame::TypeId::bigint;
    program.classes = {"1", "2", "3"};
    add_input(program, "x", frame::TypeId::float64, false);
    program.encoders = {scaled(0, 0)};
    program.model = score::pack(score::Linear{{0, 1, 2}, {0, 0, 0}});
    program.link = score::Link::softmax;
    return program;
}

inline LoadedModelPtr load_model(const score::Program& program, int64_t version) {
    auto scorer = score::Scorer::build(program);
    EXPECT_TRUE(scorer.ok()) << scorer.status().text();
    return std::make_shared<LoadedModel>(program.model_name, version, std::move(scorer).value());
}

inline ServedModel serve_only(LoadedModelPtr model) {
    ServedModel served;
    served.versions[model->version] = model;
    served.aliases["champion"] = model->version;
    served.champion = std::move(model);
    return served;
}

inline AccessToken known_token(std::string_view token, Role role) {
    return {std::string(token.substr(3, kTokenIdSize)), hmac_sha256_hex(kKey, token), role};
}

class ExampleServer {
public:
    explicit ExampleServer(const Limits& limits = {}, int64_t threads = 2) {
        auto models = std::make_shared<ModelSet>();
        models->models["income"] = serve_only(load_model(income_program(), 3));
        models->models["price"] = serve_only(load_model(price_program(), 1));
        models->models["color"] = serve_only(load_model(color_program(), 2));
        served.models.set(std::move(models));
        served.access.set(std::make_shared<AccessList>(
            std::string(kKey), std::vector{known_token(kScorerToken, Role::scorer),
                                           known_token(kViewerToken, Role::viewer)}));
        ServerSettings settings;
        settings.port = 0;
        settings.threads = threads;
        settings.default_model = "income";
        settings.limits = limits;
        auto started = Server::start(settings, served);
        EXPECT_TRUE(started.ok()) << started.status().text();
        server = std::move(started).value();
    }
    int port() const { return server->port(); }

    Answer ask(std::string_view request) const { return RawClient(port()).ask(request); }

    Served served;
    std::unique_ptr<Server> server;
};

// "GET /path" or "POST /path", with Host and a token (none when it is empty).
struct RequestText {
    std::string_view start = "GET /v2/health/live";
    std::string_view token = kScorerToken;
    std::string_view body = "";
    std::string_view type = "application/json";
    std::string_view headers = "";  // more lines, each with its end

    std::string text() const {
        std::string out(start);
        out += " HTTP/1.1\r\nHost: localhost\r\n";
        if (!token.empty()) out += "Authorization: Bearer " + std::string(token) + "\r\n";
        const bool is_post = start.starts_with("POST");
        if (is_post && !type.empty()) out += "Content-Type: " + std::string(type) + "\r\n";
        if (is_post) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        out.append(headers).append("\r\n").append(body);
        return out;
    }
};

}  // namespace quern::serve
