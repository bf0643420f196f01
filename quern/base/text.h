// Small facts about text: encoding, places, quoting, numbers as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quern {

bool is_utf8(std::string_view text);
// Byte offset of the first sequence that is not UTF-8; npos when all is well.
size_t first_not_utf8(std::string_view text);

struct LineColumn {
    int line = 1, column = 1;  // counted from 1, columns in characters
};
// The line and column of a byte offset; an offset past the end is the end.
LineColumn line_column(std::string_view text, size_t offset);

std::string lower_ascii(std::string_view text);
std::string_view trim(std::string_view text);                      // spaces, tabs, line ends
std::vector<std::string_view> split_lines(std::string_view text);  // without their \n or \r\n

// Always quoted: a plain name may be a keyword of SQL. odd "name" -> "odd ""name""".
std::string quote_identifier(std::string_view name);
std::string quote_literal(std::string_view text);  // 'it''s'

std::string with_thousands(int64_t number);                // 32,561
std::string plural(int64_t count, std::string_view noun);  // "1 row", "32,561 rows"
std::string size_text(uint64_t size_bytes);                // "3.8 MB"
std::string duration_text(double seconds);                 // "0.09 s", "2 min 3 s"

}  // namespace quern
