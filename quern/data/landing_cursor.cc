#include "quern/data/landing_cursor.h"

#include "quern/base/text.h"
#include "quern/data/landed_sql.h"

namespace quern::data {
namespace {

frame::Type type_in(const frame::Schema& columns, const project::Source& source) {
    const int index = frame::column_index(columns, source.loading.cursor->column.text);
    return index < 0 ? frame::Type() : columns[static_cast<size_t>(index)].type;
}

Status check_overlap(const project::Cursor& cursor, const frame::Type& type) {
    const bool is_time = frame::is_temporal(type);
    const bool is_span = cursor.overlap.find(' ') != std::string::npos;
    if (is_time == is_span) return {};
    return invalid_argument("column " + cursor.column.text + " is " + type.text() +
                            ", so 'overlap' must be " + (is_time ? "a time" : "a number"))
        .at(cursor.place.text())
        .hint(is_time ? "write it like `overlap: 1 hour`" : "write it like `overlap: 100`");
}

}  // namespace

std::string cursor_lower_bound(const CursorCondition& condition) {
    const auto& cursor = *condition.source.loading.cursor;
    const auto type = type_in(condition.columns, condition.source);
    const std::string cast = "::" + type.text();
    const std::string start = cursor.start.empty() ? "" : quote_literal(cursor.start) + cast;
    if (condition.watermark.empty()) return start;
    const std::string mark = quote_literal(condition.watermark) + cast;
    if (cursor.overlap.empty()) return mark;
    const bool is_time = frame::is_temporal(type);
    const std::string from = "(" + mark + " - " + (is_time ? "interval " : "") +
                             quote_literal(cursor.overlap) + (is_time ? "" : cast) + ")" + cast;
    return start.empty() ? from : "greatest(" + start + ", " + from + ")";
}

std::string cursor_condition(const CursorCondition& condition) {
    if (!condition.source.loading.cursor) return "";
    const auto type = type_in(condition.columns, condition.source);
    const bool is_cast = type_in(condition.rows, condition.source) != type;
    const std::string plain = quote_identifier(condition.source.loading.cursor->column.text);
    const std::string name = is_cast ? "try_cast(" + plain + " as " + type.text() + ")" : plain;
    std::string sql;
    if (const auto& range = condition.range) {
        sql = range_sql(name, range->from, range->to, type);
    } else if (const std::string from = cursor_lower_bound(condition); !from.empty()) {
        sql = name + " >= " + from;
    }
    if (sql.empty()) return "";
    // What is no value of its type must still come, to be quarantined.
    return is_cast ? " where coalesce(" + sql + ", " + plain + " is not null)" : " where " + sql;
}

// A difference of texts means nothing, and their order surprises: '10' < '9'.
Status check_cursor(const project::Source& source, const frame::Type& type, bool is_new,
                    std::vector<std::string>& notes) {
    const auto& cursor = *source.loading.cursor;
    const std::string& name = cursor.column.text;
    if (!frame::is_text(type))
        return cursor.overlap.empty() ? Status() : check_overlap(cursor, type);
    const std::string way = "declare its type: `columns: {" + name + ": BIGINT}`";
    if (!cursor.overlap.empty()) {
        return invalid_argument("'overlap' needs a number or a time, and column " + name + " is " +
                                type.text())
            .at(cursor.place.text())
            .hint(way);
    }
    if (is_new) {
        notes.push_back("the cursor column " + name +
                        " is text and is compared as text ('10' < '9'); if it holds numbers, " +
                        way);
    }
    return {};
}

}  // namespace quern::data
