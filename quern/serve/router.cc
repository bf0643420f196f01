#include "quern/serve/router.h"

#include <algorithm>

#include "quern/base/text.h"

namespace quern::serve {
namespace {

// The segments of "/a/b"; empty when there are too many or the path does not start with '/'.
struct Segments {
    std::array<std::string_view, kPathSegmentsMax> parts;
    size_t count = 0;
};

Segments split_path(std::string_view path) {
    Segments segments;
    while (!path.empty() && path[0] == '/') {
        if (segments.count == kPathSegmentsMax) return {};
        const size_t end = std::min(path.find('/', 1), path.size());
        segments.parts[segments.count++] = path.substr(1, end - 1);
        path.remove_prefix(end);
    }
    return segments;
}

bool fits(const std::vector<std::string_view>& pattern, const Segments& path, RouteMatch& match) {
    if (pattern.size() != path.count) return false;
    for (size_t i = 0; i < path.count; ++i) {
        if (pattern[i] == "{model}" && !path.parts[i].empty()) {
            match.arguments[0] = path.parts[i];
        } else if (pattern[i] == "{version}" && !path.parts[i].empty()) {
            match.arguments[1] = path.parts[i];
        } else if (pattern[i] != path.parts[i]) {
            return false;
        }
    }
    return true;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string_view method_name(Method method) { return method == Method::get ? "GET" : "POST"; }

Router::Router() {
    for (const auto& route : Registry<Route>::of_kind().all()) {
        for (const std::string_view path : route.paths) {
            const Segments split = split_path(path);
            patterns_.push_back({&route, {split.parts.begin(), split.parts.begin() + split.count}});
        }
    }
}

RouteMatch Router::match(Method method, std::string_view path) const {
    const Segments segments = split_path(path);
    RouteMatch other;
    for (const auto& pattern : patterns_) {
        RouteMatch match{.route = pattern.route, .method_is_right = true, .arguments = {}};
        if (!fits(pattern.segments, segments, match)) continue;
        if (pattern.route->method == method) return match;
        other = match;
        other.method_is_right = false;
    }
    return other;
}

std::string Router::allowed(std::string_view path) const {
    std::string methods;
    for (const Method method : {Method::get, Method::post}) {
        if (!match(method, path).method_is_right) continue;
        if (!methods.empty()) methods += ", ";
        methods += method_name(method);
    }
    return methods;
}

Result<std::string> decode_segment(std::string_view segment) {
    std::string text;
    text.reserve(segment.size());
    for (size_t i = 0; i < segment.size(); ++i) {
        char c = segment[i];
        if (c == '%') {
            const int high = i + 2 < segment.size() ? hex_digit(segment[i + 1]) : -1;
            const int low = high < 0 ? -1 : hex_digit(segment[i + 2]);
            if (low < 0) return invalid_argument("the path holds a '%' without two digits after");
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            return invalid_argument("the path holds a control character");
        }
        text += c;
    }
    if (!is_utf8(text)) return invalid_argument("the path is not UTF-8");
    return text;
}

Result<std::string> query_value(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const size_t end = std::min(query.find('&'), query.size());
        const std::string_view pair = query.substr(0, end);
        const size_t equals = std::min(pair.find('='), pair.size());
        if (pair.substr(0, equals) == name) {
            return decode_segment(pair.substr(std::min(equals + 1, pair.size())));
        }
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return std::string();
}

Result<bool> is_asked(std::string_view query, std::string_view name) {
    const auto value = TRY(query_value(query, name));
    if (value == "true") return true;
    if (value.empty() || value == "false") return false;
    return invalid_argument("`" + std::string(name) + "` is true or false, got '" + value + "'");
}

}  // namespace quern::serve
