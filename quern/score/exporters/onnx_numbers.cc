// The numbers after the row expressions, and the trees, as ONNX nodes.
#include <cmath>
#include <numeric>
#include <set>

#include "quern/score/exporters/onnx_graph.h"

namespace quern::score::onnx {
namespace {

using Op = Number::Op;

class Writer {
public:
    Writer(const Program& program, const Numbers& numbers, Graph& graph)
        : numbers_(numbers), graph_(graph), expressions_(program, graph) {}

    Result<Outputs> write() {
        const std::vector<bool> is_used = numbers_.used();
        names_.resize(numbers_.list.size());
        is_test_.resize(numbers_.list.size());
        const auto first_raw = numbers_.has_trees ? numbers_.tree_raw.front() : UINT32_MAX;
        for (uint32_t i = 0; i < numbers_.list.size(); ++i) {
            if (i == first_raw) add_trees();
            if (is_used[i] && numbers_.list[i].op != Op::raw) names_[i] = TRY(make(i));
        }
        Outputs outputs;
        for (const uint32_t i : numbers_.raw) outputs.raw.push_back(in_rows(i));
        for (const uint32_t i : numbers_.outputs) outputs.outputs.push_back(in_rows(i));
        for (const uint32_t i : numbers_.region) outputs.region.push_back(in_rows(i));
        if (numbers_.label != UINT32_MAX) outputs.label = in_rows(numbers_.label);
        return outputs;
    }

private:
    std::string number(uint32_t index) {
        return is_test_[index] ? graph_.cast(names_[index], Element::float64) : names_[index];
    }
    // What no row decides has one row only.
    std::string in_rows(uint32_t index) {
        const std::string name = number(index);
        if (graph_.inputs().empty()) return name;
        return graph_.op("Expand", name, graph_.op("Shape", graph_.inputs().front()));
    }

    Result<std::string> make(uint32_t index) {
        const Number& of = numbers_.list[index];
        const auto a = [&](size_t i) { return number(of.arguments[i]); };
        switch (of.op) {
            case Op::constant:
                return graph_.real(of.constant);
            case Op::value:
                return expressions_.number(of.index);
            case Op::position:
                return position(of);
            case Op::add:
                return graph_.op("Add", a(0), a(1));
            case Op::subtract:
                return graph_.op("Sub", a(0), a(1));
            case Op::multiply:
                return graph_.op("Mul", a(0), a(1));
            case Op::divide:
                return graph_.op("Div", a(0), a(1));
            case Op::less:
                is_test_[index] = true;
                return graph_.op("Less", a(0), a(1));
            case Op::less_or_equal:
                is_test_[index] = true;
                return graph_.op("LessOrEqual", a(0), a(1));
            case Op::is_nan:
                is_test_[index] = true;
                return graph_.op("IsNaN", a(0));
            case Op::choose: {
                const uint32_t test = of.arguments[0];
                const std::string is_it =
                    is_test_[test]
                        ? names_[test]
                        : graph_.op("Not", graph_.op("Equal", names_[test], graph_.real(0)));
                return graph_.where(is_it, a(1), a(2));
            }
            case Op::log:
                return graph_.op("Log", a(0));
            case Op::to_float:
                return a(0);
            case Op::exp:
            case Op::float_exp:
                return graph_.op("Exp", a(0));
            case Op::log1p:
                return log1p(a(0));
            case Op::expm1:
                return expm1(a(0));
            case Op::count_below:
                return counted("Less", of, a(0));
            case Op::count_to:
                return counted("LessOrEqual", of, a(0));
            case Op::look_up:
                return gathered(graph_.list(numbers_.tables[of.table]), a(0));
            case Op::date_part:
                return unimplemented("the parts of a date that a transform takes");
            case Op::sin:
            case Op::cos:
            case Op::raw:
                break;
        }
        return unimplemented("sine and cosine");
    }

    std::string gathered(const std::string& table, const std::string& position) {
        return graph_.op("Gather", table, graph_.cast(position, Element::int64));
    }

