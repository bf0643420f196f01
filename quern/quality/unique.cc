// No value stands in two rows.

#include "quern/quality/check.h"

namespace quern::quality {
namespace {

// Whether there are duplicates is an aggregate of the one scan. Only when there are, the second
// query finds the rows: all that share a value, as Great Expectations counts them.
Result<BoundCheck> bind_unique(const CheckContext& context) {
    const std::string column = context.column_sql();
    return BoundCheck{.words = context.column->name + " unique",
                      .failing_count = "count(" + column + ") - count(distinct " + column + ")",
                      .failing_rows = "select * from " + context.relation + " where " + column +
                                      " is not null qualify count(*) over (partition by " + column +
                                      ") > 1"};
}

QUERN_REGISTER(Check)({
    .name = "unique",
    .summary = "No value of the column stands in two rows; NULL may.",
    .example = "- id: unique",
    .aliases = {"expect_column_values_to_be_unique"},
    .bind = bind_unique,
});

}  // namespace
}  // namespace quern::quality
