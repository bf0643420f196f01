// Models in SQL: predict('income'), predict_proba('income', c), explain('income@2', c). A call is
// rewritten to a function of the very columns that the model reads, so that DuckDB reads no others
// and filters before it scores.
//
//     predict(model [, row])        the class as text, or the number
//     predict_proba(model [, row])  MAP of each class to its probability
//     explain(model [, row])        MAP of each feature to what it added to the raw score of the
//                                   predicted class, and `base_score`, what they are added to
//     explain_interactions(model [, row])   the same of each feature alone and each pair, 'a * b'
//
// `row` is a table's name or a struct; without it, the columns are those in scope.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "quern/project/project.h"
#include "quern/sql/statement.h"
#include "quern/sql/variables.h"

namespace quern::flow {

// A call as it stands in the SQL.
struct ModelCall {
    std::string function;  // predict, predict_proba, explain, explain_interactions
    std::string model;     // "income", "income@3"
    std::string row;       // SQL; empty: none was given
    size_t begin = 0, end = 0, model_offset = 0;
    bool is_unnamed_column = false;
};
Result<std::vector<ModelCall>> find_model_calls(std::string_view sql,
                                                const std::vector<sql::ModelCallUse>& uses,
                                                const sql::PlaceOf& place = {});

// Puts others in the place of the calls; errors keep the place of the call.
using CallText = std::function<Result<std::string>(const ModelCall& call)>;
Result<sql::ExpandedSql> replace_model_calls(std::string_view sql,
                                             const std::vector<ModelCall>& calls,
                                             const CallText& text_of);

// What the calls' types are, before there is a model.
Result<sql::ExpandedSql> without_models(std::string_view sql, const std::vector<ModelCall>& calls,
                                        const project::Project& project);

}  // namespace quern::flow
