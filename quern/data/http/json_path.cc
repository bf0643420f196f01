#include "quern/data/http/json_path.h"

#include <algorithm>
#include <charconv>

namespace quern::data::http {
namespace {

Status broken(const std::string& path) {
    return invalid_argument("'" + path + "' is no path in JSON")
        .hint("write it as data.items, data[0].items or $['odd name'][*]");
}

}  // namespace

// What stands between [ and ]: *, a number or a quoted key.
Status JsonPath::read_bracket(size_t& at) {
    const size_t start = at + 1;
    if (start >= text_.size()) return broken(text_);
    const char first = text_[start];
    if (first == '\'' || first == '"') {
        const size_t quote = text_.find(first, start + 1);
        if (quote == std::string::npos || quote + 1 >= text_.size() || text_[quote + 1] != ']') {
            return broken(text_);
        }
        steps_.push_back({.key = text_.substr(start + 1, quote - start - 1)});
        at = quote + 2;
        return {};
    }
    const size_t end = text_.find(']', start);
    if (end == std::string::npos) return broken(text_);
    const std::string inside = text_.substr(start, end - start);
    at = end + 1;
    if (inside == "*") {
        steps_.push_back({.kind = Kind::all});
        return {};
    }
    Step step{.kind = Kind::index};
    const char* last = inside.data() + inside.size();
    const auto [stop, code] = std::from_chars(inside.data(), last, step.index);
    if (code != std::errc() || stop != last) return broken(text_);
    steps_.push_back(step);
    return {};
}

Result<JsonPath> JsonPath::parse(const std::string& text) {
    constexpr size_t kStepsMax = 64;
    JsonPath path;
    path.text_ = text;
    size_t at = text.starts_with('$') ? 1 : 0;
    bool needs_key = at == 0 && !text.starts_with('[');
    while (at < text.size() || needs_key) {
        if (!needs_key && text[at] == '[') {
            TRY(path.read_bracket(at));
            continue;
        }
        if (!needs_key && text[at++] != '.') return broken(text);
        const size_t end = std::min(text.find_first_of(".[", at), text.size());
        if (end == at) return broken(text);
        const std::string key = text.substr(at, end - at);
        path.steps_.push_back(key == "*" ? Step{.kind = Kind::all} : Step{.key = key});
        at = end;
        needs_key = false;
        if (path.steps_.size() > kStepsMax) return broken(text);
    }
    return path;
}

}  // namespace quern::data::http
