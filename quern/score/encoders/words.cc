// Encoders of texts: counts of the pieces that they are cut into.
#include <algorithm>
#include <cmath>

#include "quern/score/encoders/categories.h"
#include "quern/score/encoders/grams.h"
#include "quern/score/encoders/read.h"
#include "quern/score/learned.h"

namespace quern::score {
namespace {

constexpr uint32_t kGramMax = 20;
constexpr uint32_t kHashedMax = 1u << 18;

bool takes_text(const frame::Type& type) { return type.id == frame::TypeId::varchar; }

struct Words {
    GramRule rule;
    Positions<std::string> vocabulary;
    std::vector<double> weights;  // of each column; empty: all 1
    size_t width = 0;
    bool is_hashed = false, takes_logarithm = false, is_unit = false;
};

void add_hashed(std::string_view gram, size_t width, double* out) {
    const auto hash = static_cast<int32_t>(murmur3(gram));
    // The one number without a positive is placed as scikit-learn places it.
    const size_t at = hash == INT32_MIN ? (static_cast<size_t>(INT32_MAX) - (width - 1)) % width
                                        : static_cast<size_t>(std::abs(hash)) % width;
    out[at] += hash >= 0 ? 1 : -1;
}

void weigh(const Words& words, double* out) {
    double squares = 0;
    for (size_t i = 0; i < words.width; ++i) {
        if (out[i] == 0) continue;
        if (words.takes_logarithm) out[i] = std::log(out[i]) + 1;
        if (!words.weights.empty()) out[i] *= words.weights[i];
        squares += out[i] * out[i];
    }
    if (!words.is_unit || squares == 0) return;
    const double length = std::sqrt(squares);
    for (size_t i = 0; i < words.width; ++i) out[i] /= length;
}

void apply_words(const void* prepared, const Vector& feature, size_t row_count, MatrixSlice to) {
    const Words& words = *static_cast<const Words*>(prepared);
    thread_local GramReader reader;
    for (size_t row = 0; row < row_count; ++row) {
        double* out = to.out + row * to.stride;
        std::fill_n(out, words.width, 0.0);
        if (!feature.is_valid(row)) continue;
        reader.read(feature.values<std::string_view>()[row], words.rule);
        reader.for_each(words.rule, [&](std::string_view gram) {
            if (words.is_hashed) return add_hashed(gram, words.width, out);
            const size_t at = words.vocabulary.find(gram);
            if (at < words.width) out[at] += 1;
        });
        weigh(words, out);
    }
}

Status read_rule(const Buffers& learned, Words& words) {
    const auto kind = TRY(take_value<uint8_t>(learned, "by", 0));
    if (kind > static_cast<uint8_t>(GramKind::whole)) return corrupt("unknown kind of pieces");
    const auto range = TRY(take_buffer<uint32_t>(learned, "grams", 2));
    if (range[0] < 1 || range[0] > range[1] || range[1] > kGramMax)
        return corrupt("the pieces are of no length");
    words.rule = {static_cast<GramKind>(kind), range[0], range[1]};
    words.is_unit = TRY(take_value<uint8_t>(learned, "unit", 0)) != 0;
    return {};
}

Result<BoundEncoder> bind_words(const frame::Type&, const Buffers& learned) {
    TRY(check_names(learned, {"by", "grams", "vocabulary", "weights", "logarithm", "unit"}));
    auto words = std::make_shared<Words>();
    TRY(read_rule(learned, *words));
    auto vocabulary = TRY(take_buffer<std::string>(learned, "vocabulary"));
    words->width = vocabulary.size();
    if (words->width > kCategoriesMax) return corrupt("too many words");
    words->takes_logarithm = TRY(take_value<uint8_t>(learned, "logarithm", 0)) != 0;
    if (learned.contains("weights"))
        words->weights = TRY(take_finite(learned, "weights", words->width));
    BoundEncoder encoder{apply_words, words, {}};
    for (const std::string& word : vocabulary) encoder.columns.push_back(" '" + word + "'");
    if (!words->vocabulary.fill(std::move(vocabulary))) return corrupt("a word comes twice");
    return encoder;
}

Result<BoundEncoder> bind_hashed(const frame::Type&, const Buffers& learned) {
    TRY(check_names(learned, {"by", "grams", "columns", "unit"}));
    auto words = std::make_shared<Words>();
    TRY(read_rule(learned, *words));
    words->is_hashed = true;
    words->width = TRY(take_buffer<uint32_t>(learned, "columns", 1))[0];
    if (words->width == 0 || words->width > kHashedMax) return corrupt("too many hashed columns");
    BoundEncoder encoder{apply_words, words, {}};
    for (size_t i = 0; i < words->width; ++i) encoder.columns.push_back(" #" + std::to_string(i));
    return encoder;
}

}  // namespace

QUERN_REGISTER(Encoder)({
    .name = "words",
    .summary = "How often the text holds each of the pieces that training chose, weighted.",
    .learned = "uint32 grams: shortest, longest; texts vocabulary; uint8 [by]: 0 words, 1 "
               "characters, 2 the whole text, [logarithm], [unit]; doubles [weights]",
    .takes = takes_text,
    .bind = bind_words,
});

QUERN_REGISTER(Encoder)({
    .name = "hashed_words",
    .summary = "How often the text holds pieces of each hash, with the hash's sign.",
    .learned = "uint32 grams: shortest, longest; uint32 columns; uint8 [by], [unit]",
    .takes = takes_text,
    .bind = bind_hashed,
});

}  // namespace quern::score
