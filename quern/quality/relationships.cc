// The value stands in a column of another table.

#include "quern/base/text.h"
#include "quern/quality/check.h"

namespace quern::quality {
namespace {

struct RelationshipsArguments {
    Located to, field;

    static std::vector<Param> params() {
        return {
            param("to", &RelationshipsArguments::to, "The other table.").required(),
            param("field", &RelationshipsArguments::field, "Its column.").required(),
        };
    }
};

Result<BoundCheck> bind_relationships(const CheckContext& context) {
    const auto arguments =
        TRY(parse_params<RelationshipsArguments>(context.spec->arguments, "check 'relationships'"));
    const std::string column = context.column_sql();
    const std::string field = quote_identifier(arguments.field.text);
    const std::string parents = "select " + field + " from " +
                                context.relation_of(arguments.to.text) + " where " + field +
                                " is not null";
    return BoundCheck{
        .words = context.column->name + " is in " + arguments.to.text + "." + arguments.field.text,
        .failing = column + " is not null and " + column + " not in (" + parents + ")"};
}

QUERN_REGISTER(Check)({
    .name = "relationships",
    .summary = "Each value of the column stands in a column of another table; NULL passes.",
    .example = "- customer_id: {relationships: {to: customers, field: id}}",
    .aliases = {"references"},
    .params = RelationshipsArguments::params(),
    .bind = bind_relationships,
});

}  // namespace
}  // namespace quern::quality
