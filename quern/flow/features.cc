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

// The table of a model's rows with its look-ups, in the catalog.
std::string row_name(const project::Model& model) { return "row of " + model.name; }

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
    std::vector<const Located*> named;
    if (!model.target.text.empty()) named.push_back(&model.target);
    for (const auto& name : model.key) named.push_back(&name);
    for (const auto& name : model.exclude) named.push_back(&name);
    if (model.time) named.push_back(&*model.time);
    if (model.weight) named.push_back(&*model.weight);
    if (!model.split.group.text.empty()) named.push_back(&model.split.group);
    return named;
}

Result<score::CompiledFeatures> compile(sql::SchemaCatalog& catalog, const Select& select,
                                        std::span<const score::LookupSpec> lookups) {
    const auto place = [&](size_t offset) { return select.place(offset); };
    const auto bound = TRY(catalog.bind(select.text(), place));
    const auto zones = [&](std::string_view name) { return catalog.time_zone(name); };
    return score::compile_features(bound.plan_json, place, zones, lookups);
}

// To DuckDB a look-up is a struct, to the user a table.
Status in_users_words(Status status) {
    const std::string text(status.message());
    constexpr std::string_view kBegin = "Could not find key \"", kEnd = "\" in struct";
    const size_t begin = text.find(kBegin), end = text.find(kEnd);
    if (begin == text.npos || end == text.npos) return status;
    const size_t name = begin + kBegin.size();
    const size_t entries = text.find("Candidate Entries: ");
    Status said = not_found("the look-up has no column '" + text.substr(name, end - name) + "'");
    if (entries == text.npos) return said;
    return std::move(said).hint(
        "nearest: " + text.substr(entries + std::string_view("Candidate Entries: ").size()));
}

Result<score::CompiledFeatures> compile_all(sql::SchemaCatalog& catalog, const Select& select,
                                            std::span<const score::LookupSpec> lookups) {
    auto compiled = compile(catalog, select, lookups);
    if (compiled.ok()) return compiled;
    // An aggregate beside a column is told of as the column's fault.
    const bool is_of_groups =
        compiled.status().message().find("must appear in the GROUP BY") != std::string_view::npos;
    if (!compiled.status().where().empty() && !is_of_groups) return compiled;
    // The plan as a whole does not say which feature it was; each one alone does.
    for (const auto& one : select.apart()) {
        auto alone = compile(catalog, one, lookups);
        if (!alone.ok()) return in_users_words(std::move(alone).status()).at(one.place(0));
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
                                             const ModelColumns& all_columns) {
    const frame::Schema& columns = all_columns.from;
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
    TRY(check_lookups(model, all_columns));
    const auto specs = lookup_specs(model, all_columns);
    auto written = TRY(read_features(model, columns, taken));
    if (!specs.empty()) {
        TRY(catalog.add_table(row_name(model), row_columns(model, all_columns)));
        written.select.read_rows_of(row_name(model));
    }
    if (written.select.is_empty()) {
        return invalid_argument("model '" + model.name + "' has no features: '" + model.from.text +
                                "' has no column but those it names otherwise")
            .at(model.place.text());
    }
    auto compiled = compile_all(catalog, written.select, specs);
    if (!compiled.ok()) return with_transform_hint(std::move(compiled).status(), model);
    ModelFeatures features{*std::move(compiled), std::move(written.features)};
    for (auto& one : features.written) {
        if (one.transform.empty() && !one.has_alias)
            one.name = features.compiled.features[one.feature].name;
    }
    TRY(check_all_read(model, features.compiled));
    TRY(check_transforms(features));
    return features;
}

}  // namespace quern::flow
