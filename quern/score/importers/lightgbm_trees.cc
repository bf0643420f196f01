#include "quern/score/importers/lightgbm_trees.h"

#include <charconv>
#include <numeric>
#include <string>
#include <vector>

#include "quern/base/text.h"

namespace quern::score {
namespace {

// LightGBM's include/LightGBM/tree.h: bit 0 categorical, bit 1 default left, bits 2 and 3 the
// kind of missing values.
constexpr int kCategoricalBit = 1, kDefaultLeftBit = 2, kMissingShift = 2, kMissingMask = 3;

using Block = LightgbmBlock;

Status odd(std::string_view what) {
    return corrupt("LightGBM's model text is not as expected: " + std::string(what));
}

template <class T>
Result<std::vector<T>> numbers(const Block& block, std::string_view key, size_t count) {
    std::vector<T> values;
    const auto found = block.find(key);
    if (found == block.end()) return odd("no " + std::string(key));
    const char* at = found->second.data();
    const char* end = at + found->second.size();
    while (at != end) {
        if (*at == ' ') {
            ++at;
            continue;
        }
        T value{};
        const auto [next, error] = std::from_chars(at, end, value);
        if (error != std::errc()) return odd(std::string(key) + " holds no number");
        values.push_back(value);
        at = next;
    }
    if (values.size() != count) return odd(std::string(key) + " has another length");
    return values;
}

// A block ends at an empty line.
Block read_block(std::string_view& text) {
    Block block;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        const auto line = trim(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty()) {
            if (!block.empty()) break;
            continue;
        }
        const size_t equals = line.find('=');
        if (equals == std::string_view::npos) continue;
        block[line.substr(0, equals)] = line.substr(equals + 1);
    }
    return block;
}

Result<size_t> count_of(const Block& block, std::string_view key) {
    const auto values = TRY(numbers<int64_t>(block, key, 1));
    if (values[0] < 0) return odd("a count below 0");
    return static_cast<size_t>(values[0]);
}

Status add_categories(const Block& block, size_t set_count, Trees& trees,
                      std::vector<size_t>& boundaries) {
    boundaries = TRY(numbers<size_t>(block, "cat_boundaries", set_count + 1));
    const auto words = TRY(numbers<uint32_t>(block, "cat_threshold", boundaries.back()));
    for (size_t& boundary : boundaries) boundary += trees.categories.size();
    trees.categories.insert(trees.categories.end(), words.begin(), words.end());
    return {};
}

Status add_linear_leaves(const Block& block, Trees::Tree& tree) {
    const size_t count = tree.leaves.size();
    const auto constants = TRY(numbers<double>(block, "leaf_const", count));
    const auto term_counts = TRY(numbers<uint32_t>(block, "num_features", count));
    const size_t total = std::accumulate(term_counts.begin(), term_counts.end(), size_t{0});
    const auto columns = TRY(numbers<uint32_t>(block, "leaf_features", total));
    const auto weights = TRY(numbers<double>(block, "leaf_coeff", total));
    size_t next = 0;
    for (size_t i = 0; i < count; ++i) {
        Trees::LinearLeaf leaf{.constant = constants[i]};
        for (uint32_t t = 0; t < term_counts[i]; ++t, ++next)
            leaf.terms.push_back({columns[next], weights[next]});
        tree.linear.push_back(std::move(leaf));
    }
    return {};
}

Result<Trees::Tree> read_tree(const Block& block, Trees& trees) {
    Trees::Tree tree;
    const size_t leaf_count = TRY(count_of(block, "num_leaves"));
    tree.leaves = TRY(numbers<double>(block, "leaf_value", leaf_count));
    if (block.contains("leaf_count"))
        tree.covers = TRY(numbers<double>(block, "leaf_count", leaf_count));
    else if (leaf_count <= 1)
        tree.covers.assign(leaf_count, 1);  // a tree that did not split counts no rows
    if (block.contains("is_linear") && block.at("is_linear") != "0")
        TRY(add_linear_leaves(block, tree));
    if (leaf_count <= 1) return tree;
    const size_t count = leaf_count - 1;
    const auto columns = TRY(numbers<uint32_t>(block, "split_feature", count));
    const auto thresholds = TRY(numbers<double>(block, "threshold", count));
    const auto decisions = TRY(numbers<int>(block, "decision_type", count));
    const auto left = TRY(numbers<int32_t>(block, "left_child", count));
    const auto right = TRY(numbers<int32_t>(block, "right_child", count));
    const size_t set_count = TRY(count_of(block, "num_cat"));
    std::vector<size_t> boundaries;
    if (set_count > 0) TRY(add_categories(block, set_count, trees, boundaries));
    tree.nodes.resize(count);
    for (size_t i = 0; i < count; ++i) {
        auto& node = tree.nodes[i];
        node.column = columns[i];
        node.left = left[i];
        node.right = right[i];
        node.default_left = (decisions[i] & kDefaultLeftBit) != 0;
        const int missing = decisions[i] >> kMissingShift & kMissingMask;
        if (missing > static_cast<int>(Missing::nan)) return odd("a kind of missing values");
        node.missing = static_cast<Missing>(missing);
        node.is_categorical = (decisions[i] & kCategoricalBit) != 0;
        if (!node.is_categorical) {
            node.threshold = thresholds[i];
            continue;
        }
        if (!(thresholds[i] >= 0 && thresholds[i] < static_cast<double>(set_count)))
            return odd("a set of categories that is not there");
        const auto set = static_cast<size_t>(thresholds[i]);
        if (boundaries[set] > boundaries[set + 1] || boundaries[set + 1] > trees.categories.size())
            return odd("a set of categories out of place");
        node.first_word = static_cast<uint32_t>(boundaries[set]);
        node.word_count = static_cast<uint32_t>(boundaries[set + 1] - boundaries[set]);
    }
    return tree;
}

}  // namespace

LightgbmBlock lightgbm_head(std::string_view text) { return read_block(text); }

Result<Trees> read_lightgbm_trees(std::string_view text, uint32_t raw_count) {
    Trees trees;
    trees.raw_count = raw_count;
    constexpr std::string_view kEnd = "end of trees";
    const size_t end = text.find(kEnd);
    if (end == std::string_view::npos) return odd("no end of the trees");
    text = text.substr(0, end);
    const Block header = read_block(text);
    if (!header.contains("max_feature_idx")) return odd("no header");
    while (true) {
        const Block block = read_block(text);
        if (block.empty()) break;
        trees.trees.push_back(TRY(read_tree(block, trees)));
    }
    if (trees.trees.size() % raw_count != 0) return odd("a number of trees");
    return trees;
}

}  // namespace quern::score
