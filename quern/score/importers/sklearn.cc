#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "quern/score/importers/sklearn_parts.h"

namespace quern::score {

using Kind = PickleNode::Kind;

std::string_view SklearnFile::class_of(PickleId id) const {
    const auto name = pickle.class_of(id);
    if (!name.starts_with("sklearn.")) return {};
    return name.substr(name.find(' ') + 1);
}

Result<size_t> SklearnFile::count(PickleId id, std::string_view attribute) const {
    const double value = TRY(numpy.number(find(id, attribute)));
    if (!(value >= 0 && value <= static_cast<double>(kImportedColumnsMax)))
        return corrupt("'" + std::string(attribute) + "' is out of range");
    return static_cast<size_t>(value);
}

Status SklearnFile::read_labels(PickleId id, SklearnModel& model) const {
    model.labels = TRY(numpy.labels(find(id, "classes_"), model.are_integers));
    if (model.labels.size() >= 2) return {};
    return unimplemented("a classifier of " + std::to_string(model.labels.size()) + " classes");
}

bool SklearnFile::is_since(PickleId id, int major, int minor) const {
    const auto version = text(id, "_sklearn_version");
    int parts[2] = {0, 0};
    const char *at = version.data(), *end = at + version.size();
    for (int& part : parts) {
        at = std::from_chars(at, end, part).ptr;
        if (at != end) ++at;
    }
    return parts[0] > major || (parts[0] == major && parts[1] >= minor);
}

namespace {

constexpr std::string_view kPickle = "\x80";
constexpr size_t kStepsMax = 100;

bool recognizes(std::string_view bytes) {
    return bytes.starts_with(kPickle) && bytes.size() > 2 && bytes[1] >= 2 && bytes[1] <= 5;
}

struct Step {
    std::string_view name;  // of its class
    PickleId id = Pickle::kNone;
};

Result<std::vector<Step>> steps_of(const SklearnFile& file) {
    std::vector<Step> steps;
    const PickleId root = file.pickle.root();
    if (file.class_of(root) != "Pipeline") {
        steps.push_back({file.class_of(root), root});
    } else {
        for (const PickleId pair : file.pickle.at(file.find(root, "steps")).children) {
            const auto& parts = file.pickle.at(pair);
            if (parts.kind != Kind::list || parts.children.size() != 2)
                return corrupt("a pipeline's step is no pair");
            const PickleId id = parts.children[1];
            const auto& step = file.pickle.at(id);
            if (step.kind == Kind::none || step.bytes == "passthrough") continue;
            steps.push_back({file.class_of(id), id});
        }
    }
    if (steps.empty() || steps.size() > kStepsMax) return corrupt("a pipeline without a model");
    for (const Step& step : steps)
        if (step.name.empty())
            return unimplemented("the file holds " +
                                 (file.pickle.class_of(step.id).empty()
                                      ? "no model"
                                      : "'" + std::string(file.pickle.class_of(step.id)) + "'") +
                                 ", which is no model of scikit-learn");
    return steps;
}

Result<std::vector<ImportedColumn>> columns_of(const SklearnFile& file, const Step& first,
                                               const ImportOptions& options) {
    std::vector<std::string> names;
    if (file.has(first.id, "feature_names_in_")) {
        bool are_integers = false;
        names = TRY(file.numpy.labels(file.find(first.id, "feature_names_in_"), are_integers));
    }
    if (!file.has(first.id, "n_features_in_"))
        return unimplemented("a model of scikit-learn before 0.24, or one that was not fitted");
    return name_columns(TRY(file.count(first.id, "n_features_in_")), std::move(names), options);
}

FittedStage stage_over(const char* kind, const char* name, size_t column_count, size_t first) {
    FittedStage stage{kind, std::vector<uint32_t>(column_count), name, {}};
    std::iota(stage.columns.begin(), stage.columns.end(), static_cast<uint32_t>(first));
    return stage;
}

// What one of the steps before the model makes of the columns.
Result<FittedStage> read_stage(const SklearnFile& file, const Step& step, size_t column_count,
                               size_t first) {
    const auto numbers = [&](const char* attribute,
                             double fallback) -> Result<std::vector<double>> {
        std::vector<double> values(column_count, fallback);
        if (file.has(step.id, attribute))
            values = TRY(file.numpy.numbers(file.find(step.id, attribute)));
        if (values.size() == column_count) return values;
        return corrupt("'" + std::string(attribute) + "' does not fit the features");
    };
    if (step.name == "StandardScaler" || step.name == "RobustScaler") {
        auto stage = stage_over("affine", "scaled", column_count, first);
        stage.learned["center"] =
            TRY(numbers(step.name == "StandardScaler" ? "mean_" : "center_", 0));
        if (step.name == "StandardScaler" &&
            file.pickle.at(file.find(step.id, "with_mean")).integer == 0)
            stage.learned["center"] = std::vector<double>(column_count, 0.0);
        stage.learned["scale"] = TRY(numbers("scale_", 1));
        stage.learned["shift"] = std::vector<double>(column_count, 0.0);
        return stage;
    }
    if (step.name == "MaxAbsScaler") {
        auto stage = stage_over("affine", "scaled", column_count, first);
        stage.learned["center"] = std::vector<double>(column_count, 0.0);
        stage.learned["scale"] = TRY(numbers("scale_", 1));
        stage.learned["shift"] = std::vector<double>(column_count, 0.0);
        return stage;
    }
    if (step.name == "SimpleImputer") {
        const PickleNode& missing = file.pickle.at(file.find(step.id, "missing_values"));
        if (missing.kind != Kind::number || !std::isnan(missing.number) ||
            file.pickle.at(file.find(step.id, "add_indicator")).integer != 0)
            return unimplemented(
                "SimpleImputer with 'add_indicator', or of values that are not NaN");
        auto stage = stage_over("impute", "filled", column_count, first);
        stage.learned["fill"] = TRY(numbers("statistics_", 0));
        return stage;
    }
    return unimplemented("the step '" + std::string(step.name) + "' of a pipeline");
}

Result<SklearnModel> read_end(const SklearnFile& file, const Step& step,
                              std::vector<ImportedColumn>& columns) {
    for (const auto find : {find_sklearn_trees, find_sklearn_boosting, find_sklearn_linear})
        if (const SklearnReader reader = find(step.name)) return reader(file, step.id, columns);
    return unimplemented("scikit-learn's '" + std::string(step.name) + "'");
}

Status set_stages(const SklearnFile& file, const std::vector<Step>& steps, size_t column_count,
                  Program& program) {
    size_t first = 0;
    for (size_t i = 0; i + 1 < steps.size(); ++i) {
        program.stages.push_back(TRY(read_stage(file, steps[i], column_count, first)));
        first += column_count;
    }
    for (size_t i = 0; first > 0 && i < column_count; ++i)
        program.matrix.push_back(static_cast<uint32_t>(first + i));
    return {};
}

Result<Imported> read(std::string_view bytes, const ImportOptions& options) {
    if (!recognizes(bytes)) return corrupt("a pickle begins with its protocol, from 2 to 5");
    const Pickle pickle = TRY(Pickle::read(bytes));
    const SklearnFile file(pickle);
    const auto steps = TRY(steps_of(file));
    auto columns = TRY(columns_of(file, steps.front(), options));
    const size_t column_count = columns.size();
    SklearnModel model = TRY(read_end(file, steps.back(), columns));
    const bool has_category =
        std::ranges::any_of(columns, [](const auto& column) { return column.is_category; });
    if (has_category && steps.size() > 1)
        return unimplemented("a pipeline whose model takes categories");
    const bool takes_missing =
        steps.size() > 1 ? steps.front().name == "SimpleImputer" ||
                               (model.takes_missing && steps.front().name.ends_with("Scaler"))
                         : model.takes_missing;
    for (ImportedColumn& column : columns) column.is_nullable = takes_missing;
    Imported imported;
    Program& program = imported.program;
    program = program_of(std::move(columns), options);
    program.task = Task::regress;
    if (model.is_classifier) set_classes(program, std::move(model.labels), model.are_integers);
    if (model.threshold != 0) program.threshold = model.threshold;
    program.link = model.link;
    program.link_scale = model.link_scale;
    program.model = std::move(model.model);
    TRY(set_stages(file, steps, column_count, program));
    const auto version = file.text(pickle.root(), "_sklearn_version");
    imported.source = "scikit-learn " + std::string(version) + ", ";
    for (size_t i = 0; i < steps.size(); ++i)
        imported.source += (i == 0 ? "" : " -> ") + std::string(steps[i].name);
    imported.notes = std::move(model.notes);
    return imported;
}

}  // namespace

QUERN_REGISTER(ModelImporter)({
    .name = "sklearn",
    .summary =
        "Trees, forests, boosting and linear models of scikit-learn in a pickle or a file of "
        "joblib, alone or behind scalers and a SimpleImputer. The pickle is read, not run.",
    .exact =
        "Trees compare floats with doubles and add doubles, as scikit-learn does: their scores "
        "are its own. Linear models and the softmax of several classes are within rounding.",
    .example = "quern import model forest.pkl --as churn",
    .recognizes = recognizes,
    .read = read,
});

}  // namespace quern::score
