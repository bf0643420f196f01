#include "quern/store/store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "quern/base/clock.h"
#include "quern/base/file.h"
#include "quern/base/hash.h"
#include "quern/store/artifacts.h"
#include "quern/store/check_history.h"
#include "quern/store/file_hashes.h"
#include "quern/store/journal.h"
#include "quern/store/models.h"
#include "quern/store/parsed_sql.h"
#include "quern/store/published.h"
#include "quern/store/schema.h"
#include "quern/store/tokens.h"

namespace quern::store {
namespace {

class StoreTest : public testing::Test {
protected:
    void SetUp() override {
        folder_ = testing::TempDir() + "quern_store_" + std::to_string(getpid());
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
        reopen();
    }
    void TearDown() override {
        store_.reset();
        std::filesystem::remove_all(folder_);
    }
    void reopen() {
        auto store = Store::open(folder_);
        ASSERT_TRUE(store.ok()) << store.status().text();
        store_ = std::move(store).value();
    }
    std::string folder_;
    std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, RemembersAfterReopening) {
    ASSERT_TRUE(store_->set_meta("seal", "abc").ok());
    reopen();
    EXPECT_EQ(store_->meta("seal").value(), "abc");
    EXPECT_EQ(store_->meta("none").value(), "");
}

TEST_F(StoreTest, OpenExistingMakesNothing) {
    const std::string other = folder_ + "/other";
    EXPECT_EQ(Store::open_existing(other).status().code(), Code::not_found);
    EXPECT_FALSE(path_exists(other));
}

TEST_F(StoreTest, RefusesANewerFormatAndForeignFiles) {
    const auto check = [&](const std::string& script, std::string_view want) {
        const std::string path = folder_ + "/x.db";
        std::filesystem::remove(path);
        auto database = Database::open(path).value();
        ASSERT_TRUE(database->run_script(script).ok());
        const Status status = migrate(*database);
        EXPECT_EQ(status.code(), Code::failed_precondition);
        EXPECT_NE(status.text().find(want), std::string::npos) << status.text();
    };
    check(
        "pragma application_id = " + std::to_string(kApplicationId) + "; pragma user_version = 999",
        "use the newer quern");
    check("create table t (a)", "was not made by quern");
}

TEST_F(StoreTest, DamagedStateIsCorruptNotACrash) {
    store_.reset();
    std::ofstream(folder_ + "/.quern/state.db") << "this is not a database, it is a text file";
    std::filesystem::remove(folder_ + "/.quern/state.db-wal");
    const auto store = Store::open(folder_);
    ASSERT_FALSE(store.ok());
    EXPECT_EQ(store.status().code(), Code::corrupt) << store.status().text();
}

TEST_F(StoreTest, TransactionIsAllOrNothing) {
    const Status status = store_->database().transaction([&]() -> Status {
        TRY(store_->set_meta("a", "1"));
        return cancelled("changed my mind");
    });
    EXPECT_EQ(status.code(), Code::cancelled);
    EXPECT_EQ(store_->meta("a").value(), "");
}

TEST_F(StoreTest, SecondWriterIsRefusedAndNamesTheFirst) {
    auto first = store_->lock_writer();
    ASSERT_TRUE(first.ok());
    const auto second = Store::open(folder_).value()->lock_writer();
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.status().code(), Code::failed_precondition);
    EXPECT_NE(second.status().text().find("pid " + std::to_string(getpid())), std::string::npos);
    EXPECT_EQ(WriterLock::holder(store_->layout().lock).value(), getpid());
    {
        const WriterLock gone = std::move(first).value();
    }
    EXPECT_TRUE(store_->lock_writer().ok());
    EXPECT_EQ(WriterLock::holder(store_->layout().lock).value(), 0);
}

TEST_F(StoreTest, NextWriterMarksWhatWasKilled) {
    Journal journal(*store_);
    const int64_t run = journal.begin_run({.command = "run", .engine = "1"}).value();
    const int64_t done = journal.begin_node(run, "table:a", "f1").value();
    ASSERT_TRUE(journal.finish_node(done, RunState::done, 5, "5 rows").ok());
    ASSERT_TRUE(journal.begin_node(run, "table:b", "f2").ok());
    std::ofstream(store_->layout().temporary + "/left") << "x";
    ASSERT_TRUE(store_->lock_writer().ok());
    EXPECT_EQ(journal.last_of("table:a").value()->state, RunState::done);
    EXPECT_EQ(journal.last_of("table:b").value()->state, RunState::killed);
    EXPECT_EQ(journal.last_of_each().value().size(), 2U);
    EXPECT_FALSE(path_exists(store_->layout().temporary + "/left"));
}

TEST_F(StoreTest, PublishKeepsThePreviousVersion) {
    Publications publications(*store_);
    const auto publish = [&](const std::string& fingerprint) {
        return publications
            .publish({.node = "table:a",
                      .fingerprint = fingerprint,
                      .parts = "{}",
                      .physical = "a__" + fingerprint,
                      .facts = fingerprint})
            .value();
    };
    EXPECT_EQ(publish("f1"), 1);
    EXPECT_EQ(publish("f1"), 1) << "the same again is the same version";
    EXPECT_EQ(publish("f2"), 2);
    EXPECT_EQ(publications.find("table:a").value()->previous_physical, "a__f1");
    const Published back = publications.roll_back("table:a").value();
    EXPECT_EQ(back.version, 1);
    EXPECT_EQ(back.physical, "a__f1");
    EXPECT_EQ(back.facts, "f1");
    EXPECT_EQ(back.previous_facts, "f2");
    EXPECT_EQ(back.held_fingerprint, "f2");
    EXPECT_EQ(publish("f3"), 3) << "version 2 was somebody else";
    EXPECT_EQ(publications.find("table:a").value()->held_fingerprint, "");
}

TEST_F(StoreTest, RollBackNeedsSomethingToGoBackTo) {
    Publications publications(*store_);
    EXPECT_EQ(publications.roll_back("table:a").status().code(), Code::not_found);
    ASSERT_TRUE(publications.publish({.node = "table:a", .fingerprint = "f", .parts = "{}"}).ok());
    EXPECT_EQ(publications.roll_back("table:a").status().code(), Code::failed_precondition);
}

TEST_F(StoreTest, ModelNames) {
    const auto check = [](std::string_view text, std::string_view alias, int64_t version) {
        const ModelName name = parse_model_name(text).value();
        EXPECT_EQ(name.model, "m");
        EXPECT_EQ(name.alias, alias) << text;
        EXPECT_EQ(name.version, version) << text;
    };
    check("m", "champion", 0);
    check("m@previous", "previous", 0);
    check("m@3", "", 3);
    check("m@v3", "", 3);
    EXPECT_FALSE(parse_model_name("m@").ok());
    EXPECT_FALSE(parse_model_name("@x").ok());
}

TEST_F(StoreTest, ModelsArePromotedAndRolledBack) {
    Models models(*store_);
    const auto add = [&](const std::string& fingerprint) {
        return models.add({.model = "m", .artifact = "a" + fingerprint, .fingerprint = fingerprint})
            .value();
    };
    EXPECT_EQ(models.find({"m", "champion", 0}).status().code(), Code::not_found);
    EXPECT_EQ(add("f1"), 1);
    EXPECT_EQ(add("f2"), 2);
    EXPECT_EQ(add("f1"), 1) << "adding again is harmless";
    ASSERT_TRUE(models.promote("m", 1).ok());
    EXPECT_EQ(models.roll_back("m").status().code(), Code::failed_precondition);
    ASSERT_TRUE(models.promote("m", 2).ok());
    ASSERT_TRUE(models.promote("m", 2).ok());
    EXPECT_EQ(models.find({"m", "previous", 0})->version, 1);
    EXPECT_EQ(models.roll_back("m")->version, 1);
    EXPECT_EQ(models.roll_back("m")->version, 2);
    EXPECT_EQ(models.promote("m", 9).code(), Code::not_found);
    EXPECT_EQ(models.champions().value().size(), 1U);
    EXPECT_EQ(models.versions_of("m").value()[0].aliases, std::vector<std::string>{"champion"});
}

TEST_F(StoreTest, ArtifactsAreNamedByTheirBytes) {
    const Layout& layout = store_->layout();
    const std::string hash = put_artifact(layout, "model").value();
    EXPECT_EQ(hash, sha256_hex("model"));
    EXPECT_EQ(put_artifact(layout, "model").value(), hash);
    EXPECT_EQ(read_artifact(layout, hash).value(), "model");
    std::filesystem::permissions(artifact_path(layout, hash), std::filesystem::perms::owner_all);
    std::ofstream(artifact_path(layout, hash)) << "modeL";
    EXPECT_EQ(read_artifact(layout, hash).status().code(), Code::corrupt);
    EXPECT_EQ(put_artifact(layout, "model").value(), hash);
    EXPECT_EQ(read_artifact(layout, hash).value(), "model") << "written again when damaged";
}

TEST_F(StoreTest, TokensMatchUntilRevoked) {
    Tokens tokens(*store_);
    const NewToken made = tokens.make("scorer").value();
    const std::string key = tokens.server_key().value();
    const auto matches = [&](std::string_view text) {
        const auto all = tokens.all().value();
        const Token* token = match_token(all, key, text);
        return token == nullptr ? "" : token->id;
    };
    EXPECT_EQ(matches(made.text), made.id);
    EXPECT_EQ(matches(made.text + "x"), "");
    EXPECT_EQ(matches(""), "");
    EXPECT_EQ(tokens.make("king").status().code(), Code::not_found);
    EXPECT_TRUE(tokens.revoke(made.id).ok());
    EXPECT_EQ(tokens.revoke("nobody").code(), Code::not_found);
    EXPECT_EQ(matches(made.text), "");
    struct stat facts;
    ASSERT_EQ(stat(store_->layout().key.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST_F(StoreTest, TokenItselfIsNotInTheFiles) {
    const NewToken made = Tokens(*store_).make("admin").value();
    store_.reset();
    for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/.quern")) {
        if (!entry.is_regular_file()) continue;
        const std::string bytes = read_file(entry.path().string()).value();
        EXPECT_EQ(bytes.find(made.text.substr(11)), std::string::npos) << entry.path();
    }
}

TEST_F(StoreTest, FileHashesAreKnownUntilTheFileChanges) {
    FileHashes hashes(*store_);
    const HashedFile file{"data.csv", 3, 1'000'000'000, "abc"};
    EXPECT_EQ(hashes.find(file).value(), "");
    ASSERT_TRUE(hashes.remember(file).ok());
    EXPECT_EQ(hashes.find(file).value(), "abc");
    EXPECT_EQ(hashes.find({"data.csv", 4, 1'000'000'000, ""}).value(), "");
    EXPECT_EQ(hashes.find({"data.csv", 3, 1'000'000'001, ""}).value(), "");
    const HashedFile fresh{"new.csv", 3, unix_ms_now() * 1'000'000, "abc"};
    ASSERT_TRUE(hashes.remember(fresh).ok());
    EXPECT_EQ(hashes.find(fresh).value(), "") << "it may still be written to";
}

TEST_F(StoreTest, CheckHistoryGivesTheLatestRun) {
    Journal journal(*store_);
    CheckHistory history(*store_);
    for (const std::string_view state : {"failed", "passed"}) {
        const int64_t run = journal.begin_run({.command = "run", .engine = "1"}).value();
        ASSERT_TRUE(history
                        .add({{.run = run,
                               .node = "table:a",
                               .check = "a not_null",
                               .severity = "error",
                               .state = std::string(state)}})
                        .ok());
    }
    const auto latest = history.latest_of("table:a").value();
    ASSERT_EQ(latest.size(), 1U);
    EXPECT_EQ(latest[0].state, "passed");
}

TEST_F(StoreTest, ParsedSqlIsKept) {
    ParsedSql parsed(*store_);
    ASSERT_TRUE(parsed.add({{"h1", "{}"}, {"h2", "[]"}}).ok());
    EXPECT_EQ(parsed.all().value().at("h2"), "[]");
}

TEST_F(StoreTest, OtherConnectionsSeeThatSomethingChanged) {
    auto reader = Store::open(folder_).value();
    const int64_t before = reader->database().data_version().value();
    EXPECT_EQ(reader->database().data_version().value(), before);
    ASSERT_TRUE(store_->set_meta("a", "1").ok());
    EXPECT_NE(reader->database().data_version().value(), before);
}

// The page limit stands in for a full disk: SQLite answers SQLITE_FULL for both.
TEST_F(StoreTest, FullDiskLosesNothing) {
    ASSERT_TRUE(store_->set_meta("kept", "yes").ok());
    ASSERT_TRUE(store_->database().run_script("pragma max_page_count = 1").ok());
    Status status;
    for (int i = 0; i < 1000 && status.ok(); ++i) {
        status = store_->set_meta("n" + std::to_string(i), std::string(10'000, 'x'));
    }
    EXPECT_EQ(status.code(), Code::resource_exhausted) << status.text();
    EXPECT_NE(status.text().find("disk is full"), std::string::npos);
    reopen();
    EXPECT_EQ(store_->meta("kept").value(), "yes");
}

}  // namespace
}  // namespace quern::store
