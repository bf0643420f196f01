// Every compiled expression must give DuckDB's value in every row, or fail where DuckDB fails.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <regex>

#include "quern/base/text.h"
#include "quern/score/function.h"

#include "tests/differential/oracle.h"
#include "tests/differential/random_expression.h"

namespace quern::score {
namespace {

Oracle& oracle() {
    // Never closed: DuckDB does not outlive what it keeps for the main thread.
    static Oracle& the_one = *new Oracle;
    return the_one;
}

// Lines of a file beside this one; \\t and \\n stand for the characters.
std::vector<std::string> lines_of(const std::string& name) {
    std::ifstream file("tests/differential/" + name);
    EXPECT_TRUE(file.is_open()) << name;
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
        line = std::regex_replace(line, std::regex(R"(\\t)"), "\t");
        lines.push_back(std::regex_replace(line, std::regex(R"(\\n)"), "\n"));
    }
    return lines;
}

void check(const std::string& expression) {
    Comparison result = oracle().compare(expression);
    EXPECT_FALSE(result.is_invalid) << expression << ": " << result.why;
    EXPECT_FALSE(result.is_refused) << expression << ": " << result.why;
    EXPECT_EQ(result.difference_count, 0u) << result.first_difference;
}

// The types whose values can be cast into each other.
const std::vector<std::string> kCastTypes = {
    "TINYINT",      "SMALLINT",      "INTEGER",        "BIGINT",       "HUGEINT", "UTINYINT",
    "USMALLINT",    "UINTEGER",      "UBIGINT",        "FLOAT",        "DOUBLE",  "DECIMAL(4,1)",
    "DECIMAL(9,3)", "DECIMAL(18,4)", "DECIMAL(38,10)", "DECIMAL(5,5)", "BOOLEAN", "VARCHAR",
    "DATE",         "TIMESTAMP",     "TIME",           "TIMESTAMPTZ"};

bool is_moment(std::string_view type) {
    return type == "DATE" || type == "TIMESTAMP" || type == "TIMESTAMPTZ";
}
bool is_time(std::string_view type) { return type == "TIME" || is_moment(type); }

TEST(Differential, casts) {
    std::map<std::string, int> refused;
    for (const TestColumn& column : kTestColumns) {
        for (const std::string& type : kCastTypes) {
            std::string cast = "cast(" + std::string(column.name) + " as " + type + ")";
            for (const std::string& expression : {cast, "try_" + cast}) {
                if (is_time(type) != is_time(column.type) && type != "VARCHAR" &&
                    column.type != "VARCHAR")
                    continue;  // DuckDB has no such cast either
                if (type == "TIME" && is_moment(column.type) && column.type != "TIMESTAMP")
                    continue;
                if (column.type == "TIME" && is_moment(type)) continue;
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
    for (const char* file : {"expressions.txt", "moments.txt", "nested.txt"})
        for (const std::string& expression : lines_of(file)) check(expression);
}

// Where the shortest digits of a float lie in the middle of two floats.
TEST(Differential, texts_of_floats) {
    for (const char* value :
         {"322.859375", "1135.09375", "1704024064", "15000000512", "3.2285938e2", "0.1", "16777217",
          "8388608.5", "1e-45", "3.4028235e38", "-322.859375"})
        check("(" + quote_literal(value) + "::float)::varchar");
}

// Texts of numbers and moments in every odd shape, cast to everything.
TEST(Differential, casts_of_odd_texts) {
    for (const std::string& text : lines_of("odd_texts.txt")) {
        std::string all = "concat_ws('|'";
        for (const std::string& type : kCastTypes) {
            if (type == "TIMESTAMPTZ" && text.ends_with("Europe/Paris")) continue;
            all +=
                ", coalesce(try_cast(" + quote_literal(text) + " as " + type + ")::varchar, '-')";
        }
        check(all + ")");
    }
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
