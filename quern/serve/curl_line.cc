#include "quern/serve/curl_line.h"

#include <algorithm>

#include "quern/base/json.h"
#include "quern/frame/batch.h"

namespace quern::serve {
namespace {

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~").find(c) != std::string_view::npos;
}

std::string json_value(const score::Constant& constant) {
    using frame::TypeId;
    if (constant.is_null) return "null";
    const std::string_view text = constant.text;
    const void* data = constant.bits.data();
    if (frame::is_text(constant.type)) data = &text;
    const frame::ColumnView column{constant.type, data, nullptr, 1};
    const std::string shown = frame::value_text(column, 0);
    const TypeId id = constant.type.id;
    if (id == TypeId::boolean) return shown;
    const bool is_number =
        frame::is_numeric(constant.type) && id != TypeId::hugeint && id != TypeId::decimal;
    if (!is_number) return json_string(shown);
    const bool is_finite = shown.find_first_not_of("0123456789+-.eE") == std::string::npos;
    return is_finite ? shown : "null";
}

std::string json_row(const score::Program& program) {
    const auto& values = program.golden[0].inputs;
    JsonWriter json;
    json.begin_object();
    for (size_t i = 0; i < std::min(values.size(), program.asked().size()); ++i) {
        json.key(program.asked()[i].name).raw(json_value(values[i]));
    }
    return json.end_object().take();
}

std::string quoted_for_shell(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') {
            out += "'\\''";
        } else {
            out += c;
        }
    }
    return out + "'";
}

}  // namespace

std::string encode_segment(std::string_view segment) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (const char c : segment) {
        if (is_unreserved(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
    return out;
}

std::string score_url(std::string_view server_url, std::string_view model) {
    return std::string(server_url) + "/score/" + encode_segment(model);
}

std::string curl_line(std::string_view server_url, std::string_view model,
                      const score::Program& program) {
    const std::string start =
        "curl " + score_url(server_url, model) +
        R"( -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d )";
    if (!program.golden.empty()) {
        std::string line = start + quoted_for_shell(json_row(program));
        if (line.size() <= kCurlLineMax) return line;
    }
    return start + "@row.json";
}

}  // namespace quern::serve
