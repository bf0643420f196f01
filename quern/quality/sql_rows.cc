// A SELECT of the rows that should not be.

#include "quern/base/text.h"
#include "quern/quality/check.h"

namespace quern::quality {
namespace {

struct SqlArguments {
    Located value;

    static std::vector<Param> params() {
        return {param("value", &SqlArguments::value, "The SELECT; each row it gives is a failure.")
                    .required()};
    }
};

// The SELECT names the table as the user does, but must see the rows that are not published yet.
Result<BoundCheck> bind_sql(const CheckContext& context) {
    const auto arguments = TRY(parse_params<SqlArguments>(context.spec->arguments, "check 'sql'"));
    const std::string rows = "with " + quote_identifier(context.table) + " as (from " +
                             context.relation + ") select * from (\n" + arguments.value.text +
                             "\n)";
    std::string words = arguments.value.text.substr(0, arguments.value.text.find('\n'));
    return BoundCheck{
        .words = context.spec->description.empty() ? words : context.spec->description,
        .failing_count = "(select count(*) from (" + rows + "))",
        .checked_count = "count(*)",
        .failing_rows = rows};
}

QUERN_REGISTER(Check)({
    .name = "sql",
    .summary = "A SELECT of one's own gives no row.",
    .example = "- sql: select * from orders where shipped_at < ordered_at",
    .aliases = {"expression", "unexpected_rows_expectation"},
    .is_of_column = false,
    .params = SqlArguments::params(),
    .bind = bind_sql,
});

}  // namespace
}  // namespace quern::quality
