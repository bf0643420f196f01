#include "quern/flow/check_tables.h"

#include "quern/base/text.h"

namespace quern::flow {
namespace {

// dbt writes the table as ref('name').
std::string bare_name(std::string_view text) {
    text = trim(text);
    if (!text.starts_with("ref(") || !text.ends_with(")")) return std::string(text);
    text = trim(text.substr(4, text.size() - 5));
    const bool is_quoted = text.size() >= 2 && (text.front() == '\'' || text.front() == '"');
    return std::string(is_quoted ? text.substr(1, text.size() - 2) : text);
}

}  // namespace

std::vector<std::string> tables_of_checks(const project::Table& table, SqlFactsCache& facts) {
    std::vector<std::string> names;
    for (const auto& check : table.checks) {
        if (const Tree* to = check.arguments.find("to"); to != nullptr && to->is_scalar()) {
            names.push_back(bare_name(to->text));
        }
        const Tree* sql = check.name == "sql" ? check.arguments.find("value") : nullptr;
        if (sql == nullptr || !sql->is_scalar()) continue;
        const auto known = facts.facts_of(sql->text, {});
        if (!known.ok()) continue;
        for (const auto& use : known->tables) names.push_back(use.name);
    }
    return names;
}

}  // namespace quern::flow
