#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <numeric>

#include <nlohmann/json.hpp>

#include "quern/base/text.h"
#include "quern/score/importers/inputs.h"
#include "quern/score/importers/json_file.h"
#include "quern/score/importers/tree_nodes.h"
#include "quern/score/learned.h"
#include "quern/score/models/linear.h"
#include "quern/score/verify.h"

namespace quern::score {
namespace {

constexpr size_t kHeadBytes = 4096;

bool is_ubjson(std::string_view bytes) {
    return bytes.size() > 1 && bytes[0] == '{' &&
           std::string_view("iUIlL$#").find(bytes[1]) != std::string_view::npos;
}

bool recognizes(std::string_view bytes) {
    const auto head = bytes.substr(0, kHeadBytes);
    return bytes.starts_with('{') && head.find("learner") != std::string_view::npos;
}

double as_float(double value) { return static_cast<double>(static_cast<float>(value)); }

// Numbers are texts in the model's parameters; "[5E-1]" and "[5E-1,2E0]" are lists.
Result<std::vector<double>> numbers_of(std::string_view text, const char* key) {
    std::vector<double> values;
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    while (!text.empty()) {
        const auto word = text.substr(0, text.find(','));
        double value = 0;
        const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), value);
        if (fault != std::errc() || end != word.data() + word.size() || !std::isfinite(value))
            return corrupt("XGBoost's '" + std::string(key) + "' is no number");
        values.push_back(value);
        text.remove_prefix(std::min(word.size() + 1, text.size()));
    }
    if (values.empty()) return corrupt("XGBoost's '" + std::string(key) + "' is empty");
    return values;
}

Result<size_t> count_field(const json& params, const char* key, size_t fallback) {
    if (!params.contains(key)) return fallback;
    const std::string text = TRY(text_field(params, key));
    const double value = TRY(numbers_of(text, key))[0];
    if (!(value >= 0 && value <= static_cast<double>(kImportedColumnsMax)))
        return corrupt("XGBoost's '" + std::string(key) + "' is out of range");
    return static_cast<size_t>(value);
}

struct Objective {
    std::string_view name;
    Link link;
    bool is_classifier;
};
constexpr Objective kObjectives[] = {
    {"binary:logistic", Link::float_sigmoid, true},
    {"reg:logistic", Link::float_sigmoid, true},
    {"multi:softprob", Link::float_softmax, true},
    {"multi:softmax", Link::float_softmax, true},
    {"count:poisson", Link::float_exponential, false},
    {"reg:gamma", Link::float_exponential, false},
    {"reg:tweedie", Link::float_exponential, false},
    {"survival:cox", Link::float_exponential, false},
    {"reg:squarederror", Link::identity, false},
    {"reg:linear", Link::identity, false},
    {"reg:squaredlogerror", Link::identity, false},
    {"reg:absoluteerror", Link::identity, false},
    {"reg:pseudohubererror", Link::identity, false},
    {"reg:quantileerror", Link::identity, false},
    {"binary:logitraw", Link::identity, false},
    {"rank:pairwise", Link::identity, false},
    {"rank:ndcg", Link::identity, false},
    {"rank:map", Link::identity, false},
};

// The score before any tree: what the objective's base becomes on the other side of its link.
float base_margin(const Objective& objective, double base) {
    const auto value = static_cast<float>(base);
    if (objective.link == Link::float_sigmoid || objective.name == "binary:logitraw")
        return -std::log(1.0f / value - 1.0f);
    return objective.link == Link::float_exponential ? std::log(value) : value;
}

// The categories of one column: codes 0 to count - 1, then one for unseen, one for missing values.
struct Codes {
    uint32_t count = 0;
    uint32_t unseen() const { return count; }
    uint32_t missing() const { return count + 1; }
};

struct Model {
    std::vector<ImportedColumn> columns;
    std::map<uint32_t, Codes> codes;  // of columns that trees take as categories
    Trees trees;
};

