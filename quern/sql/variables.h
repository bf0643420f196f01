// `$name` in SQL becomes the value that `vars` in quern.yml gives it, as a typed literal.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/tree.h"
#include "quern/sql/session.h"

namespace quern::sql {

struct ExpandedSql {
    std::string sql;

    // The place of a byte of `sql` from the place of the text that was expanded.
    PlaceOf place_with(PlaceOf original) const;
    size_t original_offset(size_t offset) const;

    struct Piece {
        size_t offset, original;
        bool is_value;  // all of a value lies at its `$`
    };
    std::vector<Piece> pieces;  // from each offset on
};

// Numbers, true, false and null stand as they are; other values and all that is quoted in YAML are
// text; lists are DuckDB's lists, as in `kind in $kinds`.
Result<ExpandedSql> expand_variables(std::string_view sql, const std::map<std::string, Tree>& vars,
                                     const PlaceOf& place = {});

}  // namespace quern::sql
