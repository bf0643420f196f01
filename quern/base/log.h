// Log lines on standard error, as text or as JSON, one line each. A failure is returned or
// logged, never both.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "quern/base/status.h"

namespace quern {

enum class LogLevel { debug, info, warning, error, off };
Result<LogLevel> parse_log_level(std::string_view name);

struct LogSettings {
    LogLevel level = LogLevel::warning;
    bool is_json = false;
};
void set_log(const LogSettings& settings);
bool logs(LogLevel level);  // ask before making a costly line

struct LogField {
    LogField(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
    LogField(std::string_view field_name, bool flag)
        : name(field_name), value(flag ? "true" : "false"), is_text(false) {}
    template <std::integral T>
    LogField(std::string_view field_name, T number)
        : name(field_name), value(std::to_string(number)), is_text(false) {}
    LogField(std::string_view field_name, double number);
    LogField(std::string_view field_name, const char* text)
        : LogField(field_name, std::string_view(text)) {}

    std::string_view name;
    std::string value;
    bool is_text = true;
};

// log(LogLevel::info, "model loaded", {{"model", name}, {"load_ms", 12.5}});
void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

// The line log() would write, without its line end.
std::string log_line(bool is_json, LogLevel level, std::string_view message,
                     std::initializer_list<LogField> fields);

}  // namespace quern
