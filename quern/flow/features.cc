#include "quern/flow/features.h"

#include <algorithm>
#include <set>
#include <vector>

#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/evaluate/metric.h"
#include "quern/flow/written_features.h"
#include "quern/train/load.h"

namespace quern::flow {
namespace {

Status check_column(const frame::Schema& columns, const Located& name, const std::string& from) {
    if (frame::column_index(columns, name.text) >= 0) return {};
    std::vector<std::string_view> names;
    for (const auto& column : columns) names.push_back(column.name);
    const std::string close = nearest(name.text, names);
    Status status = not_found(from + " has no column '" + name.text + "'").at(name.place.text());
    if (!close.empty()) return std::move(status).hint("did you mean '" + close + "'?");
    std::string all;
    for (const auto known : names) all += (all.empty() ? "" : ", ") + std::string(known);
    return std::move(status).hint("it has: " + all);
}

// Every column that the model names outside of its features.
std::vector<const Located*> named_columns(const project::Model& model) {
    std::vector<const Located*> named = {&model.target};
    for (const auto& name : model.key) named.push_back(&name);
    for (const auto& name : model.exclude) named.push_back(&name);
    if (model.time) named.push_back(&*model.time);
    if (model.weight) named.push_back(&*model.weight);
    if (!model.split.group.text.empty()) named.push_back(&model.split.group);
    return named;
}

Result<score::CompiledFeatures> compile(sql::SchemaCatalog& catalog, const Select& select) {
    const auto place = [&](size_t offset) { return select.place(offset); };
    const auto bound = TRY(catalog.bind(select.text(), place));
    const auto zones = [&](std::string_view name) { return catalog.time_zone(name); };
    return score::compile_features(bound.plan_json, place, zones);
}

Result<score::CompiledFeatures> compile_all(sql::SchemaCatalog& catalog, const Select& select) {
    auto compiled = compile(catalog, select);
    if (compiled.ok() || !compiled.status().where().empty()) return compiled;
    // The plan as a whole does not say which feature it was; each one alone does.
    for (const auto& one : select.apart()) {
        auto alone = compile(catalog, one);
        if (!alone.ok()) return std::move(alone).status().at(one.place(0));
    }
    return compiled;
}

Status check_transforms(const ModelFeatures& features) {
    std::vector<frame::Type> types;
    for (const auto& feature : features.compiled.features)
        types.push_back(features.compiled.expressions[feature.expression].type);
    Status faults;
    for (const auto& written : features.written) {
        if (written.transform.empty()) continue;
        const auto* api = TRY(train::load_training());
        faults.also(api->check_written(written, types));
    }
    return faults;
}

}  // namespace

Result<ModelFeatures> compile_model_features(sql::SchemaCatalog& catalog,
                                             const project::Model& model,
                                             const frame::Schema& columns) {
    Status faults;
    std::set<std::string> taken;
    for (const Located* name : named_columns(model)) {
        faults.also(check_column(columns, *name, model.from.text));
        taken.insert(lower_ascii(name->text));
    }
    if (!model.metric.empty()) {
        auto metric = Registry<evaluate::Metric>::of_kind().find(model.metric);
        if (!metric.ok()) faults.also(std::move(metric).status().at(model.place.text()));
    }
    if (!faults.ok()) return faults;
    auto written = TRY(read_features(model, columns, taken));
    if (written.select.is_empty()) {
        return invalid_argument("model '" + model.name + "' has no features: '" + model.from.text +
                                "' has no column but those it names otherwise")
            .at(model.place.text());
    }
    auto compiled = compile_all(catalog, written.select);
    if (!compiled.ok()) return with_transform_hint(std::move(compiled).status(), model);
    ModelFeatures features{*std::move(compiled), std::move(written.features)};
    for (auto& one : features.written) {
        if (one.transform.empty() && !one.has_alias)
            one.name = features.compiled.features[one.feature].name;
    }
    TRY(check_transforms(features));
    return features;
}

}  // namespace quern::flow
