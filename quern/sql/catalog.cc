#include "quern/sql/catalog.h"

#include "quern/base/text.h"
#include "quern/sql/time_zone.h"

namespace quern::sql {
namespace {

// Planning is small; the memory is a bound, not a need.
constexpr uint64_t kMemoryBytes = uint64_t{1} << 30;

Result<std::string> create_statement(std::string_view name, const frame::Schema& columns) {
    std::string list;
    for (const auto& column : columns) {
        const std::string type = column.type.text();
        if (type.empty()) {
            return internal("column '" + column.name + "' of '" + std::string(name) +
                            "' has no type");
        }
        list += (list.empty() ? "" : ", ") + quote_identifier(column.name) + " " + type;
    }
    return "create table " + quote_identifier(name) + " (" + list + ")";
}

}  // namespace

Result<SchemaCatalog> SchemaCatalog::open() {
    const auto database = TRY(Database::open({.threads = 1, .memory_bytes = kMemoryBytes}));
    Session session = TRY(database.connect());
    // Nothing runs here, so making plans fast is time lost.
    TRY(session.execute("pragma disable_optimizer"));
    return SchemaCatalog(std::move(session));
}

Result<SchemaCatalog*> SharedCatalog::get() {
    if (!catalog_) catalog_ = TRY(SchemaCatalog::open());
    return &*catalog_;
}

Status SchemaCatalog::add_table(std::string_view name, const frame::Schema& columns) {
    const std::string create = TRY(create_statement(name, columns));
    if (!names_.insert(lower_ascii(name)).second) {
        TRY(session_.execute("drop table if exists " + quote_identifier(name)));
    }
    return session_.execute(create);
}

Status SchemaCatalog::add_macro(std::string_view sql, const PlaceOf& place) {
    return session_.execute(sql, place);
}

Result<frame::Schema> SchemaCatalog::columns_of(std::string_view sql, const PlaceOf& place) {
    return session_.columns_of(sql, place);
}

Result<BoundSelect> SchemaCatalog::bind(std::string_view sql, const PlaceOf& place) {
    return bind_select(session_, sql, place);
}

Result<std::string> SchemaCatalog::time_zone(std::string_view name) {
    auto known = zones_.find(name);
    if (known == zones_.end()) {
        std::string rules = TRY(time_zone_rules(session_, name));
        known = zones_.emplace(name, std::move(rules)).first;
    }
    return known->second;
}

}  // namespace quern::sql
