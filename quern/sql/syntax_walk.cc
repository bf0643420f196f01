#include "quern/sql/syntax_walk.h"

#include <simdjson.h>

#include <algorithm>
#include <map>
#include <memory>
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

constexpr std::string_view kModelFunctions[] = {"explain", "explain_interactions", "predict",
                                                "predict_proba"};

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

using Scope = std::set<std::string>;  // names of CTEs, in lower case
using SharedScope = std::shared_ptr<const Scope>;

// With a stack of its own: a sum of a thousand terms is a tree of a thousand levels.
class Walk {
public:
    void visit_all(const element& root) {
        waiting_.push_back({root, std::make_shared<Scope>()});
        while (!waiting_.empty()) {
            const Waiting next = std::move(waiting_.back());
            waiting_.pop_back();
            visit(next.node, next.scope);
        }
    }

    Syntax syntax() && {
        Syntax syntax;
        for (auto& [key, use] : tables_) syntax.tables.push_back(std::move(use));
        for (auto& [key, use] : functions_) syntax.table_functions.push_back(std::move(use));
        syntax.volatile_functions.assign(volatile_.begin(), volatile_.end());
        syntax.parameters.assign(parameters_.begin(), parameters_.end());
        for (const auto& [offset, name] : model_calls_) {
            syntax.model_calls.push_back({name, offset, unnamed_columns_.contains(offset)});
        }
        return syntax;
    }

private:
    struct Waiting {
        element node;
        SharedScope scope;
    };

    void wait(const element& node, const SharedScope& scope) {
        if (node.is_object() || node.is_array()) waiting_.push_back({node, scope});
    }

    void visit(const element& node, const SharedScope& scope) {
        if (node.is_array()) {
            for (const element item : node.get_array()) wait(item, scope);
            return;
        }
        note(node, *scope);
        element ctes;
        const bool has_ctes = node["cte_map"].get(ctes) == simdjson::SUCCESS;
        const SharedScope inner = has_ctes ? visit_ctes(ctes, scope) : scope;
        for (const auto& [key, child] : node.get_object()) {
            if (key != "cte_map") wait(child, inner);
        }
    }

    // Each CTE sees those before it and, when it is recursive, itself. Gives the scope behind them.
    SharedScope visit_ctes(const element& ctes, const SharedScope& outer) {
        simdjson::dom::array entries;
        if (ctes["map"].get_array().get(entries) != simdjson::SUCCESS) return outer;
        SharedScope scope = outer;
        for (const element entry : entries) {
            auto with_name = std::make_shared<Scope>(*scope);
            with_name->insert(lower_ascii(text_of(entry, "key")));
            element query;
            const bool is_recursive =
                entry.at_pointer("/value/query/node").get(query) == simdjson::SUCCESS &&
                text_of(query, "type") == "RECURSIVE_CTE_NODE";
            wait(entry, is_recursive ? SharedScope(with_name) : scope);
            scope = std::move(with_name);
        }
        return scope;
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
            const bool is_bare = text_of(node, "schema").empty();
            if (is_bare && is_among(name, kModelFunctions)) model_calls_[offset_of(node)] = name;
        }
        if (type == "SELECT_NODE") note_unnamed_columns(node);
        if (type == "COLUMN_REF") note_column(node);
        if (type == "VALUE_PARAMETER") parameters_.emplace(text_of(node, "identifier"));
        int64_t seed = 0;
        const bool has_sample = node["sample"]["seed"].get_int64().get(seed) == simdjson::SUCCESS;
        if (has_sample && seed < 0) volatile_.insert("sample");
    }

    void note_unnamed_columns(const element& select) {
        simdjson::dom::array columns;
        if (select["select_list"].get_array().get(columns) != simdjson::SUCCESS) return;
        for (const element column : columns) {
            if (text_of(column, "type") != "FUNCTION" || !text_of(column, "alias").empty())
                continue;
            unnamed_columns_.insert(offset_of(column));
        }
    }

    void note_table(const element& node, const Scope& scope) {
        NameUse use{std::string(text_of(node, "schema_name")),
                    std::string(text_of(node, "table_name")), offset_of(node)};
        const std::string catalog(text_of(node, "catalog_name"));
        if (!catalog.empty()) use.schema = catalog + "." + use.schema;
        const std::string key = lower_ascii(use.name);
        if (use.schema.empty() && scope.contains(key)) return;
        keep(tables_, key + '\0' + lower_ascii(use.schema), use);
    }

    // As it is written first in the text.
    static void keep(std::map<std::string, NameUse>& uses, const std::string& key,
                     const NameUse& use) {
        const auto [kept, is_new] = uses.try_emplace(key, use);
        if (!is_new && use.offset < kept->second.offset) kept->second = use;
    }

    void note_table_function(const element& node) {
        element function;
        if (node["function"].get(function) != simdjson::SUCCESS) return;
        const std::string name(text_of(function, "function_name"));
        keep(functions_, lower_ascii(name), {"", name, offset_of(node)});
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

    std::vector<Waiting> waiting_;
    std::map<std::string, NameUse> tables_, functions_;
    std::set<std::string> volatile_, parameters_;
    std::map<size_t, std::string> model_calls_;  // by offset
    std::set<size_t> unnamed_columns_;
};

}  // namespace

Syntax walk_syntax(const element& statement) {
    Walk walk;
    walk.visit_all(statement);
    return std::move(walk).syntax();
}

}  // namespace quern::sql
