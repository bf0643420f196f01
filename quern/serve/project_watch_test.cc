#include "quern/serve/project_watch.h"

#include <gtest/gtest.h>

#include <thread>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/score/artifact.h"
#include "quern/serve/project_server.h"
#include "quern/serve/testing/example.h"
#include "quern/store/artifacts.h"
#include "quern/store/models.h"
#include "quern/store/tokens.h"

namespace quern::serve {
namespace {

class ProjectWatchTest : public testing::Test {
protected:
    ProjectWatchTest() {
        auto opened = store::Store::open(folder.path());
        EXPECT_TRUE(opened.ok()) << opened.status().text();
        store = std::move(opened).value();
    }

    // A version as `quern run` leaves it; `bias` makes it differ.
    int64_t add_version(double bias) {
        const auto bytes = score::artifact_bytes(income_program(bias));
        EXPECT_TRUE(bytes.ok()) << bytes.status().text();
        const auto hash = store::put_artifact(store->layout(), *bytes);
        EXPECT_TRUE(hash.ok()) << hash.status().text();
        store::ModelVersion next;
        next.model = "income";
        next.artifact = *hash;
        next.fingerprint = std::to_string(bias);
        const auto version = store::Models(*store).add(next);
        EXPECT_TRUE(version.ok()) << version.status().text();
        last_artifact = *hash;
        return *version;
    }
    void promote(int64_t version) {
        const Status status = store::Models(*store).promote("income", version);
        EXPECT_TRUE(status.ok()) << status.text();
    }
    void break_artifact() {
        const std::string path = store::artifact_path(store->layout(), last_artifact);
        auto bytes = read_file(path);
        ASSERT_TRUE(bytes.ok());
        (*bytes)[bytes->size() / 2] ^= 1;
        EXPECT_TRUE(write_file_durable(path, *bytes).ok());
    }
    std::unique_ptr<ProjectServer> start(int64_t poll_ms = 10) {
        ServerSettings settings;
        settings.port = 0;
        settings.threads = 1;
        WatchSettings watch;
        watch.poll_ms = poll_ms;
        auto started = ProjectServer::start(folder.path(), settings, watch);
        EXPECT_TRUE(started.ok()) << started.status().text();
        return std::move(started).value();
    }
    static Answer score(ProjectServer& project, const std::string& token,
                        std::string_view model = "income") {
        const std::string start = "POST /score/" + std::string(model);
        return RawClient(project.server().port())
            .ask(RequestText{.start = start, .token = token, .body = kRow}.text());
    }
    // Asks until the answer holds the text, or some seconds have passed.
    static bool comes_to(ProjectServer& project, const std::string& token, std::string_view text) {
        for (int i = 0; i < 1000; ++i) {
            const Answer answer = score(project, token);
            if (answer.body.find(text) != std::string::npos) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return false;
    }

    TemporaryFolder folder = std::move(TemporaryFolder::create()).value();
    std::unique_ptr<store::Store> store;
    std::string last_artifact;
};

TEST_F(ProjectWatchTest, needs_a_project_with_a_champion) {
    Served served;
    EXPECT_EQ(ProjectWatch::start("/nowhere/at/all", {}, served).status().code(), Code::not_found);
    const auto none = ProjectWatch::start(folder.path(), {}, served);
    EXPECT_EQ(none.status().code(), Code::failed_precondition);
    promote(add_version(0));
    EXPECT_TRUE(ProjectWatch::start(folder.path(), {}, served).ok());
    const auto other = ProjectWatch::start(folder.path(), {.models = {"incme"}}, served);
    EXPECT_EQ(other.status().code(), Code::not_found);
}

TEST_F(ProjectWatchTest, makes_the_first_token_and_shows_it_once) {
    promote(add_version(0));
    std::string token;
    {
        const auto project = start();
        token = project->first_token();
        EXPECT_TRUE(token.starts_with("qk_"));
        EXPECT_EQ(score(*project, token).http, 200);
        EXPECT_EQ(score(*project, token + "x").http, 401);
    }
    const auto again = start();
    EXPECT_EQ(again->first_token(), "");
    EXPECT_EQ(score(*again, token).http, 200);
    const auto state = read_file(store->layout().state);
    ASSERT_TRUE(state.ok());
    EXPECT_EQ(state->find(token), std::string::npos) << "kept as its hash only";
}

TEST_F(ProjectWatchTest, follows_the_champion) {
    promote(add_version(10));
    const auto project = start();
    const std::string token = project->first_token();
    EXPECT_NE(score(*project, token).body.find("\"version\": 1}"), std::string::npos);
    const int64_t second = add_version(-10);
    EXPECT_EQ(score(*project, token, "income@2").http, 404) << "registered, not served";
    promote(second);
    EXPECT_TRUE(comes_to(*project, token, "\"version\": 2}"));
    EXPECT_NE(score(*project, token).body.find("\"prediction\": \"<=50K\""), std::string::npos);
    EXPECT_NE(score(*project, token, "income@previous").body.find("\"version\": 1}"),
              std::string::npos);
    ASSERT_TRUE(store::Models(*store).roll_back("income").ok());
    EXPECT_TRUE(comes_to(*project, token, "\"version\": 1}"));
}

TEST_F(ProjectWatchTest, a_new_champion_that_is_not_whole_leaves_the_old_one) {
    promote(add_version(10));
    const auto project = start();
    const std::string token = project->first_token();
    const int64_t second = add_version(1);
    break_artifact();
    promote(second);
    promote(second);
    const int64_t third = add_version(-10);
    // When the third is served, the second has been looked at and left out.
    for (int i = 0; i < 100; ++i) {
        ASSERT_NE(score(*project, token).body.find("\"version\": 1}"), std::string::npos);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    promote(third);
    EXPECT_TRUE(comes_to(*project, token, "\"version\": 3}"));
}

TEST_F(ProjectWatchTest, a_project_whose_only_model_is_broken_is_alive_but_not_ready) {
    promote(add_version(0));
    break_artifact();
    const auto project = start();
    const std::string token = project->first_token();
    RawClient client(project->server().port());
    const std::string ready = RequestText{.start = "GET /v2/health/ready", .token = token}.text();
    EXPECT_EQ(client.ask(ready).http, 503);
    EXPECT_EQ(client.ask(RequestText{}.text()).http, 200);
    EXPECT_EQ(score(*project, token).http, 404);
}

TEST_F(ProjectWatchTest, a_new_token_is_good_at_once) {
    promote(add_version(0));
    const auto project = start(3'600'000);
    EXPECT_EQ(score(*project, "qk_nobody00-and-its-secret").http, 401);
    const auto token = store::Tokens(*store).make("scorer");
    ASSERT_TRUE(token.ok()) << token.status().text();
    EXPECT_EQ(score(*project, token->text + "x").http, 401);
    EXPECT_EQ(score(*project, token->text).http, 200);
}

TEST_F(ProjectWatchTest, a_revoked_token_is_refused_soon) {
    promote(add_version(0));
    const auto project = start();
    const std::string token = project->first_token();
    EXPECT_EQ(score(*project, token).http, 200);
    ASSERT_TRUE(store::Tokens(*store).revoke(token.substr(3, kTokenIdSize)).ok());
    EXPECT_TRUE(comes_to(*project, token, "\"status\": 401"));
}

}  // namespace
}  // namespace quern::serve
