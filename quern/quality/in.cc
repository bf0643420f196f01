// The value is one of a list.

#include "quern/base/text.h"
#include "quern/quality/check.h"

namespace quern::quality {
namespace {

struct InArguments {
    std::vector<Located> value, values, value_set;

    static std::vector<Param> params() {
        return {
            param("value", &InArguments::value, "The values allowed."),
            param("values", &InArguments::values, "The same, in dbt's word."),
            param("value_set", &InArguments::value_set, "The same, in Great Expectations' word."),
        };
    }
    const std::vector<Located>& list() const {
        return !value.empty() ? value : (!values.empty() ? values : value_set);
    }
};

Result<BoundCheck> bind_in(const CheckContext& context) {
    const auto& spec = *context.spec;
    const auto arguments = TRY(parse_params<InArguments>(spec.arguments, "check 'in'"));
    if (arguments.list().empty()) {
        return invalid_argument("check 'in' needs the values allowed")
            .at(spec.place.text())
            .hint("write in: [a, b]");
    }
    std::string list, words;
    for (const auto& value : arguments.list()) {
        list += (list.empty() ? "" : ", ") + TRY(literal_of(value, *context.column));
        words += (words.empty() ? "" : ", ") + value.text;
    }
    const std::string column = context.column_sql();
    return BoundCheck{.words = context.column->name + " in " + words,
                      .failing = column + " is not null and " + column + " not in (" + list + ")"};
}

QUERN_REGISTER(Check)({
    .name = "in",
    .summary = "Each value of the column is one of a list; NULL passes.",
    .example = "- sex: {in: [Female, Male]}",
    .aliases = {"accepted_values", "expect_column_values_to_be_in_set"},
    .params = InArguments::params(),
    .bind = bind_in,
});

}  // namespace
}  // namespace quern::quality
