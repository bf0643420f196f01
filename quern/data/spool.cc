#include "quern/data/spool.h"

#include <algorithm>
#include <cerrno>

#include "quern/base/json.h"
#include "quern/base/text.h"

namespace quern::data {
namespace {

constexpr size_t kWriteBytes = 1 << 20;
constexpr size_t kExactDigits = 15;  // of a double

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// -?(0|[1-9][0-9]*)(\.[0-9]*[1-9])? with no more digits than any reader keeps.
bool is_canonical_number(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    if (text.empty() || !is_digit(text[0])) return false;
    size_t at = 0;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (text[0] == '0' && at > 1) return false;
    if (at == text.size()) return at <= 18;
    if (text[at] != '.' || text.size() - 1 > kExactDigits || text.back() == '0') return false;
    const auto fraction = text.substr(at + 1);
    return !fraction.empty() && std::ranges::all_of(fraction, is_digit);
}

std::string_view trim_left(std::string_view text) {
    const size_t at = text.find_first_not_of(" \t\r\n");
    return at == std::string_view::npos ? std::string_view() : text.substr(at);
}

}  // namespace

Result<Spool> Spool::create(const std::string& path) {
    Spool spool;
    spool.path_ = path;
    spool.file_.reset(std::fopen(path.c_str(), "wb"));
    if (!spool.file_) return system_error(errno, "write", path);
    std::setvbuf(spool.file_.get(), nullptr, _IONBF, 0);
    spool.buffer_.reserve(2 * kWriteBytes);
    return spool;
}

Status Spool::end_line() {
    buffer_ += '\n';
    ++row_count_;
    return buffer_.size() < kWriteBytes ? Status() : flush();
}

Status Spool::flush() {
    const bool is_written =
        std::fwrite(buffer_.data(), 1, buffer_.size(), file_.get()) == buffer_.size();
    if (!is_written) return system_error(errno, "write", path_);
    size_bytes_ += buffer_.size();
    buffer_.clear();
    return {};
}

Status Spool::close() {
    TRY(flush());
    if (std::fclose(file_.release()) != 0) return system_error(errno, "write", path_);
    return {};
}

void append_json_text(std::string& line, std::string_view bytes) {
    const auto is_plain = [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\' && c != 0x7f &&
               static_cast<unsigned char>(c) < 0x80;
    };
    if (std::ranges::all_of(bytes, is_plain)) {
        ((line += '"') += bytes) += '"';
    } else if (is_utf8(bytes) && bytes.find('\0') == std::string_view::npos) {
        line += json_string(bytes);
    } else {
        line += '"';
        for (const char c : bytes) {
            const auto byte = static_cast<unsigned char>(c);
            line += "0123456789abcdef"[byte >> 4];
            line += "0123456789abcdef"[byte & 15];
        }
        line += '"';
    }
}

void append_json_scalar(std::string& line, std::string_view text) {
    if (is_canonical_number(text)) {
        line += text;
    } else {
        append_json_text(line, text);
    }
}

void append_json_raw(std::string& line, std::string_view json) {
    const size_t start = line.size();
    line += json;
    const auto begin = line.begin() + static_cast<std::ptrdiff_t>(start);
    std::replace_if(begin, line.end(), [](char c) { return c == '\n' || c == '\r'; }, '\t');
}

bool append_json_fields(std::string& line, std::string_view json) {
    json = trim_left(json);
    if (!json.starts_with('{')) return false;
    json.remove_prefix(1);
    const bool is_empty = trim_left(json).starts_with('}');
    if (!is_empty && !line.ends_with('{')) line += ',';
    append_json_raw(line, json);
    return true;
}

}  // namespace quern::data
