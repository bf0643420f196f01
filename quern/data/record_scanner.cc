#include "quern/data/record_scanner.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "quern/base/text.h"

namespace quern::data {

namespace {

constexpr size_t kReadSizeBytes = 1 << 20;
constexpr size_t kPrefixSizeBytes = 1024;  // below any limit a caller may set

bool has_high_byte(std::string_view bytes) {
    uint64_t seen = 0;
    size_t i = 0;
    for (; i + 8 <= bytes.size(); i += 8) {
        uint64_t word;
        std::memcpy(&word, bytes.data() + i, 8);
        seen |= word;
    }
    for (; i < bytes.size(); ++i) seen |= static_cast<uint64_t>(bytes[i] & 0x80);
    return (seen & 0x8080808080808080ULL) != 0;
}

int64_t count_line_ends(std::string_view bytes) {
    int64_t count = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
        if (bytes[i] == '\n') ++count;
        if (bytes[i] == '\r' && (i + 1 == bytes.size() || bytes[i + 1] != '\n')) ++count;
    }
    return count;
}

void append_hex(std::string& text, char byte) {
    char hex[8];
    std::snprintf(hex, sizeof hex, "\\x%02X", static_cast<unsigned char>(byte));
    text += hex;
}

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

}  // namespace

// Indexes are into the buffer; `i` is the byte looked at.
struct RecordScanner::Shape {
    size_t i = 0;
    size_t end = 0;   // one past the last byte of the record
    size_t next = 0;  // first byte of the next record
    int64_t field_count = 1;
    bool has_quotes = false;
    RecordFault fault = RecordFault::none;
};

Result<RecordScanner> RecordScanner::open(const std::string& path, Dialect dialect,
                                          RecordLimits limits) {
    RecordScanner scanner;
    scanner.file_.reset(std::fopen(path.c_str(), "rb"));
    if (!scanner.file_) return system_error(errno, "open", path);
    std::setvbuf(scanner.file_.get(), nullptr, _IONBF, 0);
    scanner.path_ = path;
    scanner.dialect_ = std::move(dialect);
    scanner.limits_ = limits;
    scanner.is_short_delimiter_ = scanner.dialect_.delimiter.size() == 1;
    scanner.stops_[static_cast<unsigned char>('\n')] = true;
    scanner.stops_[static_cast<unsigned char>('\r')] = true;
    scanner.stops_[static_cast<unsigned char>(scanner.dialect_.delimiter[0])] = true;
    TRY(scanner.fill());
    if (scanner.used_ >= 3 && std::memcmp(scanner.buffer_.data(), "\xEF\xBB\xBF", 3) == 0) {
        scanner.start_ = 3;
        scanner.start_offset_ = 3;
    }
    TRY(scanner.skip_lines());
    return scanner;
}

Result<bool> RecordScanner::fill() {
    if (is_at_end_) return false;
    if (buffer_.size() < used_ + kReadSizeBytes) buffer_.resize(2 * used_ + kReadSizeBytes);
    const size_t got = std::fread(buffer_.data() + used_, 1, kReadSizeBytes, file_.get());
    if (got == 0 && std::ferror(file_.get()) != 0) return system_error(errno, "read", path_);
    is_at_end_ = got == 0;
    used_ += got;
    return got > 0;
}

Result<bool> RecordScanner::has(size_t index) {
    while (index >= used_) {
        if (!TRY(fill())) return false;
    }
    return true;
}

// Keeps the buffer about as large as the longest record.
void RecordScanner::compact() {
    if (start_ < kReadSizeBytes || start_ < used_ / 2) return;
    std::memmove(buffer_.data(), buffer_.data() + start_, used_ - start_);
    used_ -= start_;
    start_ = 0;
}

Status RecordScanner::skip_lines() {
    for (int64_t i = 0; i < dialect_.skip_lines && TRY(has(start_)); ++i) {
        Shape shape{.i = start_};
        TRY(find_line_end(shape));
        Record dropped;
        if (shape.fault == RecordFault::too_long) {
            TRY(skip_long_line(dropped));
        } else {
            start_offset_ += shape.next - start_;
            start_ = shape.next;
        }
        ++line_;
        compact();
    }
    line_ends_ = {};
    return {};
}

Result<bool> RecordScanner::next(Record& record) {
    while (TRY(next_any(record))) {
        const bool is_comment =
            dialect_.comment != 0 && !record.bytes.empty() && record.bytes[0] == dialect_.comment;
        const bool is_blank = record.size_bytes == 0 && !blank_is_record;
        if (!is_comment && !is_blank) return true;
    }
    return false;
}

