#include "quern/serve/head.h"

#include <algorithm>

namespace quern::serve {
namespace {

// The method and the version beside the URL on the first line.
constexpr size_t kRequestLineRest = 32;

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

}  // namespace

bool HeadScanner::refuse(int http, std::string_view why) {
    refusal_ = {http, why};
    return false;
}

bool HeadScanner::check_size(size_t line_bytes) {
    if (line_count_ == 0) {
        if (line_bytes <= static_cast<size_t>(limits_.url_bytes) + kRequestLineRest) return true;
        return refuse(414, "the URL is too long");
    }
    if (line_bytes <= static_cast<size_t>(limits_.header_line_bytes)) return true;
    return refuse(431, "a header line is too long");
}

bool HeadScanner::check_line(std::string_view line) {
    if (!line.ends_with('\r')) return refuse(400, "a line of the head does not end with CR LF");
    line.remove_suffix(1);
    if (!check_size(line.size())) return false;
    if (std::ranges::any_of(line, is_control)) {
        return refuse(400, "the head holds a control character");
    }
    if (line_count_ == 0) return !line.empty() || refuse(400, "the request line is empty");
    if (line.empty()) return true;
    if (line[0] == ' ' || line[0] == '\t') return refuse(400, "a header line is folded");
    if (line_count_ > static_cast<size_t>(limits_.header_count)) {
        return refuse(431, "there are too many headers");
    }
    return true;
}

size_t HeadScanner::scan(std::string_view bytes) {
    refusal_ = {};
    while (true) {
        const size_t end = bytes.find('\n', looked_);
        if (end == std::string_view::npos) {
            looked_ = bytes.size();
            // A zero byte early is no HTTP at all: no need to wait for the end of its line.
            if (bytes.find('\0', line_begin_) != std::string_view::npos) {
                refuse(400, "the head holds a control character");
                return 0;
            }
            check_size(bytes.size() - line_begin_);
            return 0;
        }
        const std::string_view line = bytes.substr(line_begin_, end - line_begin_);
        if (!check_line(line)) return 0;
        line_begin_ = looked_ = end + 1;
        ++line_count_;
        if (line.size() == 1) return line_begin_;
    }
}

}  // namespace quern::serve
