// With sql_models.cc, which tests/projects/model_calls runs on real models.
#include "quern/flow/model_calls.h"

#include <gtest/gtest.h>

#include "quern/sql/catalog.h"

namespace quern::flow {
namespace {

// The SQL with each call turned into "<model|row>".
std::string replaced(const std::string& sql) {
    auto catalog = sql::SchemaCatalog::open();
    if (!catalog.ok()) return catalog.status().text();
    const auto place = sql::place_in_text("sql", sql);
    const auto syntax = sql::parse_select(catalog->session(), sql, place);
    if (!syntax.ok()) return syntax.status().text();
    const auto calls = find_model_calls(sql, syntax->model_calls, place);
    if (!calls.ok()) return calls.status().text();
    const auto expanded = replace_model_calls(sql, *calls, [](const ModelCall& call) {
        return Result<std::string>("<" + call.model + "|" + call.row + ">");
    });
    return expanded.ok() ? expanded->sql : expanded.status().text();
}

TEST(ModelCalls, AreFoundWhereSqlMeansThem) {
    const struct {
        const char *sql, *want;
    } cases[] = {
        {"select predict('m') from t", "select <m|> as \"predict\" from t"},
        {"select Predict ( /* a, b */ 'it''s' ) x from t", "select <it's|> x from t"},
        {"select a, predict('m', t) > 1 from t", "select a, <m|t> > 1 from t"},
        {"select f(predict_proba('m', {'a': (1), 'b': [2, 3]})['x']) from t",
         "select f(<m|{'a': (1), 'b': [2, 3]}>['x']) from t"},
        {"from t where predict('a') = 'x' or predict('b', \"t,\") = 'y'",
         "from t where <a|> = 'x' or <b|\"t,\"> = 'y'"},
        {"select 'predict(''m'')', predict from t -- predict('m')",
         "select 'predict(''m'')', predict from t -- predict('m')"},
        {"with c as (select explain('m') from t) select predict('n') as p from c",
         "with c as (select <m|> as \"explain\" from t) select <n|> as p from c"},
    };
    for (const auto& [sql, want] : cases) EXPECT_EQ(replaced(sql), want) << sql;
}

TEST(ModelCalls, WrongOnesAreRefusedAtTheirPlace) {
    for (const char* sql : {"select predict(m) from t", "select predict() from t",
                            "select predict('m', a, b) from t", "select predict('m',) from t",
                            "select predict('a' || 'b') from t", "select predict('') from t"}) {
        EXPECT_NE(replaced(sql).find("sql:1:"), std::string::npos) << sql << replaced(sql);
    }
    EXPECT_NE(replaced("select predict('m', predict('n'))").find("cannot call a model"),
              std::string::npos);
}

TEST(ModelCalls, KeepThePlacesOfWhatStandsBehindThem) {
    sql::ModelCallUse use{"predict", 7, true};
    const std::string sql = "select predict('m'), nope from t";
    const auto calls = find_model_calls(sql, {use});
    ASSERT_TRUE(calls.ok());
    const auto expanded = replace_model_calls(
        sql, *calls, [](const ModelCall&) { return Result<std::string>("a_longer_name(a, b)"); });
    ASSERT_TRUE(expanded.ok());
    EXPECT_EQ(expanded->original_offset(expanded->sql.find("nope")), sql.find("nope"));
    EXPECT_EQ(expanded->original_offset(expanded->sql.find("longer")), 7u);
}

}  // namespace
}  // namespace quern::flow
