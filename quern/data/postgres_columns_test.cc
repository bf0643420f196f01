#include "quern/data/postgres_columns.h"

#include <gtest/gtest.h>

namespace quern::data {
namespace {

PostgresColumns read(PostgresColumn column, const std::string& declared = "") {
    project::Source source;
    if (!declared.empty()) source.columns.push_back({.name = column.name, .type = declared});
    return postgres_columns(source, {std::move(column)});
}

PostgresColumn column(std::string kind, const std::string& type, std::string element = "") {
    return {.name = "a",
            .type = frame::type_from_sql(type),
            .kind = std::move(kind),
            .element = std::move(element)};
}

TEST(PostgresColumns, are_cast_where_the_reader_would_lose_something) {
    const auto check = [](const PostgresColumn& column, const std::string& declared,
                          const std::string& want) {
        const auto found = read(column, declared);
        EXPECT_EQ(found.list, want + " as \"a\"");
        EXPECT_FALSE(found.is_plain);
    };
    check(column("numeric", "DOUBLE"), "", "q.\"a\"::text");
    check(column("numeric", "DOUBLE"), "DOUBLE", "q.\"a\"::float8");
    check(column("numeric", "DECIMAL(9,2)"), "VARCHAR", "q.\"a\"::text");
    check(column("money", "VARCHAR"), "", "q.\"a\"::numeric::text");
    check(column("_numeric", "DOUBLE[]", "numeric"), "", "q.\"a\"::text[]");
    check(column("_int4", "INTEGER[]", "int4"), "VARCHAR", "q.\"a\"::text");
    check(column("point", "VARCHAR"), "", "q.\"a\"::text");
    check(column("oid", "UINTEGER"), "", "q.\"a\"::int8");
    EXPECT_TRUE(read(column("int8", "BIGINT")).is_plain);
    EXPECT_TRUE(read(column("_int4", "INTEGER[]", "int4")).is_plain);
}

TEST(PostgresColumns, doubt_what_a_type_of_duckdb_cannot_hold) {
    const auto number = read(column("numeric", "DECIMAL(9,2)"));
    EXPECT_TRUE(number.is_plain);
    ASSERT_EQ(number.doubts.size(), 1u);
    EXPECT_EQ(number.doubts[0].condition, "(q.\"a\") = 'NaN'");
    const auto declared = read(column("numeric", "DOUBLE"), "DECIMAL(12,3)");
    EXPECT_FALSE(declared.is_plain);
    EXPECT_NE(declared.list.find("q.\"a\"::numeric(12,3) end"), std::string::npos) << declared.list;
    EXPECT_EQ(read(column("timestamptz", "TIMESTAMPTZ")).doubts.size(), 1u);
    EXPECT_TRUE(read(column("date", "DATE")).doubts.empty());
}

}  // namespace
}  // namespace quern::data
