#include "quern/flow/model_facts.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include <nlohmann/json.hpp>

namespace quern::flow {
namespace {

using evaluate::Estimate;
using nlohmann::json;

struct Title {
    std::string_view metric, title;
};
constexpr Title kTitles[] = {
    {"roc_auc", "ROC AUC"}, {"pr_auc", "PR AUC"},
    {"brier", "Brier"},     {"log_loss", "log loss"},
    {"f1", "F1"},           {"mae", "MAE"},
    {"rmse", "RMSE"},       {"r2", "R²"},
    {"mape", "MAPE"},       {"balanced_accuracy", "balanced accuracy"},
};

json estimates_json(const std::vector<Estimate>& estimates) {
    json list = json::array();
    for (const auto& estimate : estimates) {
        json one = {{"name", estimate.metric}, {"value", estimate.value}};
        if (std::isfinite(estimate.low)) {
            one["low"] = estimate.low;
            one["high"] = estimate.high;
            one["interval"] = estimate.interval_method;
        }
        list.push_back(std::move(one));
    }
    return list;
}

std::vector<Estimate> estimates_of(const json& object, const char* name) {
    std::vector<Estimate> estimates;
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    for (const auto& one : object.value(name, json::array())) {
        estimates.push_back({one.value("name", ""), one.value("value", kNone),
                             one.value("low", kNone), one.value("high", kNone),
                             one.value("interval", "")});
    }
    return estimates;
}

template <class T>
json pairs_json(const std::vector<std::pair<std::string, T>>& pairs, const char* value_name) {
    json list = json::array();
    for (const auto& [name, value] : pairs) list.push_back({{"name", name}, {value_name, value}});
    return list;
}

template <class T>
std::vector<std::pair<std::string, T>> pairs_of(const json& object, const char* name,
                                                const char* value_name) {
    std::vector<std::pair<std::string, T>> pairs;
    for (const auto& one : object.value(name, json::array())) {
        pairs.emplace_back(one.value("name", ""), one.value(value_name, T{}));
    }
    return pairs;
}

json preparation_json(const std::vector<train::FeatureReport>& reports) {
    json list = json::array();
    for (const auto& one : reports) {
        list.push_back({{"name", one.name},
                        {"how", one.how},
                        {"why", one.why},
                        {"learned", one.learned},
                        {"fate", one.fate},
                        {"columns", one.column_count}});
    }
    return list;
}

std::vector<train::FeatureReport> preparation_of(const json& object) {
    std::vector<train::FeatureReport> reports;
    for (const auto& one : object.value("preparation", json::array())) {
        reports.push_back({one.value("name", ""), one.value("how", ""), one.value("why", ""),
                           one.value("learned", std::vector<std::string>()), one.value("fate", ""),
                           one.value("columns", int64_t{0})});
    }
    return reports;
}

}  // namespace

const Estimate* ModelFacts::find(std::string_view metric) const {
    const auto found = std::ranges::find(estimates, metric, &Estimate::metric);
    return found == estimates.end() ? nullptr : &*found;
}

std::vector<Estimate> ModelFacts::measured() const {
    std::vector<Estimate> all = estimates;
    all.push_back({"p99_us", p99_us, p99_us, p99_us, ""});
    const auto size = static_cast<double>(size_bytes);
    all.push_back({"size_bytes", size, size, size, ""});
    return all;
}

std::string facts_json(const ModelFacts& facts) {
    const json object = {
        {"task", facts.task},
        {"target", facts.target},
        {"from", facts.from},
        {"algorithm", facts.algorithm},
        {"split", facts.split},
        {"engine", facts.engine},
        {"seed", facts.seed},
        {"rows",
         {{"read", facts.rows_read},
          {"dropped", facts.rows_dropped},
          {"lesson", facts.rows_lesson},
          {"validation", facts.rows_validation},
          {"test", facts.rows_test}}},
        {"classes", pairs_json(facts.classes, "rows")},
        {"metrics", estimates_json(facts.estimates)},
        {"fold_means", estimates_json(facts.fold_means)},
        {"confusion", facts.confusion},
        {"importance", pairs_json(facts.importance, "share")},
        {"features", facts.features},
        {"preparation", preparation_json(facts.preparation)},
        {"outputs", pairs_json(facts.outputs, "words")},
        {"notes", facts.notes},
        {"input_count", facts.input_count},
        {"column_count", facts.column_count},
        {"model", facts.model_text},
        {"iterations", facts.iterations},
        {"best_iteration", facts.best_iteration},
        {"size_bytes", facts.size_bytes},
        {"row_us", facts.row_us},
        {"p99_us", facts.p99_us},
        {"seconds", facts.seconds},
    };
    return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

ModelFacts model_facts(const std::string& text) {
    const auto object = json::parse(text, nullptr, false);
    ModelFacts facts;
    if (!object.is_object()) return facts;
    facts.task = object.value("task", "");
    facts.target = object.value("target", "");
    facts.from = object.value("from", "");
    facts.algorithm = object.value("algorithm", "");
    facts.split = object.value("split", "");
    facts.engine = object.value("engine", "");
    facts.seed = object.value("seed", int64_t{0});
    const auto rows = object.value("rows", json::object());
    facts.rows_read = rows.value("read", int64_t{0});
    facts.rows_dropped = rows.value("dropped", int64_t{0});
    facts.rows_lesson = rows.value("lesson", int64_t{0});
    facts.rows_validation = rows.value("validation", int64_t{0});
    facts.rows_test = rows.value("test", int64_t{0});
    facts.classes = pairs_of<int64_t>(object, "classes", "rows");
    facts.estimates = estimates_of(object, "metrics");
    facts.fold_means = estimates_of(object, "fold_means");
    facts.confusion = object.value("confusion", std::vector<double>());
    facts.importance = pairs_of<double>(object, "importance", "share");
    facts.features = object.value("features", std::vector<std::string>());
    facts.preparation = preparation_of(object);
    facts.outputs = pairs_of<std::string>(object, "outputs", "words");
    facts.notes = object.value("notes", std::vector<std::string>());
    facts.input_count = object.value("input_count", int64_t{0});
    facts.column_count = object.value("column_count", int64_t{0});
    facts.model_text = object.value("model", "");
    facts.iterations = object.value("iterations", int64_t{0});
    facts.best_iteration = object.value("best_iteration", int64_t{0});
    facts.size_bytes = object.value("size_bytes", int64_t{0});
    facts.row_us = object.value("row_us", 0.0);
    facts.p99_us = object.value("p99_us", 0.0);
    facts.seconds = object.value("seconds", 0.0);
    return facts;
}

std::string metric_title(std::string_view metric) {
    for (const auto& [name, title] : kTitles) {
        if (name == metric) return std::string(title);
    }
    return std::string(metric);
}

std::string estimate_words(const Estimate& estimate) {
    const double size = std::abs(estimate.value);
    const int digits = size >= 1000 ? 0 : size >= 10 ? 2 : 3;
    char text[64];
    std::snprintf(text, sizeof(text), "%.*f", digits, estimate.value);
    std::string words = metric_title(estimate.metric) + " " + text;
    if (!std::isfinite(estimate.low)) return words;
    std::snprintf(text, sizeof(text), " ±%.*f", digits, (estimate.high - estimate.low) / 2);
    return words + text;
}

std::string metric_words(const ModelFacts& facts) {
    static constexpr std::string_view kBinary[] = {"roc_auc", "brier"};
    static constexpr std::string_view kClasses[] = {"accuracy", "log_loss"};
    static constexpr std::string_view kNumbers[] = {"r2", "mae"};
    static constexpr std::string_view kClusters[] = {"silhouette", "mean_squared_distance"};
    std::span<const std::string_view> wanted = kNumbers;
    if (facts.task == "cluster") wanted = kClusters;
    if (facts.task == "classify") wanted = facts.classes.size() == 2 ? kBinary : kClasses;
    std::string words;
    for (const auto name : wanted) {
        const Estimate* estimate = facts.find(name);
        if (estimate == nullptr) continue;
        words += (words.empty() ? "" : ", ") + estimate_words(*estimate);
    }
    return words;
}

}  // namespace quern::flow
