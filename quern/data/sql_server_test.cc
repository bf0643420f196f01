#include "quern/data/sql_server.h"

#include <gtest/gtest.h>

#include "quern/sql/session.h"

namespace quern::data {
namespace {

const ServerKind kKind = {
    .name = "shopbase", .schemes = {"shop", "shops"}, .port = 7, .schema = "public"};

// "user|host|port|database|schema|table" of a source with this URL and table, or what is wrong.
std::string completed(const std::string& url, const std::string& table = "t",
                      SqlServer server = {}) {
    const auto session = sql::Database::open({}).value().connect().value();
    project::Source source;
    source.origin = project::Origin{.kind = {.text = "shopbase"}, .settings = {}};
    const Tree settings = Tree::map({{"url", Tree::scalar(url), {}}});
    server.url = url;
    server.table = table;
    const auto done = complete({.session = const_cast<sql::Session&>(session),
                                .source = source,
                                .root = "",
                                .settings = settings,
                                .folder = ""},
                               server, kKind);
    if (!done.ok()) return std::string(done.status().message());
    return done->user + "|" + done->host + "|" + std::to_string(done->port) + "|" + done->database +
           "|" + done->schema + "|" + done->table;
}

TEST(SqlServer, reads_urls) {
    EXPECT_EQ(completed("shop://me@db.example:9/b"), "me|db.example|9|b|public|t");
    EXPECT_EQ(completed("shops://db.example/b"), "|db.example|7|b|public|t");
    EXPECT_EQ(completed("shop://a%40b@[::1]:9/b%2Fc"), "a@b|::1|9|b/c|public|t");
    EXPECT_EQ(completed("shop://a@[::1]/b"), "a|::1|7|b|public|t");
    EXPECT_EQ(completed("shop://h/b", "x.y"), "|h|7|b|x|y");
    EXPECT_EQ(completed("shop://h/b", "x.y", {.schema = "s"}), "|h|7|b|s|x.y");
    EXPECT_EQ(completed("other://h/b"), "'url' is no address of shopbase");
    EXPECT_EQ(completed("shop://h:99999/b"), "'url' is an address with port '99999'");
    EXPECT_EQ(completed("shop://[::1/b"), "'url' is an address without its ']'");
    EXPECT_EQ(completed("shop://h,i/b"), "'url' is more than one host");
    EXPECT_EQ(completed("shop://h/b?c=d"), "'url' is more than user, host, port and database");
    EXPECT_EQ(completed("shop://u@h/b", "t", {.user = "v"}),
              "'user' is given twice: in 'url', and on its own");
    EXPECT_EQ(completed("shop://u@/b"), "shopbase needs a url, or a host");
    EXPECT_EQ(completed("shop://u@h"), "shopbase needs a database");
    EXPECT_EQ(completed("shop://u@h/b", ""), "shopbase needs either a table or a query");
}

TEST(SqlServer, tells_the_server_s_own_words_and_what_to_do) {
    constexpr Cause kCauses[] = {{"gone", Code::unavailable, "run again"}};
    const auto explained = [&](std::string words) {
        return explain(invalid_argument(std::move(words)), kCauses);
    };
    const auto known = explained("could not run \"SELECT 1\": ERROR:  it is gone\nLINE 1: SELECT");
    EXPECT_EQ(known.message(), "it is gone");
    EXPECT_EQ(known.hint(), "run again");
    EXPECT_EQ(known.code(), Code::unavailable);
    EXPECT_EQ(explained("ERROR:  no value: \"quern: column a is odd\"").message(),
              "column a is odd");
    EXPECT_EQ(explained("something else").message(), "something else");
    EXPECT_TRUE(explain({}, kCauses).ok());
}

}  // namespace
}  // namespace quern::data
