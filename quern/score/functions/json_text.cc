// JSON values as DuckDB writes them.
#include <charconv>
#include <cmath>

#include "quern/score/functions/json.h"
#include "quern/score/functions/json_scan.h"
#include "quern/score/functions/parse.h"

namespace quern::score {
namespace {

void append_utf8(std::string& out, uint32_t code) {
    auto add = [&out](uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) return add(code);
    if (code < 0x800) {
        add(0xC0 | code >> 6);
    } else if (code < 0x10000) {
        add(0xE0 | code >> 12);
        add(0x80 | (code >> 6 & 0x3F));
    } else {
        add(0xF0 | code >> 18);
        add(0x80 | (code >> 12 & 0x3F));
        add(0x80 | (code >> 6 & 0x3F));
    }
    add(0x80 | (code & 0x3F));
}

uint32_t unit_at(std::string_view text, size_t at) {
    uint32_t unit = 0;
    std::from_chars(text.data() + at, text.data() + at + 4, unit, 16);
    return unit;
}

constexpr std::string_view kEscapes = "bfnrt", kControls = "\b\f\n\r\t";

// The shortest digits that read back as the same number; 0.000001 to 1e21 without an exponent.
void append_float(std::string& out, double value) {
    char buffer[64];
    auto end = std::to_chars(buffer, buffer + sizeof(buffer), std::fabs(value),
                             std::chars_format::scientific);
    std::string_view text(buffer, static_cast<size_t>(end.ptr - buffer));
    size_t mark = text.find('e');
    int exponent = std::stoi(std::string(text.substr(mark + 1)));
    std::string digits;
    for (char c : text.substr(0, mark))
        if (c != '.') digits += c;
    if (std::signbit(value)) out += '-';
    auto count = static_cast<int>(digits.size());
    if (exponent < -6 || exponent > 20) {
        out += digits[0];
        if (count > 1) out += "." + digits.substr(1);
        out += "e" + std::to_string(exponent);
    } else if (exponent < 0) {
        out += "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
    } else if (count <= exponent + 1) {
        out += digits + std::string(static_cast<size_t>(exponent + 1 - count), '0') + ".0";
    } else {
        auto whole = static_cast<size_t>(exponent) + 1;
        out += digits.substr(0, whole) + "." + digits.substr(whole);
    }
}

void append_many(std::string& out, const JsonValue& value) {
    bool is_object = value.kind == JsonKind::object, is_first = true;
    out += is_object ? '{' : '[';
    each_json(value, [&](const JsonValue& key, const JsonValue& element) {
        if (!is_first) out += ',';
        is_first = false;
        if (is_object) {
            append_json(out, key);
            out += ':';
        }
        append_json(out, element);
        return true;
    });
    out += is_object ? '}' : ']';
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
    constexpr char kHex[] = "0123456789ABCDEF";
    out += '"';
    for (char c : text) {
        size_t known = kControls.find(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (known != std::string_view::npos) {
            out += '\\';
            out += kEscapes[known];
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += "\\u00";
            out += kHex[c >> 4];
            out += kHex[c & 15];
        } else {
            out += c;
        }
    }
    out += '"';
}

void append_number(std::string& out, double value) {
    if (std::isnan(value))
        out += "NaN";
    else if (std::isinf(value))
        out += value > 0 ? "Infinity" : "-Infinity";
    else
        append_float(out, value);
}

void append_unquoted(std::string& out, const JsonValue& string) {
    std::string_view text = string.text.substr(1, string.text.size() - 2);
    for (size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\') {
            out += text[at];
            continue;
        }
        char c = text[++at];
        size_t known = kEscapes.find(c);
        if (c != 'u') {
            out += known == std::string_view::npos ? c : kControls[known];
            continue;
        }
        uint32_t code = unit_at(text, at + 1);
        at += 4;
        if (code >= 0xD800 && code < 0xE000) {
            code = 0x10000 + ((code - 0xD800) << 10) + (unit_at(text, at + 3) - 0xDC00);
            at += 6;
        }
        append_utf8(out, code);
    }
}

void append_json(std::string& out, const JsonValue& value) {
    double number = 0;
    std::string text;
    switch (value.kind) {
        case JsonKind::string:
            append_unquoted(text, value);
            return append_quoted(out, text);
        case JsonKind::array:
        case JsonKind::object:
            return append_many(out, value);
        case JsonKind::float64:
            parse_float(value.text, number);
            return append_float(out, number);
        default:
            out += value.text == "-0" ? "0" : value.text;
    }
}

}  // namespace quern::score
