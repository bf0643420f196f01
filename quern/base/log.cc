#include "quern/base/log.h"

#include <atomic>

#include "quern/base/clock.h"
#include "quern/base/json.h"
#include "quern/base/nearest.h"
#include "quern/base/terminal.h"

namespace quern {
namespace {

constexpr std::string_view kLevels[] = {"debug", "info", "warning", "error", "off"};

std::atomic<LogLevel> least_level{LogLevel::warning};
std::atomic<bool> writes_json{false};

std::string_view level_name(LogLevel level) { return kLevels[static_cast<size_t>(level)]; }

bool is_plain_word(std::string_view text) {
    return !text.empty() && text.find_first_of(" \"=\\") == std::string_view::npos &&
           json_string(text).size() == text.size() + 2;
}

}  // namespace

LogField::LogField(std::string_view field_name, double number)
    : name(field_name), value(json_number(number)), is_text(false) {}

Result<LogLevel> parse_log_level(std::string_view name) {
    for (size_t i = 0; i < std::size(kLevels); ++i) {
        if (kLevels[i] == name) return static_cast<LogLevel>(i);
    }
    return unknown_name("log level", name, {std::begin(kLevels), std::end(kLevels)});
}

void set_log(const LogSettings& settings) {
    least_level = settings.level;
    writes_json = settings.is_json;
}

bool logs(LogLevel level) { return level >= least_level && level != LogLevel::off; }

std::string log_line(bool is_json, LogLevel level, std::string_view message,
                     std::initializer_list<LogField> fields) {
    if (is_json) {
        JsonWriter json;
        json.begin_object().field("time", utc_now()).field("level", level_name(level));
        json.field("message", message);
        for (const auto& field : fields) {
            json.key(field.name).raw(field.is_text ? json_string(field.value) : field.value);
        }
        return json.end_object().take();
    }
    std::string line = utc_now() + " " + std::string(level_name(level)) + " ";
    // A message may quote a user's file: what could end the line or drive the terminal is escaped.
    const std::string escaped = json_string(message);
    line += escaped.find('\\') == std::string::npos ? std::string(message) : escaped;
    for (const auto& field : fields) {
        line += " " + std::string(field.name) + "=";
        line += is_plain_word(field.value) ? field.value : json_string(field.value);
    }
    return line;
}

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
    if (!logs(level)) return;
    print_stderr(log_line(writes_json, level, message, fields) + "\n");
}

}  // namespace quern