struct TreeArrays {
    std::vector<int64_t> left, right, columns, default_left, split_type;
    std::vector<double> conditions, covers;
    std::vector<int64_t> categories, set_nodes, set_begins, set_sizes;
    std::vector<size_t> set_of;  // of each node; kAnySize: none
};

Result<TreeArrays> arrays_of(const json& tree) {
    TreeArrays arrays;
    arrays.left = TRY(integers_field(tree, "left_children", kAnySize));
    const size_t count = arrays.left.size();
    arrays.right = TRY(integers_field(tree, "right_children", count));
    arrays.columns = TRY(integers_field(tree, "split_indices", count));
    arrays.default_left = TRY(integers_field(tree, "default_left", count));
    arrays.conditions = TRY(numbers_field(tree, "split_conditions", count));
    arrays.covers = TRY(numbers_field(tree, "sum_hessian", count));
    arrays.split_type.assign(count, 0);
    arrays.set_of.assign(count, kAnySize);
    if (!tree.contains("split_type")) return arrays;
    arrays.split_type = TRY(integers_field(tree, "split_type", count));
    arrays.categories = TRY(integers_field(tree, "categories", kAnySize));
    arrays.set_nodes = TRY(integers_field(tree, "categories_nodes", kAnySize));
    arrays.set_begins = TRY(integers_field(tree, "categories_segments", arrays.set_nodes.size()));
    arrays.set_sizes = TRY(integers_field(tree, "categories_sizes", arrays.set_nodes.size()));
    for (const int64_t category : arrays.categories)
        if (category < 0 || category >= int64_t{1} << 24)
            return corrupt("a category is out of range");
    for (size_t i = 0; i < arrays.set_nodes.size(); ++i) {
        const auto size = std::ssize(arrays.categories);
        const int64_t begin = arrays.set_begins[i], length = arrays.set_sizes[i];
        if (begin < 0 || length < 0 || begin > size || length > size - begin)
            return corrupt("a set of categories is out of place");
        const int64_t node = arrays.set_nodes[i];
        if (node < 0 || node >= std::ssize(arrays.left))
            return corrupt("a set of categories has no node");
        arrays.set_of[static_cast<size_t>(node)] = i;
    }
    return arrays;
}

// Columns that are split by categories, and how many categories their sets name.
Status find_codes(const TreeArrays& arrays, Model& model) {
    for (size_t i = 0; i < arrays.set_nodes.size(); ++i) {
        const int64_t column = arrays.columns[static_cast<size_t>(arrays.set_nodes[i])];
        if (column < 0 || column >= std::ssize(model.columns))
            return corrupt("a split names a feature that is not there");
        Codes& codes = model.codes[static_cast<uint32_t>(column)];
        for (int64_t at = 0; at < arrays.set_sizes[i]; ++at)
            codes.count = std::max(
                codes.count,
                static_cast<uint32_t>(
                    arrays.categories[static_cast<size_t>(arrays.set_begins[i] + at)] + 1));
    }
    return {};
}

// XGBoost sends the set to the right, quern to the left: the branches change places.
Status set_split(const TreeArrays& arrays, size_t index, bool nan_left, const Codes& codes,
                 CategorySets& sets, SourceNode& node) {
    const size_t set = arrays.set_of[index];
    std::vector<uint32_t> members;
    for (int64_t at = 0; set != kAnySize && at < arrays.set_sizes[set]; ++at)
        members.push_back(static_cast<uint32_t>(
            arrays.categories[static_cast<size_t>(arrays.set_begins[set] + at)]));
    if (!nan_left) members.push_back(codes.missing());
    std::swap(node.left, node.right);
    return sets.add(members, node);
}

