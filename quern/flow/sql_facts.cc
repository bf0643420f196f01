#include "quern/flow/sql_facts.h"

#include <optional>

#include <nlohmann/json.hpp>

#include "quern/base/hash.h"
#include "quern/base/version.h"

namespace quern::flow {
namespace {

using nlohmann::json;

json uses_json(const std::vector<sql::NameUse>& uses) {
    json list = json::array();
    for (const auto& use : uses) list.push_back({use.schema, use.name, use.offset});
    return list;
}

std::vector<sql::NameUse> uses_of(const json& list) {
    std::vector<sql::NameUse> uses;
    for (const auto& use : list) {
        uses.push_back(
            {use.at(0).get<std::string>(), use.at(1).get<std::string>(), use.at(2).get<size_t>()});
    }
    return uses;
}

json calls_json(const std::vector<sql::ModelCallUse>& calls) {
    json list = json::array();
    for (const auto& call : calls) {
        list.push_back({call.function, call.offset, call.is_unnamed_column});
    }
    return list;
}

std::vector<sql::ModelCallUse> calls_of(const json& list) {
    std::vector<sql::ModelCallUse> calls;
    for (const auto& call : list) {
        calls.push_back(
            {call.at(0).get<std::string>(), call.at(1).get<size_t>(), call.at(2).get<bool>()});
    }
    return calls;
}

std::string facts_json(const SqlFacts& facts) {
    const json object = {{"tables", uses_json(facts.tables)},
                         {"model_calls", calls_json(facts.model_calls)},
                         {"normal", facts.normal_hash}};
    return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Nothing where the text is not what facts_json wrote: then the SQL is parsed again.
std::optional<SqlFacts> facts_from_json(const std::string& text) {
    try {
        const json object = json::parse(text);
        return SqlFacts{uses_of(object.at("tables")), calls_of(object.at("model_calls")),
                        object.at("normal").get<std::string>()};
    } catch (const json::exception&) {
        return {};
    }
}

// Facts depend on the text and on the parser.
std::string key_of(const std::string& sql) {
    Sha256 hash;
    hash.add_field(version());
    hash.add_field(sql::engine_version());
    hash.add_field(sql);
    return hash.hex();
}

}  // namespace

SqlFactsCache::SqlFactsCache() = default;
SqlFactsCache::SqlFactsCache(SqlFactsCache&&) noexcept = default;
SqlFactsCache::~SqlFactsCache() = default;

Result<SqlFactsCache> SqlFactsCache::open(store::Store* store, sql::SharedCatalog& catalog) {
    SqlFactsCache cache;
    cache.catalog_ = &catalog;
    cache.store_ = store;
    if (store != nullptr) cache.known_ = TRY(store::ParsedSql(*store).all());
    return cache;
}

Result<SqlFacts> SqlFactsCache::keep(const std::string& key, Result<sql::Syntax> syntax,
                                     const sql::PlaceOf& place) {
    if (!syntax.ok()) return std::move(syntax).status();
    TRY(sql::check_project_sql(*syntax, place));
    SqlFacts facts{std::move(syntax->tables), std::move(syntax->model_calls),
                   sha256_hex(syntax->normal_text)};
    const std::string text = facts_json(facts);
    known_[key] = text;
    fresh_.emplace_back(key, text);
    return facts;
}

Status SqlFactsCache::prepare(std::span<const sql::SqlText> texts) {
    std::vector<sql::SqlText> unknown;
    std::vector<std::string> keys;
    for (const auto& text : texts) {
        std::string key = key_of(std::string(text.sql));
        if (known_.contains(key)) continue;
        unknown.push_back(text);
        keys.push_back(std::move(key));
    }
    if (unknown.empty()) return {};
    auto* catalog = TRY(catalog_->get());
    auto parsed = sql::parse_selects(catalog->session(), unknown);
    for (size_t i = 0; i < parsed.size(); ++i) {
        keep(keys[i], std::move(parsed[i]), unknown[i].place)
            .status()
            .ignore("facts_of says it, in the order of the project");
    }
    return {};
}

Result<SqlFacts> SqlFactsCache::facts_of(const std::string& sql, const sql::PlaceOf& place) {
    const std::string key = key_of(sql);
    const auto found = known_.find(key);
    if (found != known_.end()) {
        if (auto facts = facts_from_json(found->second)) return *std::move(facts);
    }
    auto* catalog = TRY(catalog_->get());
    return keep(key, sql::parse_select(catalog->session(), sql, place), place);
}

Status SqlFactsCache::save() {
    if (store_ == nullptr || fresh_.empty()) return {};
    TRY(store::ParsedSql(*store_).add(fresh_));
    fresh_.clear();
    return {};
}

}  // namespace quern::flow
