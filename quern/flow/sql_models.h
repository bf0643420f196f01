// The models that SQL calls, as functions of DuckDB's.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "quern/flow/model_calls.h"
#include "quern/flow/workspace.h"
#include "quern/score/scorer.h"

namespace quern::flow {

// Gives one database's sessions the models that SQL calls.
class SqlModels {
public:
    explicit SqlModels(Workspace& workspace) : workspace_(workspace) {}

    // The SQL to run instead; `session` knows its functions from now on.
    Result<sql::ExpandedSql> prepare(sql::Session& session, std::string_view sql,
                                     const std::vector<ModelCall>& calls,
                                     const sql::PlaceOf& place);
    // Finds the calls itself; what is no SELECT stays as it is.
    Result<sql::ExpandedSql> prepare(sql::Session& session, std::string_view sql,
                                     const sql::PlaceOf& place);

private:
    struct Opened {
        std::string label;  // "income v3"
        std::shared_ptr<const score::Scorer> scorer;
    };
    Result<const Opened*> open(const ModelCall& call);
    Result<std::string> text_for(sql::Session& session, const ModelCall& call,
                                 const sql::PlaceOf& place);

    Workspace& workspace_;
    std::map<std::string, Opened> opened_;  // as the calls name them
    std::set<std::string> functions_;       // that are known
};

}  // namespace quern::flow
