#include "quern/score/functions/json.h"

#include <charconv>

#include "quern/base/text.h"
#include "quern/score/functions/json_scan.h"
#include "quern/score/functions/parse.h"

namespace quern::score {
namespace {

bool is_hex(char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

// Checks while it reads; at_ stands after what was read.
class JsonChecker {
public:
    explicit JsonChecker(std::string_view text) : text_(text) {}

    bool read_document() {
        skip_spaces();
        if (!read_value(0)) return false;
        skip_spaces();
        return at_ == text_.size();
    }

private:
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(char c) {
        if (peek() != c || at_ == text_.size()) return false;
        ++at_;
        return true;
    }
    bool take(std::string_view word) {
        if (!text_.substr(at_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }
    void skip_spaces() { at_ = skip_json_spaces(text_, at_); }

    bool read_value(int depth) {
        if (depth > kJsonDepthMax) return false;
        switch (peek()) {
            case '{':
                return read_many('}', [&] { return read_member(depth); });
            case '[':
                return read_many(']', [&] { return read_value(depth + 1); });
            case '"':
                return read_string();
            case 't':
                return take("true");
            case 'f':
                return take("false");
            case 'n':
                return take("null") || read_number();
            default:
                return read_number();
        }
    }

    template <class Read>
    bool read_many(char close, Read read) {
        ++at_;
        skip_spaces();
        if (take(close)) return true;
        do {
            skip_spaces();
            if (!read()) return false;
            skip_spaces();
            if (take(close)) return true;
            if (!take(',')) return false;
            skip_spaces();
        } while (!take(close));
        return true;
    }

    bool read_member(int depth) {
        if (!read_string()) return false;
        skip_spaces();
        if (!take(':')) return false;
        skip_spaces();
        return read_value(depth + 1);
    }

    bool read_string() {
        if (!take('"')) return false;
        while (at_ < text_.size() && text_[at_] != '"') {
            if (static_cast<unsigned char>(text_[at_]) < 0x20) return false;
            if (text_[at_++] == '\\' && !read_escape()) return false;
        }
        return take('"');
    }

    bool read_escape() {
        constexpr std::string_view kPlain = "\"\\/bfnrt";
        if (at_ == text_.size()) return false;
        char c = text_[at_++];
        if (c != 'u') return kPlain.find(c) != std::string_view::npos;
        uint32_t unit = 0, low = 0;
        if (!read_unit(unit) || (unit >= 0xDC00 && unit < 0xE000)) return false;
        if (unit < 0xD800 || unit >= 0xE000) return true;
        return take("\\u") && read_unit(low) && low >= 0xDC00 && low < 0xE000;
    }

    bool read_unit(uint32_t& unit) {
        for (size_t i = 0; i < 4; ++i)
            if (at_ + i >= text_.size() || !is_hex(text_[at_ + i])) return false;
        std::from_chars(text_.data() + at_, text_.data() + at_ + 4, unit, 16);
        at_ += 4;
        return true;
    }

    size_t read_digits() {
        size_t start = at_;
        while (peek() >= '0' && peek() <= '9') ++at_;
        return at_ - start;
    }

    bool read_number() {
        take('-');
        bool has_zero = peek() == '0';
        size_t digits = read_digits();
        if (digits == 0) return read_word();
        if (has_zero && digits > 1) return false;
        if (take('.') && read_digits() == 0) return false;
        if (peek() != 'e' && peek() != 'E') return true;
        ++at_;
        if (!take('+')) take('-');
        return read_digits() > 0;
    }

    bool read_word() {
        std::string word = lower_ascii(text_.substr(at_, 8));
        for (std::string_view known : {"infinity", "inf", "nan"}) {
            if (!word.starts_with(known)) continue;
            at_ += known.size();
            return true;
        }
        return false;
    }

    std::string_view text_;
    size_t at_ = 0;
};

JsonKind kind_of_number(std::string_view text) {
    const char* end = text.data() + text.size();
    auto is_whole = [&](auto number) {
        auto result = std::from_chars(text.data(), end, number);
        return result.ec == std::errc() && result.ptr == end;
    };
    if (text[0] != '-' && is_whole(uint64_t{0})) return JsonKind::uint64;
    if (text[0] == '-' && is_whole(int64_t{0})) return JsonKind::int64;
    double number = 0;
    bool is_float = text.find_first_of(".eE") != std::string_view::npos &&
                    text.find_first_of("nN") == std::string_view::npos;
    if (is_float && parse_float(text, number) && number - number == 0) return JsonKind::float64;
    return JsonKind::raw;
}

}  // namespace

JsonValue json_value_at(std::string_view text, size_t at) {
    JsonValue value{JsonKind::null, text.substr(at, json_size(text, at))};
    switch (text[at]) {
        case '{':
            value.kind = JsonKind::object;
            break;
        case '[':
            value.kind = JsonKind::array;
            break;
        case '"':
            value.kind = JsonKind::string;
            break;
        case 't':
        case 'f':
            value.kind = JsonKind::boolean;
            break;
        default:
            if (value.text != "null") value.kind = kind_of_number(value.text);
    }
    return value;
}

size_t skip_json_spaces(std::string_view text, size_t at) {
    while (at < text.size() &&
           (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r'))
        ++at;
    return at;
}

size_t json_size(std::string_view text, size_t at) {
    size_t start = at;
    int depth = 0;
    do {
        char c = text[at];
        if (c == '"') {
            for (++at; text[at] != '"'; ++at) at += text[at] == '\\';
            ++at;
        } else if (c == '{' || c == '[' || c == '}' || c == ']') {
            depth += c == '{' || c == '[' ? 1 : -1;
            ++at;
        } else if (depth > 0) {
            ++at;
        } else {
            constexpr std::string_view kEnds = ",:]} \t\n\r";
            while (at < text.size() && kEnds.find(text[at]) == std::string_view::npos) ++at;
        }
    } while (depth > 0);
    return at - start;
}

std::optional<JsonValue> parse_json(std::string_view document) {
    if (!JsonChecker(document).read_document()) return std::nullopt;
    return json_value_at(document, skip_json_spaces(document, 0));
}

}  // namespace quern::score
