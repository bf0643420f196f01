#include "quern/train/preparation.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "quern/base/text.h"
#include "quern/score/lookup_inputs.h"

namespace quern::train {
namespace {

using frame::TypeId;
using score::Buffers;
using score::FittedEncoder;

bool is_date(const frame::Type& type) {
    return type.id == TypeId::date || type.id == TypeId::timestamp ||
           type.id == TypeId::timestamptz;
}

std::string count_text(size_t count, std::string_view noun) {
    return plural(static_cast<int64_t>(count), noun);
}

Status refuse_ids(const std::string& name, const FeatureFacts& facts) {
    const size_t distinct = facts.texts.size();
    const bool is_id = distinct > kIdLikeMin && distinct * 2 > facts.valid_count;
    if (!facts.has_too_many_texts && !is_id && distinct <= kCategoriesMax) return {};
    const std::string values = facts.has_too_many_texts
                                   ? "more than " + count_text(distinct, "different text")
                                   : count_text(distinct, "different text");
    return invalid_argument("feature '" + name + "' holds " + values + " in " +
                            count_text(facts.valid_count, "row") +
                            "; that is too many for categories")
        .hint("add it to `exclude`, or write target_encode(" + name + "), tfidf(" + name +
              ") or left(" + name + ", 3) as " + name + "_start");
}

FittedEncoder numeric(const FeatureFacts& facts, Taste taste) {
    if (taste == Taste::native) return {.kind = "numeric", .learned = {}};
    Buffers learned;
    const double deviation = facts.deviation();
    learned["mean"] = std::vector<double>{facts.mean};
    learned["scale"] = std::vector<double>{deviation > 0 ? deviation : 1};
    learned["fill"] = std::vector<double>{facts.mean};
    if (facts.missing_count > 0) learned["indicator"] = std::vector<uint8_t>{1};
    return {.kind = "scaled", .learned = std::move(learned)};
}

std::optional<FittedEncoder> category(const FeatureFacts& facts, Taste taste) {
    const bool is_native = taste == Taste::native;
    auto categories =
        facts.categories(is_native ? kNativeCategoryRows : kDenseCategoryRows, kCategoriesMax);
    if (categories.empty()) return std::nullopt;
    Buffers learned;
    const bool has_rare = categories.size() < facts.texts.size();
    learned["categories"] = std::move(categories);
    if (is_native) return FittedEncoder{.kind = "category", .learned = std::move(learned)};
    if (has_rare) learned["unseen"] = std::vector<uint8_t>{1};
    if (facts.missing_count > 0) learned["missing"] = std::vector<uint8_t>{1};
    return FittedEncoder{.kind = "one_hot", .learned = std::move(learned)};
}

FittedEncoder date(const FeatureFacts& facts, Taste taste) {
    std::vector<std::string> parts = {"days", "month", "day_of_week"};
    if (facts.type.id != TypeId::date) parts.emplace_back("hour");
    Buffers learned;
    if (taste == Taste::dense) {
        // Days by what was seen; the others by the middle and spread of a full cycle.
        const double seconds_a_day = facts.type.id == TypeId::date ? 1 : 86'400;
        const double days = facts.mean / seconds_a_day;
        const double spread = facts.deviation() / seconds_a_day;
        std::vector<double> mean = {days, 6.5, 4}, scale = {spread > 0 ? spread : 1, 3.45, 2};
        if (parts.size() > mean.size()) {
            mean.push_back(11.5);
            scale.push_back(6.92);
        }
        learned["mean"] = mean;
        learned["scale"] = scale;
        learned["fill"] = std::vector<double>{0};  // after scaling: the middle
    }
    learned["parts"] = std::move(parts);
    return {.kind = "date", .learned = std::move(learned)};
}

}  // namespace

Result<std::optional<FittedEncoder>> choose_encoder(const std::string& name,
                                                    const FeatureFacts& facts, Taste taste,
                                                    std::vector<std::string>& notes) {
    const auto leave_out = [&](std::string_view why) {
        notes.push_back("feature " + name + " left out: " + std::string(why));
        return std::optional<FittedEncoder>();
    };
    const bool is_text = facts.type.id == TypeId::varchar;
    const bool is_number = frame::is_numeric(facts.type) || facts.type.id == TypeId::boolean;
    if (!is_text && !is_number && !is_date(facts.type)) {
        return invalid_argument("feature '" + name + "' is " + facts.type.text() +
                                "; a feature is a number, boolean, text, date or timestamp")
            .hint("cast it in the feature, or add it to `exclude`");
    }
    if (facts.valid_count == 0) return leave_out("it is NULL in every training row");
    const bool has_one_value = is_text ? facts.texts.size() == 1 : facts.low == facts.high;
    if (has_one_value && facts.missing_count == 0) {
        return leave_out("it is the same in every training row");
    }
    if (is_text) {
        TRY(refuse_ids(name, facts));
        auto encoder = category(facts, taste);
        if (!encoder) return leave_out("no text of it occurs often enough");
        return encoder;
    }
    if (facts.infinite_count > 0 && taste == Taste::dense) {
        return invalid_argument("feature '" + name + "' is infinite in " +
                                count_text(facts.infinite_count, "row"))
            .hint("write case when isfinite(" + name + ") then " + name +
                  " end, or use algorithm: gbdt");
    }
    if (facts.infinite_count > 0) {
        notes.push_back("feature " + name + " is infinite in " +
                        count_text(facts.infinite_count, "training row") +
                        "; trees take that as the largest or smallest value");
    }
    return std::optional(is_date(facts.type) ? date(facts, taste) : numeric(facts, taste));
}

std::string why_chosen(const FeatureFacts& facts, Taste taste) {
    const std::string gaps = facts.missing_count > 0 ? " with gaps" : "";
    if (facts.type.id == TypeId::varchar) {
        const size_t rows = taste == Taste::native ? kNativeCategoryRows : kDenseCategoryRows;
        return "a text of " + count_text(facts.texts.size(), "value") + gaps + ", " +
               std::to_string(facts.categories(rows, kCategoriesMax).size()) + " of them in " +
               std::to_string(rows) + " rows or more";
    }
    const std::string what = is_date(facts.type)                ? "a " + facts.type.text()
                             : facts.type.id == TypeId::boolean ? "a BOOLEAN"
                                                                : "a number";
    return what + gaps +
           (taste == Taste::native ? ", which trees split as it is" : ", to be scaled");
}

void prune(score::Program& program) {
    std::vector<uint8_t> has_encoder(program.features.size());
    for (const auto& encoder : program.encoders) has_encoder[encoder.feature] = 1;
    std::vector<uint32_t> new_feature(program.features.size());
    std::vector<uint8_t> is_read(program.expressions.size());
    std::vector<score::Feature> features;
    for (size_t i = 0; i < program.features.size(); ++i) {
        new_feature[i] = static_cast<uint32_t>(features.size());
        if (has_encoder[i] == 0) continue;
        is_read[program.features[i].expression] = 1;
        features.push_back(std::move(program.features[i]));
    }
    for (auto& encoder : program.encoders) encoder.feature = new_feature[encoder.feature];
    // Children stand before their parents, so one way back finds all that is read.
    std::vector<uint8_t> input_is_read(program.inputs.size());
    for (size_t i = program.expressions.size(); i-- > 0;) {
        if (is_read[i] == 0) continue;
        const auto& expression = program.expressions[i];
        for (const uint32_t child : expression.children) is_read[child] = 1;
        if (expression.kind == score::Expression::Kind::input) input_is_read[expression.input] = 1;
    }
    score::mark_keys(program.lookups, input_is_read);
    // The inputs stay: they are what requests may bring, and that must not change with what the
    // model found useful. Nobody need bring those that nothing reads.
    for (size_t i = 0; i < program.inputs.size(); ++i) {
        if (input_is_read[i] == 0) program.inputs[i].is_nullable = true;
    }
    std::vector<uint32_t> new_expression(program.expressions.size());
    std::vector<score::Expression> expressions;
    for (size_t i = 0; i < program.expressions.size(); ++i) {
        new_expression[i] = static_cast<uint32_t>(expressions.size());
        if (is_read[i] == 0) continue;
        auto& expression = program.expressions[i];
        for (uint32_t& child : expression.children) child = new_expression[child];
        expressions.push_back(std::move(expression));
    }
    for (auto& feature : features) feature.expression = new_expression[feature.expression];
    program.expressions = std::move(expressions);
    program.features = std::move(features);
}

}  // namespace quern::train
