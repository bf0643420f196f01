// The cursor of a source: which rows a pull asks for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "quern/data/landing.h"
#include "quern/frame/type.h"

namespace quern::data {

struct CursorCondition {
    const project::Source& source;
    const frame::Schema& columns;  // as they are to be
    const frame::Schema& rows;     // as they come
    const std::string& watermark;  // empty: nothing has come yet
    const std::optional<CursorRange>& range;
};

// " where ..." of rows as they come; empty: all of them.
std::string cursor_condition(const CursorCondition& condition);
// SQL of the lowest value that is asked for; empty: there is none.
std::string cursor_lower_bound(const CursorCondition& condition);

// Refuses an overlap that does not go with the column's type; notes what texts may do.
Status check_cursor(const project::Source& source, const frame::Type& type, bool is_new,
                    std::vector<std::string>& notes);

}  // namespace quern::data
