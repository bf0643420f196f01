// The table has so many rows.

#include "quern/base/text.h"
#include "quern/quality/check.h"

namespace quern::quality {
namespace {

struct RowsArguments {
    std::optional<int64_t> min, max, min_value, max_value, value;

    static std::vector<Param> params() {
        using A = RowsArguments;
        return {
            param("min", &A::min, "The fewest rows allowed.").at_least(0),
            param("max", &A::max, "The most rows allowed.").at_least(0),
            param("min_value", &A::min_value, "min, in Great Expectations' word.").at_least(0),
            param("max_value", &A::max_value, "max, in Great Expectations' word.").at_least(0),
            param("value", &A::value, "Exactly so many rows.").at_least(0),
        };
    }
};

Result<BoundCheck> bind_rows(const CheckContext& context) {
    const auto& spec = *context.spec;
    const auto arguments = TRY(parse_params<RowsArguments>(spec.arguments, "check 'rows'"));
    const auto low =
        arguments.value ? arguments.value : (arguments.min ? arguments.min : arguments.min_value);
    const auto high =
        arguments.value ? arguments.value : (arguments.max ? arguments.max : arguments.max_value);
    if (!low && !high) {
        return invalid_argument("check 'rows' needs a bound")
            .at(spec.place.text())
            .hint("write rows: {min: 1}");
    }
    std::string failing, words = "rows";
    if (low) {
        failing = "count(*) < " + std::to_string(*low);
        words += (high ? " between " : " at least ") + with_thousands(*low);
    }
    if (high) {
        failing += (low ? " or count(*) > " : "count(*) > ") + std::to_string(*high);
        words += (low ? " and " : " at most ") + with_thousands(*high);
    }
    return BoundCheck{.words = words,
                      .failing_count = "(" + failing + ")::bigint",
                      .checked_count = "1",
                      .failing_rows = "none",
                      .measured = "count(*)"};
}

QUERN_REGISTER(Check)({
    .name = "rows",
    .summary = "The table has at least, at most or exactly so many rows.",
    .example = "- rows: {min: 1000}",
    .aliases = {"expect_table_row_count_to_be_between", "expect_table_row_count_to_equal"},
    .is_of_column = false,
    .params = RowsArguments::params(),
    .bind = bind_rows,
});

}  // namespace
}  // namespace quern::quality
