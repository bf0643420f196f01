#include "quern/quality/run.h"

#include <charconv>

#include "quern/base/text.h"

namespace quern::quality {
namespace {

using project::CheckSpec;
using project::Severity;

struct Ready {
    const Check* check;
    const CheckSpec* spec;
    const frame::ColumnSpec* column;
    BoundCheck bound;
};

Result<const frame::ColumnSpec*> column_of(const CheckSpec& spec, const Check& check,
                                           const CheckTarget& target) {
    const frame::ColumnSpec* none = nullptr;
    if (!check.is_of_column) return none;
    if (spec.columns.size() != 1) {
        return invalid_argument("check '" + spec.name + "' is of one column, got " +
                                std::to_string(spec.columns.size()))
            .at(spec.place.text());
    }
    const int index = frame::column_index(target.schema, spec.columns[0]);
    if (index >= 0) return &target.schema[static_cast<size_t>(index)];
    std::vector<std::string_view> names;
    for (const auto& column : target.schema) names.push_back(column.name);
    const std::string near = nearest(spec.columns[0], names);
    Status status = invalid_argument("no column '" + spec.columns[0] + "' in " + target.table)
                        .at(spec.place.text());
    return near.empty() ? status : std::move(status).hint("did you mean '" + near + "'?");
}

Result<Ready> bind_check(const CheckSpec& spec, const CheckTarget& target) {
    auto found = find_check(spec.name);
    if (!found.ok()) return std::move(found).status().at(spec.place.text());
    Ready ready{*found, &spec, nullptr, {}};
    ready.column = TRY(column_of(spec, *ready.check, target));
    if (ready.check->params.empty() && !spec.arguments.entries.empty()) {
        return invalid_argument("check '" + spec.name + "' takes no arguments")
            .at(spec.arguments.entries[0].place.text());
    }
    CheckContext context{&spec,          target.table, target.relation,
                         &target.schema, ready.column, target.relations};
    auto bound = ready.check->bind(context);
    if (!bound.ok()) return std::move(bound).status().at(spec.place.text());
    ready.bound = std::move(*bound);
    auto& sql = ready.bound;
    if (sql.failing_count.empty()) sql.failing_count = "count_if(" + sql.failing + ")";
    if (sql.checked_count.empty()) {
        sql.checked_count =
            ready.column == nullptr ? "count(*)" : "count(" + context.column_sql() + ")";
    }
    return ready;
}

// "age = 117 (row 1,204)", made inside the scan from the first row that fails.
std::string example_sql(const Ready& ready, const CheckTarget& target) {
    if (!ready.bound.measured.empty()) {
        return "'got ' || format('{:,}', " + ready.bound.measured + ")";
    }
    if (ready.bound.failing.empty() || ready.column == nullptr) return "null";
    const std::string column = quote_identifier(ready.column->name);
    std::string example =
        quote_literal(ready.column->name + " = ") + " || coalesce(" + column + "::varchar, 'NULL')";
    if (target.has_row_numbers) example += " || ' (row ' || format('{:,}', rowid + 1) || ')'";
    // DuckDB makes what it aggregates before it filters, so the rows that pass need a branch.
    example = "case when " + ready.bound.failing + " then " + example + " end";
    const std::string filter = ") filter (where " + ready.bound.failing + ")";
    return target.has_row_numbers ? "arg_min(" + example + ", rowid" + filter
                                  : "any_value(" + example + filter;
}

std::string scan_sql(const std::vector<Ready>& checks, const CheckTarget& target) {
    std::string sql = "select count(*)";
    for (const auto& ready : checks) {
        sql += ",\n(" + ready.bound.failing_count + ")::bigint,\n(" + ready.bound.checked_count +
               ")::bigint,\n" + example_sql(ready, target);
    }
    return sql + "\nfrom " + target.relation;
}

bool has_passed(const CheckResult& result, const CheckSpec& spec) {
    if (result.failing_count == 0) return true;
    if (spec.mostly >= 1) return false;
    const auto checked = static_cast<double>(result.checked_count);
    const auto failing = static_cast<double>(result.failing_count);
    return checked - failing >= spec.mostly * checked;
}

std::string kept_rows_sql(const Ready& ready, const CheckTarget& target) {
    const auto& bound = ready.bound;
    if (bound.failing_rows == "none") return "";
    const std::string rows = !bound.failing_rows.empty()
                                 ? bound.failing_rows
                                 : "select * from " + target.relation + " where " + bound.failing;
    return "(select " + quote_literal(bound.words) + " as failed_check, * from (" + rows +
           ") limit " + std::to_string(kFailedRowsMax) + ")";
}

// Keeps the rows of failed checks; a union by name, since a SELECT of the user has its own columns.
Status keep_failed_rows(sql::Session& session, const CheckTarget& target,
                        const std::vector<Ready>& checks, CheckReport& report) {
    std::string rows;
    for (size_t i = 0; i < checks.size(); ++i) {
        if (report.results[i].has_passed) continue;
        const std::string kept = kept_rows_sql(checks[i], target);
        if (kept.empty()) continue;
        rows += (rows.empty() ? "" : "\nunion all by name\n") + kept;
    }
    const std::string name = "quern_failed." + quote_identifier(target.table);
    TRY(session.execute("create schema if not exists quern_failed"));
    if (rows.empty()) return session.execute("drop table if exists " + name);
    report.failed_rows = name;
    return session.execute("create or replace table " + name + " as " + rows);
}

// How many rows share a value is only counted when some do.
Status count_failing_rows(sql::Session& session, const Ready& ready, CheckResult& result) {
    if (!ready.bound.failing.empty() || ready.bound.failing_rows == "none") return {};
    result.failing_count =
        TRY(session.query_int("select count(*) from (" + ready.bound.failing_rows + ")"));
    return {};
}

Result<std::vector<Ready>> bind_all(const std::vector<CheckSpec>& specs,
                                    const CheckTarget& target) {
    std::vector<Ready> checks;
    Status faults;
    for (const auto& spec : specs) {
        auto ready = bind_check(spec, target);
        if (ready.ok()) {
            checks.push_back(std::move(*ready));
        } else {
            faults.also(ready.status());
        }
    }
    TRY(std::move(faults));
    return checks;
}

// Of no rows, count_if() is NULL.
int64_t integer_at(const sql::Reader::Views& row, size_t column) {
    const auto& value = row.columns[column];
    return value.is_valid(0) ? value.values<int64_t>()[0] : 0;
}

}  // namespace

int64_t CheckReport::failed_count(Severity severity) const {
    int64_t count = 0;
    for (const auto& result : results) {
        if (!result.has_passed && result.severity == severity) ++count;
    }
    return count;
}

Status validate_checks(const std::vector<CheckSpec>& specs, const CheckTarget& target) {
    TRY(bind_all(specs, target));
    return {};
}

Result<CheckReport> run_checks(sql::Session& session, const CheckTarget& target,
                               const std::vector<CheckSpec>& specs) {
    const auto checks = TRY(bind_all(specs, target));
    CheckReport report;
    {
        sql::Reader reader = TRY(session.query(scan_sql(checks, target)));
        const auto row = TRY(reader.next());
        if (!row) return internal("the scan of the checks gave no row");
        report.row_count = integer_at(*row, 0);
        for (size_t i = 0; i < checks.size(); ++i) {
            const Ready& ready = checks[i];
            CheckResult result;
            result.name = ready.check->name;
            if (ready.column != nullptr) result.column = ready.column->name;
            result.words = ready.bound.words;
            result.severity = ready.spec->severity;
            result.failing_count = integer_at(*row, 3 * i + 1);
            result.checked_count = integer_at(*row, 3 * i + 2);
            result.where = ready.spec->place.text();
            const auto& example = row->columns[3 * i + 3];
            result.has_passed = has_passed(result, *ready.spec);
            if (!result.has_passed && example.is_valid(0)) {
                result.example = frame::value_text(example, 0);
            }
            report.results.push_back(std::move(result));
        }
    }
    for (size_t i = 0; i < checks.size(); ++i) {
        auto& result = report.results[i];
        if (result.failing_count == 0) continue;
        TRY(count_failing_rows(session, checks[i], result));
        result.has_passed = has_passed(result, *checks[i].spec);
    }
    TRY(keep_failed_rows(session, target, checks, report));
    return report;
}

std::string failure_words(const CheckResult& result) {
    std::string words = result.words + ": ";
    if (result.example.starts_with("got ")) return words + result.example;
    words += plural(result.failing_count, "row");
    return result.example.empty() ? words : words + ", such as " + result.example;
}

}  // namespace quern::quality
