// Table files: settings in the comment, then one SELECT.
#include <gtest/gtest.h>

#include "quern/project/keys.h"

namespace quern::project {
namespace {

void check_sql(std::string_view file, std::string_view want_sql, std::string_view want_place) {
    const auto table = read_table_file(file, "t.sql");
    ASSERT_TRUE(table.ok()) << file << "\n" << table.status().text();
    EXPECT_EQ(table->sql, want_sql) << file;
    EXPECT_EQ(place_in_sql(*table, 0).text(), want_place) << file;
}

TEST(TableFile, CutsOutTheStatement) {
    check_sql("select 1", "select 1", "t.sql:1:1");
    check_sql("\xEF\xBB\xBFselect 1;\n", "select 1", "t.sql:1:1");
    check_sql("-- licence\n/* note */\n  select 1 -- end\n;;\n", "select 1", "t.sql:3:3");
    check_sql("/* --- key: a --- */ select 1", "select 1", "t.sql:1:22");
    check_sql("/*---\r\nkey: a\r\n---*/\r\nselect\r\n  1\r\n", "select\r\n  1", "t.sql:4:1");
    check_sql("-- licence\n/* ---\nkey: a\n--- */\nselect 1", "select 1", "t.sql:5:1");
    check_sql("/* ------ banner ------ */ select 1", "select 1", "t.sql:1:28");
    check_sql("select ';' || \";\" || $$;$$ || $a$;$a$ /* ; /* ; */ */ as x",
              "select ';' || \";\" || $$;$$ || $a$;$a$ /* ; /* ; */ */ as x", "t.sql:1:1");
    check_sql("select E'\\';' , 'it''s;'", "select E'\\';' , 'it''s;'", "t.sql:1:1");
    check_sql("/* ---\n--- */\nselect 1", "select 1", "t.sql:3:1");
}

TEST(TableFile, KeepsPlacesOfSettings) {
    const auto table = read_table_file(
        "-- licence\n/* ---\nchecks:\n  - id: [not_null, unique]\n--- */\nselect\n  \xC3\xA9, b",
        "t.sql");
    ASSERT_TRUE(table.ok()) << table.status().text();
    EXPECT_EQ(table->checks[1].place.text(), "t.sql:4:20");
    EXPECT_EQ(place_in_sql(*table, table->sql.find('b')).text(), "t.sql:7:6");
}

void check_fault(std::string_view file, std::string_view want) {
    EXPECT_EQ(read_table_file(file, "t.sql").status().text(), want) << file;
}

TEST(TableFile, SaysWhatIsWrong) {
    check_fault("", "t.sql:1:1: there is no SQL; one SELECT is expected");
    check_fault(" ; -- nothing", "t.sql:1:1: there is no SQL; one SELECT is expected");
    check_fault("/* ---\nkey: a\n--- */\n", "t.sql:3:7: there is no SQL; one SELECT is expected");
    check_fault("select 1;\nselect 2",
                "t.sql:2:1: a second statement; a table is one SELECT\n"
                "  put each SELECT into a file of its own");
    check_fault("/* ---\nkey: a\nselect 1",
                "t.sql:1:1: the settings that begin here are not closed\n"
                "  end them with `--- */` before the SELECT");
    check_fault("/* ---\nkey: a\n*/\nselect 1",
                "t.sql:1:1: the settings that begin here are not closed\n"
                "  end them with `--- */` before the SELECT");
    check_fault("select 1 /* open", "t.sql:1:10: this comment is not closed");
    check_fault("select 'open", "t.sql:1:8: this text is not closed");
    check_fault("select \"open", "t.sql:1:8: this quoted name is not closed");
    check_fault("select $$open", "t.sql:1:8: this $$ text is not closed");
    check_fault("select 1 /* ---\nkey: a\n--- */",
                "t.sql:1:10: settings stand in one comment before the SELECT");
    check_fault("/* ---\nkye: a\n--- */ select 1",
                "t.sql:2:1: unknown key 'kye' in table\n  did you mean 'key'?");
    check_fault("/* --- kye: a --- */ select 1",
                "t.sql:1:8: unknown key 'kye' in table\n  did you mean 'key'?");
    check_fault("/* ---\nmaterialize: incremental\n--- */ select 1",
                "t.sql:2:14: 'materialize' must be one of view, table, got 'incremental'");
    check_fault("select '\xFF'", "t.sql:1:9: is not UTF-8 text\n  save it as UTF-8");
    check_fault(std::string_view("select\0 1", 9), "t.sql: holds a NUL byte, so it is not text");
}

std::string shown(const CheckSpec& check) {
    std::string text = check.name + "(";
    for (const auto& column : check.columns) text += column + ",";
    text += ")";
    for (const auto& entry : check.arguments.entries)
        text += " " + entry.key + "=" + entry.value.text;
    if (check.mostly != 1) text += " mostly " + std::to_string(check.mostly).substr(0, 4);
    return check.severity == Severity::warn ? text + " warn" : text;
}

void check_checks(std::string_view yaml, const std::vector<std::string>& want) {
    const auto tree = parse_yaml({.text = yaml, .file = "c.yml"});
    ASSERT_TRUE(tree.ok()) << tree.status().text();
    std::vector<CheckSpec> checks;
    const Status status = read_checks(*tree, checks);
    ASSERT_TRUE(status.ok()) << yaml << ": " << status.text();
    std::vector<std::string> got;
    for (const auto& check : checks) got.push_back(shown(check));
    EXPECT_EQ(got, want) << yaml;
}

TEST(Checks, AreReadInEveryShape) {
    check_checks("- id: [not_null, unique]", {"not_null(id,)", "unique(id,)"});
    check_checks("- id: not_null", {"not_null(id,)"});
    check_checks("- id: {not_null: true, unique: }", {"not_null(id,)", "unique(id,)"});
    check_checks("- x: {between: {min: 0, max: 9}, mostly: 0.99, severity: warn}",
                 {"between(x,) min=0 max=9 mostly 0.99 warn"});
    check_checks("- x: [not_null, {matches: '^a', mostly: 0.5}]",
                 {"not_null(x,)", "matches(x,) value=^a mostly 0.50"});
    check_checks("- x: {in: {value: a, mostly: 0.9}}", {"in(x,) value=a mostly 0.90"});
    check_checks("- rows: {min: 1}", {"rows() min=1"});
    check_checks("- sql: select 1", {"sql() value=select 1"});
    check_checks("- sql: {query: select 1, severity: warn}", {"sql() query=select 1 warn"});
    check_checks("- unique: {columns: [a, b]}", {"unique(a,b,)"});
    check_checks("- not_null: {column: rows}", {"not_null(rows,)"});
    check_checks("- expect_column_values_to_not_be_null: {column: x, mostly: 0.9}",
                 {"expect_column_values_to_not_be_null(x,) mostly 0.90"});
    check_checks("- expect_table_row_count_to_be_between: {min_value: 1}",
                 {"expect_table_row_count_to_be_between() min_value=1"});
    check_checks("- c: {relationships: {to: customers, field: id}}",
                 {"relationships(c,) to=customers field=id"});
}

TEST(Checks, SayWhatIsWrong) {
    const auto check = [](std::string_view yaml, std::string_view want) {
        const auto tree = parse_yaml({.text = yaml, .file = "c.yml"});
        ASSERT_TRUE(tree.ok());
        std::vector<CheckSpec> checks;
        EXPECT_EQ(read_checks(*tree, checks).text(), want) << yaml;
    };
    check("id: not_null",
          "c.yml:1:1: 'checks' must be a list, got a map\n  write `- income: [not_null]` below it");
    check("- [a]",
          "c.yml:1:3: a check must be one key with its value, got a list\n"
          "  write `- income: [not_null]` or `- rows: {min: 1}`");
    check("- id: []", "c.yml:1:3: no check is named for the column 'id'");
    check("- id: {mostly: 0.5}", "c.yml:1:7: no check is named for the column 'id'");
    check("- id: {not_null: , mostly: 2}",
          "c.yml:1:28: 'mostly' must be a number in (0, 1], got '2'");
    check("- id: {not_null: , severity: fatal}",
          "c.yml:1:30: 'severity' must be one of error, warn, got 'fatal'");
}

}  // namespace
}  // namespace quern::project
