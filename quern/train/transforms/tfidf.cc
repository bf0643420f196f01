#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "quern/score/encoders/grams.h"
#include "quern/train/transform.h"

namespace quern::train {
namespace {

constexpr size_t kGramsCounted = 5'000'000;

struct Tfidf {
    int64_t ngrams = 1, min_ngrams = 1;
    std::string by = "word";
    int64_t max_features = 1000, min_count = 1;
    bool logarithm = false, weighted = true, unit = true;

    static std::vector<Param> params() {
        return {
            param("ngrams", &Tfidf::ngrams, "Most words or characters of a piece.").in(1, 20),
            param("min_ngrams", &Tfidf::min_ngrams, "Fewest words or characters.").in(1, 20),
            param("by", &Tfidf::by, "What a text is cut into.").one_of({"word", "character"}),
            param("max_features", &Tfidf::max_features, "The most frequent pieces that are kept.")
                .in(1, 100'000),
            param("min_count", &Tfidf::min_count, "Pieces of fewer texts are left out.")
                .at_least(1),
            param("logarithm", &Tfidf::logarithm, "1 + ln(count) in place of the count."),
            param("weighted", &Tfidf::weighted,
                  "Rare pieces weigh more (inverse document "
                  "frequency)."),
            param("unit", &Tfidf::unit, "Each row gets the length 1."),
        };
    }
};

Status check(const Tree& settings, std::string_view name) {
    const auto parsed = TRY(parse_params<Tfidf>(settings, name));
    if (parsed.min_ngrams <= parsed.ngrams) return {};
    return invalid_argument("'min_ngrams' must be at most 'ngrams'").at(settings.place.text());
}

struct Count {
    size_t pieces = 0, texts = 0;
    uint32_t last_row = UINT32_MAX;
};
struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
using Counts = std::unordered_map<std::string, Count, TextHash, std::equal_to<>>;

Result<Counts> count_grams(const TransformInput& input, const score::GramRule& rule) {
    Counts counts;
    score::GramReader reader;
    for (const uint32_t row : input.rows) {
        if (!input.feature->is_valid(row)) continue;
        reader.read(input.feature->text(row), rule);
        reader.for_each(rule, [&](std::string_view gram) {
            auto found = counts.find(gram);
            if (found == counts.end()) found = counts.emplace(std::string(gram), Count()).first;
            ++found->second.pieces;
            found->second.texts += found->second.last_row != row;
            found->second.last_row = row;
        });
        if (counts.size() > kGramsCounted) {
            return resource_exhausted("the texts hold more than 5,000,000 different pieces")
                .hint("write hash_words(...), or a smaller ngrams");
        }
    }
    return counts;
}

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<Tfidf>(input.settings, "tfidf"));
    const bool is_word = settings.by == "word";
    const score::GramRule rule{is_word ? score::GramKind::words : score::GramKind::characters,
                               static_cast<uint32_t>(settings.min_ngrams),
                               static_cast<uint32_t>(settings.ngrams)};
    const Counts counts = TRY(count_grams(input, rule));
    std::vector<std::pair<size_t, std::string>> kept;
    for (const auto& [gram, count] : counts)
        if (count.texts >= static_cast<size_t>(settings.min_count))
            kept.emplace_back(count.pieces, gram);
    std::ranges::sort(kept, [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    if (kept.size() > static_cast<size_t>(settings.max_features))
        kept.resize(static_cast<size_t>(settings.max_features));
    if (kept.empty()) {
        return failed_precondition("the training rows hold no text to cut into pieces")
            .hint("leave the feature out, or lower min_count");
    }
    std::ranges::sort(kept, {}, [](const auto& one) { return one.second; });
    std::vector<std::string> vocabulary;
    std::vector<double> weights;
    const auto row_count = static_cast<double>(input.rows.size());
    for (auto& [pieces, gram] : kept) {
        const auto texts = static_cast<double>(counts.find(gram)->second.texts);
        weights.push_back(std::log((1 + row_count) / (1 + texts)) + 1);
        vocabulary.push_back(std::move(gram));
    }
    score::Buffers learned{{"grams", std::vector<uint32_t>{rule.shortest, rule.longest}},
                           {"vocabulary", vocabulary},
                           {"by", std::vector<uint8_t>{static_cast<uint8_t>(rule.kind)}},
                           {"logarithm", std::vector<uint8_t>{settings.logarithm}},
                           {"unit", std::vector<uint8_t>{settings.unit}}};
    if (settings.weighted) learned["weights"] = weights;
    return FittedTransform{"words", std::move(learned)};
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "tfidf",
    .summary = "A column for each of the most frequent words, or runs of words or characters: how "
               "often it stands in the text, weighted by how rare it is. NULL is an empty text.",
    .reference = "scikit-learn's TfidfVectorizer, with CountVectorizer's tokens",
    .example = "tfidf(review, ngrams := 2, max_features := 5000)",
    .takes = Takes::text,
    .params = Tfidf::params(),
    .check_settings = check,
    .fit = fit,
});

}  // namespace quern::train
