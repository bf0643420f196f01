#include "quern/sql/logical_type.h"

#include <gtest/gtest.h>

#include "quern/sql/session.h"

namespace quern::sql {
namespace {

// Through vector_view: what DuckDB makes of a name is named back the same.
TEST(LogicalType, NamesReadBackAsThemselves) {
    Session session = Database::open({.threads = 1})->connect().value();
    const auto check = [&](const std::string& name) {
        const auto columns = session.columns_of("select null::" + name + " as x");
        ASSERT_TRUE(columns.ok()) << columns.status().text();
        EXPECT_EQ((*columns)[0].type.text(), name);
    };
    for (const char* name : {"BOOLEAN",
                             "DECIMAL(38,3)",
                             "TIMESTAMP WITH TIME ZONE",
                             "INTEGER[]",
                             "INTEGER[3]",
                             "VARCHAR[][2]",
                             "STRUCT(\"a\" INTEGER, \"B c\" VARCHAR[])",
                             "MAP(VARCHAR, DOUBLE)",
                             "UNION(\"n\" INTEGER, \"s\" VARCHAR)",
                             "ENUM('a', 'it''s', '🍰')",
                             "UUID",
                             "INTERVAL",
                             "BIT",
                             "UHUGEINT",
                             "TIMESTAMP_S",
                             "TIMESTAMP_MS",
                             "TIMESTAMP_NS",
                             "TIME WITH TIME ZONE",
                             "BIGNUM",
                             "BLOB"}) {
        check(name);
    }
    EXPECT_EQ(session.columns_of("select null as x")->front().type.text(), "INTEGER");
}

TEST(LogicalType, FrameTypesHaveOneOfDuckDbs) {
    EXPECT_EQ(duckdb_type_of(frame::type_from_sql("INTEGER[]")), nullptr);
    auto type = duckdb_type_of(frame::type_from_sql("DECIMAL(9,2)"));
    EXPECT_EQ(type_of(type).text(), "DECIMAL(9,2)");
    duckdb_destroy_logical_type(&type);
}

}  // namespace
}  // namespace quern::sql
