#include <utf8proc.h>

#include <algorithm>
#include <array>

#include "quern/score/encoder.h"
#include "quern/score/encoders/read.h"
#include "quern/score/functions/unicode.h"
#include "quern/score/learned.h"

namespace quern::score {
namespace {

constexpr std::array<std::string_view, 5> kParts = {"characters", "words", "upper", "digits",
                                                    "punctuation"};

bool is_white(int32_t c) {
    return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x1F) || c == 0x85 ||
           c == 0x2028 || c == 0x2029 || (c >= 0x80 && is_space_separator(c));
}

// By Unicode's general categories.
std::array<double, kParts.size()> count(std::string_view text) {
    double characters = 0, words = 0, letters = 0, upper = 0, digits = 0, punctuation = 0;
    bool was_white = true;
    while (!text.empty()) {
        size_t size = 1;
        const int32_t c = next_character(text, size);
        text.remove_prefix(size);
        ++characters;
        const bool white = is_white(c);
        words += was_white && !white ? 1 : 0;
        was_white = white;
        const auto category = utf8proc_category(c);
        letters += category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO ? 1 : 0;
        upper += category == UTF8PROC_CATEGORY_LU ? 1 : 0;
        digits += category == UTF8PROC_CATEGORY_ND ? 1 : 0;
        punctuation += category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO ? 1 : 0;
    }
    return {characters, words, letters > 0 ? upper / letters : 0, digits, punctuation};
}

struct TextCounts {
    std::vector<size_t> parts;
};

void apply_text_counts(const void* prepared, const Vector& feature, size_t row_count,
                       MatrixSlice to) {
    const TextCounts& counts = *static_cast<const TextCounts*>(prepared);
    for (size_t row = 0; row < row_count; ++row) {
        double* out = to.out + row * to.stride;
        if (!feature.is_valid(row)) {
            std::fill_n(out, counts.parts.size(), kMissing);
            continue;
        }
        const auto all = count(feature.values<std::string_view>()[row]);
        for (const size_t part : counts.parts) *out++ = all[part];
    }
}

Result<BoundEncoder> bind_text_counts(const frame::Type&, const Buffers& learned) {
    TRY(check_names(learned, {"parts"}));
    const auto names = TRY(take_buffer<std::string>(learned, "parts"));
    auto counts = std::make_shared<TextCounts>();
    BoundEncoder encoder{apply_text_counts, counts, {}};
    for (const std::string& name : names) {
        const auto found = std::ranges::find(kParts, name);
        if (found == kParts.end()) return corrupt("unknown count '" + name + "'");
        counts->parts.push_back(static_cast<size_t>(found - kParts.begin()));
        encoder.columns.push_back(" " + name);
    }
    if (names.empty() || names.size() > kParts.size()) return corrupt("no counts, or too many");
    return encoder;
}

}  // namespace

QUERN_REGISTER(Encoder)({
    .name = "text_counts",
    .summary = "How long a text is and what it is made of; missing is missing.",
    .learned = "texts parts: characters, words, upper, digits, punctuation",
    .takes = [](const frame::Type& type) { return type.id == frame::TypeId::varchar; },
    .bind = bind_text_counts,
});

}  // namespace quern::score
