// Trees, forests and gradient boosting of scikit-learn: floats compared with doubles, doubles
// added.
#include <algorithm>
#include <cmath>

#include "quern/score/importers/sklearn_parts.h"
#include "quern/score/importers/tree_nodes.h"
#include "quern/score/verify.h"

namespace quern::score {
namespace {

// One of scikit-learn's own trees, whose leaves hold a value for each output.
struct SourceTree {
    OrderedTree ordered;
    std::vector<double> values, covers;  // of each node, of each leaf
    size_t output_count = 1;

    Trees::Tree with_output(size_t output) const {
        Trees::Tree tree = ordered.tree;
        for (size_t i = 0; i < ordered.leaves.size(); ++i)
            tree.leaves[i] = values[ordered.leaves[i] * output_count + output];
        tree.covers = covers;
        return tree;
    }
};

Result<SourceTree> read_tree(const SklearnFile& file, PickleId tree, size_t column_count) {
    const NumpyArray nodes = TRY(file.numpy.array(file.find(tree, "nodes")));
    const NumpyArray values = TRY(file.numpy.array(file.find(tree, "values")));
    if (values.dimension(0) != nodes.count || values.dimension(1) != 1)
        return unimplemented("a tree of several targets");
    const auto left = TRY(file.numpy.field(nodes, "left_child"));
    const auto right = TRY(file.numpy.field(nodes, "right_child"));
    const auto features = TRY(file.numpy.field(nodes, "feature"));
    const auto thresholds = TRY(file.numpy.field(nodes, "threshold"));
    const auto covers = TRY(file.numpy.field(nodes, "weighted_n_node_samples"));
    std::vector<double> missing(nodes.count);
    if (NumpyReader::has_field(nodes, "missing_go_to_left"))
        missing = TRY(file.numpy.field(nodes, "missing_go_to_left"));
    std::vector<SourceNode> source(nodes.count);
    for (size_t i = 0; i < nodes.count; ++i) {
        if (left[i] == -1) continue;
        if (!(features[i] >= 0 && features[i] < static_cast<double>(column_count)))
            return corrupt("a split names a feature that is not there");
        if (std::isnan(thresholds[i])) return corrupt("a threshold is NaN");
        source[i].left = index_of(left[i]);
        source[i].right = index_of(right[i]);
        source[i].column = static_cast<uint32_t>(features[i]);
        source[i].threshold = largest_float_up_to(thresholds[i]);
        source[i].nan_left = missing[i] != 0;
    }
    SourceTree made;
    made.ordered = TRY(order_tree(source, 0));
    made.values = TRY(file.numpy.numbers(file.find(tree, "values")));
    made.output_count = values.dimension(2);
    for (const uint64_t leaf : made.ordered.leaves) made.covers.push_back(covers[leaf]);
    return made;
}

// Before 1.3 the leaves of classifiers held counts.
void make_shares(SourceTree& tree) {
    for (size_t at = 0; at < tree.values.size(); at += tree.output_count) {
        double sum = 0;
        for (size_t k = 0; k < tree.output_count; ++k) sum += tree.values[at + k];
        for (size_t k = 0; k < tree.output_count && sum != 0; ++k) tree.values[at + k] /= sum;
    }
}

Result<SklearnModel> read_averaged(const SklearnFile& file, PickleId estimator,
                                   std::vector<ImportedColumn>& columns) {
    SklearnModel model;
    const auto name = file.class_of(estimator);
    model.is_classifier = name.ends_with("Classifier");
    if (model.is_classifier) TRY(file.read_labels(estimator, model));
    const bool is_forest = file.has(estimator, "estimators_");
    std::vector<PickleId> members{estimator};
    if (is_forest) members = TRY(file.numpy.objects(file.find(estimator, "estimators_")));
    const size_t raw_count = model.is_classifier ? model.labels.size() : 1;
    if (raw_count > kClassesMax || raw_count * members.size() > kTreesMax)
        return resource_exhausted("too many trees or classes");
    Trees trees;
    trees.raw_count = static_cast<uint32_t>(raw_count);
    trees.is_average = is_forest;
    for (const PickleId member : members) {
        SourceTree tree = TRY(read_tree(file, file.find(member, "tree_"), columns.size()));
        if (tree.output_count != raw_count) return corrupt("a tree has other classes");
        if (model.is_classifier && !file.is_since(member, 1, 3)) make_shares(tree);
        for (size_t raw = 0; raw < raw_count; ++raw) trees.trees.push_back(tree.with_output(raw));
    }
    model.takes_missing = file.is_since(estimator, 1, is_forest ? 4 : 3);
    model.model = pack(trees);
    return model;
}

// As scipy's: near a half the logarithm of a ratio would lose digits.
double logit(double p) {
    if (p < 0.3 || p > 0.65) return std::log(p / (1 - p));
    const double s = 2 * (p - 0.5);
    return std::log1p(s) - std::log1p(-s);
}

// The scores before any tree, of a classifier from the shares of its classes.
Result<std::vector<double>> class_bases(const SklearnFile& file, PickleId init, bool is_exponential,
                                        size_t raw_count) {
    auto shares = TRY(file.numpy.numbers(file.find(init, "class_prior_")));
    if (shares.size() != std::max<size_t>(raw_count, 2)) return corrupt("shares of other classes");
    constexpr double kLeast = std::numeric_limits<double>::epsilon();
    for (double& share : shares) share = std::clamp(share, kLeast, 1 - kLeast);
    if (raw_count == 1) return std::vector<double>{(is_exponential ? 0.5 : 1) * logit(shares[1])};
    double mean = 0;
    for (double& share : shares) mean += std::log(share);
    mean /= static_cast<double>(shares.size());
    for (double& share : shares) share = std::log(share / std::exp(mean));
    return shares;
}

Result<std::vector<double>> bases_of(const SklearnFile& file, PickleId estimator,
                                     const SklearnModel& model, bool is_exponential,
                                     size_t raw_count) {
    const PickleId init = file.find(estimator, "init_");
    if (file.pickle.at(init).bytes == "zero") return std::vector<double>(raw_count, 0.0);
    const auto name = file.class_of(init);
    if (model.is_classifier && name == "DummyClassifier" && file.text(init, "strategy") == "prior")
        return class_bases(file, init, is_exponential, raw_count);
    if (!model.is_classifier && name == "DummyRegressor")
        return file.numpy.numbers(file.find(init, "constant_"));
    return unimplemented("gradient boosting that begins with " +
                         (name.empty() ? "another model" : std::string(name)));
}

Result<SklearnModel> read_boosted(const SklearnFile& file, PickleId estimator,
                                  std::vector<ImportedColumn>& columns) {
    SklearnModel model;
    model.is_classifier = file.class_of(estimator) == "GradientBoostingClassifier";
    if (model.is_classifier) TRY(file.read_labels(estimator, model));
    const bool is_exponential = file.text(estimator, "loss") == "exponential";
    const size_t raw_count = model.labels.size() > 2 ? model.labels.size() : 1;
    const auto members = TRY(file.numpy.objects(file.find(estimator, "estimators_")));
    const double rate = TRY(file.numpy.number(file.find(estimator, "learning_rate")));
    if (members.size() % raw_count != 0 || members.size() > kTreesMax)
        return corrupt("the trees do not fit the classes");
    const auto bases = TRY(bases_of(file, estimator, model, is_exponential, raw_count));
    if (bases.size() != raw_count) return corrupt("the first scores do not fit the classes");
    Trees trees;
    trees.raw_count = static_cast<uint32_t>(raw_count);
    for (const double base : bases) trees.trees.push_back(constant_tree(base));
    for (const PickleId member : members) {
        const SourceTree from = TRY(read_tree(file, file.find(member, "tree_"), columns.size()));
        if (from.output_count != 1) return corrupt("a tree has several values a leaf");
        Trees::Tree& tree = trees.trees.emplace_back(from.with_output(0));
        for (double& leaf : tree.leaves) leaf *= rate;
    }
    model.model = pack(trees);
    if (!model.is_classifier) return model;
    model.threshold = 0.5;
    model.link = raw_count > 1 ? Link::softmax : Link::sigmoid;
    model.link_scale = is_exponential ? 2 : 1;
    if (raw_count > 1)
        model.notes.push_back(
            "probabilities are within 1e-15 of scikit-learn's, whose exp is "
            "numpy's own");
    return model;
}

}  // namespace

SklearnReader find_sklearn_trees(std::string_view class_name) {
    constexpr std::string_view kAveraged[] = {"DecisionTreeClassifier", "DecisionTreeRegressor",
                                              "ExtraTreeClassifier",    "ExtraTreeRegressor",
                                              "RandomForestClassifier", "RandomForestRegressor",
                                              "ExtraTreesClassifier",   "ExtraTreesRegressor"};
    if (std::ranges::count(kAveraged, class_name) > 0) return read_averaged;
    const bool is_boosted =
        class_name == "GradientBoostingClassifier" || class_name == "GradientBoostingRegressor";
    return is_boosted ? read_boosted : nullptr;
}

}  // namespace quern::score
