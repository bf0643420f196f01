// A table's SQL as far as it is known before DuckDB parses it: where statements begin and end and
// which variables they use. Strings, quoted names and comments are passed over as DuckDB does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"

namespace quern::project {

struct SqlVariable {
    std::string name;
    size_t offset = 0;  // of the '$'
};

struct SqlStatement {
    size_t begin = 0, end = 0;  // from its first word to its last, without ';'
    std::vector<SqlVariable> variables;
};

struct SqlFault {
    std::string message;  // empty: none
    size_t offset = 0;
};

struct SqlText {
    std::vector<SqlStatement> statements;  // empty ones are left out
    SqlFault fault;                        // what is not closed, or settings in the wrong place
};

SqlText scan_sql(std::string_view text);

// Behind the run of white space or the one comment at `offset`; `offset` itself when there is
// neither, or the comment has no end.
size_t skip_one_blank(std::string_view text, size_t offset);

// Behind the one piece of SQL at `offset`: white space, a comment, a text, a quoted name, a word or
// a single character. The text's size when the piece is not closed.
size_t skip_one_piece(std::string_view text, size_t offset);

// Whether the comment `/* ---` begins here; a longer row of dashes is an ornament.
bool is_settings_comment(std::string_view text, size_t offset);

}  // namespace quern::project
