#include "quern/data/excel/xml_reader.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "quern/base/text.h"

namespace quern::data {
namespace {

constexpr size_t kTokenBytesMax = 32 << 20;
constexpr int kDepthMax = 200;

std::string_view without_prefix(std::string_view name) {
    const size_t colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

void append_utf8(uint32_t code, std::string& out) {
    const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | (code >> 6));
        tail(0);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0 | (code >> 12));
        tail(6), tail(0);
    } else {
        out += static_cast<char>(0xF0 | (code >> 18));
        tail(12), tail(6), tail(0);
    }
}

// The letter that "amp" or "#x1F370" stands for; false for what stands for nothing.
bool append_entity(std::string_view name, std::string& out) {
    struct Known {
        std::string_view name;
        char letter;
    };
    constexpr Known kKnown[] = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (const Known& known : kKnown) {
        if (known.name != name) continue;
        out += known.letter;
        return true;
    }
    if (!name.starts_with('#')) return false;
    const bool is_hex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
    const std::string_view digits = name.substr(is_hex ? 2 : 1);
    uint32_t code = 0;
    const auto end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, code, is_hex ? 16 : 10);
    if (error != std::errc() || stop != end || code > 0x10FFFF || code == 0) return false;
    append_utf8(code, out);
    return true;
}

std::string decoded(std::string_view raw) {
    constexpr size_t kEntityBytesMax = 12;
    std::string out;
    out.reserve(raw.size());
    while (!raw.empty()) {
        const size_t mark = std::min(raw.find('&'), raw.size());
        out += raw.substr(0, mark);
        raw.remove_prefix(mark);
        if (raw.empty()) break;
        const size_t end = raw.substr(0, kEntityBytesMax).find(';');
        if (end != std::string_view::npos && append_entity(raw.substr(1, end - 1), out)) {
            raw.remove_prefix(end + 1);
        } else {
            out += '&';  // unknown ones are kept as they are written
            raw.remove_prefix(1);
        }
    }
    return out;
}

}  // namespace

Status XmlReader::broken(std::string_view why) const {
    return corrupt("its XML is damaged: " + std::string(why)).at(name_);
}

Result<bool> XmlReader::fill() {
    if (is_at_end_) return false;
    const auto piece = TRY(bytes_->next());
    is_at_end_ = piece.empty();
    buffer_ += piece;
    return !is_at_end_;
}

Result<size_t> XmlReader::find(std::string_view what, size_t from) {
    while (true) {
        const size_t found = buffer_.find(what, from);
        if (found != std::string::npos) return found;
        if (buffer_.size() - at_ > kTokenBytesMax) return broken("a text is too long");
        from = std::max(from, buffer_.size() - std::min(buffer_.size(), what.size() - 1));
        if (!TRY(fill())) return std::string::npos;
    }
}

// A '>' may stand inside of an attribute's quotes.
Result<size_t> XmlReader::find_tag_end() {
    size_t from = at_;
    while (true) {
        const size_t end = TRY(find(">", from));
        if (end == std::string::npos) return broken("it ends too early");
        char quote = 0;
        size_t opened = at_;
        for (size_t i = at_; i < end; ++i) {
            const char c = buffer_[i];
            if (quote == 0 && (c == '"' || c == '\'')) {
                quote = c;
                opened = i;
            } else if (c == quote) {
                quote = 0;
            }
        }
        if (quote == 0) return end;
        const size_t closed = TRY(find(std::string_view(&quote, 1), std::max(end, opened + 1)));
        if (closed == std::string::npos) return broken("it ends too early");
        from = closed + 1;
    }
}

