// Rows on their way from a server: lines of JSON in a file of the request's folder, which is then
// typed as any other file.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "quern/base/status.h"

namespace quern::data {

class Spool {
public:
    static Result<Spool> create(const std::string& path);

    // The line under way; end_line() finishes it.
    std::string& line() { return buffer_; }
    Status end_line();
    Status close();

    int64_t row_count() const { return row_count_; }
    uint64_t size_bytes() const { return size_bytes_ + buffer_.size(); }
    const std::string& path() const { return path_; }

private:
    struct FileClose {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    Status flush();

    std::string path_, buffer_;
    std::unique_ptr<std::FILE, FileClose> file_;
    int64_t row_count_ = 0;
    uint64_t size_bytes_ = 0;
};

// Text as a JSON string; bytes that are not UTF-8 make it the hex digits of all of them.
void append_json_text(std::string& line, std::string_view bytes);
// Text of a place that knows texts only: a number where it is written as JSON writes that number,
// so that reading finds the column's type.
void append_json_scalar(std::string& line, std::string_view text);
// JSON of anybody's on one line: a raw line end is no more than space in it, or a fault as before.
void append_json_raw(std::string& line, std::string_view json);
// {"a":1} behind `line`, which holds the fields before it: `{"offset":3` gives {"offset":3,"a":1}.
// False, and nothing is added, for what is no object.
bool append_json_fields(std::string& line, std::string_view json);

}  // namespace quern::data