Result<bool> RecordScanner::next_any(Record& record) {
    compact();
    if (!TRY(has(start_))) return false;
    record = {};
    record.offset = start_offset_;
    record.line = line_;
    Shape shape{.i = start_};
    TRY(find_end(shape));
    if (shape.fault != RecordFault::none && shape.fault != RecordFault::too_long) {
        // Given up as a quoted record: only its first line is.
        const RecordFault fault = shape.fault;
        shape = {.i = start_, .field_count = shape.field_count, .fault = fault};
        TRY(find_line_end(shape));
    }
    record.field_count = shape.field_count;
    record.fault = shape.fault;
    if (shape.fault == RecordFault::too_long) {
        TRY(skip_long_line(record));
        ++line_;
        return true;
    }
    record.size_bytes = shape.end - start_;
    record.bytes = {buffer_.data() + start_, shape.end - start_};
    line_ += 1 + (shape.has_quotes ? count_line_ends(record.bytes) : 0);
    start_offset_ += shape.next - start_;
    start_ = shape.next;
    judge(record);
    return true;
}

// Sets end, next and field_count of the record at start_, or the fault that stops it.
Status RecordScanner::find_end(Shape& shape) {
    bool is_field_start = true;
    while (shape.i < used_ || TRY(has(shape.i))) {
        if (shape.i - start_ > limits_.size_bytes_max) {
            shape.fault = RecordFault::too_long;
            return {};
        }
        if (is_field_start && dialect_.quote != 0 && buffer_[shape.i] == dialect_.quote) {
            shape.has_quotes = true;
            TRY(find_quote_end(shape));
            if (shape.fault != RecordFault::none) return {};
            is_field_start = false;
            continue;
        }
        is_field_start = false;
        while (shape.i < used_ && !stops_[static_cast<unsigned char>(buffer_[shape.i])]) ++shape.i;
        if (shape.i == used_) continue;
        if (is_line_end(buffer_[shape.i])) return take_line_end(shape);
        is_field_start = is_short_delimiter_ ? buffer_[shape.i] == dialect_.delimiter[0]
                                             : TRY(is_delimiter(shape.i));
        shape.field_count += is_field_start ? 1 : 0;
        shape.i += is_field_start ? dialect_.delimiter.size() : 1;
    }
    shape.end = shape.next = shape.i;
    return {};
}

// From an opening quote to one past its closing quote.
Status RecordScanner::find_quote_end(Shape& shape) {
    const char quote = dialect_.quote, escape = dialect_.escape;
    ++shape.i;
    while (shape.i - start_ <= limits_.size_bytes_max && (shape.i < used_ || TRY(has(shape.i)))) {
        const char* from = buffer_.data();
        while (shape.i < used_ && from[shape.i] != quote && from[shape.i] != escape) ++shape.i;
        if (shape.i == used_) continue;
        if (buffer_[shape.i] == escape && escape != quote) {
            shape.i += 2;
        } else if (escape == quote && TRY(has(shape.i + 1)) && buffer_[shape.i + 1] == quote) {
            shape.i += 2;
        } else {
            ++shape.i;
            const bool is_closed = (shape.i >= used_ && !TRY(has(shape.i))) ||
                                   is_line_end(buffer_[shape.i]) || TRY(is_delimiter(shape.i));
            if (!is_closed) shape.fault = RecordFault::text_after_quote;
            return {};
        }
    }
    shape.fault = RecordFault::unclosed_quote;
    return {};
}

Status RecordScanner::find_line_end(Shape& shape) {
    while (TRY(has(shape.i))) {
        if (shape.i - start_ > limits_.size_bytes_max) {
            shape.fault = RecordFault::too_long;
            return {};
        }
        if (is_line_end(buffer_[shape.i])) return take_line_end(shape);
        ++shape.i;
    }
    shape.end = shape.next = shape.i;
    return {};
}

Status RecordScanner::take_line_end(Shape& shape) {
    shape.end = shape.i;
    shape.next = shape.i + 1;
    if (buffer_[shape.i] == '\n') {
        ++line_ends_.lf;
    } else if (TRY(has(shape.i + 1)) && buffer_[shape.i + 1] == '\n') {
        ++shape.next;
        ++line_ends_.crlf;
    } else {
        ++line_ends_.cr;
    }
    return {};
}

// Passes over the line at start_ without keeping more than its beginning.
Status RecordScanner::skip_long_line(Record& record) {
    prefix_.assign(buffer_.data() + start_, kPrefixSizeBytes);
    record.bytes = prefix_;
    while (TRY(has(start_))) {
        size_t i = start_;
        while (i < used_ && !is_line_end(buffer_[i])) ++i;
        record.size_bytes += i - start_;
        start_offset_ += i - start_;
        start_ = i;
        if (i < used_) {
            Shape shape{.i = i};
            TRY(take_line_end(shape));
            start_offset_ += shape.next - start_;
            start_ = shape.next;
            return {};
        }
        start_ = used_ = 0;
    }
    return {};
}

