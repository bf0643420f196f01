#include "quern/base/json.h"

#include <charconv>
#include <cmath>
#include <cstdio>

#include "quern/base/text.h"

namespace quern {
namespace {

void append_escaped(std::string& out, char c) {
    constexpr std::string_view kPlain = "\"\\\b\f\n\r\t";
    constexpr std::string_view kLetter = "\"\\bfnrt";
    const size_t known = kPlain.find(c);
    if (known != std::string_view::npos) {
        out += '\\';
        out += kLetter[known];
    } else if (static_cast<unsigned char>(c) < 0x20) {
        char code[8];
        std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
        out += code;
    } else {
        out += c;
    }
}

}  // namespace

std::string json_string(std::string_view text) {
    std::string out = "\"";
    out.reserve(text.size() + 2);
    while (!text.empty()) {
        const size_t good = std::min(first_not_utf8(text), text.size());
        for (const char c : text.substr(0, good)) append_escaped(out, c);
        text.remove_prefix(good);
        if (text.empty()) break;
        out += "\xEF\xBF\xBD";
        text.remove_prefix(1);
    }
    return out + '"';
}

std::string json_number(double value) {
    if (!std::isfinite(value)) return "null";
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    return {text, end};
}

void JsonWriter::break_line() {
    if (indent_ == 0) return;
    text_ += '\n';
    text_.append(static_cast<size_t>(indent_ * depth_), ' ');
}

void JsonWriter::separate() {
    if (is_after_key_) {
        is_after_key_ = false;
        return;
    }
    if (!is_first_) text_ += indent_ == 0 ? ", " : ",";
    if (depth_ > 0) break_line();
    is_first_ = false;
}

JsonWriter& JsonWriter::begin(char bracket) {
    separate();
    text_ += bracket;
    ++depth_;
    is_first_ = true;
    return *this;
}

JsonWriter& JsonWriter::end(char bracket) {
    --depth_;
    if (!is_first_) break_line();
    text_ += bracket;
    is_first_ = false;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    separate();
    text_ += json_string(name);
    text_ += ": ";
    is_after_key_ = true;
    return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    separate();
    text_ += json;
    return *this;
}

}  // namespace quern