Result<XmlReader::Kind> XmlReader::next() {
    if (ends_at_once_) {
        ends_at_once_ = false;
        --depth_;
        return Kind::end;
    }
    constexpr size_t kUsedBytesMax = 1 << 20;
    if (at_ > kUsedBytesMax) {
        buffer_.erase(0, at_);
        at_ = 0;
    }
    while (true) {
        if (at_ == buffer_.size() && !TRY(fill())) {
            if (depth_ > 0) return broken("it ends too early");
            return Kind::finish;
        }
        if (buffer_[at_] != '<') return take_text();
        while (buffer_.size() - at_ < std::string_view("<![CDATA[").size() && TRY(fill())) {
        }
        const std::string_view rest = std::string_view(buffer_).substr(at_);
        if (!rest.starts_with("<?") && !rest.starts_with("<!")) return take_tag();
        Kind kind = Kind::text;
        if (TRY(take_special(kind))) return kind;
    }
}

Result<XmlReader::Kind> XmlReader::take_text() {
    const size_t end = TRY(find("<", at_));
    const size_t stop = end == std::string::npos ? buffer_.size() : end;
    text_ = std::string_view(buffer_).substr(at_, stop - at_);
    at_ = stop;
    is_literal_ = false;
    if (depth_ == 0 && !trim(text_).empty() && text_ != "\xEF\xBB\xBF") {
        return broken("it does not begin with '<'");
    }
    return Kind::text;
}

Result<bool> XmlReader::take_special(Kind& kind) {
    const std::string_view rest = std::string_view(buffer_).substr(at_);
    struct Form {
        std::string_view begin, end;
    };
    constexpr Form kForms[] = {{"<?", "?>"}, {"<!--", "-->"}, {"<![CDATA[", "]]>"}};
    for (const Form& form : kForms) {
        if (!rest.starts_with(form.begin)) continue;
        const size_t start = at_ + form.begin.size();
        const size_t end = TRY(find(form.end, start));
        if (end == std::string::npos) return broken("it ends too early");
        text_ = std::string_view(buffer_).substr(start, end - start);
        is_literal_ = true;
        at_ = end + form.end.size();
        kind = Kind::text;
        return form.end == "]]>";
    }
    return broken("document types and entities of its own are not read");
}

Result<XmlReader::Kind> XmlReader::take_tag() {
    const size_t end = TRY(find_tag_end());
    std::string_view tag = std::string_view(buffer_).substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    attributes_.clear();
    if (tag.starts_with('/')) {
        if (--depth_ < 0) return broken("an element ends that has not begun");
        element_ = without_prefix(trim(tag.substr(1)));
        return Kind::end;
    }
    if (++depth_ > kDepthMax) return broken("its elements lie too deep");
    ends_at_once_ = tag.ends_with('/');
    if (ends_at_once_) tag.remove_suffix(1);
    const size_t stop = std::min(tag.find_first_of(" \t\r\n"), tag.size());
    element_ = without_prefix(tag.substr(0, stop));
    if (element_.empty()) return broken("an element has no name");
    TRY(take_attributes(tag.substr(stop)));
    return Kind::start;
}

Status XmlReader::take_attributes(std::string_view tag) {
    while (true) {
        tag = trim(tag);
        if (tag.empty()) return {};
        const size_t equals = tag.find('=');
        if (equals == std::string_view::npos) return broken("an attribute has no value");
        const auto name = without_prefix(trim(tag.substr(0, equals)));
        tag = trim(tag.substr(equals + 1));
        const size_t end = tag.empty() ? std::string_view::npos : tag.find(tag[0], 1);
        if (end == std::string_view::npos || (tag[0] != '"' && tag[0] != '\'')) {
            return broken("an attribute's value is not quoted");
        }
        attributes_.push_back({name, tag.substr(1, end - 1)});
        tag.remove_prefix(end + 1);
    }
}

bool XmlReader::has_attribute(std::string_view name) const {
    return std::ranges::any_of(attributes_, [&](const auto& one) { return one.name == name; });
}

std::string XmlReader::attribute(std::string_view name) const {
    for (const Attribute& one : attributes_) {
        if (one.name == name) return decoded(one.value);
    }
    return {};
}

std::string XmlReader::text() const { return is_literal_ ? std::string(text_) : decoded(text_); }

}  // namespace quern::data
