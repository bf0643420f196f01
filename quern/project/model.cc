// Models: models/*.yml.
#include "quern/project/keys.h"

namespace quern::project {
namespace {

constexpr double kSeedMax = 2147483647;

Status read_algorithm(Model& model, const Tree& value) {
    model.algorithm.place = value.place;
    if (value.is_list()) {
        return unimplemented("a list of algorithms is not known to this version of quern")
            .at(value.place.text())
            .hint("name one");
    }
    if (value.is_scalar()) {
        model.algorithm.name = value.text;
        return {};
    }
    const bool is_one_name = value.is_map() && value.entries.size() == 1;
    if (!is_one_name || value.entries[0].value.is_scalar() || value.entries[0].value.is_list()) {
        return invalid_argument("'algorithm' must be one name, with or without settings")
            .at(value.place.text())
            .hint("write `algorithm: gbdt` or `algorithm: {gbdt: {num_leaves: 31}}`");
    }
    model.algorithm.name = value.entries[0].key;
    model.algorithm.settings = value.entries[0].value;
    model.algorithm.place = value.entries[0].place;
    return {};
}

Status read_select(Model& model, const Tree& value) {
    model.select.place = value.place;
    model.select.settings = value;
    if (value.is_scalar()) {
        model.select.settings = Tree::map({});
        model.select.settings.place = value.place;
        return detail::read_value(value, detail::Typed<std::string>::shape(), "select",
                                  model.select.method);
    }
    const Tree* method = value.is_map() ? value.find("method") : nullptr;
    if (method == nullptr) {
        return invalid_argument("'select' must name a method")
            .at(value.place.text())
            .hint("write `select: {method: mutual_information, keep: 20}`");
    }
    std::erase_if(model.select.settings.entries,
                  [](const Tree::Entry& entry) { return entry.key == "method"; });
    return detail::read_value(*method, detail::Typed<std::string>::shape(), "method",
                              model.select.method);
}

std::vector<Param> split_params() {
    return {
        choice_param("kind", &Split::kind, {"auto", "stratified", "random", "time", "group"},
                     "How rows are held out. auto: time where the model has `time`, else "
                     "stratified for classes, else random."),
        param("test", &Split::test, "Part of the rows held out.").range(0, 1, true, true),
        param("folds", &Split::folds, "Of cross-validation; 0: none.").in(0, 100),
        param("seed", &Split::seed, "Same seed, same split.").in(0, kSeedMax),
        param("group", &Split::group, "Column whose equal values stay together."),
    };
}

Shape split_shape() {
    Shape shape = detail::plain_shape("object");
    shape.fields = split_params();
    return shape;
}

Status read_split(Model& model, const Tree& value) {
    Split& split = model.split;
    split.place = value.place;
    TRY(read_params(split_params(), value, &split, "split"));
    const bool has_group = !split.group.text.empty();
    if (split.folds == 1) {
        return invalid_argument("'folds' must be 0 or at least 2, got '1'")
            .at(value.find("folds")->place.text());
    }
    if (has_group && split.kind == SplitKind::automatic) split.kind = SplitKind::group;
    if (has_group == (split.kind == SplitKind::group)) return {};
    return invalid_argument(has_group ? "'group' is of a split of kind group"
                                      : "a split of kind group needs the key 'group'")
        .at(value.place.text())
        .hint("write `split: {kind: group, group: COLUMN}`");
}

// Without a time, values of later than the row would leak into it.
Status check_time(const Model& model, const Lookup& lookup) {
    if (lookup.time && !model.time) {
        return invalid_argument("look-up '" + lookup.name + "' has a time, but the model has none")
            .at(lookup.time->place.text())
            .hint("write the model's key `time: COLUMN`, the time of a row");
    }
    if (!model.time || lookup.time || lookup.is_timeless) return {};
    return invalid_argument("look-up '" + lookup.name +
                            "' needs `time`: rows must not see values from after their own time")
        .at(lookup.place.text())
        .hint("write `time: COLUMN`, or `time: none` if its values never change");
}

// Clusters have no truth to be measured by.
Status check_cluster(const Model& model, const Tree& map) {
    const auto refuse = [](std::string_view what, const Place& place) {
        return invalid_argument("'" + std::string(what) +
                                "' is not for a model whose task is cluster")
            .at(place.text());
    };
    for (const char* key : {"target", "positive", "select", "calibrate", "conformal", "weight",
                            "threshold", "metric"}) {
        const Tree* value = map.find(key);
        if (value != nullptr) return refuse(key, value->place);
    }
    if (model.split.folds > 0) return refuse("folds", model.split.place);
    if (model.split.kind == SplitKind::stratified) return refuse("stratified", model.split.place);
    return {};
}

Status check_target(const Model& model, const Tree& map) {
    if (model.task == "cluster") return check_cluster(model, map);
    const Tree* target = map.find("target");
    if (map.is_null()) return {};  // `from` is asked for first
    if (target != nullptr && !target->is_null()) return {};
    return invalid_argument("model needs the key 'target'").at(map.place.text());
}

Status check_model(const Model& model) {
    if (model.split.kind == SplitKind::time && !model.time) {
        return invalid_argument("a split of kind time needs the model's key 'time'")
            .at(model.split.place.text())
            .hint("write `time: COLUMN`");
    }
    Status faults;
    for (const auto& lookup : model.lookups) faults.also(check_time(model, lookup));
    return faults;
}

}  // namespace

Keys model_keys() {
    auto params = std::vector<Param>{
        param("from", &Model::from, "The table or source to learn from.").required(),
        param("target", &Model::target, "The column to predict; none where the task is cluster."),
        param("description", &Model::description, "The question it answers."),
        param("task", &Model::task, "Default: by the target's type and values.")
            .one_of({"classify", "regress", "cluster"}),
        param("key", &Model::key, "Columns that name a row; never a feature."),
        param("time", &Model::time, "Column with the time a row was known."),
        param("weight", &Model::weight, "Column with the weight of a row."),
        param("positive", &Model::positive,
              "The class that `probability` speaks of; default: of two, the later in order."),
        param("features", &Model::features,
              "SQL over one row, each with an optional `as name`; default: every other column."),
        param("exclude", &Model::exclude, "Columns that are never a feature."),
        custom_param<Model>("lookup", lookups_shape(),
                            "Tables that features read by key: `{customer_stats: customer_id}`.",
                            &read_lookups),
        custom_param<Model>("algorithm", detail::plain_shape("any"),
                            "A learner's name, or the name with its settings: "
                            "`{gbdt: {num_leaves: 31}}`.",
                            &read_algorithm),
        custom_param<Model>("select", detail::plain_shape("any"),
                            "Which columns the learner sees, chosen on the rows that teach, in "
                            "each fold anew: `{method: mutual_information, keep: 20}`.",
                            &read_select),
        custom_param<Model>("split", split_shape(), "Which rows are held out to measure.",
                            &read_split),
        param("metric", &Model::metric, "Watched by early stopping; default: by the task."),
        param("gates", &Model::gates,
              "Conditions to be published: `roc_auc >= 0.75`, `roc_auc >= champion - 0.005`."),
    };
    std::ranges::move(output_keys(), std::back_inserter(params));
    return {.what = "model",
            .summary = "What to learn from which table.",
            .params = std::move(params),
            .later = {"tune", "balance", "fairness"}};
}

Result<Model> read_model(const Tree& map) {
    Model model;
    Status faults = read_keys(model_keys(), map, &model);
    faults.also(check_target(model, map));
    faults.also(check_model(model));
    TRY(std::move(faults));
    return model;
}

}  // namespace quern::project
