// The model as an ONNX graph, features included where ONNX can say them.
#include <algorithm>

#include "quern/score/exporter.h"
#include "quern/score/exporters/onnx_graph.h"
#include "quern/score/storage.h"

namespace quern::score::onnx {
namespace {

Status refused(const std::string& what, const Status& why) {
    return unimplemented(what + ": ONNX has no form for " + std::string(why.message()))
        .hint("compute it in a table under tables/ and use its column, or export to C (.c)");
}

std::string joined(const std::vector<std::string>& columns, Graph& graph) {
    return graph.node("Concat", columns, {Graph::of_int("axis", 1)});
}

void add_outputs(const Program& program, const Outputs& outputs, Graph& graph) {
    const auto width = [](const std::vector<std::string>& of) { return std::ssize(of); };
    if (program.task == Task::classify) {
        const std::string names = graph.texts(program.classes);
        const std::string label = graph.cast(outputs.label, Element::int64);
        graph.output(graph.op("Gather", names, label), "prediction", Element::string, 1);
        graph.output(joined(outputs.outputs, graph), "probabilities", Element::float64,
                     width(outputs.outputs));
    } else {
        graph.output(outputs.outputs[0], "prediction", Element::float64, 1);
    }
    graph.output(joined(outputs.raw, graph), "raw_scores", Element::float64, width(outputs.raw));
    if (!outputs.region.empty())
        graph.output(joined(outputs.region, graph), "region", Element::float64,
                     width(outputs.region));
}

Result<Export> write(const Scorer& scorer, const ExportOptions&) {
    const Program& program = scorer.program();
    const Numbers numbers = TRY(lower_numbers(scorer));
    if (has_linear_leaves(numbers.trees))
        return refused("model '" + program.model_name + "'",
                       unimplemented("trees with linear leaves"));
    Graph graph;
    const std::vector<bool> is_read = inputs_of_features(program);
    for (size_t i = 0; i < program.inputs.size(); ++i) {
        const Input& input = program.inputs[i];
        if (!is_read[i]) continue;
        const bool is_number =
            frame::is_numeric(input.type) || input.type.id == frame::TypeId::boolean;
        const bool is_text = input.type.id == frame::TypeId::varchar;
        if (!is_number && !is_text)
            return refused("input '" + input.name + "'", unimplemented(type_text(input.type)));
        TRY(graph.input(input.name, is_text ? Element::string : Element::float64));
        if (is_text) TRY(graph.input(input.name + "_is_null", Element::boolean));
    }
    // Once for the names of what is refused, on a graph that is thrown away.
    for (const Feature& feature : program.features) {
        Graph scratch;
        const auto value = Expressions(program, scratch).value(feature.expression);
        if (!value.ok()) return refused("feature '" + feature.name + "'", value.status());
    }
    const auto outputs = write_numbers(program, numbers, graph);
    if (!outputs.ok()) return refused("model '" + program.model_name + "'", outputs.status());
    add_outputs(program, *outputs, graph);
    Export made;
    made.bytes = graph.bytes(program);
    made.refused = numbers.refused;
    made.margin = std::max(1e-12, float_margin(program, numbers));
    made.parity =
        "doubles throughout, so no threshold is rounded to float32; a runtime may add trees in "
        "another order (1e-15 of a score). NaN is NULL; integers beyond 2^53 are rounded; a row "
        "that fails in quern has a score";
    if (numbers.adds_floats) made.parity += "; sums are of doubles where the model's are of floats";
    return made;
}

}  // namespace
}  // namespace quern::score::onnx

namespace quern::score {

QUERN_REGISTER(Exporter)
({
    .name = "onnx",
    .summary = "An ONNX graph of doubles with the features that ONNX can say.",
    .example = "quern export income -o income.onnx",
    .ending = ".onnx",
    .write = onnx::write,
});

}  // namespace quern::score