    // ONNX has neither: by the logarithm of what 1 + x is after rounding (Kahan).
    std::string log1p(const std::string& x) {
        const std::string one = graph_.op("Add", graph_.real(1), x);
        const std::string ratio = graph_.op("Div", x, graph_.op("Sub", one, graph_.real(1)));
        const std::string near = graph_.op("Mul", graph_.op("Log", one), ratio);
        const std::string is_same = graph_.op("Or", graph_.op("Equal", one, graph_.real(1)),
                                              graph_.op("Equal", x, graph_.real(INFINITY)));
        return graph_.where(is_same, x, near);
    }
    std::string expm1(const std::string& x) {
        const std::string power = graph_.op("Exp", x);
        const std::string less_one = graph_.op("Sub", power, graph_.real(1));
        const std::string near =
            graph_.op("Mul", less_one, graph_.op("Div", x, graph_.op("Log", power)));
        const std::string is_one = graph_.op("Equal", power, graph_.real(1));
        const std::string is_small = graph_.op("Less", graph_.op("Abs", x), graph_.real(30));
        return graph_.where(is_one, x, graph_.where(is_small, near, less_one));
    }

    std::string counted(const char* test, const Number& of, const std::string& value) {
        const auto& cuts = numbers_.tables[of.table];
        if (cuts.empty()) return graph_.real(0);
        const std::string marks =
            graph_.cast(graph_.op(test, graph_.row(cuts), value), Element::float64);
        return graph_.op("ReduceSum", marks, graph_.whole(1));
    }

    Result<std::string> position(const Number& of) {
        const CategoryList& list = numbers_.categories[of.table];
        const auto count = static_cast<double>(list.size());
        const Value value = TRY(expressions_.value(of.index));
        std::string found;
        if (list.is_text) {
            std::vector<int64_t> places(list.size());
            std::iota(places.begin(), places.end(), 0);
            const std::string code =
                graph_.node("LabelEncoder", {value.value},
                            {Graph::of_texts("keys_strings", list.texts),
                             Graph::of_ints("values_int64s", places),
                             Graph::of_int("default_int64", std::ssize(list.texts))},
                            "ai.onnx.ml");
            found = graph_.cast(code, Element::float64);
        } else {
            std::vector<double> keys(list.integers.begin(), list.integers.end()), places;
            for (size_t i = 0; i < keys.size(); ++i) places.push_back(static_cast<double>(i));
            const std::string number = TRY(expressions_.number(of.index));
            const std::string marks =
                graph_.cast(graph_.op("Equal", number, graph_.row(keys)), Element::float64);
            const std::string any = graph_.op("ReduceSum", marks, graph_.whole(1));
            found = graph_.where(graph_.op("Less", any, graph_.real(0.5)), graph_.real(count),
                                 graph_.op("MatMul", marks, graph_.column(places)));
        }
        if (value.null.empty()) return found;
        return graph_.where(value.null, graph_.real(count + 1), found);
    }

    // The column of a split, by its rule for missing values; ONNX itself knows NaN's side.
    std::string split_column(const Trees::Node& node) {
        const std::string value = in_rows(numbers_.matrix[node.column]);
        if (node.is_categorical) return in_set(node, value);
        if (node.missing == Missing::nan) return value;
        if (node.missing == Missing::none)
            return graph_.where(graph_.op("IsNaN", value), graph_.real(0), value);
        const std::string is_zero = graph_.op("LessOrEqual", graph_.op("Abs", value),
                                              graph_.real(static_cast<double>(1e-35f)));
        return graph_.where(is_zero, graph_.real(NAN), value);
    }

    // 0 where the value is in the set, 1 elsewhere.
    std::string in_set(const Trees::Node& node, const std::string& value) {
        std::vector<double> is_outside(node.word_count * 32 + 1, 1.0);
        for (uint32_t i = 0; i < node.word_count * 32; ++i)
            if (numbers_.trees.categories[node.first_word + i / 32] >> (i % 32) & 1)
                is_outside[i] = 0;
        const auto beyond = static_cast<double>(node.word_count * 32);
        const std::string low = graph_.op("Greater", value, graph_.real(-1));
        const std::string high = graph_.op("Less", value, graph_.real(beyond));
        const std::string index =
            graph_.where(graph_.op("And", low, high), value, graph_.real(beyond));
        return gathered(graph_.list(is_outside), index);
    }

