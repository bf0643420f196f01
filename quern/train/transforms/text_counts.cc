#include <algorithm>

#include "quern/train/transform.h"

namespace quern::train {
namespace {

const std::vector<std::string> kParts = {"characters", "words", "upper", "digits", "punctuation"};

struct TextCounts {
    std::vector<std::string> parts;

    static std::vector<Param> params() {
        return {param("parts", &TextCounts::parts,
                      "Default: all. `words` are runs of what is no space, `upper` is the share of "
                      "the letters that are upper case.")
                    .one_of(kParts)};
    }
};

Status check(const Tree& settings, std::string_view name) {
    auto parts = TRY(parse_params<TextCounts>(settings, name)).parts;
    std::ranges::sort(parts);
    const auto twice = std::ranges::adjacent_find(parts);
    if (twice == parts.end()) return {};
    return invalid_argument("'parts' names '" + *twice + "' twice").at(settings.place.text());
}

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<TextCounts>(input.settings, "text_counts"));
    return FittedTransform{"text_counts",
                           {{"parts", settings.parts.empty() ? kParts : settings.parts}}};
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "text_counts",
    .summary = "How many characters, words, digits and punctuation marks a text has, and how much "
               "of it is upper case. Nothing is learned.",
    .reference = "Python's len, str.split and unicodedata.category",
    .example = "text_counts(review, parts := ['words', 'upper'])",
    .takes = Takes::text,
    .params = TextCounts::params(),
    .check_settings = check,
    .fit = fit,
});

}  // namespace quern::train
