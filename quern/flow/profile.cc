#include "quern/flow/profile.h"

#include <algorithm>
#include <span>

#include "quern/base/text.h"

namespace quern::flow {
namespace {

constexpr size_t kColumnsAQuery = 100;  // aggregates of so many columns in one scan
constexpr std::string_view kMarks = "'?', 'NA', 'N/A', '#N/A', 'NULL', 'null', 'NaN', 'nan'";

// A text column is judged as it will be once trimmed.
std::string value_sql(const frame::ColumnSpec& column) {
    const std::string name = quote_identifier(column.name);
    return column.type.id == frame::TypeId::varchar ? "trim(" + name + ")" : name;
}

std::string facts_sql(const frame::ColumnSpec& column) {
    const std::string name = quote_identifier(column.name), value = value_sql(column);
    const bool has_order = frame::is_numeric(column.type) || frame::is_temporal(column.type);
    const bool is_text = column.type.id == frame::TypeId::varchar;
    return "count(*) - count(" + name + "), count(distinct " + value + "), " +
           (has_order ? "min(" + name + ")::varchar, max(" + name + ")::varchar, "
                      : "null::varchar, null::varchar, ") +
           (is_text ? "coalesce(bool_or(" + name + " <> " + value + "), false)" : "false");
}

Status add_facts(sql::Session& session, const std::string& relation, const frame::Schema& columns,
                 TableProfile& profile) {
    std::string sql = "select count(*)";
    for (const auto& column : columns) sql += ",\n" + facts_sql(column);
    const auto row = TRY(session.query_all(sql + " from " + relation));
    profile.row_count = row.columns[0].value<int64_t>(0);
    for (size_t i = 0; i < columns.size(); ++i) {
        const auto text = [&](size_t fact) {
            const auto& facts = row.columns[1 + 5 * i + fact];
            return facts.is_valid(0) ? std::string(facts.text(0)) : std::string();
        };
        ColumnProfile column;
        column.name = columns[i].name;
        column.type = columns[i].type;
        column.row_count = profile.row_count;
        column.null_count = row.columns[1 + 5 * i].value<int64_t>(0);
        column.distinct_count = row.columns[2 + 5 * i].value<int64_t>(0);
        column.lowest = text(2);
        column.highest = text(3);
        column.has_outer_spaces = row.columns[5 + 5 * i].value<uint8_t>(0) != 0;
        profile.columns.push_back(std::move(column));
    }
    return {};
}

bool is_listed(const ColumnProfile& column) {
    const bool is_category = column.type.id == frame::TypeId::varchar ||
                             column.type.id == frame::TypeId::boolean ||
                             frame::is_integer(column.type);
    return is_category && column.distinct_count <= kListedValuesMax;
}

// The values of several columns as rows (i, v): a query of its own for each would bind all columns
// of the table each time.
std::string values_sql(const std::vector<std::string>& values, const std::string& relation) {
    std::string list;
    for (const auto& value : values) list += (list.empty() ? "" : ", ") + value + "::varchar";
    return "(select unnest(range(" + std::to_string(values.size()) + ")) as i, unnest([" + list +
           "]) as v from " + relation + ")";
}

Status add_values(sql::Session& session, const std::string& relation,
                  std::span<ColumnProfile* const> columns) {
    std::vector<std::string> values;
    for (const auto* column : columns) values.push_back(value_sql({column->name, column->type}));
    const auto rows =
        TRY(session.query_all("select i, v, count(*) from " + values_sql(values, relation) +
                              " where v is not null group by all order by 1, 3 desc, 2"));
    for (size_t row = 0; row < rows.row_count; ++row) {
        columns[static_cast<size_t>(rows.columns[0].value<int64_t>(row))]->values.push_back(
            {std::string(rows.columns[1].text(row)), rows.columns[2].value<int64_t>(row)});
    }
    return {};
}

}  // namespace

Result<TableProfile> profile_table(sql::Session& session, const std::string& relation) {
    const auto columns = TRY(session.columns_of("from " + relation));
    TableProfile profile;
    for (size_t first = 0; first < columns.size(); first += kColumnsAQuery) {
        const size_t last = std::min(columns.size(), first + kColumnsAQuery);
        const frame::Schema part(columns.begin() + static_cast<ptrdiff_t>(first),
                                 columns.begin() + static_cast<ptrdiff_t>(last));
        TRY(add_facts(session, relation, part, profile));
    }
    std::vector<ColumnProfile*> listed;
    for (auto& column : profile.columns)
        if (is_listed(column)) listed.push_back(&column);
    for (size_t first = 0; first < listed.size(); first += kColumnsAQuery) {
        const size_t count = std::min(listed.size() - first, kColumnsAQuery);
        TRY(add_values(session, relation, std::span(listed).subspan(first, count)));
    }
    const bool has_key =
        std::ranges::any_of(profile.columns, [](const auto& column) { return column.is_unique(); });
    if (!has_key && !profile.columns.empty()) {
        profile.duplicate_count =
            profile.row_count -
            TRY(session.query_int("select count(*) from (select distinct * from " + relation +
                                  ")"));
    }
    return profile;
}

Result<std::vector<std::string>> missing_marks(sql::Session& session, const std::string& relation) {
    std::vector<std::string> marks, texts;
    for (const auto& column : TRY(session.columns_of("from " + relation)))
        if (column.type.id == frame::TypeId::varchar)
            texts.push_back(quote_identifier(column.name));
    for (size_t first = 0; first < texts.size(); first += kColumnsAQuery) {
        const auto begin = texts.begin() + static_cast<ptrdiff_t>(first);
        const auto end =
            texts.begin() + static_cast<ptrdiff_t>(std::min(texts.size(), first + kColumnsAQuery));
        const auto rows =
            TRY(session.query_all("select distinct v from " + values_sql({begin, end}, relation) +
                                  " where trim(v) in (" + std::string(kMarks) + ")"));
        for (size_t row = 0; row < rows.row_count; ++row)
            marks.emplace_back(rows.columns[0].text(row));
    }
    std::ranges::sort(marks);
    marks.erase(std::unique(marks.begin(), marks.end()), marks.end());
    return marks;
}

}  // namespace quern::flow
