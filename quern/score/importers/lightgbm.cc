#include <algorithm>
#include <charconv>
#include <cmath>

#include <nlohmann/json.hpp>

#include "quern/base/text.h"
#include "quern/score/importers/inputs.h"
#include "quern/score/importers/lightgbm_trees.h"
#include "quern/score/models/trees.h"

namespace quern::score {
namespace {

using nlohmann::json;

constexpr std::string_view kBegin = "tree\nversion=";
constexpr std::string_view kPandas = "\npandas_categorical:";
constexpr std::string_view kCategoricalParameter = "\n[categorical_feature: ";

bool recognizes(std::string_view bytes) { return bytes.starts_with(kBegin); }

std::vector<std::string> words_of(std::string_view text, char between) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const size_t end = std::min(text.find(between), text.size());
        if (end > 0) words.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

template <class T>
Result<T> number_of(std::string_view text, std::string_view what) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return corrupt("LightGBM's " + std::string(what) + " is no number");
    return value;
}

std::string_view find_value(const LightgbmBlock& head, std::string_view key) {
    const auto found = head.find(key);
    return found == head.end() ? "" : found->second;
}

Status set_outputs(const std::string& objective, uint32_t raw_count, Program& program) {
    const auto words = words_of(objective, ' ');
    const std::string name = words.empty() ? "" : words[0];
    program.task = Task::regress;
    const auto read_scale = [&]() -> Status {
        for (const std::string& word : words)
            if (word.starts_with("sigmoid:"))
                program.link_scale = TRY(number_of<double>(word.substr(8), "sigmoid"));
        return {};
    };
    const bool is_softmax = name == "multiclass" || name == "softmax";
    if ((is_softmax || name == "multiclassova") && raw_count > 1) {
        set_counted_classes(program, raw_count);
        program.link = is_softmax ? Link::softmax : Link::sigmoid;
        return is_softmax ? Status() : read_scale();
    }
    if (raw_count != 1) return unimplemented("LightGBM's objective '" + objective + "'");
    if (name == "binary" || name == "cross_entropy") {
        set_counted_classes(program, 2);
        program.link = Link::sigmoid;
        return read_scale();
    }
    constexpr std::string_view kByExp[] = {"poisson", "gamma", "tweedie"};
    constexpr std::string_view kPlain[] = {
        "",         "regression", "regression_l1", "huber",       "fair",
        "quantile", "mape",       "lambdarank",    "rank_xendcg", "custom"};
    if (std::ranges::count(kByExp, name) > 0)
        program.link = Link::exponential;
    else if (std::ranges::count(kPlain, name) == 0 || std::ranges::count(words, "sqrt") > 0)
        return unimplemented("LightGBM's objective '" + objective + "'");
    return {};
}

// Columns that pandas held as categories: their codes follow its list.
Status set_category(const json& list, ImportedColumn& column) {
    const auto odd = [&] {
        return unimplemented("the categories of feature '" + column.name +
                             "' are neither all texts nor all whole numbers");
    };
    if (!list.is_array() || list.empty()) return odd();
    column.is_category = true;
    for (const json& item : list) {
        if (item.is_string())
            column.texts.push_back(item.get<std::string>());
        else if (item.is_number_integer())
            column.integers.push_back(item.get<int64_t>());
        else
            return odd();
    }
    if (!column.texts.empty() && !column.integers.empty()) return odd();
    return {};
}

Status set_categories(std::string_view text, std::vector<ImportedColumn>& columns) {
    const size_t at = text.rfind(kPandas);
    if (at == std::string_view::npos) return {};
    std::string_view line = text.substr(at + kPandas.size());
    const json lists = json::parse(line.substr(0, line.find('\n')), nullptr, false);
    if (lists.is_null() || lists.empty()) return {};
    const size_t parameter = text.rfind(kCategoricalParameter);
    if (!lists.is_array() || parameter == std::string_view::npos)
        return corrupt("LightGBM's pandas_categorical is not as expected");
    line = text.substr(parameter + kCategoricalParameter.size());
    const auto indices = words_of(line.substr(0, line.find(']')), ',');
    if (indices.size() != lists.size())
        return unimplemented("the file names " +
                             plural(std::ssize(indices), "categorical feature") +
                             " and the categories of " + std::to_string(lists.size()));
    for (size_t i = 0; i < lists.size(); ++i) {
        const auto index = TRY(number_of<size_t>(indices[i], "categorical_feature"));
        if (index >= columns.size()) return corrupt("a categorical feature is not there");
        TRY(set_category(lists[i], columns[index]));
    }
    return {};
}

// LightGBM takes what is as near to zero as this for zero, before any tree sees it; a threshold on
// the edge must not tell the two apart.
void widen_zero(Trees& trees) {
    constexpr double kEdge = -1e-35f;
    for (auto& tree : trees.trees)
        for (auto& node : tree.nodes)
            if (!node.is_categorical && node.threshold == kEdge)
                node.threshold = std::nextafter(kEdge, -1.0);
}

Result<Imported> read(std::string_view text, const ImportOptions& options) {
    if (!recognizes(text)) return corrupt("a LightGBM model begins with a line 'tree'");
    const auto head = lightgbm_head(text);
    const auto last =
        TRY(number_of<uint32_t>(find_value(head, "max_feature_idx"), "feature count"));
    const auto raw_count =
        TRY(number_of<uint32_t>(find_value(head, "num_tree_per_iteration"), "class count"));
    if (raw_count == 0) return corrupt("LightGBM's class count is zero");
    auto columns = TRY(
        name_columns(size_t{last} + 1, words_of(find_value(head, "feature_names"), ' '), options));
    TRY(set_categories(text, columns));
    Imported imported;
    imported.program = program_of(std::move(columns), options);
    Trees trees = TRY(read_lightgbm_trees(text, raw_count));
    widen_zero(trees);
    const std::string objective(find_value(head, "objective"));
    TRY(set_outputs(objective, raw_count, imported.program));
    trees.is_average = text.find("\naverage_output\n") < text.find("\nTree=");
    imported.program.model = pack(trees);
    imported.source = "LightGBM, text of version " + std::string(find_value(head, "version")) +
                      (objective.empty() ? "" : ", " + objective);
    return imported;
}

}  // namespace

QUERN_REGISTER(ModelImporter)({
    .name = "lightgbm",
    .summary = "LightGBM's text, as `save_model` and `model_to_string` write it, with pandas' "
               "categories.",
    .exact = "Raw scores and probabilities are LightGBM's own doubles.",
    .example = "quern import model model.txt --as churn",
    .recognizes = recognizes,
    .read = read,
});

}  // namespace quern::score
