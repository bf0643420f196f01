// Every compiled expression must give DuckDB's value in every row, or fail where DuckDB fails.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "quern/score/function.h"
#include "tests/differential/oracle.h"
#include "tests/differential/random_expression.h"

namespace quern::score {
namespace {

Oracle& oracle() {
    static Oracle the_one;
    return the_one;
}

void check(const std::string& expression) {
    Comparison result = oracle().compare(expression);
    EXPECT_FALSE(result.is_invalid) << expression << ": " << result.why;
    EXPECT_FALSE(result.is_refused) << expression << ": " << result.why;
    EXPECT_EQ(result.difference_count, 0u) << result.first_difference;
}

// The types whose values can be cast into each other.
const std::vector<std::string> kCastTypes = {
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
    "UBIGINT", "FLOAT", "DOUBLE", "DECIMAL(4,1)", "DECIMAL(9,3)", "DECIMAL(18,4)",
    "DECIMAL(38,10)", "DECIMAL(5,5)", "BOOLEAN", "VARCHAR", "DATE", "TIMESTAMP", "TIME"};

bool is_time(std::string_view type) {
    return type == "DATE" || type == "TIME" || type == "TIMESTAMP";
}

TEST(Differential, casts) {
    std::map<std::string, int> refused;
    for (const TestColumn& column : kTestColumns) {
        for (const std::string& type : kCastTypes) {
            std::string cast = "cast(" + std::string(column.name) + " as " + type + ")";
            for (const std::string& expression : {cast, "try_" + cast}) {
                if (is_time(type) != is_time(column.type) && type != "VARCHAR" &&
                    column.type != "VARCHAR")
                    continue;  // DuckDB has no such cast either
                Comparison result = oracle().compare(expression);
                EXPECT_EQ(result.difference_count, 0u) << result.first_difference;
                if (result.is_refused) ++refused[result.why];
            }
        }
    }
    for (const auto& [why, count] : refused) ADD_FAILURE() << why;
}

TEST(Differential, every_function_keeps_its_own_example) {
    for (const RowFunction& function : Registry<RowFunction>::of_kind().all()) {
        SCOPED_TRACE(std::string(function.name));
        EXPECT_FALSE(function.summary.empty());
        std::string example(function.example);
        check(example);
        check("case when " + example + " then 'holds' else 1 // 0 || '' end");
    }
}

TEST(Differential, written_expressions) {
    for (const char* expression :
         {"x / nullif(m, 0)", "i + b", "i * j", "i - j", "ti * ti", "ub - 1", "h * 2", "m * n",
          "m + n", "n * n", "w + w", "w * 2", "m - i", "m % 3", "w % m", "-m", "-w", "-ub", "-ti",
          "i // j", "i % j", "x // y", "x % y", "x / y", "f / f", "ti // si", "b % -1",
          "case when ok then 1 // i else cast(s as integer) end",
          "case s when 'a' then 1 when 'abc' then 2.5 else i end",
          "coalesce(try_cast(s as double), x, 0)", "coalesce(i, cast(s as integer))",
          "nullif(i, 0)", "ifnull(x, y)", "if(ok, i, j)", "try(cast(s as integer))",
          "try(ln(x) + cast(s as double))", "ok and no", "ok or no", "not ok",
          "ok and cast(s as integer) > 1", "x is null or y > 1", "i between 0 and j",
          "i not between j and 5", "i in (1, 2, null)", "i not in (0, j)", "s in ('a', 'abc', p)",
          "x in (y, 0.5)", "x = y", "x < y", "x >= y", "f <> x", "x is distinct from y",
          "i is not distinct from j", "s < p", "s = p", "s >= 'b'", "d < e", "ts < d", "d = ts",
          "m > n", "m = i", "h < ub", "greatest(x, y, 0)", "least(i, j)", "greatest(s, p)",
          "greatest(d, e)", "least(ts, tu)", "s like p", "s not like p", "s ilike p",
          "s not ilike p", "s like '%' || p", "s like p escape '_'", "s ~ 'a.*'",
          "regexp_matches(s, 'b|é', 'i')", "regexp_extract(s, '([0-9]+)', 1)",
          "regexp_replace(s, '[aeiou]', '<\\0>', 'g')", "s similar to '[0-9 ]+'",
          "split_part(s, ',', i)", "split_part(s, p, 1)", "split_part(s, '', 2)",
          "substr(s, i, j)", "substr(s, ti)", "substring(s, -2, 1)", "left(s, i)", "right(s, ti)",
          "s || p", "concat(s, p, i)", "concat_ws(p, s, 'x', i)", "lower(s)", "upper(s)",
          "length(s)", "strlen(s)", "reverse(s)", "trim(s)", "ltrim(s, p)", "rtrim(s, p)",
          "trim(s, 'a1 ')", "lpad(s, ut::int, p)", "rpad(s, 5, p)", "repeat(s, ti % 5)",
          "replace(s, p, 'Z')", "replace(s, 'a', p)", "position(p in s)", "contains(s, p)",
          "starts_with(s, p)", "ends_with(s, p)", "abs(i)", "abs(ti)", "abs(x)", "abs(m)",
          "sign(x)", "sign(i)", "sign(m)", "round(x)", "round(x, 2)", "round(x, -1)",
          "round(x, i % 20)", "round(f, 1)", "round(m)", "round(m, 1)", "round(m, -1)",
          "round(w, 3)", "round(i, -1)", "round(b, -3)", "floor(x)", "floor(m)", "ceil(m)",
          "ceil(w)", "trunc(m)", "trunc(x)", "floor(i)", "ceil(f)", "ln(x)", "log(x)",
          "log(2, x)", "log2(x)", "log10(x)", "exp(x)", "pow(x, y)", "x ^ 2", "i ** 2", "sqrt(x)",
          "cbrt(x)", "sin(x)", "cos(x)", "tan(x)", "asin(x)", "acos(x)", "atan(x)", "degrees(x)",
          "radians(x)", "isnan(x)", "isinf(f)", "isfinite(x)", "year(d)", "month(ts)", "day(d)",
          "quarter(ts)", "week(d)", "isoyear(d)", "yearweek(d)", "dayofweek(d)", "isodow(ts)",
          "dayofyear(d)", "decade(d)", "century(d)", "millennium(d)", "era(d)", "hour(ts)",
          "minute(ts)", "second(ts)", "millisecond(ts)", "microsecond(ts)",
          "date_part('week', ts)", "extract(dow from d)", "extract(epoch from ts)", "epoch(d)",
          "epoch_ms(ts)", "dayname(d)", "monthname(ts)", "last_day(d)", "last_day(ts)",
          "make_date(i, ti, si)", "make_date(2024, 2, ut)", "d + i", "d - i", "d - e",
          "d + interval 1 month", "d - interval 1 year", "ts + interval 90 minute",
          "ts - interval 3 day", "d + to_days(ti)", "ts + to_months(i)", "ts + to_seconds(x)",
          "date_diff('day', d, e)", "date_diff('month', ts, tu)", "date_diff('year', d, ts)",
          "date_diff('week', d, e)", "date_diff('hour', ts, tu)", "date_diff('minute', d, e)",
          "date_diff('second', ts, tu)", "date_diff('quarter', d, e)",
          "date_diff('decade', d, e)", "date_diff('century', d, e)",
          "date_diff('millisecond', ts, tu)", "date_diff('microsecond', ts, tu)",
          "date_diff('isoyear', d, e)", "date_sub('day', d, e)", "date_sub('month', ts, tu)",
          "date_sub('year', d, e)", "date_sub('week', ts, tu)", "date_sub('quarter', d, e)",
          "date_sub('hour', ts, tu)", "date_trunc('month', d)", "date_trunc('week', ts)",
          "date_trunc('hour', ts)", "date_trunc('year', ts)", "date_trunc('quarter', d)",
          "date_trunc('decade', d)", "date_trunc('century', ts)", "date_trunc('day', ts)",
          "date_trunc('minute', ts)", "date_trunc('millisecond', ts)", "d > '2020-01-01'",
          "ts between '2020-01-01' and tu", "'12' || i", "ok::int + no::int", "(x > y)::int"})
        check(expression);
}

TEST(Differential, random_expressions) {
    const char* wanted = std::getenv("QUERN_EXPRESSIONS");
    size_t count = wanted ? std::strtoul(wanted, nullptr, 10) : 2000;
    RandomExpression random(2024);
    size_t compared = 0, different = 0;
    std::map<std::string, size_t> refused;
    for (size_t i = 0; i < count; ++i) {
        std::string expression = random.next();
        Comparison result = oracle().compare(expression, i % 7 == 0 ? 63 : 2048);
        if (result.is_refused) ++refused[result.why];
        if (result.is_refused || result.is_invalid) continue;
        ++compared;
        if (result.difference_count == 0) continue;
        ADD_FAILURE() << result.first_difference;
        if (++different == 20) break;
    }
    for (const auto& [why, times] : refused) RecordProperty(why, static_cast<int>(times));
    EXPECT_GT(compared, count * 8 / 10) << "too few expressions compile";
    for (const auto& [why, times] : refused) {
        if (times > count / 100) ADD_FAILURE() << times << " times refused: " << why;
    }
}

}  // namespace
}  // namespace quern::score
