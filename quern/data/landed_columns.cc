#include "quern/data/landed_columns.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "quern/base/json.h"
#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/data/reading.h"

namespace quern::data {
namespace {

using project::SchemaChange;

bool is_same_name(const std::string& a, const std::string& b) {
    return lower_ascii(a) == lower_ascii(b);
}

// What the source declares of a column; null where it says nothing.
const project::SourceColumn* declared(const project::Source& source, const std::string& name) {
    const auto found = std::ranges::find_if(
        source.columns, [&](const auto& column) { return is_same_name(column.name, name); });
    return found == source.columns.end() || found->type.empty() ? nullptr : &*found;
}

// Digits that a number of this type may have before the point; 99 for those of floats.
int digits_of(const frame::Type& type) {
    switch (type.id) {
        case frame::TypeId::tinyint:
        case frame::TypeId::utinyint:
            return 3;
        case frame::TypeId::smallint:
        case frame::TypeId::usmallint:
            return 5;
        case frame::TypeId::integer:
        case frame::TypeId::uinteger:
            return 10;
        case frame::TypeId::decimal:
            return type.width;
        case frame::TypeId::real:
        case frame::TypeId::float64:
            return 99;
        default:
            return 20;
    }
}

// Number to wider number, day to moment: every value stays what it is. A double keeps 15 digits.
bool is_wider(const frame::Type& from, const frame::Type& to) {
    constexpr int kDoubleDigits = 15, kFloatDigits = 6;
    const auto common = common_type(from, to);
    const bool is_from_float = from.id == frame::TypeId::real || from.id == frame::TypeId::float64;
    if (to.id == frame::TypeId::float64 && !is_from_float && digits_of(from) > kDoubleDigits)
        return false;
    if (to.id == frame::TypeId::real && !is_from_float && digits_of(from) > kFloatDigits)
        return false;
    const bool are_numbers = frame::is_numeric(from) && frame::is_numeric(to);
    const bool are_times = frame::is_temporal(from) && frame::is_temporal(to);
    return common == to && (are_numbers || are_times);
}

// Names that quern's own columns have, and so none of a source may.
bool is_taken(const project::Source& source, const std::string& name) {
    const std::string lower = lower_ascii(name);
    if (lower.starts_with("_quern_") || lower == "file_row_number") return true;
    return source.loading.mode == project::LoadMode::snapshot &&
           (lower == "valid_from" || lower == "valid_to" || lower == "is_current");
}

class Evolution {
public:
    Evolution(const project::Source& source, const frame::Schema& known, const frame::Schema& found)
        : source_(source), known_(known), found_(found) {}

    Result<Evolved> evolve() {
        for (const auto& column : known_) TRY(keep(column));
        for (const auto& column : found_) TRY(add(column));
        TRY(check_named());
        return std::move(evolved_);
    }

private:
    Status keep(const frame::ColumnSpec& column) {
        frame::ColumnSpec next = column;
        const int index = frame::column_index(found_, column.name);
        const auto* wanted = declared(source_, column.name);
        if (index < 0) {
            TRY(change("column " + column.name + " is gone", "it reads as NULL from now on"));
        } else if (wanted != nullptr) {
            next.type = kept_type(frame::type_from_sql(wanted->type));
        } else {
            TRY(change_type(found_[static_cast<size_t>(index)].type, next));
        }
        evolved_.columns.push_back(std::move(next));
        return {};
    }

    Status change_type(const frame::Type& now, frame::ColumnSpec& column) {
        if (now == column.type || is_wider(now, column.type)) return {};
        const std::string what =
            "column " + column.name + " was " + column.type.text() + " and is " + now.text();
        const bool widens =
            source_.loading.schema == SchemaChange::evolve && is_wider(column.type, now);
        if (widens) {
            column.type = now;
            return change(what, "the earlier rows are read as " + now.text());
        }
        return change(what, "values that do not fit " + column.type.text() + " are quarantined");
    }

