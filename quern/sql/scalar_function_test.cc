#include "quern/sql/scalar_function.h"

#include <gtest/gtest.h>

namespace quern::sql {
namespace {

std::string text_of(Session& open, std::string_view sql) {
    const auto text = open.query_text(sql);
    return text.ok() ? text->value_or("NULL") : text.status().text();
}

Result<Session> session() { return TRY(Database::open({.path = ""})).connect(); }

// Twice the number; NULL of NULL, and a failure of 13.
ScalarFunction doubled() {
    ScalarFunction function;
    function.name = "doubled";
    function.arguments = {{"x", {frame::TypeId::float64, 0, 0, ""}}};
    function.make_worker = []() -> ScalarFunction::Call {
        return [](const frame::BatchView& batch, FunctionValues& out) -> Status {
            out.numbers.assign(batch.row_count, 0);
            out.is_null.assign(batch.row_count, 0);
            for (size_t row = 0; row < batch.row_count; ++row) {
                out.is_null[row] = !batch.columns[0].is_valid(row);
                if (out.is_null[row] != 0) continue;
                out.numbers[row] = 2 * batch.columns[0].values<double>()[row];
                if (out.numbers[row] == 26) return invalid_argument("13 brings bad luck");
            }
            return {};
        };
    };
    return function;
}

TEST(ScalarFunction, RunsOverManyBatchesAndNulls) {
    auto open = session();
    ASSERT_TRUE(open.ok());
    ASSERT_TRUE(add_function(*open, doubled()).ok());
    ASSERT_TRUE(add_function(*open, doubled()).ok()) << "one that is there stays";
    const auto sum = open->query_int(
        "select sum(doubled(case when i % 2 = 0 then i::double + 100 end))::bigint from "
        "range(100000) as r(i)");
    ASSERT_TRUE(sum.ok()) << sum.status().text();
    EXPECT_EQ(*sum, 2 * (2499950000 + 100 * 50000));
    const auto nothing = open->query_text("select doubled(null)");
    ASSERT_TRUE(nothing.ok());
    EXPECT_FALSE(nothing->has_value());
}

TEST(ScalarFunction, AFailureEndsTheQueryWithItsWords) {
    auto open = session();
    ASSERT_TRUE(open.ok());
    ASSERT_TRUE(add_function(*open, doubled()).ok());
    const auto failed = open->query_int("select doubled(13)");
    EXPECT_NE(failed.status().text().find("bad luck"), std::string::npos);
    const auto tried = open->query_text("select try(doubled(i)) from (values (13::double)) t(i)");
    ASSERT_TRUE(tried.ok()) << tried.status().text();
    EXPECT_FALSE(tried->has_value());
}

TEST(ScalarFunction, GivesTextsAndMaps) {
    auto open = session();
    ASSERT_TRUE(open.ok());
    ScalarFunction texts;
    texts.name = "shout";
    texts.gives = ScalarFunction::Gives::text;
    texts.arguments = {{"x", {frame::TypeId::varchar, 0, 0, ""}}};
    texts.make_worker = []() -> ScalarFunction::Call {
        return [kept = std::vector<std::string>()](const frame::BatchView& batch,
                                                   FunctionValues& out) mutable -> Status {
            kept.clear();
            for (size_t row = 0; row < batch.row_count; ++row) {
                kept.push_back(std::string(batch.columns[0].values<std::string_view>()[row]) + "!");
            }
            out.texts.assign(kept.begin(), kept.end());
            return {};
        };
    };
    ASSERT_TRUE(add_function(*open, std::move(texts)).ok());
    EXPECT_EQ(text_of(*open, "select shout('a text of more than twelve bytes')"),
              "a text of more than twelve bytes!");
    ScalarFunction map;
    map.name = "powers";
    map.gives = ScalarFunction::Gives::map;
    map.names = {"square", "cube"};
    map.arguments = {{"x", {frame::TypeId::float64, 0, 0, ""}}};
    map.make_worker = []() -> ScalarFunction::Call {
        return [](const frame::BatchView& batch, FunctionValues& out) -> Status {
            out.numbers.clear();
            for (size_t row = 0; row < batch.row_count; ++row) {
                const double x = batch.columns[0].values<double>()[row];
                out.numbers.insert(out.numbers.end(), {x * x, x * x * x});
            }
            return {};
        };
    };
    ASSERT_TRUE(add_function(*open, std::move(map)).ok());
    EXPECT_EQ(text_of(*open,
                      "select string_agg(powers(i)::varchar, ' ' order by i) from "
                      "(values (2::double), (3)) t(i)"),
              "{square=4.0, cube=8.0} {square=9.0, cube=27.0}");
}

}  // namespace
}  // namespace quern::sql
