// Writing JSON. Reading it is left to the file that needs it.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quern {

// With its quotes; bytes that are not UTF-8 become U+FFFD.
std::string json_string(std::string_view text);
// Shortest text that reads back as the same number; "null" for infinities and NaN.
std::string json_number(double value);

// JsonWriter json; json.begin_object().key("rows").value(3).end_object(); json.text()
class JsonWriter {
public:
    // indent 0: all on one line; commas and colons are followed by a space either way.
    explicit JsonWriter(int indent = 0) : indent_(indent) {}

    JsonWriter& begin_object() { return begin('{'); }
    JsonWriter& end_object() { return end('}'); }
    JsonWriter& begin_array() { return begin('['); }
    JsonWriter& end_array() { return end(']'); }
    JsonWriter& key(std::string_view name);

    JsonWriter& value(std::string_view text) { return raw(json_string(text)); }
    JsonWriter& value(const std::string& text) { return raw(json_string(text)); }
    JsonWriter& value(const char* text) { return raw(json_string(text)); }
    JsonWriter& value(bool flag) { return raw(flag ? "true" : "false"); }
    JsonWriter& value(double number) { return raw(json_number(number)); }
    template <std::integral T>
    JsonWriter& value(T number) {
        return raw(std::to_string(number));
    }
    JsonWriter& null() { return raw("null"); }
    JsonWriter& raw(std::string_view json);  // JSON made elsewhere

    template <class T>
    JsonWriter& field(std::string_view name, const T& content) {
        return key(name).value(content);
    }
    template <class T>
    JsonWriter& list(std::string_view name, const std::vector<T>& items) {
        key(name).begin_array();
        for (const auto& item : items) value(item);
        return end_array();
    }

    const std::string& text() const { return text_; }
    std::string take() { return std::move(text_); }

private:
    JsonWriter& begin(char bracket);
    JsonWriter& end(char bracket);
    void separate();
    void break_line();

    std::string text_;
    int indent_, depth_ = 0;
    bool is_first_ = true, is_after_key_ = false;
};

}  // namespace quern