Result<Trees::Tree> tree_of(const TreeArrays& arrays, double weight, Model& model) {
    std::vector<SourceNode> nodes(arrays.left.size());
    CategorySets sets(model.trees);
    for (size_t i = 0; i < nodes.size(); ++i) {
        if (arrays.left[i] == -1) continue;
        SourceNode& node = nodes[i];
        const int64_t column = arrays.columns[i];
        if (column < 0 || column >= std::ssize(model.columns))
            return corrupt("a split names a feature that is not there");
        node.column = static_cast<uint32_t>(column);
        node.left = static_cast<uint64_t>(arrays.left[i]);
        node.right = static_cast<uint64_t>(arrays.right[i]);
        const bool nan_left = arrays.default_left[i] != 0;
        const auto codes = model.codes.find(node.column);
        if ((arrays.split_type[i] != 0) != (codes != model.codes.end()))
            return corrupt("a feature is both a number and a category");
        if (codes != model.codes.end()) {
            TRY(set_split(arrays, i, nan_left, codes->second, sets, node));
            continue;
        }
        const auto condition = static_cast<float>(arrays.conditions[i]);
        if (std::isnan(condition) || condition == -std::numeric_limits<float>::infinity())
            return corrupt("a threshold is NaN or the least number");
        node.threshold = largest_below(condition);
        node.nan_left = nan_left;
    }
    OrderedTree ordered = TRY(order_tree(nodes, 0));
    for (size_t i = 0; i < ordered.leaves.size(); ++i) {
        const size_t leaf = ordered.leaves[i];
        ordered.tree.leaves[i] = as_float(as_float(arrays.conditions[leaf]) * weight);
        ordered.tree.covers.push_back(arrays.covers[leaf]);
    }
    return std::move(ordered.tree);
}

// Names of categories, which later versions of XGBoost keep.
Status name_categories(const json& cats, Model& model) {
    if (!cats.is_object() || !cats.contains("enc")) return {};
    const json& lists = cats["enc"];
    if (!lists.is_array()) return corrupt("XGBoost's 'enc' is no list");
    for (size_t i = 0; i < std::min(lists.size(), model.columns.size()); ++i) {
        ImportedColumn& column = model.columns[i];
        if (!lists[i].contains("offsets")) {
            column.integers = TRY(integers_field(lists[i], "values", kAnySize));
            continue;
        }
        const auto ends = TRY(integers_field(lists[i], "offsets", kAnySize));
        const auto bytes = TRY(integers_field(lists[i], "values", kAnySize));
        for (size_t at = 1; at < ends.size(); ++at) {
            if (ends[at - 1] < 0 || ends[at] < ends[at - 1] || ends[at] > std::ssize(bytes))
                return corrupt("a category's name is out of place");
            std::string& name = column.texts.emplace_back();
            for (int64_t b = ends[at - 1]; b < ends[at]; ++b)
                name += static_cast<char>(bytes[static_cast<size_t>(b)]);
        }
    }
    return {};
}

// A category that no set names goes the same way as one that nobody knows.
Status type_columns(Model& model) {
    for (uint32_t i = 0; i < model.columns.size(); ++i) {
        ImportedColumn& column = model.columns[i];
        const size_t named = std::max(column.texts.size(), column.integers.size());
        const auto codes = model.codes.find(i);
        if (named == 0 && codes == model.codes.end()) continue;
        const size_t count = codes == model.codes.end() ? 0 : codes->second.count;
        column.is_category = true;
        if (named == 0)
            for (size_t code = 0; code < count; ++code)
                column.integers.push_back(static_cast<int64_t>(code));
        else if (named < count)
            return corrupt("a set names a category that feature '" + column.name + "' lacks");
        const Codes all{static_cast<uint32_t>(std::max(named, count))};
        if (codes != model.codes.end()) codes->second = all;
        column.unseen = all.unseen();
        column.missing = all.missing();
    }
    return {};
}

struct Parts {                     // of the file
    const json* gbtree = nullptr;  // the trees' model
    std::vector<double> weights;   // of dart
};

