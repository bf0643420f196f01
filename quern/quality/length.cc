// The text is of a length between two bounds.

#include "quern/quality/check.h"

namespace quern::quality {
namespace {

struct LengthArguments {
    std::vector<int64_t> value;
    std::optional<int64_t> min, max, min_value, max_value;

    static std::vector<Param> params() {
        using A = LengthArguments;
        return {
            param("value", &A::value, "Both bounds: [shortest, longest].").at_least(0),
            param("min", &A::min, "The fewest characters allowed.").at_least(0),
            param("max", &A::max, "The most characters allowed.").at_least(0),
            param("min_value", &A::min_value, "min, in Great Expectations' word.").at_least(0),
            param("max_value", &A::max_value, "max, in Great Expectations' word.").at_least(0),
        };
    }
};

Result<BoundCheck> bind_length(const CheckContext& context) {
    const auto& spec = *context.spec;
    auto arguments = TRY(parse_params<LengthArguments>(spec.arguments, "check 'length'"));
    auto low = arguments.min ? arguments.min : arguments.min_value;
    auto high = arguments.max ? arguments.max : arguments.max_value;
    if (arguments.value.size() == 2) {
        low = arguments.value[0];
        high = arguments.value[1];
    }
    if (arguments.value.size() == 1 || arguments.value.size() > 2 || (!low && !high)) {
        return invalid_argument("check 'length' needs one or two bounds")
            .at(spec.place.text())
            .hint("write length: [shortest, longest], or {max: longest}");
    }
    const std::string length = "length(" + context.column_sql() + "::varchar)";
    BoundCheck bound{.words = "length of " + context.column->name,
                     .failing = context.column_sql() + " is not null and ("};
    if (low) {
        bound.words += (high ? " between " : " at least ") + std::to_string(*low);
        bound.failing += length + " < " + std::to_string(*low);
    }
    if (high) {
        bound.words += (low ? " and " : " at most ") + std::to_string(*high);
        bound.failing += (low ? " or " : "") + length + " > " + std::to_string(*high);
    }
    bound.failing += ")";
    return bound;
}

QUERN_REGISTER(Check)
({
    .name = "length",
    .summary = "Each text of the column has so many characters, bounds included; NULL passes.",
    .example = "- code: {length: [2, 5]}",
    .aliases = {"expect_column_value_lengths_to_be_between"},
    .params = LengthArguments::params(),
    .bind = bind_length,
});

}  // namespace
}  // namespace quern::quality
