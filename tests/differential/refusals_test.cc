// What cannot be compiled is refused with its place, the reason and what to do instead. Plans are
// DuckDB's own. Covers compile.cc, plan_value.cc and evaluate_constant.cc with expressions_test.cc,
// which covers the families of functions too: arithmetic.cc, comparison.cc, logic.cc, cast.cc,
// cast_number.cc, cast_text.cc, format.cc, math.cc, text.cc, text_search.cc, regex.cc, unicode.cc,
// date.cc, date_arithmetic.cc, date_epoch.cc, date_make.cc, date_part.cc, date_pattern.cc,
// date_span.cc, date_zone.cc, strftime.cc, strptime.cc, strptime_reader.cc, cast_time.cc,
// interval.cc, interval_make.cc, interval_text.cc, time_bucket.cc, bits.cc, cast_json.cc, json.cc,
// json_functions.cc, json_path.cc, json_text.cc, characters.cc, digest.cc, distance.cc,
// encoding.cc, letter_case.cc, byte_sizes.cc, number_theory.cc, trigonometry.cc, list_aggregate.cc,
// nested.cc, nested_make.cc, nested_value.cc, nested_type.cc, cast_list.cc, list_distance.cc,
// list_parts.cc, text_split.cc, and plan_functions.cc.
#include <gtest/gtest.h>

#include "quern/score/compile.h"
#include "quern/score/describe.h"
#include "quern/score/function.h"

#include "tests/differential/oracle.h"