Result<Parts> parts_of(const json& booster) {
    Parts parts;
    const std::string name = TRY(text_field(booster, "name"));
    const json* holder = &booster;
    if (name == "dart") {
        holder = TRY(field(booster, "gbtree"));
        parts.weights = TRY(numbers_field(booster, "weight_drop", kAnySize));
    } else if (name != "gbtree") {
        return unimplemented("XGBoost's booster '" + name + "'");
    }
    parts.gbtree = TRY(field(*holder, "model"));
    if (parts.gbtree->contains("weight_drop"))
        parts.weights = TRY(numbers_field(*parts.gbtree, "weight_drop", kAnySize));
    return parts;
}

Status read_trees(const json& booster, size_t raw_count, const std::vector<float>& bases,
                  Model& model) {
    const Parts parts = TRY(parts_of(booster));
    const json* list = TRY(field(*parts.gbtree, "trees"));
    if (!list->is_array() || list->size() > kTreesMax)
        return corrupt("XGBoost's trees are no list");
    const auto groups = TRY(integers_field(*parts.gbtree, "tree_info", list->size()));
    if (!parts.weights.empty() && parts.weights.size() != list->size())
        return corrupt("XGBoost's 'weight_drop' has another length than its trees");
    for (const json& tree : *list) {
        const TreeArrays arrays = TRY(arrays_of(tree));
        TRY(find_codes(arrays, model));
    }
    if (parts.gbtree->contains("cats")) TRY(name_categories((*parts.gbtree)["cats"], model));
    TRY(type_columns(model));
    std::vector<std::vector<Trees::Tree>> by_raw(raw_count);
    for (size_t raw = 0; raw < raw_count; ++raw)
        by_raw[raw].push_back(constant_tree(static_cast<double>(bases[raw])));
    for (size_t i = 0; i < list->size(); ++i) {
        const json& tree = (*list)[i];
        const json* params = TRY(field(tree, "tree_param"));
        if (TRY(count_field(*params, "size_leaf_vector", 1)) > 1)
            return unimplemented("XGBoost's trees with several values a leaf");
        if (groups[i] < 0 || groups[i] >= static_cast<int64_t>(raw_count))
            return corrupt("a tree belongs to no class");
        const double weight = parts.weights.empty() ? 1 : as_float(parts.weights[i]);
        const TreeArrays arrays = TRY(arrays_of(tree));
        by_raw[static_cast<size_t>(groups[i])].push_back(TRY(tree_of(arrays, weight, model)));
    }
    interleave(std::move(by_raw), model.trees);
    model.trees.is_float32 = true;
    return {};
}

// [column][raw score], and the intercepts behind. What is missing adds nothing.
Status read_sums(const json& booster, size_t raw_count, float base, Program& program) {
    const json* holder = TRY(field(booster, "model"));
    const size_t columns = program.inputs.size();
    const auto weights = TRY(numbers_field(*holder, "weights", (columns + 1) * raw_count));
    Linear linear{.is_float32 = true};
    for (size_t raw = 0; raw < raw_count; ++raw) {
        for (size_t column = 0; column < columns; ++column)
            linear.weights.push_back(as_float(weights[column * raw_count + raw]));
        const auto bias = static_cast<float>(weights[columns * raw_count + raw]);
        linear.intercepts.push_back(static_cast<double>(bias + base));
    }
    program.model = pack(linear);
    FittedStage filled{"impute", std::vector<uint32_t>(columns), "filled", {}};
    std::iota(filled.columns.begin(), filled.columns.end(), 0u);
    filled.learned["fill"] = std::vector<double>(columns, 0.0);
    program.stages.push_back(std::move(filled));
    for (size_t i = 0; i < columns; ++i)
        program.matrix.push_back(static_cast<uint32_t>(columns + i));
    return {};
}

