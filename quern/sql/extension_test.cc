// Every extension that comes with quern loads, offline and with its signature checked.
#include "quern/sql/extension.h"

#include <gtest/gtest.h>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/text.h"

namespace quern::sql {
namespace {

class ExtensionTest : public testing::Test {
protected:
    Database database_ = Database::open({.threads = 1}).value();
    Session session_ = database_.connect().value();

    std::string setting(const std::string& name) {
        auto value = session_.query_text("select current_setting(" + quote_literal(name) + ")");
        EXPECT_TRUE(value.ok()) << value.status().text();
        return value.ok() ? value->value_or("null") : "";
    }
};

TEST_F(ExtensionTest, EachLoadsAloneAndTwice) {
    for (const std::string_view name : extension_names()) {
        auto session = Database::open({.threads = 1})->connect().value();
        for (int i = 0; i < 2; ++i) {
            const Status status = load_extension(session, name);
            EXPECT_TRUE(status.ok()) << name << ": " << status.text();
        }
        const auto count = session.query_int(
            "select count(*) from duckdb_extensions() where loaded and extension_name = " +
            quote_literal(name));
        ASSERT_TRUE(count.ok()) << count.status().text();
        EXPECT_EQ(*count, 1) << name;
    }
}

TEST_F(ExtensionTest, OtherSessionsOfTheDatabaseHaveItAndOtherDatabasesDoNot) {
    ASSERT_TRUE(load_extension(session_, "sqlite_scanner").ok());
    auto beside = database_.connect().value();
    auto elsewhere = Database::open({.threads = 1})->connect().value();
    const std::string sql =
        "select count(*) from duckdb_functions() where function_name = 'sqlite_scan'";
    EXPECT_EQ(beside.query_int(sql).value(), 1);
    EXPECT_EQ(elsewhere.query_int(sql).value(), 0);
}

TEST_F(ExtensionTest, UnknownNamesAreRefused) {
    const Status status = load_extension(session_, "postgres_scaner");
    EXPECT_EQ(status.code(), Code::not_found);
    EXPECT_NE(status.text().find("postgres_scanner"), std::string::npos) << status.text();
    EXPECT_FALSE(load_extension(session_, "../x").ok());
}

TEST_F(ExtensionTest, CertificatesAreCheckedAndForeignKeysAreNotRead) {
    ASSERT_TRUE(load_extension(session_, "httpfs").ok());
    EXPECT_EQ(setting("enable_server_cert_verification"), "true");
    EXPECT_EQ(setting("enable_curl_server_cert_verification"), "true");
    EXPECT_EQ(setting("enable_global_s3_configuration"), "false");
    EXPECT_EQ(setting("allow_persistent_secrets"), "false");
}

TEST_F(ExtensionTest, AFileThatDuckdbDidNotSignIsRefused) {
    std::string bytes = read_file(extension_file("excel").value()).value();
    bytes[bytes.size() / 2] ^= 1;
    auto folder = TemporaryFolder::create().value();
    const std::string path = join_path(folder.path(), "excel.duckdb_extension");
    ASSERT_TRUE(write_file_durable(path, bytes).ok());
    auto session = Database::open({.threads = 1})->connect().value();
    const Status status = session.execute("load " + quote_literal(path));
    EXPECT_NE(status.text().find("signature"), std::string::npos) << status.text();
    EXPECT_FALSE(session.execute("set allow_unsigned_extensions = true").ok());
    EXPECT_FALSE(session.execute("load excel").ok()) << "by name it would come from elsewhere";
}

}  // namespace
}  // namespace quern::sql
