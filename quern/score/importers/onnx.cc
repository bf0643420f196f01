#include <algorithm>
#include <cmath>
#include <numeric>

#include "quern/score/importers/inputs.h"
#include "quern/score/importers/onnx_parts.h"
#include "quern/score/models/linear.h"
#include "quern/score/verify.h"

namespace quern::score {

const std::vector<double>& onnx_numbers(const OnnxNode& node, std::string_view name) {
    const OnnxAttribute& tensor = node.get(std::string(name) + "_as_tensor");
    return tensor.is_tensor ? tensor.numbers : node.get(name).numbers;
}

Status read_onnx_labels(const OnnxNode& node, OnnxModel& model) {
    for (const char* name : {"classlabels_strings", "classlabels_int64s", "classlabels_ints"}) {
        const OnnxAttribute& labels = node.get(name);
        for (const auto text : labels.texts) model.labels.emplace_back(text);
        for (const int64_t number : labels.integers) model.labels.push_back(std::to_string(number));
        model.are_integers = !labels.integers.empty();
        if (!model.labels.empty()) break;
    }
    if (model.labels.size() >= 2 && model.labels.size() <= kClassesMax) return {};
    return unimplemented("a classifier of " + std::to_string(model.labels.size()) + " classes");
}

namespace {

constexpr int64_t kFloat = 1, kDouble = 11;
constexpr std::string_view kModels[] = {"TreeEnsembleClassifier", "TreeEnsembleRegressor",
                                        "LinearClassifier", "LinearRegressor"};

// Field 1 of a model, its version, is a small number; a graph's nodes are named within the file.
bool recognizes(std::string_view bytes) {
    return bytes.size() > 8 && bytes[0] == '\x08' && bytes[1] > 0 && bytes[1] < 64 &&
           (bytes[2] == '\x12' || bytes[2] == '\x1a' || bytes[2] == '\x3a' || bytes[2] == '\x42');
}

// The nodes from the inputs to the scores, one after the other.
struct Chain {
    std::vector<const OnnxNode*> before;  // the model
    const OnnxNode* model = nullptr;
    std::vector<std::string> names;  // of the columns, where each is an input
    int64_t element = kFloat;
    int64_t width = 0;
};

bool is_passing(const OnnxNode& node) {
    return node.operation == "Cast" || node.operation == "Identity" || node.operation == "ZipMap";
}

// What stands behind the model may name its outputs and norm probabilities, and no more.
bool may_follow(const OnnxNode& node) {
    return is_passing(node) || (node.operation == "Normalizer" && node.get("norm").text == "L1");
}

Status refused(const OnnxNode& node) {
    return unimplemented("ONNX's operation '" + std::string(node.operation) + "'")
        .hint("import the model from the program that trained it, if that is one of these");
}

Result<std::vector<OnnxInput>> inputs_of(const OnnxFile& file) {
    std::vector<OnnxInput> inputs;
    for (const OnnxInput& input : file.inputs)
        if (std::ranges::count(file.initializers, input.name) == 0) inputs.push_back(input);
    if (inputs.empty()) return corrupt("the graph has no input");
    return inputs;
}

Result<Chain> chain_of(const OnnxFile& file) {
    Chain chain;
    const auto inputs = TRY(inputs_of(file));
    std::vector<std::string_view> reached;  // values that follow from the inputs alone
    for (const OnnxInput& input : inputs) reached.push_back(input.name);
    chain.element = inputs[0].element;
    chain.width = inputs[0].width;
    for (const OnnxNode& node : file.nodes) {
        for (const auto name : node.inputs)
            if (std::ranges::count(reached, name) == 0) return refused(node);
        if (chain.model != nullptr) {
            if (!may_follow(node)) return refused(node);
        } else if (std::ranges::count(kModels, node.operation) > 0) {
            chain.model = &node;
        } else if (node.operation == "Concat" && node.inputs.size() == inputs.size() &&
                   chain.before.empty()) {
            for (size_t i = 0; i < inputs.size(); ++i) {
                if (node.inputs[i] != inputs[i].name || inputs[i].width != 1) return refused(node);
                chain.names.emplace_back(inputs[i].name);
            }
            chain.width = std::ssize(inputs);
        } else {
            if (node.operation != "Scaler" && node.operation != "Imputer" && !is_passing(node))
                return refused(node);
            chain.before.push_back(&node);
        }
        // Before the model there is one value only.
        if (chain.model == nullptr || chain.model == &node) reached.clear();
        reached.insert(reached.end(), node.outputs.begin(), node.outputs.end());
    }
    if (chain.model == nullptr) return unimplemented("a graph without trees or linear model");
    if (inputs.size() > 1 && chain.names.empty())
        return unimplemented("a graph of several inputs that are not put side by side first");
    return chain;
}

FittedStage stage_over(const char* kind, const char* name, size_t column_count, size_t first) {
    FittedStage stage{kind, std::vector<uint32_t>(column_count), name, {}};
    std::iota(stage.columns.begin(), stage.columns.end(), static_cast<uint32_t>(first));
    return stage;
}

// A list of one number, or one a column.
Result<std::vector<double>> for_columns(std::vector<double> values, size_t column_count,
                                        std::string_view what) {
    if (values.size() == 1) values.resize(column_count, values[0]);
    if (values.size() == column_count) return values;
    return corrupt("'" + std::string(what) + "' does not fit the features");
}

Result<FittedStage> read_stage(const OnnxNode& node, size_t column_count, size_t first) {
    if (node.operation == "Imputer") {
        if (!std::isnan(node.get("replaced_value_float").number))
            return unimplemented("an Imputer of values that are not NaN");
        auto stage = stage_over("impute", "filled", column_count, first);
        stage.learned["fill"] = TRY(for_columns(node.get("imputed_value_floats").numbers,
                                                column_count, "imputed_value_floats"));
        return stage;
    }
    auto stage = stage_over("affine", "scaled", column_count, first);
    stage.learned["center"] = TRY(for_columns(node.get("offset").numbers, column_count, "offset"));
    auto scale = TRY(for_columns(node.get("scale").numbers, column_count, "scale"));
    for (double& factor : scale) factor = 1 / factor;
    stage.learned["scale"] = std::move(scale);
    stage.learned["shift"] = std::vector<double>(column_count, 0.0);
    return stage;
}

Result<OnnxModel> read_linear(const OnnxNode& node, size_t column_count) {
    OnnxModel model;
    const auto transform = node.get("post_transform").text;
    model.is_classifier = node.operation == "LinearClassifier";
    if (model.is_classifier) TRY(read_onnx_labels(node, model));
    Linear linear{node.get("coefficients").numbers, node.get("intercepts").numbers};
    size_t raw_count = model.is_classifier ? model.labels.size() : 1;
    if (linear.intercepts.empty()) linear.intercepts.resize(raw_count);
    if (linear.weights.size() != raw_count * column_count || linear.intercepts.size() != raw_count)
        return unimplemented("a linear model of several targets, or of one score for two classes");
    if (raw_count == 2 && transform == "LOGISTIC") {
        // Two scores, each the other's negative: the second one says all.
        for (size_t i = 0; i < column_count; ++i)
            if (linear.weights[i] != -linear.weights[column_count + i])
                return unimplemented("two classes with a linear model each");
        linear.weights.erase(linear.weights.begin(),
                             linear.weights.begin() + static_cast<ptrdiff_t>(column_count));
        linear.intercepts.erase(linear.intercepts.begin());
        model.link = Link::sigmoid;
    } else if (model.is_classifier && transform == "SOFTMAX") {
        model.link = Link::softmax;
    } else if (model.is_classifier || !(transform.empty() || transform == "NONE")) {
        return unimplemented("a linear model whose scores become '" + std::string(transform) + "'");
    }
    model.model = pack(linear);
    return model;
}

// How many features there are: as the graph says, else as the model needs.
size_t column_count_of(const Chain& chain) {
    if (chain.width > 0) return static_cast<size_t>(chain.width);
    if (chain.model->operation.starts_with("TreeEnsemble")) return onnx_tree_columns(*chain.model);
    const size_t raws = std::max<size_t>(chain.model->get("intercepts").numbers.size(), 1);
    return chain.model->get("coefficients").numbers.size() / raws;
}

Result<Imported> read(std::string_view bytes, const ImportOptions& options) {
    const OnnxFile file = TRY(read_onnx(bytes));
    Chain chain = TRY(chain_of(file));
    if (chain.element != kFloat && chain.element != kDouble)
        return unimplemented("a graph whose input is neither of floats nor of doubles");
    const size_t count = column_count_of(chain);
    auto columns = TRY(name_columns(count, std::move(chain.names), options));
    OnnxModel model = TRY(chain.model->operation.starts_with("TreeEnsemble")
                              ? read_onnx_trees(*chain.model, count, chain.element == kFloat)
                              : read_linear(*chain.model, count));
    Imported imported;
    Program& program = imported.program;
    program = program_of(std::move(columns), options);
    program.task = Task::regress;
    if (model.is_classifier) set_classes(program, std::move(model.labels), model.are_integers);
    program.link = model.link;
    program.model = std::move(model.model);
    size_t first = 0;
    for (const OnnxNode* node : chain.before) {
        if (is_passing(*node)) continue;
        program.stages.push_back(TRY(read_stage(*node, count, first)));
        first += count;
    }
    for (size_t i = 0; first > 0 && i < count; ++i)
        program.matrix.push_back(static_cast<uint32_t>(first + i));
    imported.source = "ONNX of " + std::string(file.producer) + " " +
                      std::string(file.producer_version) + ", " +
                      std::string(chain.model->operation);
    imported.notes.push_back("a runtime of ONNX may add in any order: scores are within 1e-6");
    return imported;
}

}  // namespace

QUERN_REGISTER(ModelImporter)({
    .name = "onnx",
    .summary = "ONNX graphs of one TreeEnsembleClassifier or -Regressor, LinearClassifier or "
               "-Regressor, behind Scaler and Imputer, as skl2onnx and onnxmltools write them.",
    .exact = "Trees compare and add floats in the order of the file; a runtime may add in another, "
             "so scores are within 1e-6.",
    .example = "quern import model model.onnx --as churn",
    .recognizes = recognizes,
    .read = read,
});

}  // namespace quern::score
