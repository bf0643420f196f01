#include "quern/train/feature_report.h"

#include <algorithm>
#include <cstdio>

#include "quern/base/text.h"
#include "quern/score/describe.h"
#include "quern/train/preparation.h"

namespace quern::train {
namespace {

constexpr size_t kDroppedTold = 20;

std::string printed(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.4g", value);
    return text;
}

// A rank counts from 1, the best.
std::string score_words(const Selector& selector, double score) {
    const bool is_rank = selector.measure == "rank";
    return printed(is_rank ? 1 - score : score);
}

// "standard_scale(impute(income))"
std::string call_text(const Written& written) {
    if (written.transform.empty()) return written.name;
    std::string text = written.transform + "(";
    for (size_t i = 0; i < written.arguments.size(); ++i)
        text += (i == 0 ? "" : ", ") + call_text(written.arguments[i]);
    return text + ")";
}

void report_bare(const FeatureFacts& facts, Taste taste, const WrittenColumns& columns,
                 uint32_t index, FeatureReport& report) {
    const auto at = std::ranges::find(columns.encoder_written, index);
    if (at == columns.encoder_written.end()) {
        report.how = "left out";
        report.why = facts.valid_count == 0 ? "NULL in every training row"
                                            : "it says nothing in the training rows";
        return;
    }
    const auto& encoder =
        columns.encoders[static_cast<size_t>(at - columns.encoder_written.begin())];
    report.how = encoder.kind == "numeric"    ? "as it is"
                 : encoder.kind == "category" ? "code of its category"
                                              : encoder.kind;
    report.why = why_chosen(facts, taste);
}

}  // namespace

std::vector<FeatureReport> report_features(const std::vector<Written>& written,
                                           const WrittenColumns& columns,
                                           const std::vector<FeatureFacts>& facts, Taste taste) {
    std::vector<FeatureReport> reports;
    for (uint32_t i = 0; i < written.size(); ++i) {
        FeatureReport report{.name = written[i].name};
        if (written[i].transform.empty()) {
            report_bare(facts[written[i].feature], taste, columns, i, report);
        } else {
            report.how = call_text(written[i]);
            report.why = "written at " + written[i].place;
        }
        const auto add = [&](const std::string& kind, const score::Buffers& learned) {
            if (!learned.empty())
                report.learned.push_back(kind + ": " + score::learned_text(learned));
        };
        for (size_t k = 0; k < columns.encoders.size(); ++k)
            if (columns.encoder_written[k] == i)
                add(columns.encoders[k].kind, columns.encoders[k].learned);
        for (size_t k = 0; k < columns.stages.size(); ++k)
            if (columns.stage_written[k] == i)
                add(columns.stages[k].kind, columns.stages[k].learned);
        for (const auto& part : columns.matrix) report.column_count += part.written == i ? 1 : 0;
        reports.push_back(std::move(report));
    }
    return reports;
}

void report_fates(const std::vector<ColumnFate>& fates, const Selector* selector,
                  std::vector<FeatureReport>& reports) {
    for (uint32_t i = 0; i < reports.size(); ++i) {
        int64_t dropped = 0, unread = 0;
        std::optional<double> best;
        for (const auto& fate : fates) {
            if (fate.written != i) continue;
            dropped += fate.is_dropped ? 1 : 0;
            unread += !fate.is_dropped && !fate.is_read ? 1 : 0;
            if (fate.score) best = std::max(best.value_or(*fate.score), *fate.score);
        }
        const int64_t all = reports[i].column_count;
        const auto part = [&](int64_t count) {
            return count == all ? "" : std::to_string(count) + " of " + plural(all, "column") + " ";
        };
        std::string& text = reports[i].fate;
        if (dropped > 0) text = part(dropped) + "dropped by " + std::string(selector->name);
        if (best)
            text += (text.empty() ? "" : ": ") + std::string(selector->measure) + " " +
                    score_words(*selector, *best);
        if (unread > 0)
            text += (text.empty() ? "" : "; ") +
                    (unread == all ? "no split reads it" : part(unread) + "read by no split");
    }
}

std::string selection_words(const std::vector<ColumnFate>& fates, const Selector& selector) {
    std::vector<const ColumnFate*> dropped;
    double least = 0;
    size_t kept = 0;
    for (const auto& fate : fates) {
        if (fate.is_dropped) {
            dropped.push_back(&fate);
            continue;
        }
        least = kept == 0 ? *fate.score : std::min(least, *fate.score);
        ++kept;
    }
    std::string text = std::string(selector.name) + " keeps " + std::to_string(kept) + " of " +
                       plural(std::ssize(fates), "column") + ", " + std::string(selector.measure) +
                       " " + score_words(selector, least) + " or better";
    std::ranges::stable_sort(dropped, {}, [](const ColumnFate* fate) { return -*fate->score; });
    for (size_t i = 0; i < std::min(dropped.size(), kDroppedTold); ++i)
        text += (i == 0 ? "; dropped: " : ", ") + dropped[i]->name + " " +
                score_words(selector, *dropped[i]->score);
    if (dropped.size() > kDroppedTold)
        text += " and " + std::to_string(dropped.size() - kDroppedTold) + " more";
    return text;
}

}  // namespace quern::train
