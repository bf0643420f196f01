#include <charconv>

#include "quern/score/functions/json.h"
#include "quern/score/functions/json_scan.h"

namespace quern::score {
namespace {

constexpr int64_t kNowhere = INT64_MAX;

class PathReader {
public:
    explicit PathReader(std::string_view path) : path_(path) {}

    std::optional<JsonPath> read() {
        while (at_ < path_.size()) {
            char c = path_[at_++];
            if (at_ == path_.size()) return std::nullopt;
            if (c == '.' ? !read_key() : c != '[' || !read_index()) return std::nullopt;
        }
        return steps_;
    }

private:
    bool read_key() {
        JsonStep step;
        if (path_[at_] == '"') {
            if (!read_quoted(step.key)) return false;
        } else {
            size_t end = std::min(path_.find_first_of(".[", at_), path_.size());
            step.key = path_.substr(at_, end - at_);
            at_ = end;
            if (step.key.empty()) return false;
        }
        if (step.key.starts_with('*')) return false;  // of all values, or of one at any depth
        steps_.push_back(std::move(step));
        return true;
    }

    bool read_quoted(std::string& key) {
        for (++at_; at_ < path_.size() && path_[at_] != '"'; ++at_) {
            if (path_[at_] == '\\' && ++at_ < path_.size() && path_[at_] != '"' &&
                path_[at_] != '\\')
                key += '\\';
            if (at_ < path_.size()) key += path_[at_];
        }
        if (at_ >= path_.size()) return false;
        ++at_;
        return true;
    }

    // [2], [-1], [#-1]; [#] is nowhere.
    bool read_index() {
        size_t end = path_.find(']', at_);
        if (end == std::string_view::npos) return false;
        std::string_view text = path_.substr(at_, end - at_);
        at_ = end + 1;
        JsonStep step;
        step.index = kNowhere;
        if (text != "#") {
            if (text.starts_with('#') && !text.starts_with("#-")) return false;
            if (text.starts_with('#')) text.remove_prefix(1);
            bool is_back = text.starts_with('-');
            if (is_back) text.remove_prefix(1);
            int64_t number = 0;
            bool has_digits = !text.empty() && text.size() < 19 &&
                              text.find_first_not_of("0123456789") == std::string_view::npos;
            if (!has_digits) return false;
            std::from_chars(text.data(), text.data() + text.size(), number);
            step.index = is_back ? -number : number;
        }
        steps_.push_back(std::move(step));
        return true;
    }

    std::string_view path_;
    size_t at_ = 1;  // after $
    JsonPath steps_;
};

// RFC 6901: ~1 is a slash and ~0 a tilde.
std::optional<JsonPath> read_pointer(std::string_view pointer) {
    JsonPath steps;
    while (!pointer.empty()) {
        size_t end = std::min(pointer.find('/', 1), pointer.size());
        JsonStep step;
        for (size_t at = 1; at < end; ++at) {
            if (pointer[at] == '~') {
                char next = at + 1 < end ? pointer[at + 1] : '\0';
                if (next != '0' && next != '1') return std::nullopt;
                step.key += next == '0' ? '~' : '/';
                ++at;
            } else {
                step.key += pointer[at];
            }
        }
        bool is_number = !step.key.empty() && step.key.size() < 19 &&
                         step.key.find_first_not_of("0123456789") == std::string::npos &&
                         (step.key[0] != '0' || step.key.size() == 1);
        step.index = is_number ? std::stoll(step.key) : kNowhere;
        step.is_either = true;
        steps.push_back(std::move(step));
        pointer.remove_prefix(end);
    }
    return steps;
}

std::optional<JsonValue> member_of(const JsonValue& object, std::string_view key) {
    std::optional<JsonValue> found;
    std::string plain;
    each_json(object, [&](const JsonValue& name, const JsonValue& value) {
        plain.clear();
        append_unquoted(plain, name);
        if (plain == key) found = value;
        return !found;
    });
    return found;
}

std::optional<JsonValue> element_of(const JsonValue& array, int64_t index) {
    if (index < 0) index += static_cast<int64_t>(json_array_length(array));
    std::optional<JsonValue> found;
    if (index < 0) return found;
    each_json(array, [&](const JsonValue&, const JsonValue& value) {
        if (index-- == 0) found = value;
        return !found;
    });
    return found;
}

}  // namespace

std::optional<JsonPath> parse_json_path(std::string_view path) {
    if (path.empty()) return JsonPath();
    if (path[0] == '$') return PathReader(path).read();
    if (path[0] == '/') return read_pointer(path);
    if (path.find('"') != std::string_view::npos) return read_pointer("/" + std::string(path));
    if (path == "*") return std::nullopt;
    JsonStep step;
    for (size_t at = 0; at < path.size(); ++at) {  // as in "$.\"path\""
        if (path[at] == '\\' && at + 1 < path.size() && path[at + 1] == '\\') ++at;
        step.key += path[at];
    }
    return path.ends_with('\\') ? std::nullopt : std::optional(JsonPath{step});
}

std::optional<JsonValue> find_json(JsonValue value, const JsonPath& path) {
    for (const JsonStep& step : path) {
        std::optional<JsonValue> next;
        if (value.kind == JsonKind::object && (step.is_either || !step.index))
            next = member_of(value, step.key);
        else if (value.kind == JsonKind::array && step.index)
            next = element_of(value, *step.index);
        if (!next) return std::nullopt;
        value = *next;
    }
    return value;
}

size_t json_array_length(const JsonValue& array) {
    size_t count = 0;
    if (array.kind != JsonKind::array) return 0;
    each_json(array, [&count](const JsonValue&, const JsonValue&) {
        ++count;
        return true;
    });
    return count;
}

}  // namespace quern::score
