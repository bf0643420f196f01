#include "quern/data/postgres_columns.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "quern/base/text.h"

namespace quern::data {
namespace {

using frame::TypeId;

// Read as text either way, or in two ways by DuckDB's two readers.
constexpr std::string_view kShapes[] = {"point", "line",    "lseg",   "box",
                                        "path",  "polygon", "circle", "geometry"};
// Later moments are beyond the last one that DuckDB knows.
constexpr std::string_view kLastMoment = "'294246-12-31'";

bool is_floating(const frame::Type& type) {
    return type.id == TypeId::float64 || type.id == TypeId::real;
}

// A precision that a DECIMAL can have: anything else comes as a double, or with a scale of 254.
bool is_bounded(const frame::Type& type) {
    return type.id == TypeId::decimal && type.width <= 38 && type.scale <= type.width;
}

class Reading {
public:
    Reading(const project::Source& source, const PostgresColumn& column)
        : column_(column), quoted_("q." + quote_identifier(column.name)) {
        for (const auto& known : source.columns) {
            if (lower_ascii(known.name) == lower_ascii(column.name) && !known.type.empty())
                declared_ = frame::type_from_sql(known.type);
        }
    }

    // What the server is asked for; empty: the column as it is.
    std::string expression() {
        if (!column_.base.empty()) return domain();
        if (column_.kind == "numeric") return numeric();
        if (column_.kind == "money") return unbounded(quoted_ + "::numeric");
        if (column_.family == 'c') return "to_json(" + quoted_ + ")::text";
        if (!column_.element.empty()) return array();
        if (column_.kind == "oid") return quoted_ + "::int8";
        if (std::ranges::find(kShapes, column_.kind) != std::end(kShapes))
            return quoted_ + "::text";
        if (column_.kind == "timestamp" || column_.kind == "timestamptz") doubt_moment();
        return "";
    }

    // The same, with an error of the server instead of a doubtful value.
    std::string guarded(const std::string& expression) const {
        const std::string value = expression.empty() ? quoted_ : expression;
        if (!doubt) return value;
        return "(case when " + doubt->condition + " then (" +
               quote_literal(std::string(kDoubtMark) + doubt->what) + " || left(" + quoted_ +
               "::text, 0))::" + doubtful_type_ + " else " + value + " end)::" + doubtful_type_;
    }

    std::optional<PostgresDoubt> doubt;

private:
    bool is_declared_other() const { return declared_ && !is_bounded(*declared_); }

    std::string numeric() {
        if (is_declared_other() || !is_bounded(column_.type)) return unbounded(quoted_);
        doubt_number(quoted_, column_.type);
        return "";
    }

    // Text, which is exact, unless a type is declared that DuckDB's reader understands.
    std::string unbounded(const std::string& value) {
        if (declared_ && is_floating(*declared_)) return value + "::float8";
        if (!declared_ || !is_bounded(*declared_)) return value + "::text";
        return doubt_number(value, *declared_);
    }

    std::string array() {
        if (declared_ && declared_->id == TypeId::varchar) return quoted_ + "::text";
        if (column_.is_nested) return "to_json(" + quoted_ + ")::text";
        return column_.element == "numeric" ? quoted_ + "::text[]" : "";
    }

    std::string domain() {
        const std::string value = quoted_ + "::" + column_.base;
        if (column_.kind != "numeric") return value;
        int width = 0, scale = 0;
        const bool has_digits =
            std::sscanf(column_.base.c_str(), "numeric(%d,%d)", &width, &scale) == 2;
        if (!has_digits || is_declared_other()) return unbounded(value);
        const auto type = frame::type_from_sql("DECIMAL" + column_.base.substr(7));
        return is_bounded(type) ? doubt_number(value, type) : unbounded(value);
    }

    std::string doubt_number(const std::string& value, const frame::Type& type) {
        doubtful_type_ =
            "numeric(" + std::to_string(type.width) + "," + std::to_string(type.scale) + ")";
        doubt = {"(" + value + ") = 'NaN'",
                 "column " + column_.name + " has the value NaN, which no " + type.text() + " is"};
        return value + "::" + doubtful_type_;
    }

    void doubt_moment() {
        doubtful_type_ = column_.kind;
        doubt = {quoted_ + " > " + std::string(kLastMoment) + " and " + quoted_ + " < 'infinity'",
                 "column " + column_.name + " has a moment after the year 294246"};
    }

    const PostgresColumn& column_;
    std::string quoted_, doubtful_type_;
    std::optional<frame::Type> declared_;
};

}  // namespace

PostgresColumns postgres_columns(const project::Source& source,
                                 const std::vector<PostgresColumn>& columns) {
    PostgresColumns found;
    for (const auto& column : columns) {
        Reading reading(source, column);
        const std::string expression = reading.expression();
        found.list += (found.list.empty() ? "" : ", ") + reading.guarded(expression) + " as " +
                      quote_identifier(column.name);
        found.is_plain = found.is_plain && expression.empty();
        if (reading.doubt) found.doubts.push_back(*std::move(reading.doubt));
    }
    return found;
}

std::string postgres_kinds_sql(const frame::Schema& columns, const std::string& query_sql) {
    std::string list;
    for (const auto& column : columns) {
        list += (list.empty() ? "" : ", ") + std::string("pg_typeof(q.") +
                quote_identifier(column.name) + ")::oid";
    }
    return "select coalesce(b.typname, t.typname)::text as kind, t.typtype::text as family,"
           " coalesce(e.typname, '')::text as element,"
           " case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) else '' end as "
           "base"
           " from (select array[" +
           list + "]::oid[] as oids from (select 1) as one left join (" + query_sql +
           "\n) as q on false) as r cross join lateral unnest(r.oids) with ordinality as u(id, i)"
           " join pg_catalog.pg_type as t on t.oid = u.id"
           " left join pg_catalog.pg_type as b on b.oid = t.typbasetype and t.typtype = 'd'"
           " left join pg_catalog.pg_type as e on e.oid = t.typelem and t.typcategory = 'A'"
           " order by u.i";
}

}  // namespace quern::data
