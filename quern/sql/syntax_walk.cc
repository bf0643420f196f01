#include "quern/sql/syntax_walk.h"

#include <simdjson.h>

#include <algorithm>
#include <map>
#include <set>

#include "quern/base/text.h"

namespace quern::sql {
namespace {

using simdjson::dom::element;

// Not CONSISTENT by duckdb_functions(), and the words that become such functions at binding.
constexpr std::string_view kVolatileFunctions[] = {
    "current_connection_id",
    "current_database",
    "current_date",
    "current_query",
    "current_query_id",
    "current_schema",
    "current_schemas",
    "current_setting",
    "current_transaction_id",
    "currval",
    "gen_random_uuid",
    "get_current_time",
    "get_current_timestamp",
    "getenv",
    "getvariable",
    "in_search_path",
    "nextval",
    "now",
    "random",
    "setseed",
    "sleep_ms",
    "today",
    "transaction_timestamp",
    "txid_current",
    "uuid",
    "uuidv4",
    "uuidv7",
    "write_log",
};
constexpr std::string_view kVolatileWords[] = {
    "current_catalog", "current_date",      "current_role", "current_schema",
    "current_time",    "current_timestamp", "current_user", "localtime",
    "localtimestamp",  "session_user",      "user",
};

bool is_among(std::string_view name, std::span<const std::string_view> names) {
    return std::ranges::find(names, name) != names.end();
}

std::string_view text_of(const element& node, const char* name) {
    std::string_view text;
    return node[name].get_string().get(text) == simdjson::SUCCESS ? text : std::string_view();
}

size_t offset_of(const element& node) {
    uint64_t offset = 0;
    const bool is_known = node["query_location"].get_uint64().get(offset) == simdjson::SUCCESS;
    return is_known && offset != UINT64_MAX ? offset : 0;
}

class Walk {
public:
    using Scope = std::set<std::string>;  // names of CTEs, in lower case

    void visit(const element& node, const Scope& scope) {
        if (node.is_array()) {
            for (const element item : node.get_array()) visit(item, scope);
        }
        if (!node.is_object()) return;
        note(node, scope);
        element ctes;
        if (node["cte_map"].get(ctes) != simdjson::SUCCESS) return visit_children(node, scope);
        Scope inner = scope;
        visit_ctes(ctes, inner);
        visit_children(node, inner);
    }

    Syntax syntax() && {
        Syntax syntax;
        for (auto& [key, use] : tables_) syntax.tables.push_back(std::move(use));
        for (auto& [key, use] : functions_) syntax.table_functions.push_back(std::move(use));
        syntax.volatile_functions.assign(volatile_.begin(), volatile_.end());
        syntax.parameters.assign(parameters_.begin(), parameters_.end());
        return syntax;
    }

private:
    void visit_children(const element& node, const Scope& scope) {
        for (const auto& [key, child] : node.get_object()) {
            if (key != "cte_map") visit(child, scope);
        }
    }

    // Each CTE sees those before it and, when it is recursive, itself.
    void visit_ctes(const element& ctes, Scope& scope) {
        simdjson::dom::array entries;
        if (ctes["map"].get_array().get(entries) != simdjson::SUCCESS) return;
        for (const element entry : entries) {
            const std::string name = lower_ascii(text_of(entry, "key"));
            element query;
            const bool has_query =
                entry.at_pointer("/value/query/node").get(query) == simdjson::SUCCESS;
            Scope inner = scope;
            if (has_query && text_of(query, "type") == "RECURSIVE_CTE_NODE") inner.insert(name);
            visit(entry, inner);
            scope.insert(name);
        }
    }

    void note(const element& node, const Scope& scope) {
        const auto type = text_of(node, "type");
        if (type == "BASE_TABLE") note_table(node, scope);
        if (type == "TABLE_FUNCTION") note_table_function(node);
        if (type == "SHOW_REF") {
            const bool is_of_query = node["query"].is_object();
            functions_.try_emplace("", NameUse{"", is_of_query ? "describe" : "show", 0});
        }
        if (type == "FUNCTION") {
            const std::string name = lower_ascii(text_of(node, "function_name"));
            if (is_among(name, kVolatileFunctions)) volatile_.insert(name);
        }
        if (type == "COLUMN_REF") note_column(node);
        if (type == "VALUE_PARAMETER") parameters_.emplace(text_of(node, "identifier"));
        int64_t seed = 0;
        const bool has_sample = node["sample"]["seed"].get_int64().get(seed) == simdjson::SUCCESS;
        if (has_sample && seed < 0) volatile_.insert("sample");
    }

    void note_table(const element& node, const Scope& scope) {
        NameUse use{std::string(text_of(node, "schema_name")),
                    std::string(text_of(node, "table_name")), offset_of(node)};
        const std::string catalog(text_of(node, "catalog_name"));
        if (!catalog.empty()) use.schema = catalog + "." + use.schema;
        const std::string key = lower_ascii(use.name);
        if (use.schema.empty() && scope.contains(key)) return;
        // In the order of the tree; the earliest place in the text is told.
        auto& kept = tables_.try_emplace(key + '\0' + lower_ascii(use.schema), use).first->second;
        kept.offset = std::min(kept.offset, use.offset);
    }

    void note_table_function(const element& node) {
        element function;
        if (node["function"].get(function) != simdjson::SUCCESS) return;
        const std::string name(text_of(function, "function_name"));
        functions_.try_emplace(lower_ascii(name), NameUse{"", name, offset_of(node)});
    }

    void note_column(const element& node) {
        simdjson::dom::array names;
        std::string_view word;
        const bool is_word = node["column_names"].get_array().get(names) == simdjson::SUCCESS &&
                             names.size() == 1 &&
                             names.at(0).get_string().get(word) == simdjson::SUCCESS;
        if (!is_word) return;
        const std::string name = lower_ascii(word);
        if (is_among(name, kVolatileWords)) volatile_.insert(name);
    }

    std::map<std::string, NameUse> tables_, functions_;
    std::set<std::string> volatile_, parameters_;
};

}  // namespace

Syntax walk_syntax(const element& statement) {
    Walk walk;
    walk.visit(statement, {});
    return std::move(walk).syntax();
}

}  // namespace quern::sql
