#include "quern/transform/publish.h"

#include "quern/base/text.h"
#include "quern/frame/batch.h"
#include "quern/transform/physical.h"

namespace quern::transform {
namespace {

struct Relation {
    std::string schema, name, sql;
    bool is_view = false;
};

// Of all schemas at once: to plan this query takes longer than to run it.
Result<std::vector<Relation>> all_relations(sql::Session& session) {
    const auto batch = TRY(session.query_all(
        "select schema_name, table_name, '' as sql, false from duckdb_tables() where "
        "database_name = current_database() and not internal union all "
        "select schema_name, view_name, sql, true from duckdb_views() where "
        "database_name = current_database() and not internal"));
    std::vector<Relation> relations;
    for (size_t row = 0; row < batch.row_count; ++row) {
        relations.push_back(
            {std::string(batch.columns[0].text(row)), std::string(batch.columns[1].text(row)),
             std::string(batch.columns[2].text(row)), batch.columns[3].value<uint8_t>(row) != 0});
    }
    return relations;
}

std::set<std::string> physical_names(const std::vector<Relation>& relations) {
    std::set<std::string> names;
    for (const auto& relation : relations)
        if (relation.schema == kDataSchema) names.insert(relation.name);
    return names;
}

std::string publish_sql(const std::string& name, const std::string& physical) {
    return "create or replace view " + qualified("main", name) + " as select * from " +
           qualified(kDataSchema, physical);
}

Status drop(sql::Session& session, const Relation& relation) {
    return session.execute("drop " + std::string(relation.is_view ? "view " : "table ") +
                           qualified(relation.schema, relation.name));
}

Status reconcile_views(sql::Session& session, const std::vector<Relation>& there,
                       const std::map<std::string, std::string>& physical_by_name) {
    std::map<std::string, std::string> wrong = physical_by_name;
    const auto physical = physical_names(there);
    std::erase_if(wrong, [&](const auto& entry) { return !physical.contains(entry.second); });
    std::vector<std::string> statements;
    for (const auto& relation : there) {
        if (relation.schema != "main") continue;
        const auto wanted = physical_by_name.find(relation.name);
        if (wanted == physical_by_name.end() || !physical.contains(wanted->second)) {
            if (relation.is_view) {
                statements.push_back("drop view " + qualified("main", relation.name));
            }
        } else if (relation.sql.find(quote_identifier(wanted->second)) != std::string::npos ||
                   relation.sql.find("." + wanted->second + ";") != std::string::npos) {
            wrong.erase(relation.name);
        }
    }
    for (const auto& [name, relation] : wrong) statements.push_back(publish_sql(name, relation));
    return statements.empty() ? Status() : session.in_transaction(statements);
}

}  // namespace

Status publish(sql::Session& session, const std::map<std::string, std::string>& physical_by_name) {
    std::vector<std::string> statements;
    for (const auto& [name, physical] : physical_by_name) {
        statements.push_back(publish_sql(name, physical));
    }
    return session.in_transaction(statements);
}

Result<std::set<std::string>> reconcile(
    sql::Session& session, const std::map<std::string, std::string>& physical_by_name) {
    const auto relations = TRY(all_relations(session));
    TRY(reconcile_views(session, relations, physical_by_name));
    return physical_names(relations);
}

Result<std::set<std::string>> present(sql::Session& session) {
    return physical_names(TRY(all_relations(session)));
}

Status drop_any(sql::Session& session, std::string_view schema, std::string_view name) {
    const int64_t views = TRY(session.query_int(
        "select count(*) from duckdb_views() where database_name = current_database() and "
        "schema_name = " +
        quote_literal(schema) + " and lower(view_name) = lower(" + quote_literal(name) + ")"));
    return session.execute(std::string(views > 0 ? "drop view " : "drop table if exists ") +
                           qualified(schema, name));
}

Status sweep(sql::Session& session, const Kept& kept) {
    const auto relations = TRY(all_relations(session));
    TRY(reconcile_views(session, relations, kept.views));
    std::string kept_views;  // their texts, to see what they read
    for (const auto& relation : relations) {
        const bool is_kept =
            relation.schema == kDataSchema && kept.physical.contains(relation.name);
        if (relation.is_view && is_kept) kept_views += relation.sql;
    }
    for (const auto& relation : relations) {
        if (relation.schema == kDataSchema) {
            const bool is_read = kept_views.find(relation.name) != std::string::npos;
            if (!kept.physical.contains(relation.name) && !is_read) TRY(drop(session, relation));
        } else if (relation.schema == kFailedSchema || relation.schema == kBadRowsSchema) {
            if (!kept.names.contains(relation.name)) TRY(drop(session, relation));
        }
    }
    return {};
}

}  // namespace quern::transform