Result<std::vector<float>> bases_of(const json& params, const Objective& objective,
                                    size_t raw_count) {
    const std::string text = TRY(text_field(params, "base_score"));
    const auto values = TRY(numbers_of(text, "base_score"));
    if (values.size() != 1 && values.size() != raw_count)
        return corrupt("XGBoost's 'base_score' has another length than its classes");
    std::vector<float> bases;
    for (size_t raw = 0; raw < raw_count; ++raw) {
        bases.push_back(base_margin(objective, values[values.size() == 1 ? 0 : raw]));
        if (!std::isfinite(bases.back()))
            return corrupt("XGBoost's 'base_score' is out of its objective's range");
    }
    return bases;
}

Result<std::vector<std::string>> feature_names(const json& learner) {
    std::vector<std::string> names;
    if (!learner.contains("feature_names")) return names;
    const json* list = TRY(field(learner, "feature_names"));
    if (!list->is_array()) return corrupt("XGBoost's 'feature_names' are no list");
    for (const json& name : *list) {
        if (!name.is_string()) return corrupt("XGBoost's 'feature_names' are no texts");
        names.push_back(name.get<std::string>());
    }
    return names;
}

std::string version_of(const json& document) {
    std::string text;
    if (!document.contains("version") || !document["version"].is_array()) return text;
    for (const json& part : document["version"])
        if (part.is_number_integer())
            text += (text.empty() ? " " : ".") + std::to_string(part.get<int64_t>());
    return text;
}

Result<Imported> read(std::string_view bytes, const ImportOptions& options) {
    const json document = TRY(is_ubjson(bytes) ? parse_ubjson(bytes) : parse_json(bytes));
    const json* learner = TRY(field(document, "learner"));
    const json* params = TRY(field(*learner, "learner_model_param"));
    const json* goal = TRY(field(*learner, "objective"));
    const std::string name = TRY(text_field(*goal, "name"));
    const auto objective = std::ranges::find(kObjectives, name, &Objective::name);
    if (objective == std::end(kObjectives))
        return unimplemented("XGBoost's objective '" + name + "'");
    const size_t class_count = TRY(count_field(*params, "num_class", 0));
    const size_t raw_count =
        std::max({class_count, TRY(count_field(*params, "num_target", 1)), size_t{1}});
    const bool is_multi = objective->link == Link::float_softmax;
    if (raw_count > kClassesMax || is_multi != (raw_count > 1))
        return unimplemented("XGBoost's objective '" + name + "' with " +
                             plural(static_cast<int64_t>(raw_count), "score"));
    Model model;
    const size_t column_count = TRY(count_field(*params, "num_feature", 0));
    auto names = TRY(feature_names(*learner));
    model.columns = TRY(name_columns(column_count, std::move(names), options));
    const json* booster = TRY(field(*learner, "gradient_booster"));
    const auto bases = TRY(bases_of(*params, *objective, raw_count));
    const bool is_linear = TRY(text_field(*booster, "name")) == "gblinear";
    if (!is_linear) TRY(read_trees(*booster, raw_count, bases, model));
    Imported imported;
    imported.program = program_of(std::move(model.columns), options);
    // XGBoost adds the first base to every score of a linear model.
    if (is_linear) TRY(read_sums(*booster, raw_count, bases[0], imported.program));
    if (objective->is_classifier)
        set_counted_classes(imported.program, is_multi ? raw_count : 2);
    else
        imported.program.task = Task::regress;
    imported.program.link = objective->link;
    if (!is_linear) imported.program.model = pack(model.trees);
    imported.source = "XGBoost" + version_of(document) + ", " + name;
    return imported;
}

}  // namespace

QUERN_REGISTER(ModelImporter)({
    .name = "xgboost",
    .summary =
        "XGBoost's JSON and UBJSON, as `save_model` writes them: trees and dart, numbers and "
        "categories, and linear boosters.",
    .exact =
        "Comparisons, sums and links are of floats, in XGBoost's order: raw scores are its own "
        "floats.",
    .example = "quern import model model.json --as churn",
    .recognizes = recognizes,
    .read = read,
});

}  // namespace quern::score