namespace quern::score {
namespace {

Oracle& oracle() {
    // Never closed: DuckDB does not outlive what it keeps for the main thread.
    static Oracle& the_one = *new Oracle;
    return the_one;
}

Result<CompiledFeatures> compile(const std::string& select) {
    std::string plan = oracle().plan_of(select);
    const auto place = [](size_t at) { return "byte " + std::to_string(at); };
    const auto zones = [](std::string_view name) -> Result<std::string> {
        if (name == "UTC") return std::string("0;;/////////////");
        return not_found("DuckDB knows no time zone '" + std::string(name) + "'");
    };
    return compile_features(plan, place, zones);
}

void check(const std::string& select, std::string_view where, std::string_view message,
           std::string_view hint) {
    auto compiled = compile(select);
    ASSERT_FALSE(compiled.ok()) << select;
    EXPECT_EQ(compiled.status().code(), Code::unimplemented);
    EXPECT_EQ(compiled.status().where(), where) << select;
    EXPECT_NE(compiled.status().message().find(message), std::string::npos)
        << compiled.status().message();
    EXPECT_NE(compiled.status().hint().find(hint), std::string::npos) << compiled.status().hint();
}

TEST(Refusal, names_place_reason_and_alternative) {
    check("select i + random() from t", "byte 11", "'random' changes from call to call",
          "as a column");
    check("select date_diff('day', d, current_date) from t", "byte 27", "'current_date' changes",
          "as a column");
    check("select format('{}', s) from t", "byte 7", "'format' cannot be compiled",
          "table under tables/");
    check("select [i, j] from t", "byte 8", "cannot be of type INTEGER[]", "take a part");
    check("select 'x'::bit = '1'::bit from t", "byte 10", "no compiled cast from VARCHAR",
          "cast its");
    check("select list_distinct(li)[1] from t", "byte 7", "no order of their own", "list_sort(");
    check("select en < eo from t", "byte 10", "an ENUM has an order of its own", "VARCHAR");
    check("select regexp_matches(s, p) from t", "byte 7", "must be a constant text", "");
    check("select strptime(s, ['%Y', '%Y%z']) from t", "byte 7", "do not go together", "");
    check("select ts at time zone 'Mars/Olympus' from t", "byte 10", "no time zone 'Mars/", "");
    check("select ts at time zone s from t", "byte 10", "must be a constant text", "");
    check("select s ->> p from t", "byte 9", "the path must be a constant", "");
    check("select s ->> '$.*' from t", "byte 9", "no compiled form for", "");
    check("select s -> 'a' from t", "byte 9", "cannot be of type JSON", "");
    check("select [v + 1 for v in [i, j]][1] from t", "byte 7", "'list_apply' cannot be",
          "tables/");
    check("select len(try_cast(s as double[])) from t", "byte 11",
          "no compiled cast from VARCHAR to DOUBLE[]", "s::json::DOUBLE[]");
    check("select i::uhugeint::double from t", "byte 8",
          "no compiled cast from INTEGER to UHUGEINT", "cast its");
    check("select s::timetz::text from t", "byte 8", "to TIME WITH TIME ZONE", "cast its");
    check("select ts::timestamp_ns::text from t", "byte 9", "to TIMESTAMP_NS", "cast its");
    check("select s::uuid::text from t", "byte 8", "to UUID", "cast its");
    check("select time_bucket(interval 1 hour, tz, 'Asia/Tokyo') from t", "byte 7",
          "no compiled form for (INTERVAL, TIMESTAMP WITH TIME ZONE, VARCHAR)", "");
    check("select interval 3 day from t", "byte 16", "cannot be of type INTERVAL", "take a part");
    check("select cast(i as date) from t", "byte 7", "no compiled cast from INTEGER to DATE", "");
    check("select round(w, -2) % m from t", "byte 20", "more than 38 digits", "narrower");
    check("select j + sum(i) over () from t", "", "a window function sees other rows", "tables/");
    check("select sum(i) from t", "", "an aggregate sees other rows", "tables/");
    check("select i from t where i > 0", "", "one row alone", "tables/");
    check("select (select max(i) from t) from t", "", "a join or subquery sees other rows",
          "tables/");
    check("select distinct i from t", "", "over one row", "table under tables/");
}

// Whatever DuckDB may give another value for in the next query.
TEST(Refusal, no_volatile_function_is_compiled) {
    std::string error;
    const auto found = oracle().query(
        "select function_name, min(len(parameters)) from duckdb_functions() where function_type = "
        "'scalar' and stability <> 'CONSISTENT' group by 1 order by 1",
        error);
    ASSERT_FALSE(found.empty()) << error;
    ASSERT_GT(found[0].values.row_count(), 20u);
    for (size_t row = 0; row < found[0].values.row_count(); ++row) {
        const std::string name(found[0].values.text(row));
        EXPECT_FALSE(Registry<RowFunction>::of_kind().find(name).ok()) << name;
        if (found[1].values.value<int64_t>(row) == 0)
            check("select i is null or " + name + "() is null from t", "byte 20",
                  "'" + name + "' changes from call to call", "as a column");
    }
    for (const char* moment : {"age(ts)", "current_localtimestamp()", "version()"})
        EXPECT_FALSE(compile("select " + std::string(moment) + "::varchar from t").ok()) << moment;
}

TEST(Refusal, reports_every_feature_at_once) {
    auto compiled = compile("select format('{}', s) as a, i as b, printf('%s', s) as c from t");
    ASSERT_FALSE(compiled.ok());
    EXPECT_EQ(compiled.status().others().size(), 1u);
}

TEST(Compile, folds_constants_shares_work_and_drops_what_nothing_reads) {
    auto compiled = compile(
        "select i + cast('4' as integer) * 10 as a, ln(x + 1) as b, 2 * ln(x + 1) as c, 7 as d, j "
        "is null and false as e from t");
    ASSERT_TRUE(compiled.ok()) << compiled.status().text();
    Program program;
    program.inputs = compiled->inputs;
    program.expressions = compiled->expressions;
    std::vector<std::string> texts;
    for (const Feature& feature : compiled->features)
        texts.push_back(feature.name + ": " + expression_text(program, feature.expression));
    EXPECT_EQ(texts,
              (std::vector<std::string>{"a: i + 40", "b: ln(x + 1.0)", "c: 2.0 * (ln(x + 1.0))",
                                        "d: 7", "e: (j is null) and false"}));
    // i, 40, a, x, 1.0, x + 1.0, ln, 2.0, c, 7, j, is null, false, e
    EXPECT_EQ(program.expressions.size(), 14u);
    EXPECT_EQ(program.inputs.size(), 3u);
}

TEST(Compile, carries_the_rules_of_time_zones_and_does_not_show_them) {
    auto compiled = compile("select hour(ts at time zone 'UTC') as a from t");
    ASSERT_TRUE(compiled.ok()) << compiled.status().text();
    Program program;
    program.inputs = compiled->inputs;
    program.expressions = compiled->expressions;
    EXPECT_EQ(expression_text(program, compiled->features[0].expression),
              "hour(ts at time zone 'UTC')");
    EXPECT_EQ(program.expressions[2].constant.text, "0;;/////////////");
}

TEST(Compile, expands_macros_and_reads_through_views) {
    oracle().run("create macro twice(v) as v * 2");
    oracle().run("create view seen as select i as renamed, s from t");
    auto compiled = compile("select twice(i) as a from t");
    ASSERT_TRUE(compiled.ok()) << compiled.status().text();
    EXPECT_EQ(compiled->inputs[0].name, "i");
}

}  // namespace
}  // namespace quern::score