    int64_t feature(const std::string& column) {
        const auto [at, is_new] = feature_of_.emplace(column, std::ssize(features_));
        if (is_new) features_.push_back(column);
        return at->second;
    }

    struct Ensemble {
        std::vector<int64_t> roots, features, true_ids, false_ids, true_leafs, false_leafs, missing,
            targets;
        std::vector<double> splits, weights;
    };

    void add_tree(const Trees::Tree& tree, int64_t target, Ensemble& to) {
        const auto first_node = std::ssize(to.features), first_leaf = std::ssize(to.targets);
        to.roots.push_back(first_node);
        for (const double leaf : tree.leaves) {
            to.targets.push_back(target);
            to.weights.push_back(leaf);
        }
        const auto child = [&](int32_t at, std::vector<int64_t>& ids, std::vector<int64_t>& leafs) {
            ids.push_back(at >= 0 ? first_node + at : first_leaf + ~at);
            leafs.push_back(at >= 0 ? 0 : 1);
        };
        std::vector<Trees::Node> nodes = tree.nodes;
        if (nodes.empty()) nodes.push_back({.left = -1, .right = -1});
        for (const Trees::Node& node : nodes) {
            to.features.push_back(feature(split_column(node)));
            to.splits.push_back(node.is_categorical ? 0.5 : node.threshold);
            to.missing.push_back(node.missing != Missing::none && node.default_left &&
                                 !node.is_categorical);
            child(node.left, to.true_ids, to.true_leafs);
            child(node.right, to.false_ids, to.false_leafs);
        }
    }

    void add_trees() {
        const Trees& trees = numbers_.trees;
        Ensemble all;
        for (size_t i = 0; i < trees.trees.size(); ++i)
            add_tree(trees.trees[i], static_cast<int64_t>(i % trees.raw_count), all);
        const auto tensor = [](const std::vector<double>& values) {
            return double_tensor("", values, {std::ssize(values)});
        };
        const std::string matrix = graph_.node("Concat", features_, {Graph::of_int("axis", 1)});
        std::string scores = graph_.node(
            "TreeEnsemble", {matrix},
            {Graph::of_int("aggregate_function", 1), Graph::of_int("n_targets", trees.raw_count),
             Graph::of_int("post_transform", 0), Graph::of_ints("tree_roots", all.roots),
             Graph::of_ints("nodes_featureids", all.features),
             Graph::of_tensor("nodes_modes",
                              byte_tensor("", std::string(all.features.size(), '\0'))),
             Graph::of_tensor("nodes_splits", tensor(all.splits)),
             Graph::of_ints("nodes_truenodeids", all.true_ids),
             Graph::of_ints("nodes_trueleafs", all.true_leafs),
             Graph::of_ints("nodes_falsenodeids", all.false_ids),
             Graph::of_ints("nodes_falseleafs", all.false_leafs),
             Graph::of_ints("nodes_missing_value_tracks_true", all.missing),
             Graph::of_ints("leaf_targetids", all.targets),
             Graph::of_tensor("leaf_weights", tensor(all.weights))},
            "ai.onnx.ml");
        if (trees.is_average)
            scores =
                graph_.op("Div", scores,
                          graph_.real(static_cast<double>(trees.trees.size() / trees.raw_count)));
        for (size_t i = 0; i < numbers_.tree_raw.size(); ++i)
            names_[numbers_.tree_raw[i]] =
                graph_.node("Gather", {scores, graph_.whole(static_cast<int64_t>(i))},
                            {Graph::of_int("axis", 1)});
    }

    const Numbers& numbers_;
    Graph& graph_;
    Expressions expressions_;
    std::vector<std::string> names_, features_;
    std::vector<bool> is_test_;
    std::map<std::string, int64_t> feature_of_;
};

}  // namespace

Result<Outputs> write_numbers(const Program& program, const Numbers& numbers, Graph& graph) {
    return Writer(program, numbers, graph).write();
}

}  // namespace quern::score::onnx
