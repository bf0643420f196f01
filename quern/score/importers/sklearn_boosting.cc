// Histogram gradient boosting of scikit-learn: doubles throughout, sets of categories.
#include <algorithm>
#include <cmath>

#include "quern/score/importers/sklearn_parts.h"
#include "quern/score/importers/tree_nodes.h"
#include "quern/score/verify.h"

namespace quern::score {
namespace {

constexpr size_t kSetWords = 8;  // of each set

struct Columns {
    std::vector<uint32_t> place;    // of each feature that trees name, among the columns
    std::vector<uint32_t> unknown;  // its code of what is missing or never seen; 0: a number
};

Status name_categories(const SklearnFile& file, PickleId categories, ImportedColumn& column) {
    const NumpyArray array = TRY(file.numpy.array(categories));
    column.is_category = true;
    if (array.type.kind == 'f') {
        for (const double value : TRY(file.numpy.numbers(categories))) {
            if (std::isnan(value)) break;  // the last one: what is missing
            if (value != std::trunc(value) || std::abs(value) > 1e15)
                return unimplemented("categories of feature '" + column.name +
                                     "' that are no whole numbers");
            column.integers.push_back(static_cast<int64_t>(value));
        }
    } else {
        bool are_integers = false;
        const auto labels = TRY(file.numpy.labels(categories, are_integers));
        for (const auto& label : labels) {
            if (are_integers)
                column.integers.push_back(std::stoll(label));
            else
                column.texts.push_back(label);
        }
    }
    const size_t count = std::max(column.integers.size(), column.texts.size());
    if (count == 0 || count > kSetWords * 32)
        return corrupt("feature '" + column.name + "' has " + std::to_string(count) +
                       " categories");
    column.unseen = column.missing = static_cast<double>(count);
    return {};
}

// scikit-learn puts the categories before the numbers.
Result<Columns> read_columns(const SklearnFile& file, PickleId estimator,
                             std::vector<ImportedColumn>& columns) {
    Columns made;
    std::vector<double> is_category(columns.size());
    if (file.has(estimator, "is_categorical_"))
        is_category = TRY(file.numpy.numbers(file.find(estimator, "is_categorical_")));
    if (is_category.size() != columns.size())
        return corrupt("'is_categorical_' has another length");
    const bool is_any = std::ranges::count(is_category, 0.0) < std::ssize(is_category);
    std::vector<PickleId> lists;
    if (is_any) {
        const PickleId preprocessor = file.find(estimator, "_preprocessor");
        const auto& parts = file.pickle.at(file.find(preprocessor, "transformers_")).children;
        if (parts.empty() || file.pickle.at(parts[0]).children.size() < 2)
            return unimplemented("categories of scikit-learn before 1.4");
        const PickleId encoder = file.pickle.at(parts[0]).children[1];
        lists = TRY(file.numpy.objects(file.find(encoder, "categories_")));
    }
    for (const bool wanted : {true, false})
        for (uint32_t i = 0; i < columns.size(); ++i) {
            if ((is_category[i] != 0) != wanted) continue;
            if (wanted) {
                if (made.place.size() >= lists.size()) return corrupt("categories are missing");
                TRY(name_categories(file, lists[made.place.size()], columns[i]));
            }
            made.unknown.push_back(wanted ? static_cast<uint32_t>(columns[i].unseen) : 0);
            made.place.push_back(i);
        }
    return made;
}

struct Fields {
    std::vector<double> left, right, feature, threshold, missing, is_leaf, value, count,
        is_categorical, set;
};

Result<Fields> fields_of(const SklearnFile& file, const NumpyArray& nodes) {
    Fields fields;
    const auto read = [&](const char* name) { return file.numpy.field(nodes, name); };
    fields.left = TRY(read("left"));
    fields.right = TRY(read("right"));
    fields.feature = TRY(read("feature_idx"));
    fields.threshold = TRY(read("num_threshold"));
    fields.missing = TRY(read("missing_go_to_left"));
    fields.is_leaf = TRY(read("is_leaf"));
    fields.value = TRY(read("value"));
    fields.count = TRY(read("count"));
    fields.is_categorical = TRY(read("is_categorical"));
    fields.set = TRY(read("bitset_idx"));
    return fields;
}

Result<Trees::Tree> read_tree(const SklearnFile& file, PickleId predictor, const Columns& columns,
                              Trees& trees) {
    const NumpyArray nodes = TRY(file.numpy.array(file.find(predictor, "nodes")));
    const auto words = TRY(file.numpy.numbers(file.find(predictor, "raw_left_cat_bitsets")));
    const Fields fields = TRY(fields_of(file, nodes));
    std::vector<SourceNode> source(nodes.count);
    CategorySets sets(trees);
    for (size_t i = 0; i < nodes.count; ++i) {
        if (fields.is_leaf[i] != 0) continue;
        SourceNode& node = source[i];
        if (!(fields.feature[i] >= 0 &&
              fields.feature[i] < static_cast<double>(columns.place.size())))
            return corrupt("a split names a feature that is not there");
        const auto feature = static_cast<size_t>(fields.feature[i]);
        node.column = columns.place[feature];
        node.left = index_of(fields.left[i]);
        node.right = index_of(fields.right[i]);
        node.nan_left = fields.missing[i] != 0;
        node.threshold = fields.threshold[i];
        const uint32_t unknown = columns.unknown[feature];
        if ((fields.is_categorical[i] != 0) != (unknown != 0))
            return corrupt("a feature is both a number and a category");
        if (unknown == 0) {
            if (std::isnan(node.threshold)) return corrupt("a threshold is NaN");
            continue;
        }
        const uint64_t first = index_of(fields.set[i]) * kSetWords;
        if (first > words.size() || kSetWords > words.size() - first)
            return corrupt("a set of categories is out of place");
        std::vector<uint32_t> members;
        for (uint32_t code = 0; code < unknown; ++code) {
            const uint64_t word = index_of(words[first + code / 32]);
            if ((word >> (code % 32) & 1) != 0) members.push_back(code);
        }
        if (node.nan_left) members.push_back(unknown);
        TRY(sets.add(members, node));
    }
    OrderedTree ordered = TRY(order_tree(source, 0));
    for (size_t i = 0; i < ordered.leaves.size(); ++i) {
        ordered.tree.leaves[i] = fields.value[ordered.leaves[i]];
        ordered.tree.covers.push_back(fields.count[ordered.leaves[i]]);
    }
    return std::move(ordered.tree);
}

Status set_link(std::string_view loss, SklearnModel& model) {
    constexpr std::string_view kByExp[] = {"poisson", "gamma"};
    constexpr std::string_view kPlain[] = {"squared_error", "least_squares", "absolute_error",
                                           "least_absolute_deviation", "quantile"};
    if (model.is_classifier) {
        model.link = model.labels.size() > 2 ? Link::softmax : Link::sigmoid;
        if (model.labels.size() > 2)
            model.notes.push_back(
                "probabilities are within 1e-15 of scikit-learn's, whose exp is "
                "numpy's own");
    } else if (std::ranges::count(kByExp, loss) > 0) {
        model.link = Link::exponential;
        model.notes.push_back(
            "values are within 1e-15 of scikit-learn's, whose exp is numpy's own");
    } else if (std::ranges::count(kPlain, loss) == 0) {
        return unimplemented("the loss '" + std::string(loss) + "'");
    }
    return {};
}

Result<SklearnModel> read_histogram(const SklearnFile& file, PickleId estimator,
                                    std::vector<ImportedColumn>& columns) {
    SklearnModel model;
    model.takes_missing = true;
    model.is_classifier = file.class_of(estimator) == "HistGradientBoostingClassifier";
    if (model.is_classifier) TRY(file.read_labels(estimator, model));
    TRY(set_link(file.text(estimator, "loss"), model));
    const size_t raw_count = model.labels.size() > 2 ? model.labels.size() : 1;
    const auto bases = TRY(file.numpy.numbers(file.find(estimator, "_baseline_prediction")));
    if (bases.size() != raw_count) return corrupt("the first scores do not fit the classes");
    const Columns places = TRY(read_columns(file, estimator, columns));
    Trees trees;
    trees.raw_count = static_cast<uint32_t>(raw_count);
    for (const double base : bases) trees.trees.push_back(constant_tree(base));
    const PickleId rounds = file.find(estimator, "_predictors");
    for (const PickleId round : TRY(file.numpy.objects(rounds))) {
        const auto predictors = TRY(file.numpy.objects(round));
        if (predictors.size() != raw_count || trees.trees.size() > kTreesMax)
            return corrupt("the trees do not fit the classes");
        for (const PickleId predictor : predictors) {
            auto tree = TRY(read_tree(file, predictor, places, trees));
            trees.trees.push_back(std::move(tree));
        }
    }
    model.model = pack(trees);
    return model;
}

}  // namespace

SklearnReader find_sklearn_boosting(std::string_view class_name) {
    const bool is_it = class_name == "HistGradientBoostingClassifier" ||
                       class_name == "HistGradientBoostingRegressor";
    return is_it ? read_histogram : nullptr;
}

}  // namespace quern::score