Result<bool> RecordScanner::is_delimiter(size_t index) {
    const std::string& delimiter = dialect_.delimiter;
    if (buffer_[index] != delimiter[0]) return false;
    if (delimiter.size() == 1) return true;
    if (!TRY(has(index + delimiter.size() - 1))) return false;
    return std::memcmp(buffer_.data() + index, delimiter.data(), delimiter.size()) == 0;
}

void RecordScanner::judge(Record& record) {
    if (record.fault != RecordFault::none) return;
    if (const void* nul = std::memchr(record.bytes.data(), 0, record.bytes.size())) {
        record.fault = RecordFault::nul_byte;
        record.fault_offset =
            static_cast<size_t>(static_cast<const char*>(nul) - record.bytes.data());
        return;
    }
    if (!has_high_byte(record.bytes)) return;
    const size_t bad = first_not_utf8(record.bytes);
    if (bad == std::string_view::npos) {
        saw_multibyte_ = true;
        return;
    }
    record.fault = RecordFault::not_utf8;
    record.fault_offset = bad;
}

namespace {

// One past the closing quote of the field that begins at `i` with its opening one.
size_t quoted_end(std::string_view record, size_t i, const Dialect& dialect) {
    for (++i; i < record.size(); ++i) {
        const bool is_escape = record[i] == dialect.escape && i + 1 < record.size() &&
                               (dialect.escape != dialect.quote || record[i + 1] == dialect.quote);
        if (is_escape) {
            ++i;
        } else if (record[i] == dialect.quote) {
            return i + 1;
        }
    }
    return record.size();
}

bool is_quoted(std::string_view field, const Dialect& dialect) {
    return dialect.quote != 0 && !field.empty() && field[0] == dialect.quote;
}

}  // namespace

void raw_fields(std::string_view record, const Dialect& dialect,
                std::vector<std::string_view>& fields) {
    fields.clear();
    for (size_t start = 0;;) {
        const bool has_quotes = is_quoted(record.substr(start), dialect);
        const size_t from = has_quotes ? quoted_end(record, start, dialect) : start;
        const size_t end = record.find(dialect.delimiter, from);
        fields.push_back(record.substr(start, end - start));
        if (end == std::string_view::npos) return;
        start = end + dialect.delimiter.size();
    }
}

std::vector<std::string> split_fields(std::string_view record, const Dialect& dialect) {
    std::vector<std::string_view> raws;
    raw_fields(record, dialect, raws);
    std::vector<std::string> fields;
    for (const auto raw : raws) {
        if (!is_quoted(raw, dialect)) {
            fields.emplace_back(raw);
            continue;
        }
        const size_t end = quoted_end(raw, 0, dialect);
        std::string text;
        for (size_t i = 1; i < end; ++i) {
            const bool is_last = i + 1 == end;
            if (is_last && raw[i] == dialect.quote) break;
            if (raw[i] == dialect.escape && !is_last) ++i;
            text += raw[i];
        }
        fields.push_back(text + std::string(raw.substr(end)));
    }
    return fields;
}

std::string fault_text(const Record& record, const RecordLimits& limits) {
    char text[96];
    switch (record.fault) {
        case RecordFault::none:
            return "";
        case RecordFault::too_long:
            return "the row has " + size_text(record.size_bytes) + ", more than the limit of " +
                   size_text(limits.size_bytes_max);
        case RecordFault::unclosed_quote:
            return "a quote is opened here and never closed";
        case RecordFault::text_after_quote:
            return "text follows a closing quote";
        case RecordFault::nul_byte:
            std::snprintf(text, sizeof text, "a NUL byte stands at byte %zu of the row",
                          record.fault_offset + 1);
            return text;
        case RecordFault::not_utf8:
            std::snprintf(text, sizeof text, "byte 0x%02X at byte %zu of the row is not UTF-8",
                          static_cast<unsigned char>(record.bytes[record.fault_offset]),
                          record.fault_offset + 1);
            return text;
    }
    return "";
}

std::string printable(std::string_view bytes, size_t size_bytes_max) {
    const bool is_cut = bytes.size() > size_bytes_max;
    if (is_cut) bytes = bytes.substr(0, size_bytes_max);
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        const size_t bad = std::min(first_not_utf8(bytes), bytes.size());
        for (const char c : bytes.substr(0, bad)) {
            const bool is_shown =
                static_cast<unsigned char>(c) >= 32 || c == '\t' || is_line_end(c);
            if (is_shown) {
                text += c;
            } else {
                append_hex(text, c);
            }
        }
        if (bad < bytes.size()) append_hex(text, bytes[bad]);
        bytes.remove_prefix(std::min(bad + 1, bytes.size()));
    }
    return is_cut ? text + "..." : text;
}

}  // namespace quern::data
