// The value lies between two bounds, both included.

#include "quern/quality/check.h"

namespace quern::quality {
namespace {

struct BetweenArguments {
    std::vector<Located> value;
    std::optional<Located> min, max, min_value, max_value;

    static std::vector<Param> params() {
        using A = BetweenArguments;
        return {
            param("value", &A::value, "Both bounds: [lowest, highest]."),
            param("min", &A::min, "The lowest value allowed."),
            param("max", &A::max, "The highest value allowed."),
            param("min_value", &A::min_value, "min, in Great Expectations' word."),
            param("max_value", &A::max_value, "max, in Great Expectations' word."),
        };
    }
};

struct Bounds {
    std::optional<Located> low, high;
};

Result<Bounds> bounds_of(const CheckContext& context) {
    const auto& spec = *context.spec;
    auto arguments = TRY(parse_params<BetweenArguments>(spec.arguments, "check 'between'"));
    if (!arguments.value.empty()) {
        if (arguments.value.size() != 2) {
            return invalid_argument("'between' needs two bounds, got " +
                                    std::to_string(arguments.value.size()))
                .at(spec.place.text())
                .hint("write between: [lowest, highest], or {min: lowest}");
        }
        return Bounds{arguments.value[0], arguments.value[1]};
    }
    Bounds bounds{arguments.min ? arguments.min : arguments.min_value,
                  arguments.max ? arguments.max : arguments.max_value};
    if (!bounds.low && !bounds.high) {
        return invalid_argument("check 'between' needs a bound")
            .at(spec.place.text())
            .hint("write between: [lowest, highest], or {min: lowest}");
    }
    return bounds;
}

Result<BoundCheck> bind_between(const CheckContext& context) {
    const Bounds bounds = TRY(bounds_of(context));
    const std::string column = context.column_sql();
    BoundCheck bound;
    bound.words = context.column->name;
    bound.failing = column + " is not null and (";
    if (bounds.low) {
        bound.words +=
            bounds.high ? " between " + bounds.low->text : " at least " + bounds.low->text;
        bound.failing += column + " < " + TRY(literal_of(*bounds.low, *context.column));
    }
    if (bounds.high) {
        bound.words += bounds.low ? " and " + bounds.high->text : " at most " + bounds.high->text;
        bound.failing += std::string(bounds.low ? " or " : "") + column + " > " +
                         TRY(literal_of(*bounds.high, *context.column));
    }
    bound.failing += ")";
    return bound;
}

QUERN_REGISTER(Check)({
    .name = "between",
    .summary = "Each value of the column lies between two bounds, both included; NULL passes.",
    .example = "- age: {between: [17, 90], mostly: 0.99}",
    .aliases = {"expect_column_values_to_be_between", "accepted_range"},
    .params = BetweenArguments::params(),
    .bind = bind_between,
});

}  // namespace
}  // namespace quern::quality
