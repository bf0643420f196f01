// What readers see: views in schema main over physical relations.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "quern/sql/session.h"

namespace quern::transform {

// Points the names at these physical relations, all in one transaction.
Status publish(sql::Session& session, const std::map<std::string, std::string>& physical_by_name);

// Brings the views to exactly these, as far as their physical relations are there: missing and
// other views are replaced, further ones dropped. For after a kill; does nothing when all is well.
// Gives the physical relations that are there.
Result<std::set<std::string>> reconcile(sql::Session& session,
                                        const std::map<std::string, std::string>& physical_by_name);

// Physical relations that are there.
Result<std::set<std::string>> present(sql::Session& session);

// Whether a table or a view of that name is there, it is gone afterwards.
Status drop_any(sql::Session& session, std::string_view schema, std::string_view name);

struct Kept {
    std::map<std::string, std::string> views;  // as reconcile() takes them
    std::set<std::string> physical;
    std::set<std::string> names;  // of tables and sources
};

// Reconciles, then drops the physical relations that are not kept and that no kept view reads; and
// the kept rows of failures and bad rows of tables and sources that are gone.
Status sweep(sql::Session& session, const Kept& kept);

}  // namespace quern::transform