    Status add(const frame::ColumnSpec& column) {
        if (frame::column_index(known_, column.name) >= 0) return {};
        if (frame::column_index(evolved_.columns, column.name) >= 0) {
            return invalid_argument("two columns are named '" + column.name + "'")
                .at(source_.place.text());
        }
        const auto* wanted = declared(source_, column.name);
        const auto type = wanted == nullptr ? column.type : frame::type_from_sql(wanted->type);
        if (!known_.empty()) {
            const bool is_ignored = source_.loading.schema == SchemaChange::ignore;
            TRY(change("column " + column.name + " is new",
                       is_ignored ? "it is left out" : "it is NULL in the earlier rows"));
            if (is_ignored) return {};
        }
        evolved_.columns.push_back({column.name, kept_type(type)});
        return {};
    }

    // Tells of a change, or refuses it.
    Status change(const std::string& what, const std::string& then) {
        if (source_.loading.schema != SchemaChange::fail) {
            evolved_.notes.push_back(what + ": " + then);
            return {};
        }
        return failed_precondition("source '" + source_.name + "': " + what)
            .at(source_.place.text())
            .hint("write `schema: evolve` to take it, or `schema: ignore`");
    }

    Status check_named() const {
        std::vector<std::string_view> names;
        for (const auto& column : found_) names.push_back(column.name);
        Status faults;
        for (const auto& column : found_) {
            if (!is_taken(source_, column.name)) continue;
            faults.also(
                invalid_argument("column '" + column.name + "' has a name of quern's own")
                    .at(source_.place.text())
                    .hint("give it another name where it comes from, such as by a `query`"));
        }
        const auto check = [&](const Located& name) {
            if (frame::column_index(found_, name.text) >= 0) return;
            faults.also(unknown_name("column", name.text, names).at(name.place.text()));
        };
        for (const auto& name : source_.loading.key) check(name);
        if (source_.loading.cursor) check(source_.loading.cursor->column);
        if (source_.loading.deleted) check(*source_.loading.deleted);
        for (const auto& column : source_.columns) check({column.name, column.place});
        return faults;
    }

    const project::Source& source_;
    const frame::Schema& known_;
    const frame::Schema& found_;
    Evolved evolved_;
};

}  // namespace

bool fits_always(const frame::Type& from, const frame::Type& to) {
    return from == to || is_wider(from, to) || to.id == frame::TypeId::varchar;
}

std::string columns_json(const frame::Schema& columns) {
    JsonWriter json;
    json.begin_array();
    for (const auto& column : columns) {
        json.begin_object().field("name", column.name).field("type", column.type.text());
        json.end_object();
    }
    return json.end_array().take();
}

frame::Schema columns_from_json(const std::string& text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    frame::Schema columns;
    if (!json.is_array()) return columns;
    for (const auto& column : json) {
        columns.push_back({column.value("name", std::string()),
                           frame::type_from_sql(column.value("type", std::string()))});
    }
    return columns;
}

frame::Type kept_type(const frame::Type& type) {
    if (type.id == frame::TypeId::hugeint) return frame::type_from_sql("DECIMAL(38,0)");
    if (type.id != frame::TypeId::other) return type;
    // Within lists and structs too: nothing of these is kept exactly.
    for (const auto* lossy : {"UHUGEINT", "HUGEINT", "INTERVAL", "BIT", "TIME WITH TIME ZONE",
                              "TIMETZ", "\"NULL\"", "UNION", "VARIANT", "GEOMETRY", "TIMESTAMP_"}) {
        if (type.sql_name.find(lossy) != std::string::npos) return frame::type_from_sql("VARCHAR");
    }
    return type;
}

frame::Schema declared_columns(const project::Source& source) {
    frame::Schema columns;
    for (const auto& column : source.columns) {
        if (column.type.empty()) return {};
        columns.push_back({column.name, frame::type_from_sql(column.type)});
    }
    return columns;
}

Result<Evolved> evolve(const project::Source& source, const frame::Schema& known,
                       const frame::Schema& found) {
    return Evolution(source, known, found).evolve();
}

frame::Schema settled_columns(const project::Source& source, frame::Schema known,
                              const frame::Schema& told) {
    for (auto& column : known) {
        const int index = frame::column_index(told, column.name);
        const auto* wanted = declared(source, column.name);
        const bool is_sure =
            (index < 0 || told[static_cast<size_t>(index)].type == column.type) &&
            (wanted == nullptr || kept_type(frame::type_from_sql(wanted->type)) == column.type);
        if (!is_sure) column.type = {.id = frame::TypeId::other};
    }
    return known;
}

}  // namespace quern::data
