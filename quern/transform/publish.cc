#include "quern/transform/publish.h"

#include "quern/base/text.h"
#include "quern/frame/batch.h"
#include "quern/transform/physical.h"

namespace quern::transform {
namespace {

struct Relation {
    std::string name, sql;
    bool is_view = false;
};

Result<std::vector<Relation>> relations_of(sql::Session& session, std::string_view schema) {
    const std::string in_schema = "schema_name = " + quote_literal(schema) +
                                  " and database_name = current_database() and not internal";
    const auto batch = TRY(session.query_all(
        "select table_name, '' as sql, false from duckdb_tables() where " + in_schema +
        " union all select view_name, sql, true from duckdb_views() where " + in_schema));
    std::vector<Relation> relations;
    for (size_t row = 0; row < batch.row_count; ++row) {
        relations.push_back({std::string(batch.columns[0].text(row)),
                             std::string(batch.columns[1].text(row)),
                             batch.columns[2].value<uint8_t>(row) != 0});
    }
    return relations;
}

std::string publish_sql(const std::string& name, const std::string& physical) {
    return "create or replace view " + qualified("main", name) + " as select * from " +
           qualified(kDataSchema, physical);
}

Status drop(sql::Session& session, std::string_view schema, const Relation& relation) {
    return session.execute("drop " + std::string(relation.is_view ? "view " : "table ") +
                           qualified(schema, relation.name));
}

}  // namespace

Status publish(sql::Session& session, const std::map<std::string, std::string>& physical_by_name) {
    std::vector<std::string> statements;
    for (const auto& [name, physical] : physical_by_name) {
        statements.push_back(publish_sql(name, physical));
    }
    return session.in_transaction(statements);
}

Status reconcile(sql::Session& session,
                 const std::map<std::string, std::string>& physical_by_name) {
    const auto there = TRY(relations_of(session, "main"));
    std::map<std::string, std::string> wrong = physical_by_name;
    std::vector<std::string> statements;
    for (const auto& relation : there) {
        const auto wanted = physical_by_name.find(relation.name);
        if (wanted == physical_by_name.end()) {
            if (relation.is_view) {
                statements.push_back("drop view " + qualified("main", relation.name));
            }
        } else if (relation.sql.find(quote_identifier(wanted->second)) != std::string::npos ||
                   relation.sql.find("." + wanted->second + ";") != std::string::npos) {
            wrong.erase(relation.name);
        }
    }
    for (const auto& [name, physical] : wrong) statements.push_back(publish_sql(name, physical));
    return statements.empty() ? Status() : session.in_transaction(statements);
}

Result<std::set<std::string>> present(sql::Session& session) {
    std::set<std::string> names;
    for (auto& relation : TRY(relations_of(session, kDataSchema))) {
        names.insert(std::move(relation.name));
    }
    return names;
}

Status sweep(sql::Session& session, const std::set<std::string>& kept,
             const std::set<std::string>& names) {
    const auto all = TRY(relations_of(session, kDataSchema));
    std::string kept_views;  // their texts, to see what they read
    for (const auto& relation : all) {
        if (relation.is_view && kept.contains(relation.name)) kept_views += relation.sql;
    }
    for (const auto& relation : all) {
        const bool is_read = kept_views.find(relation.name) != std::string::npos;
        if (!kept.contains(relation.name) && !is_read) {
            TRY(drop(session, kDataSchema, relation));
        }
    }
    for (const auto schema : {kFailedSchema, kBadRowsSchema}) {
        for (const auto& relation : TRY(relations_of(session, schema))) {
            if (!names.contains(relation.name)) TRY(drop(session, schema, relation));
        }
    }
    return {};
}

}  // namespace quern::transform
