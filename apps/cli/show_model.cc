#include <algorithm>
#include <cmath>
#include <cstdio>

#include "quern/base/clock.h"
#include "quern/base/json.h"
#include "quern/base/text.h"
#include "quern/flow/model_facts.h"
#include "quern/score/describe.h"
#include "quern/score/scorer.h"
#include "quern/store/artifacts.h"

#include "apps/cli/output.h"
#include "apps/cli/show.h"

namespace quern::cli {
namespace {

constexpr size_t kFeaturesExplained = 100, kNameWidth = 30;
constexpr size_t kFeaturesTold = 6, kVersionsTold = 8, kClassesShown = 12;

std::string printed(const char* format, double value) {
    char text[64];
    std::snprintf(text, sizeof(text), format, value);
    return text;
}

std::string metric_line(const evaluate::Estimate& estimate) {
    const bool is_large = std::abs(estimate.value) >= 1000;
    std::string line = "  " + estimate.metric;
    line.resize(std::max<size_t>(line.size() + 2, 24), ' ');
    line += printed(is_large ? "%.1f" : "%.4f", estimate.value);
    if (!std::isfinite(estimate.low)) return line + "\n";
    line += printed(is_large ? "  [%.1f, " : "  [%.4f, ", estimate.low) +
            printed(is_large ? "%.1f]" : "%.4f]", estimate.high);
    return line + "  " + estimate.interval_method + "\n";
}

std::string task_words(const flow::ModelFacts& facts) {
    if (facts.task == "cluster") return std::to_string(facts.classes.size()) + " clusters";
    if (facts.task == "regress") return "regression of " + facts.target;
    if (facts.classes.size() == 2) return "binary classifier of " + facts.target;
    return "classifier of " + facts.target + " (" + std::to_string(facts.classes.size()) +
           " classes)";
}

std::string leads_text(const flow::ModelFacts& facts) {
    std::string text;
    for (size_t i = 0; i < facts.importance.size() && i < kFeaturesTold; ++i) {
        const auto& [name, share] = facts.importance[i];
        if (share <= 0) break;
        text += (text.empty() ? "" : ", ") + name + " " + printed("%.2f", share);
    }
    return text;
}

// What was made of each feature, why, and what was learned for it.
std::string preparation_text(const flow::ModelFacts& facts) {
    if (facts.preparation.empty()) return "";
    size_t width = 0;
    const size_t count = std::min(facts.preparation.size(), kFeaturesExplained);
    for (size_t i = 0; i < count; ++i)
        width = std::max(width, std::min(facts.preparation[i].name.size(), kNameWidth));
    std::string text = "  features:\n";
    for (size_t i = 0; i < count; ++i) {
        const auto& one = facts.preparation[i];
        std::string line = "    " + one.name;
        line.resize(std::max(line.size() + 2, width + 6), ' ');
        if (one.how != one.name) line += one.how + ": ";
        line += one.why;
        if (!one.fate.empty()) line += "; " + one.fate;
        text += line + "\n";
        for (const auto& part : one.learned) text += std::string(width + 8, ' ') + part + "\n";
    }
    if (count == facts.preparation.size()) return text;
    return text + "    and " + std::to_string(facts.preparation.size() - count) +
           " more; --json tells of all\n";
}

std::string confusion_text(const flow::ModelFacts& facts) {
    const size_t count = facts.classes.size();
    if (count < 2 || count > kClassesShown || facts.confusion.size() != count * count) return "";
    size_t width = 8;
    for (const auto& [name, rows] : facts.classes) width = std::max(width, name.size() + 2);
    const auto cell = [&](const std::string& text) {
        return text + std::string(width > text.size() ? width - text.size() : 1, ' ');
    };
    std::string text = "  true \\ said  ";
    text.resize(std::max(text.size(), width + 4), ' ');
    const size_t first = text.size();
    for (const auto& [name, rows] : facts.classes) text += cell(name);
    text += "\n";
    for (size_t i = 0; i < count; ++i) {
        std::string line = "    " + facts.classes[i].first;
        line.resize(std::max(line.size() + 1, first), ' ');
        for (size_t j = 0; j < count; ++j) {
            line += cell(with_thousands(std::llround(facts.confusion[i * count + j])));
        }
        text += line + "\n";
    }
    return text;
}

std::string versions_text(const std::vector<store::ModelVersion>& versions) {
    std::string text;
    for (size_t i = 0; i < versions.size() && i < kVersionsTold; ++i) {
        const auto& one = versions[i];
        text += "    v" + std::to_string(one.version) + "  " +
                flow::metric_words(flow::model_facts(one.metrics)) + "  " +
                age_words(one.created_ms);
        for (const auto& alias : one.aliases) text += ", " + alias;
        if (!one.gates_passed) text += ", gates FAILED";
        text += "\n";
    }
    return text;
}

// The rows that it was trained on, and by what.
std::string origin_text(const flow::ModelFacts& facts) {
    std::string text = "  from:     " + with_thousands(facts.rows_read) + " rows of " + facts.from +
                       ": " + with_thousands(facts.rows_lesson) + " to learn, " +
                       with_thousands(facts.rows_validation) + " to stop by, " +
                       with_thousands(facts.rows_test) + " to judge (" + facts.split + ", seed " +
                       std::to_string(facts.seed) + ")\n";
    return text + "  made by:  " + facts.algorithm + ", " + facts.engine + " in " +
           duration_text(facts.seconds) + "\n";
}

std::string model_text(const store::ModelVersion& version, const flow::ModelFacts& facts,
                       const std::vector<store::ModelVersion>& versions,
                       const std::string& kernel) {
    const bool is_imported = facts.from.empty();
    std::string title = version.model + "  " + task_words(facts) +
                        (is_imported ? ", imported" : " from " + facts.from);
    title.resize(std::max<size_t>(title.size() + 2, 70), ' ');
    title += "v" + std::to_string(version.version);
    for (const auto& alias : version.aliases) title += " " + alias;
    std::string text = title + ", " + age_words(version.created_ms) + "\n";
    for (const auto& estimate : facts.estimates) text += metric_line(estimate);
    text += confusion_text(facts);
    text += "  " + plural(static_cast<int64_t>(facts.features.size()), "feature") + " -> " +
            plural(facts.column_count, "column") + ", " + facts.model_text + ", " +
            size_text(static_cast<uint64_t>(facts.size_bytes)) +
            (is_imported ? "" : ", " + printed("%.1f", facts.row_us) + " us a row") + "\n";
    const std::string leads = leads_text(facts);
    if (!leads.empty()) text += "  leads:    " + leads + "\n";
    text += is_imported ? "  made by:  " + facts.algorithm + "\n" : origin_text(facts);
    if (!kernel.empty()) text += "  kernel:   " + kernel + "\n";
    text += preparation_text(facts);
    for (const auto& [key, words] : facts.outputs) text += "  " + key + ": " + words + "\n";
    for (const auto& note : facts.notes) text += "  note:     " + note + "\n";
    return text + "  versions:\n" + versions_text(versions);
}

std::string model_json(const store::ModelVersion& version,
                       const std::vector<store::ModelVersion>& versions,
                       const std::string& kernel) {
    JsonWriter json;
    json.begin_object().field("name", version.model).field("kind", "model");
    json.field("version", version.version).field("artifact", version.artifact);
    json.list("aliases", version.aliases).field("created", utc_text(version.created_ms));
    json.field("gates_passed", version.gates_passed).field("fingerprint", version.fingerprint);
    if (!kernel.empty()) json.field("kernel", kernel);
    json.key("versions").begin_array();
    for (const auto& one : versions) {
        json.begin_object().field("version", one.version).field("artifact", one.artifact);
        json.list("aliases", one.aliases).field("gates_passed", one.gates_passed);
        json.field("created", utc_text(one.created_ms)).end_object();
    }
    std::string text = json.end_array().end_object().take();
    // The facts are an object of their own; here they continue this one.
    if (version.metrics.size() > 2) {
        text.pop_back();
        text += ", " + version.metrics.substr(1);
    }
    return text + "\n";
}

}  // namespace

std::string age_words(int64_t time_ms) {
    struct Unit {
        int64_t seconds;
        std::string_view name;
    };
    constexpr Unit kUnits[] = {{86'400, "day"}, {3'600, "hour"}, {60, "minute"}};
    const int64_t seconds = (unix_ms_now() - time_ms) / 1000;
    for (const auto& [length, name] : kUnits) {
        if (seconds >= length) return plural(seconds / length, name) + " old";
    }
    return "just made";
}

Result<int> show_model(flow::Workspace& workspace, const store::ModelName& name,
                       const Invocation& invocation) {
    store::Models models(*workspace.store);
    const auto version = TRY(models.find(name));
    const auto scorer =
        score::Scorer::open(store::artifact_path(workspace.store->layout(), version.artifact));
    if (invocation.has("program")) {
        TRY(scorer.status());
        TRY(print(score::describe(scorer->program())));
        return 0;
    }
    // A file that is not whole is told of by those who score with it.
    const std::string kernel = scorer.ok() ? scorer->kernel() : "";
    const auto versions = TRY(models.versions_of(version.model));
    TRY(print(invocation.is_json
                  ? model_json(version, versions, kernel)
                  : model_text(version, flow::model_facts(version.metrics), versions, kernel)));
    return 0;
}

}  // namespace quern::cli
