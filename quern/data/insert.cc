#include "quern/data/insert.h"

#include <algorithm>

#include "quern/base/text.h"
#include "quern/data/joined.h"
#include "quern/data/reading.h"
#include "quern/data/rows.h"

namespace quern::data {
namespace {

constexpr int64_t kMisfitsAtATime = 100'000;
constexpr std::string_view kRowNumber = "\"quern row number\"";

std::string numbered(const Staged& staged) {
    return "(select row_number() over () as " + std::string(kRowNumber) + ", * from " +
           staged.from_sql + ")";
}

}  // namespace

struct Insert::Value {
    std::string name;    // quoted
    std::string cast;    // fails on a misfit
    std::string misfit;  // true for one
    std::string reason;
};

std::vector<Insert::Value> Insert::values(const Staged& staged) const {
    std::vector<Value> values;
    for (const auto& column : columns) {
        const int index = frame::column_index(staged.relation, column.name);
        const auto same = [&](const auto& other) {
            return lower_ascii(other.name) == lower_ascii(column.name);
        };
        const auto declared = std::ranges::find_if(source.columns, same);
        const bool is_required = declared != source.columns.end() && !declared->is_nullable;
        Value value{.name = quote_identifier(column.name),
                    .cast = "null",
                    .misfit = "false",
                    .reason = "''"};
        if (index >= 0) {
            const bool is_date = column.type.id == frame::TypeId::date;
            const Reading reading{.from = staged.relation[static_cast<size_t>(index)].type,
                                  .to = column.type,
                                  .format = is_date ? date_format : timestamp_format,
                                  .has_decimal_comma = source.decimal_separator == ","};
            value.cast = cast_sql(value.name, reading);
            value.misfit = misfit_sql(value.name, reading);
            value.reason = quote_literal(column.name + ": '") + " || left((" + value.name +
                           ")::varchar, 60) || " +
                           quote_literal("' is not " + column.type.text() +
                                         (reading.format.empty() || !frame::is_temporal(column.type)
                                              ? ""
                                              : " as " + reading.format));
        }
        if (is_required) {
            const std::string missing = quote_literal(column.name + " is missing");
            const std::string is_missing =
                index >= 0 ? "(" + value.name + ") is null" : std::string("true");
            value.reason =
                "case when " + is_missing + " then " + missing + " else " + value.reason + " end";
            value.misfit = "case when " + is_missing + " then true else " + value.misfit + " end";
        }
        values.push_back(std::move(value));
    }
    return values;
}

Status Insert::create_table() {
    const auto define = [&](const frame::ColumnSpec& column) {
        const auto same = [&](const auto& other) {
            return lower_ascii(other.name) == lower_ascii(column.name) && !other.is_nullable;
        };
        const bool is_required = std::ranges::any_of(source.columns, same);
        return quote_identifier(column.name) + " " + column.type.text() +
               (is_required ? " not null" : "");
    };
    if (columns.empty()) {
        return invalid_argument("no columns were found in source '" + source.name + "'")
            .at(source.place.text());
    }
    return session.execute("create or replace table " + table + " (" +
                           joined(columns, ", ", define) + ")");
}

// How many rows the insertion added; it is committed as soon as its statement is done.
Result<int64_t> Insert::insert_rows(const std::string& sql) {
    TRY(session.execute(sql));
    const auto rows = TRY(text_rows(session, "select count(*) from " + table));
    return std::stoll(rows[0][0]) - row_count;
}

// False when some value does not fit: nothing is inserted then.
Result<bool> Insert::add_fast(const Staged& staged) {
    const auto all = values(staged);
    const std::string casts = joined(all, ", ", [](const Value& value) { return value.cast; });
    const std::string sql =
        "insert into " + table + " select " + casts + " from " + staged.from_sql;
    TRY(session.execute("begin"));
    const auto added = insert_rows(sql);
    const bool is_right = added.ok() && *added == staged.row_count;
    TRY(session.execute(is_right ? "commit" : "rollback"));
    if (is_right) row_count += *added;
    const Code code = added.status().code();
    const bool is_final = code == Code::cancelled || code == Code::resource_exhausted;
    if (is_final) return added.status();
    return is_right;
}

Status Insert::add(const Staged& staged, Quarantine& quarantine,
                   const std::function<Result<Staged>()>& stage_again) {
    if (staged.row_count == 0) return {};
    if (TRY(add_fast(staged))) return {};
    const Staged clean = TRY(stage_again());
    return add_carefully(clean, quarantine);
}

Status Insert::add_carefully(const Staged& staged, Quarantine& quarantine) {
    const int64_t misfits = TRY(quarantine_misfits(staged, quarantine));
    const auto all = values(staged);
    const std::string sql =
        "insert into " + table + " select " +
        joined(all, ", ", [](const Value& value) { return "try(" + value.cast + ")"; }) + " from " +
        numbered(staged) + " where not (" +
        joined(all, " or ", [](const Value& value) { return value.misfit; }) + ")";
    const int64_t added = TRY(insert_rows(sql));
    row_count += added;
    if (added + misfits == staged.row_count) return {};
    return internal(staged.name + " has " + plural(staged.row_count, "row") + ", but " +
                    std::to_string(added) + " were loaded and " + std::to_string(misfits) +
                    " quarantined");
}

Result<int64_t> Insert::quarantine_misfits(const Staged& staged, Quarantine& quarantine) {
    const auto all = values(staged);
    const std::string reasons = joined(all, " ", [](const Value& value) {
        return "when " + value.misfit + " then " + value.reason;
    });
    const std::string any = joined(all, " or ", [](const Value& value) { return value.misfit; });
    int64_t count = 0, last = 0;
    while (true) {
        const auto rows = TRY(
            text_rows(session, "select " + std::string(kRowNumber) + ", case " + reasons +
                                   " end from " + numbered(staged) + " where (" + any + ") and " +
                                   std::string(kRowNumber) + " > " + std::to_string(last) +
                                   " order by 1 limit " + std::to_string(kMisfitsAtATime)));
        if (rows.empty()) return count;
        std::vector<int64_t> row_numbers;
        for (const auto& row : rows) row_numbers.push_back(std::stoll(row[0]));
        const auto origins = TRY(staged.locate(row_numbers));
        if (origins.size() != rows.size()) {
            return internal("rows of " + staged.name + " were not found again");
        }
        for (size_t i = 0; i < rows.size(); ++i) {
            TRY(quarantine.add({.file = staged.name,
                                .line = origins[i].line,
                                .reason = rows[i][1],
                                .raw = origins[i].raw}));
        }
        count += static_cast<int64_t>(rows.size());
        last = row_numbers.back();
    }
}

}  // namespace quern::data
