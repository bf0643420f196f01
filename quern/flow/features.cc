#include "quern/flow/features.h"

#include <algorithm>
#include <set>
#include <vector>

#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/evaluate/metric.h"

namespace quern::flow {
namespace {

// Features one after the other in one SELECT, and where each came from.
class Select {
public:
    explicit Select(const project::Model& model) : model_(model) {}

    void add(const std::string& expression, const Place& place) {
        if (!pieces_.empty()) text_ += ",\n";
        pieces_.push_back({text_.size(), expression, place});
        text_ += expression;
    }
    std::string text() const {
        // A comment at the end of a feature must not swallow what follows.
        return text_ + "\nfrom " + quote_identifier(model_.from.text);
    }
    bool is_empty() const { return pieces_.empty(); }
    // One SELECT for each feature.
    std::vector<Select> apart() const {
        std::vector<Select> selects;
        for (const auto& piece : pieces_) {
            selects.emplace_back(model_);
            selects.back().add(piece.text, piece.place);
        }
        return selects;
    }

    std::string place(size_t offset) const {
        const Piece* found = nullptr;
        for (const auto& piece : pieces_) {
            if (piece.offset <= offset) found = &piece;
        }
        // Of all features together; which one it was is found by looking at each alone.
        if (found == nullptr) return pieces_.size() == 1 ? pieces_[0].place.text() : "";
        Place place = found->place;
        const auto inside =
            line_column(found->text, std::min(offset - found->offset, found->text.size()));
        // The text of a folded YAML scalar has other lines than the file; there it points at the
        // scalar's start.
        if (inside.line == 1 && place.column > 0) place.column += inside.column - 1;
        return place.text();
    }

private:
    struct Piece {
        size_t offset;
        std::string text;
        Place place;
    };
    const project::Model& model_;
    std::string text_ = "select ";
    std::vector<Piece> pieces_;
};

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

}  // namespace

Result<score::CompiledFeatures> compile_model_features(sql::SchemaCatalog& catalog,
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
    Select select(model);
    for (const auto& feature : model.features) select.add(feature.text, feature.place);
    if (model.features.empty()) {
        for (const auto& column : columns) {
            if (taken.contains(lower_ascii(column.name))) continue;
            select.add(quote_identifier(column.name), model.place);
        }
    }
    if (select.is_empty()) {
        return invalid_argument("model '" + model.name + "' has no features: '" + model.from.text +
                                "' has no column but those it names otherwise")
            .at(model.place.text());
    }
    auto compiled = compile(catalog, select);
    if (compiled.ok() || !compiled.status().where().empty()) return compiled;
    // The plan as a whole does not say which feature it was; each one alone does.
    for (const auto& one : select.apart()) {
        auto alone = compile(catalog, one);
        if (!alone.ok()) return std::move(alone).status().at(one.place(0));
    }
    return compiled;
}

}  // namespace quern::flow
