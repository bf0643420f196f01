// TreeEnsembleClassifier and TreeEnsembleRegressor of ai.onnx.ml.
#include <algorithm>
#include <cmath>
#include <map>

#include "quern/score/importers/onnx_parts.h"
#include "quern/score/importers/tree_nodes.h"
#include "quern/score/verify.h"

namespace quern::score {
namespace {

struct Weight {
    size_t raw = 0;
    double value = 0;
};

struct Ensemble {
    const OnnxNode& node;
    size_t column_count;
    bool is_float;
    std::map<int64_t, std::vector<SourceNode>> trees;                   // by the tree's number
    std::map<int64_t, std::map<uint64_t, std::vector<Weight>>> leaves;  // tree, node
};

// Which comparison sends a value to the left, once branches changed places for > and >=.
Status set_comparison(const Ensemble& ensemble, std::string_view mode, double limit,
                      SourceNode& node) {
    const bool is_strict = mode == "BRANCH_LT" || mode == "BRANCH_GTE";
    const bool is_greater = mode == "BRANCH_GT" || mode == "BRANCH_GTE";
    if (!is_strict && !is_greater && mode != "BRANCH_LEQ")
        return unimplemented("a tree's comparison '" + std::string(mode) + "'");
    if (std::isnan(limit)) return corrupt("a threshold is NaN");
    const auto as_float = static_cast<float>(limit);
    if (is_strict && std::isinf(limit) && limit < 0) return corrupt("a threshold is -infinity");
    if (ensemble.is_float)
        node.threshold = is_strict ? largest_below(as_float) : largest_up_to(as_float);
    else
        node.threshold =
            is_strict ? std::nextafter(limit, -std::numeric_limits<double>::infinity()) : limit;
    if (is_greater) {
        std::swap(node.left, node.right);
        node.nan_left = !node.nan_left;
    }
    return {};
}

Status read_nodes(Ensemble& ensemble) {
    const OnnxNode& from = ensemble.node;
    const auto integers = [&](std::string_view name) -> const auto& {
        return from.get(name).integers;
    };
    const auto& trees = integers("nodes_treeids");
    const auto& ids = integers("nodes_nodeids");
    const auto& features = integers("nodes_featureids");
    const auto& on_true = integers("nodes_truenodeids");
    const auto& on_false = integers("nodes_falsenodeids");
    const auto& missing = integers("nodes_missing_value_tracks_true");
    const auto& modes = from.get("nodes_modes").texts;
    const auto& limits = onnx_numbers(from, "nodes_values");
    const size_t count = trees.size();
    for (const size_t size : {ids.size(), features.size(), on_true.size(), on_false.size(),
                              modes.size(), limits.size()})
        if (size != count) return corrupt("the lists of the trees' nodes differ in length");
    if (!missing.empty() && missing.size() != count)
        return corrupt("the lists of the trees' nodes differ in length");
    for (size_t i = 0; i < count; ++i) {
        auto& nodes = ensemble.trees[trees[i]];
        // Nodes of a tree are numbered from 0, in the order in which they stand.
        if (ids[i] != std::ssize(nodes)) return corrupt("a tree's nodes are not in order");
        SourceNode& node = nodes.emplace_back();
        if (modes[i] == "LEAF") continue;
        if (features[i] < 0 || features[i] >= static_cast<int64_t>(ensemble.column_count))
            return corrupt("a split names a feature that is not there");
        if (on_true[i] < 0 || on_false[i] < 0) return corrupt("a tree's child is out of place");
        node.column = static_cast<uint32_t>(features[i]);
        node.left = static_cast<uint64_t>(on_true[i]);
        node.right = static_cast<uint64_t>(on_false[i]);
        node.nan_left = !missing.empty() && missing[i] != 0;
        TRY(set_comparison(ensemble, modes[i], limits[i], node));
    }
    return {};
}

// `prefix`: "class" or "target".
Status read_leaves(Ensemble& ensemble, const std::string& prefix, size_t raw_count) {
    const OnnxNode& from = ensemble.node;
    const auto& trees = from.get(prefix + "_treeids").integers;
    const auto& nodes = from.get(prefix + "_nodeids").integers;
    const auto& raws = from.get(prefix + "_ids").integers;
    const auto& weights = onnx_numbers(from, prefix + "_weights");
    if (nodes.size() != trees.size() || raws.size() != trees.size() ||
        weights.size() != trees.size())
        return corrupt("the lists of the trees' leaves differ in length");
    for (size_t i = 0; i < trees.size(); ++i) {
        const auto tree = ensemble.trees.find(trees[i]);
        if (tree == ensemble.trees.end() || nodes[i] < 0 || nodes[i] >= std::ssize(tree->second) ||
            !tree->second[static_cast<size_t>(nodes[i])].is_leaf())
            return corrupt("a weight belongs to no leaf");
        if (raws[i] < 0 || raws[i] >= static_cast<int64_t>(raw_count))
            return corrupt("a weight belongs to no output");
        ensemble.leaves[trees[i]][static_cast<uint64_t>(nodes[i])].push_back(
            {static_cast<size_t>(raws[i]), weights[i]});
    }
    return {};
}

// Each tree once for every output that its leaves have a weight of.
Result<std::vector<std::vector<Trees::Tree>>> trees_by_raw(Ensemble& ensemble, size_t raw_count) {
    std::vector<std::vector<Trees::Tree>> by_raw(raw_count);
    size_t node_count = 0;
    for (const auto& [id, nodes] : ensemble.trees) {
        const OrderedTree ordered = TRY(order_tree(nodes, 0));
        std::map<size_t, Trees::Tree> made;
        for (size_t leaf = 0; leaf < ordered.leaves.size(); ++leaf)
            for (const Weight& weight : ensemble.leaves[id][ordered.leaves[leaf]]) {
                auto [tree, is_new] = made.try_emplace(weight.raw, ordered.tree);
                tree->second.leaves[leaf] += weight.value;
                node_count += is_new ? nodes.size() : 0;
            }
        if (node_count > (size_t{1} << 28)) return resource_exhausted("too many nodes");
        for (auto& [raw, tree] : made) by_raw[raw].push_back(std::move(tree));
    }
    return by_raw;
}

Status add_bases(const OnnxNode& node, std::vector<std::vector<Trees::Tree>>& by_raw) {
    const auto& bases = onnx_numbers(node, "base_values");
    if (bases.empty()) return {};
    if (bases.size() != by_raw.size()) return corrupt("the base values do not fit the outputs");
    for (size_t raw = 0; raw < by_raw.size(); ++raw)
        by_raw[raw].insert(by_raw[raw].begin(), constant_tree(bases[raw]));
    return {};
}

Result<OnnxModel> packed(const Ensemble& ensemble, std::vector<std::vector<Trees::Tree>> by_raw,
                         OnnxModel model) {
    const auto aggregate = ensemble.node.get("aggregate_function").text;
    Trees trees;
    trees.is_float32 = ensemble.is_float;
    if (aggregate == "AVERAGE") {
        for (const auto& list : by_raw)
            if (list.size() != ensemble.trees.size())
                return unimplemented("an average of trees with base values");
        trees.is_average = true;
    } else if (!aggregate.empty() && aggregate != "SUM") {
        return unimplemented("trees whose values are joined by '" + std::string(aggregate) + "'");
    }
    interleave(std::move(by_raw), trees);
    for (auto& tree : trees.trees) {
        tree.covers.clear();  // ONNX does not keep them
        for (double& leaf : tree.leaves)
            if (ensemble.is_float) leaf = static_cast<double>(static_cast<float>(leaf));
    }
    model.model = pack(trees);
    return model;
}

// One score for two classes: of the second one.
Result<std::vector<std::vector<Trees::Tree>>> of_one_score(const OnnxNode& node,
                                                           std::vector<Trees::Tree> trees,
                                                           std::string_view transform) {
    std::vector<std::vector<Trees::Tree>> both(1);
    if (transform == "LOGISTIC") {
        both[0] = std::move(trees);
        return both;
    }
    const auto& weights = onnx_numbers(node, "class_weights");
    if (std::ranges::any_of(weights, [](double weight) { return weight < 0; }))
        return unimplemented("two classes of one score that is no probability");
    // The first class is as likely as the second is not.
    both.resize(2);
    both[0].push_back(constant_tree(1));
    for (Trees::Tree tree : trees) {
        for (double& leaf : tree.leaves) leaf = -leaf;
        both[0].push_back(std::move(tree));
    }
    both[1] = std::move(trees);
    return both;
}

Result<Link> link_of(std::string_view transform, bool is_float, size_t raw_count) {
    if (transform.empty() || transform == "NONE") return Link::identity;
    if (transform == "LOGISTIC" && raw_count == 1)
        return is_float ? Link::float_sigmoid : Link::sigmoid;
    if (transform == "SOFTMAX" && raw_count > 1)
        return is_float ? Link::float_softmax : Link::softmax;
    return unimplemented("trees whose scores become '" + std::string(transform) + "'");
}

Result<OnnxModel> read_classifier(Ensemble& ensemble) {
    OnnxModel model;
    model.is_classifier = true;
    TRY(read_onnx_labels(ensemble.node, model));
    const auto transform = ensemble.node.get("post_transform").text;
    const size_t class_count = model.labels.size();
    const auto& ids = ensemble.node.get("class_ids").integers;
    const bool is_one = class_count == 2 && !ids.empty() &&
                        std::ranges::all_of(ids, [&](int64_t id) { return id == ids.front(); });
    TRY(read_leaves(ensemble, "class", class_count));
    auto by_raw = TRY(trees_by_raw(ensemble, class_count));
    if (is_one) by_raw = {std::move(by_raw[static_cast<size_t>(ids.front())])};
    TRY(add_bases(ensemble.node, by_raw));
    if (is_one) by_raw = TRY(of_one_score(ensemble.node, std::move(by_raw[0]), transform));
    model.link = TRY(link_of(transform, ensemble.is_float, by_raw.size()));
    return packed(ensemble, std::move(by_raw), std::move(model));
}

Result<OnnxModel> read_regressor(Ensemble& ensemble) {
    const auto transform = ensemble.node.get("post_transform").text;
    if (ensemble.node.get("n_targets").integer > 1)
        return unimplemented("trees of several targets");
    if (!transform.empty() && transform != "NONE")
        return unimplemented("trees whose scores become '" + std::string(transform) + "'");
    TRY(read_leaves(ensemble, "target", 1));
    auto by_raw = TRY(trees_by_raw(ensemble, 1));
    TRY(add_bases(ensemble.node, by_raw));
    return packed(ensemble, std::move(by_raw), {});
}

}  // namespace

size_t onnx_tree_columns(const OnnxNode& node) {
    int64_t last = -1;
    for (const int64_t feature : node.get("nodes_featureids").integers)
        last = std::max(last, std::min(feature, int64_t{1} << 32));
    return static_cast<size_t>(last + 1);
}

Result<OnnxModel> read_onnx_trees(const OnnxNode& node, size_t column_count, bool is_float) {
    Ensemble ensemble{node, column_count, is_float, {}, {}};
    TRY(read_nodes(ensemble));
    return node.operation == "TreeEnsembleClassifier" ? read_classifier(ensemble)
                                                      : read_regressor(ensemble);
}

}  // namespace quern::score
