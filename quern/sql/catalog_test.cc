#include "quern/sql/catalog.h"

#include <gtest/gtest.h>

#include "quern/sql/variables.h"

namespace quern::sql {
namespace {

TEST(SchemaCatalog, BindsChainsOfTablesThatHoldNothing) {
    auto catalog = SchemaCatalog::open().value();
    ASSERT_TRUE(catalog
                    .add_table("t0", {{"select", frame::type_from_sql("BIGINT")},
                                      {"🍰", frame::type_from_sql("VARCHAR")},
                                      {"list", frame::type_from_sql("INTEGER[]")}})
                    .ok());
    for (int i = 1; i <= 200; ++i) {
        const auto columns =
            catalog.columns_of("select \"select\" + 1 as \"select\", 🍰 || 'x' as 🍰, list from t" +
                               std::to_string(i - 1));
        ASSERT_TRUE(columns.ok()) << columns.status().text();
        ASSERT_TRUE(catalog.add_table("t" + std::to_string(i), *columns).ok());
    }
    const auto bound = catalog.bind("from T200");
    ASSERT_TRUE(bound.ok()) << bound.status().text();
    EXPECT_EQ(bound->columns[0].type.text(), "BIGINT");
    EXPECT_EQ(bound->columns[2].type.text(), "INTEGER[]");
    EXPECT_EQ(catalog.columns_of("from t_200", place_in_text("q", "from t_200")).status().text(),
              "q:1:6: there is no table `t_200`\n  did you mean `t200`?");
}

TEST(SchemaCatalog, ReplacesATableAndTakesMacros) {
    auto catalog = SchemaCatalog::open().value();
    const frame::Type integer = frame::type_from_sql("INTEGER");
    ASSERT_TRUE(catalog.add_table("t", {{"a", integer}}).ok());
    ASSERT_TRUE(catalog.add_table("T", {{"b", integer}}).ok());
    ASSERT_TRUE(catalog.add_macro("create macro twice(x) as x * 2").ok());
    const auto columns = catalog.columns_of("select twice(b) as c from t");
    ASSERT_TRUE(columns.ok()) << columns.status().text();
    EXPECT_EQ((*columns)[0].name, "c");
    EXPECT_FALSE(catalog.add_table("none", {}).ok());
    EXPECT_FALSE(catalog.add_table("twins", {{"a", integer}, {"A", integer}}).ok());
}

TEST(SchemaCatalog, TakesTenThousandColumns) {
    auto catalog = SchemaCatalog::open().value();
    frame::Schema columns;
    for (int i = 0; i < 10'000; ++i) {
        columns.push_back({"c" + std::to_string(i), frame::type_from_sql("DOUBLE")});
    }
    ASSERT_TRUE(catalog.add_table("wide", columns).ok());
    const auto read = catalog.columns_of("from wide");
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(*read, columns);
}

TEST(Variables, BecomeTypedLiterals) {
    std::map<std::string, Tree> vars;
    vars["cap"] = Tree::scalar("-99");
    vars["kind"] = Tree::scalar("it's");
    vars["flag"] = Tree::scalar("True");
    vars["nothing"] = Tree();
    vars["quoted"] = Tree::scalar("12");
    vars["quoted"].is_quoted = true;
    Tree list;
    list.kind = Tree::Kind::list;
    list.items = {Tree::scalar("1"), Tree::scalar("x")};
    vars["list"] = list;
    const auto check = [&](std::string_view sql, std::string_view want) {
        const auto expanded = expand_variables(sql, vars);
        EXPECT_EQ(expanded.ok() ? expanded->sql : expanded.status().text(), want) << sql;
    };
    check("select 5-$cap", "select 5-(-99)");
    check("select $kind, $flag, $nothing", "select 'it''s', true, NULL");
    check("select $quoted", "select '12'");
    check("select x in $list", "select x in [1, 'x']");
    check("select '$cap', \"$cap\", $$ $cap $$, a$cap /* $cap */ -- $cap",
          "select '$cap', \"$cap\", $$ $cap $$, a$cap /* $cap */ -- $cap");
    check("select $kidn",
          "there is no variable `kidn` under `vars` in quern.yml\n  did you mean `kind`?");
}

TEST(Variables, PlacesStayThoseOfTheFile) {
    std::map<std::string, Tree> vars;
    vars["long"] = Tree::scalar("a much longer text than its name");
    const std::string sql = "select $long,\n  nope from t";
    const auto expanded = expand_variables(sql, vars).value();
    auto catalog = SchemaCatalog::open().value();
    ASSERT_TRUE(catalog.add_table("t", {{"a", frame::type_from_sql("INTEGER")}}).ok());
    const auto place = expanded.place_with(place_in_text("t.sql", sql));
    EXPECT_EQ(catalog.columns_of(expanded.sql, place).status().where(), "t.sql:2:3");
    EXPECT_EQ(expanded.original_offset(0), 0u);
    EXPECT_EQ(expanded.original_offset(12), 7u);
}

}  // namespace
}  // namespace quern::sql
