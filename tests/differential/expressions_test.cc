// Every compiled expression must give DuckDB's value in every row, or fail where DuckDB fails.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <regex>
#include <thread>

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
    "DATE",         "TIMESTAMP",     "TIME",           "TIMESTAMPTZ",  "BLOB"};

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
                if (type == "BLOB" && column.type != "VARCHAR") continue;
                if (is_time(type) != is_time(column.type) && type != "VARCHAR" &&
                    column.type != "VARCHAR")
                    continue;  // DuckDB has no such cast either
                if (type == "TIME" && is_moment(column.type) && column.type != "TIMESTAMP")
                    continue;
                if (column.type == "TIME" && is_moment(type)) continue;
                if (column.type == "BLOB" && type != "VARCHAR") continue;
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

// A text of a million bytes has more of everything; distances would take all day.
TEST(Differential, huge_texts) {
    Oracle huge;
    huge.keep_huge_texts();
    const std::regex reads_text("\\bs\\b"), is_slow("levenshtein|jaro|repeat");
    for (const std::string& expression : lines_of("expressions.txt")) {
        if (!std::regex_search(expression, reads_text) || std::regex_search(expression, is_slow))
            continue;
        const Comparison result = huge.compare(expression);
        EXPECT_EQ(result.difference_count, 0u) << result.first_difference;
        EXPECT_GT(result.row_count, 0u) << expression << ": " << result.why;
    }
}

size_t count_differences(const std::vector<Answers>& a, const std::vector<Answers>& b) {
    size_t differences = 0;
    for (size_t i = 0; i < a.size(); ++i)
        for (size_t row = 0; row < a[i].failed.size(); ++row)
            differences += !is_same(a[i], row, b[i], row);
    return differences;
}

// One row at a time and many at once give the same, at every edge of words and batches, and so do
// two threads with one scorer.
TEST(Differential, batches_of_every_size) {
    constexpr size_t kRows = 2049;
    std::string select = "select ";
    for (const char* file : {"expressions.txt", "nested.txt"})
        for (const std::string& expression : lines_of(file))
            select += (select.size() > 7 ? ", " : "") + expression + " as f" +
                      std::to_string(select.size());
    auto compiled = compile_features(oracle().plan_of(select + " from t"), {}, zone_rules);
    ASSERT_TRUE(compiled.ok()) << compiled.status().text();
    auto scorer = Scorer::build(program_of(std::move(compiled).value()));
    ASSERT_TRUE(scorer.ok()) << scorer.status().text();
    const auto single = score_rows(oracle(), *scorer, 0, kRows, 1);
    ASSERT_TRUE(single.ok());
    for (size_t size : {2, 63, 64, 65, 2047, 2048}) {
        const auto batched = score_rows(oracle(), *scorer, 0, kRows, size);
        ASSERT_TRUE(batched.ok());
        EXPECT_EQ(count_differences(*single, *batched), 0u) << "in batches of " << size;
    }
    std::vector<Answers> found[2];
    std::vector<std::thread> threads;
    for (size_t i = 0; i < 2; ++i)
        threads.emplace_back([&, i] {
            found[i] = score_rows(oracle(), *scorer, 0, kRows, i == 0 ? 65 : 2048).value();
        });
    for (std::thread& thread : threads) thread.join();
    for (const auto& one : found) EXPECT_EQ(count_differences(*single, one), 0u) << "in a thread";
}

// DuckDB may take the operands of AND and OR in a condition in another order, unless it knows that
// one can fail; of `bar` it does not know.
bool is_of_its_mood(const std::string& expression) {
    return expression.find("case when") != expression.npos &&
           expression.find("\"bar\"(") != expression.npos;
}

void compare_random(size_t count) {
    if (const char* wanted = std::getenv("QUERN_EXPRESSIONS"))
        count = std::strtoul(wanted, nullptr, 10);
    const char* seed = std::getenv("QUERN_SEED");
    RandomExpression random(seed ? static_cast<uint32_t>(std::strtoul(seed, nullptr, 10)) : 2026,
                            oracle());
    constexpr size_t kAtOnce = 32;
    size_t compared = 0, invalid = 0, different = 0;
    std::map<std::string, size_t> refused;
    for (size_t done = 0; done < count && different < 20; done += kAtOnce) {
        std::vector<std::string> expressions;
        for (size_t i = 0; i < kAtOnce; ++i) expressions.push_back(random.next());
        const auto results = oracle().compare(expressions, done / kAtOnce);
        for (size_t i = 0; i < results.size(); ++i) {
            const Comparison& result = results[i];
            if (result.is_refused) ++refused[result.why];
            if (result.is_invalid) ++invalid;
            if (result.is_refused || result.is_invalid) continue;
            ++compared;
            if (result.difference_count == 0 || is_of_its_mood(expressions[i])) continue;
            ++different;
            ADD_FAILURE() << result.first_difference;
        }
    }
    std::printf("%zu compared, %zu that DuckDB refuses\n", compared, invalid);
    EXPECT_GT(compared, count * 8 / 10) << "too few expressions compile";
    for (const auto& [why, times] : refused)
        if (times > count / 500) ADD_FAILURE() << times << " times refused: " << why;
    if (different > 0) return;
    for (const RowFunction& function : Registry<RowFunction>::of_kind().all())
        EXPECT_TRUE(function.name == "pi" ||  // becomes a constant
                    oracle().seen().contains(std::string(function.name)))
            << "no random expression holds '" << function.name << "'";
}

TEST(Differential, random_expressions) { compare_random(100'000); }
TEST(DifferentialSlow, random_expressions) { compare_random(1'000'000); }

}  // namespace
}  // namespace quern::score
