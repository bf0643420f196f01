// Every row has a value.

#include "quern/quality/check.h"

namespace quern::quality {
namespace {

Result<BoundCheck> bind_not_null(const CheckContext& context) {
    return BoundCheck{.words = context.column->name + " not null",
                      .failing = context.column_sql() + " is null",
                      .checked_count = "count(*)"};
}

QUERN_REGISTER(Check)({
    .name = "not_null",
    .summary = "Every row has a value in the column.",
    .example = "- age: not_null",
    .aliases = {"expect_column_values_to_not_be_null"},
    .bind = bind_not_null,
});

}  // namespace
}  // namespace quern::quality
