// Finds the records of a delimited text file: the independent count behind
// "loaded + quarantined == read". It streams, so memory does not grow with the file.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"

namespace quern::data {

struct Dialect {
    std::string delimiter = ",";
    char quote = '"';        // 0: none
    char escape = '"';       // before a quote inside of quotes
    char comment = 0;        // lines that begin with it are no records; 0: none
    int64_t skip_lines = 0;  // physical lines before the header
    bool has_header = true;
    bool operator==(const Dialect&) const = default;
};

enum class RecordFault {
    none,
    too_long,          // longer than RecordLimits::size_bytes_max
    unclosed_quote,    // the quote is not closed before the end or the limit
    text_after_quote,  // "ab"c
    nul_byte,
    not_utf8,
};

// One record. After an unclosed quote only its first line is given up: the scan goes on with the
// next line, so one stray quote does not swallow the rest of the file.
struct Record {
    uint64_t offset = 0;      // in the file, of its first byte
    uint64_t size_bytes = 0;  // without the line end
    int64_t line = 0;         // physical line it begins on, from 1
    int64_t field_count = 0;
    std::string_view bytes;  // valid until the next call; the beginning only when too long
    RecordFault fault = RecordFault::none;
    size_t fault_offset = 0;  // within bytes, of nul_byte and not_utf8
};

struct LineEnds {
    int64_t lf = 0, crlf = 0, cr = 0;
    bool is_mixed() const { return (lf > 0) + (crlf > 0) + (cr > 0) > 1; }
};

// What one pass over all records of a file has found.
struct RecordCounts {
    int64_t sound = 0, unsound = 0;
    uint64_t longest_bytes = 0;
    LineEnds line_ends;
};

struct RecordLimits {
    uint64_t size_bytes_max = 16 << 20;
};

class RecordScanner {
public:
    static Result<RecordScanner> open(const std::string& path, Dialect dialect,
                                      RecordLimits limits = {});
    // False at the end. Blank lines and comments are passed over; a blank line is a record only
    // where the file has a single column (`blank_is_record`).
    Result<bool> next(Record& record);

    bool blank_is_record = false;
    const LineEnds& line_ends() const { return line_ends_; }
    // Texts beyond ASCII that are good UTF-8 were seen: tells a mix of encodings from another one.
    bool saw_multibyte() const { return saw_multibyte_; }

private:
    struct FileClose {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    struct Shape;  // where a record ends, as found so far

    Result<bool> fill();
    Result<bool> has(size_t index);  // reads on until buffer_[index] is there; false: end of file
    void compact();
    Status skip_lines();
    Result<bool> next_any(Record& record);
    Status find_end(Shape& shape);
    Status find_quote_end(Shape& shape);
    Status find_line_end(Shape& shape);
    Status take_line_end(Shape& shape);
    Status skip_long_line(Record& record);
    Result<bool> is_delimiter(size_t index);
    void judge(Record& record);

    std::unique_ptr<std::FILE, FileClose> file_;
    std::string path_;
    Dialect dialect_;
    RecordLimits limits_;
    std::vector<char> buffer_;
    size_t used_ = 0;            // bytes in the buffer
    size_t start_ = 0;           // of the next record, in the buffer
    uint64_t start_offset_ = 0;  // of the next record, in the file
    int64_t line_ = 1;
    bool is_at_end_ = false, is_short_delimiter_ = true;
    bool saw_multibyte_ = false;
    LineEnds line_ends_;
    std::string prefix_;    // of a record that is too long
    bool stops_[256] = {};  // bytes at which an unquoted field may end
};

// The fields of a whole record as they are written.
void raw_fields(std::string_view record, const Dialect& dialect,
                std::vector<std::string_view>& fields);
// The same, unquoted and unescaped.
std::vector<std::string> split_fields(std::string_view record, const Dialect& dialect);

// "quote opened here is never closed", "row is longer than 16.0 MB", ...
std::string fault_text(const Record& record, const RecordLimits& limits);
// Text that a VARCHAR can hold and a person can read: bytes that are not UTF-8 and control bytes
// other than tab and line ends become \xNN; cut after `size_bytes_max`.
std::string printable(std::string_view bytes, size_t size_bytes_max = 64 << 10);

}  // namespace quern::data
