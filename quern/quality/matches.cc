// The text fits a regular expression.

#include <re2/re2.h>

#include "quern/base/text.h"
#include "quern/quality/check.h"

namespace quern::quality {
namespace {

struct MatchesArguments {
    std::optional<Located> value, regex;

    static std::vector<Param> params() {
        return {
            param("value", &MatchesArguments::value, "The regular expression (RE2)."),
            param("regex", &MatchesArguments::regex, "The same, in Great Expectations' word."),
        };
    }
};

Result<BoundCheck> bind_matches(const CheckContext& context) {
    const auto& spec = *context.spec;
    const auto arguments = TRY(parse_params<MatchesArguments>(spec.arguments, "check 'matches'"));
    const auto& pattern = arguments.value ? arguments.value : arguments.regex;
    if (!pattern) {
        return invalid_argument("check 'matches' needs a regular expression")
            .at(spec.place.text())
            .hint("write matches: \"[A-Z]{2}\"");
    }
    const RE2 expression(pattern->text, RE2::Quiet);
    if (!expression.ok()) {
        return invalid_argument("'" + pattern->text +
                                "' is no regular expression: " + expression.error())
            .at(pattern->place.text());
    }
    const std::string column = context.column_sql();
    // quern's word means the whole value; Great Expectations' means its beginning.
    const bool is_whole = !spec.name.starts_with("expect_");
    const std::string literal =
        quote_literal(is_whole ? pattern->text : "^(?:" + pattern->text + ")");
    const std::string call = is_whole ? "regexp_full_match(" : "regexp_matches(";
    return BoundCheck{.words = context.column->name + " matches " + pattern->text,
                      .failing = column + " is not null and not " + call + column + "::varchar, " +
                                 literal + ")"};
}

QUERN_REGISTER(Check)({
    .name = "matches",
    .summary =
        "Each value of the column as text fits a regular expression as a whole; NULL passes.",
    .example = "- code: {matches: \"[A-Z]{2}[0-9]+\"}",
    .aliases = {"expect_column_values_to_match_regex"},
    .params = MatchesArguments::params(),
    .bind = bind_matches,
});

}  // namespace
}  // namespace quern::quality
