#include "quern/data/bson_lines.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "quern/base/json.h"
#include "quern/data/spool.h"
#include "quern/frame/value_text.h"

namespace quern::data {
namespace {

constexpr int kDigitsMax = 38;
constexpr int kDepthMax = 100;

void append_fields(bson_iter_t& fields, std::string& line, bool is_list, int depth);

// {"$type": ...} as MongoDB's own tools write it, for what has no other form.
void append_extended(const bson_iter_t& value, std::string& line) {
    bson_t one = BSON_INITIALIZER;
    bson_append_iter(&one, "v", 1, &value);
    size_t size = 0;
    char* text = bson_as_canonical_extended_json(&one, &size);
    bson_destroy(&one);
    append_json_text(line, text == nullptr ? "" : std::string_view(text, size));
    bson_free(text);
}

void append_binary(const bson_iter_t& value, std::string& line) {
    bson_subtype_t kind = BSON_SUBTYPE_BINARY;
    uint32_t size = 0;
    const uint8_t* bytes = nullptr;
    bson_iter_binary(&value, &kind, &size, &bytes);
    const bool is_uuid = kind == BSON_SUBTYPE_UUID && size == 16;
    line += '"';
    for (uint32_t i = 0; i < size; ++i) {
        if (is_uuid && (i == 4 || i == 6 || i == 8 || i == 10)) line += '-';
        line += "0123456789abcdef"[bytes[i] >> 4];
        line += "0123456789abcdef"[bytes[i] & 15];
    }
    line += '"';
}

std::string decimal_text(const bson_iter_t& value) {
    bson_decimal128_t decimal;
    bson_iter_decimal128(&value, &decimal);
    char text[BSON_DECIMAL128_STRING];
    bson_decimal128_to_string(&decimal, text);
    return text;
}

void append_double(double number, std::string& line) {
    if (std::isfinite(number)) {
        const std::string text = json_number(number);
        line += text;
        if (text.find_first_not_of("-0123456789") == std::string::npos) line += ".0";
    } else {
        line += std::isnan(number) ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    }
}

void append_value(const bson_iter_t& value, std::string& line, int depth) {
    uint32_t size = 0;
    switch (bson_iter_type(&value)) {
        case BSON_TYPE_NULL:
        case BSON_TYPE_UNDEFINED:
            line += "null";
            return;
        case BSON_TYPE_BOOL:
            line += bson_iter_bool(&value) ? "true" : "false";
            return;
        case BSON_TYPE_INT32:
            line += std::to_string(bson_iter_int32(&value));
            return;
        case BSON_TYPE_INT64:
            line += std::to_string(bson_iter_int64(&value));
            return;
        case BSON_TYPE_DOUBLE:
            append_double(bson_iter_double(&value), line);
            return;
        case BSON_TYPE_DECIMAL128:
            append_json_text(line, decimal_text(value));
            return;
        case BSON_TYPE_UTF8: {
            const char* text = bson_iter_utf8(&value, &size);
            append_json_text(line, {text, size});
            return;
        }
        case BSON_TYPE_OID: {
            char text[25];
            bson_oid_to_string(bson_iter_oid(&value), text);
            append_json_text(line, text);
            return;
        }
        case BSON_TYPE_DATE_TIME: {
            constexpr int64_t kMsMax = INT64_MAX / 1000;
            const int64_t ms = std::clamp(bson_iter_date_time(&value), -kMsMax, kMsMax);
            append_json_text(line, frame::timestamptz_text(ms * 1000));
            return;
        }
        case BSON_TYPE_BINARY:
            append_binary(value, line);
            return;
        case BSON_TYPE_DOCUMENT:
        case BSON_TYPE_ARRAY: {
            bson_iter_t fields;
            if (depth < kDepthMax && bson_iter_recurse(&value, &fields)) {
                append_fields(fields, line, bson_iter_type(&value) == BSON_TYPE_ARRAY, depth + 1);
                return;
            }
            append_extended(value, line);
            return;
        }
        default:
            append_extended(value, line);
    }
}

void append_fields(bson_iter_t& fields, std::string& line, bool is_list, int depth) {
    line += is_list ? '[' : '{';
    bool is_first = true;
    while (bson_iter_next(&fields)) {
        if (!is_first) line += ',';
        is_first = false;
        if (!is_list) {
            append_json_text(line, bson_iter_key(&fields));
            line += ':';
        }
        append_value(fields, line, depth);
    }
    line += is_list ? ']' : '}';
}

}  // namespace

void BsonLines::note(const std::string& name, const bson_iter_t& value) {
    auto type = bson_iter_type(&value);
    if (type == BSON_TYPE_NULL || type == BSON_TYPE_UNDEFINED) return;
    auto& seen = seen_[name];
    if (seen.type == BSON_TYPE_EOD) seen.type = type;
    const auto is_number = [](bson_type_t one) {
        return one == BSON_TYPE_INT32 || one == BSON_TYPE_INT64 || one == BSON_TYPE_DOUBLE;
    };
    if (is_number(type) && is_number(seen.type)) {
        if (type == BSON_TYPE_DOUBLE) seen.type = type;
    } else if (type != seen.type) {
        seen.is_mixed = true;
    }
    if (type != BSON_TYPE_DECIMAL128 || seen.is_mixed) return;
    const std::string text = decimal_text(value);
    if (text.find_first_not_of("-.0123456789") != std::string::npos) {
        seen.is_mixed = true;  // NaN, or an exponent: as text
        return;
    }
    const size_t point = text.find('.');
    const int scale = point == std::string::npos ? 0 : static_cast<int>(text.size() - point - 1);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto digits = static_cast<int>(std::ranges::count_if(text, is_digit));
    seen.digits = std::max(seen.digits, digits - scale);
    seen.scale = std::max(seen.scale, scale);
}

void BsonLines::append(const bson_t& document, std::string& line) {
    bson_iter_t fields;
    if (!bson_iter_init(&fields, &document)) {
        line += "\"\"";
        return;
    }
    line += '{';
    while (bson_iter_next(&fields)) {
        if (!line.ends_with('{')) line += ',';
        const char* name = bson_iter_key(&fields);
        append_json_text(line, name);
        line += ':';
        append_value(fields, line, 0);
        note(name, fields);
    }
    line += '}';
}

frame::Schema BsonLines::columns() const {
    frame::Schema columns;
    for (const auto& [name, seen] : seen_) {
        std::string type;
        if (seen.is_mixed) {
            if (seen.type == BSON_TYPE_DECIMAL128) type = "VARCHAR";
        } else if (seen.type == BSON_TYPE_OID || seen.type == BSON_TYPE_UTF8 ||
                   seen.type == BSON_TYPE_BINARY) {
            type = "VARCHAR";  // whatever it looks like
        } else if (seen.type == BSON_TYPE_DATE_TIME) {
            type = "TIMESTAMP WITH TIME ZONE";
        } else if (seen.type == BSON_TYPE_DOUBLE) {
            type = "DOUBLE";
        } else if (seen.type == BSON_TYPE_DECIMAL128) {
            const bool fits = seen.digits + seen.scale <= kDigitsMax;
            type = fits ? "DECIMAL(38," + std::to_string(seen.scale) + ")" : "VARCHAR";
        }
        if (!type.empty()) columns.push_back({name, frame::type_from_sql(type)});
    }
    return columns;
}

}  // namespace quern::data
