#include "quern/score/encoders/grams.h"
#include "quern/train/transform.h"

namespace quern::train {
namespace {

struct HashWords {
    int64_t columns = 256, ngrams = 1, min_ngrams = 1;
    std::string by = "word";
    bool unit = true;

    static std::vector<Param> params() {
        return {
            param("columns", &HashWords::columns, "Columns that the pieces share.").in(1, 1 << 18),
            param("ngrams", &HashWords::ngrams, "Most words or characters of a piece.").in(1, 20),
            param("min_ngrams", &HashWords::min_ngrams, "Fewest words or characters.").in(1, 20),
            param("by", &HashWords::by, "What a text is cut into.").one_of({"word", "character"}),
            param("unit", &HashWords::unit, "Each row gets the length 1.")};
    }
};

Status check(const Tree& settings, std::string_view name) {
    const auto parsed = TRY(parse_params<HashWords>(settings, name));
    if (parsed.min_ngrams <= parsed.ngrams) return {};
    return invalid_argument("'min_ngrams' must be at most 'ngrams'").at(settings.place.text());
}

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<HashWords>(input.settings, "hash_words"));
    const auto kind =
        settings.by == "character" ? score::GramKind::characters : score::GramKind::words;
    const std::vector<uint32_t> grams = {static_cast<uint32_t>(settings.min_ngrams),
                                         static_cast<uint32_t>(settings.ngrams)};
    return FittedTransform{
        "hashed_words",
        {{"grams", grams},
         {"columns", std::vector<uint32_t>{static_cast<uint32_t>(settings.columns)}},
         {"by", std::vector<uint8_t>{static_cast<uint8_t>(kind)}},
         {"unit", std::vector<uint8_t>{settings.unit}}}};
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "hash_words",
    .summary = "A fixed number of columns for any words: each goes to the column and sign of its "
               "32-bit MurmurHash3 (seed 0). Nothing is learned.",
    .reference = "scikit-learn's HashingVectorizer",
    .example = "hash_words(review, columns := 512)",
    .takes = Takes::text,
    .params = HashWords::params(),
    .check_settings = check,
    .fit = fit,
});

}  // namespace quern::train
