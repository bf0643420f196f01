// Trees to buffers and back, with every check a hostile file calls for.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "quern/score/learned.h"
#include "quern/score/models/trees.h"

namespace quern::score {
namespace {

constexpr uint8_t kMissingMask = 3, kDefaultLeft = 4, kCategorical = 8;

// The buffers of all nodes, one array a field.
struct NodeBuffers {
    std::vector<uint32_t> column, first_word, word_count;
    std::vector<double> threshold;
    std::vector<int32_t> left, right;
    std::vector<uint8_t> flags;
};

Status bad(std::string what) { return corrupt("trees: " + std::move(what)); }

// The buffers of linear leaves; leaves of trees without them count as constants.
struct LeafBuffers {
    std::vector<double> constant, weight;
    std::vector<uint32_t> term_count, column;

    void add(const Trees::Tree& tree) {
        for (size_t i = 0; i < tree.leaves.size(); ++i) {
            constant.push_back(tree.linear.empty() ? tree.leaves[i] : tree.linear[i].constant);
            term_count.push_back(0);
            if (tree.linear.empty()) continue;
            term_count.back() = static_cast<uint32_t>(tree.linear[i].terms.size());
            for (const Trees::Term& term : tree.linear[i].terms) {
                column.push_back(term.column);
                weight.push_back(term.weight);
            }
        }
    }

    void move_to(Buffers& learned) {
        learned["leaf_constant"] = std::move(constant);
        learned["leaf_terms"] = std::move(term_count);
        learned["term_column"] = std::move(column);
        learned["term_weight"] = std::move(weight);
    }

    static Result<LeafBuffers> read(const Buffers& learned, size_t leaf_count,
                                    size_t column_count) {
        LeafBuffers leaves;
        leaves.constant = TRY(take_finite(learned, "leaf_constant", leaf_count));
        leaves.term_count = TRY(take_buffer<uint32_t>(learned, "leaf_terms", leaf_count));
        uint64_t term_count = 0;
        for (uint32_t count : leaves.term_count) term_count += count;
        leaves.weight = TRY(take_finite(learned, "term_weight", term_count));
        leaves.column = TRY(take_buffer<uint32_t>(learned, "term_column", term_count));
        for (uint32_t column : leaves.column)
            if (column >= column_count) return bad("a leaf names a column that is not there");
        return leaves;
    }

    std::vector<Trees::LinearLeaf> take(size_t first_leaf, size_t count, size_t& next_term) const {
        std::vector<Trees::LinearLeaf> leaves;
        for (size_t i = first_leaf; i < first_leaf + count; ++i) {
            Trees::LinearLeaf leaf{.constant = constant[i]};
            for (uint32_t t = 0; t < term_count[i]; ++t, ++next_term)
                leaf.terms.push_back({column[next_term], weight[next_term]});
            leaves.push_back(std::move(leaf));
        }
        return leaves;
    }
};

Status check_child(const Trees::Tree& tree, size_t node, int32_t child,
                   std::vector<uint8_t>& leaf_seen, std::vector<uint8_t>& node_seen) {
    if (child >= 0) {
        auto index = static_cast<size_t>(child);
        // Later than its parent and reached once: no cycle, no shared branch.
        if (index <= node || index >= tree.nodes.size() || node_seen[index]++)
            return bad("a child is out of place");
    } else {
        auto leaf = static_cast<size_t>(~child);
        if (leaf >= tree.leaves.size() || leaf_seen[leaf]++) return bad("a leaf is out of place");
    }
    return {};
}

Status check_tree(const Trees::Tree& tree, const Trees& trees, size_t column_count) {
    if (tree.leaves.size() != tree.nodes.size() + 1) return bad("a tree has too few leaves");
    for (double leaf : tree.leaves)
        if (!std::isfinite(leaf)) return bad("a leaf's value is not finite");
    for (double leaf : tree.leaves)
        if (trees.is_float32 && static_cast<double>(static_cast<float>(leaf)) != leaf)
            return bad("a leaf's value is no float");
    for (double cover : tree.covers)
        if (!std::isfinite(cover) || cover < 0) return bad("a leaf's cover is no count");
    std::vector<uint8_t> leaf_seen(tree.leaves.size()), node_seen(tree.nodes.size());
    for (size_t i = 0; i < tree.nodes.size(); ++i) {
        const Trees::Node& node = tree.nodes[i];
        if (node.column >= column_count) return bad("a split names a column that is not there");
        if (std::isnan(node.threshold)) return bad("a threshold is NaN");
        uint64_t words_end = uint64_t{node.first_word} + node.word_count;
        if (node.is_categorical ? words_end > trees.categories.size() : words_end != 0)
            return bad("a category set is out of place");
        TRY(check_child(tree, i, node.left, leaf_seen, node_seen));
        TRY(check_child(tree, i, node.right, leaf_seen, node_seen));
    }
    // nodes + 1 leaves, each child reached once: every leaf is reached.
    return {};
}

Result<NodeBuffers> read_nodes(const Buffers& learned, size_t count) {
    NodeBuffers nodes;
    nodes.column = TRY(take_buffer<uint32_t>(learned, "column", count));
    nodes.threshold = TRY(take_buffer<double>(learned, "threshold", count));
    nodes.left = TRY(take_buffer<int32_t>(learned, "left", count));
    nodes.right = TRY(take_buffer<int32_t>(learned, "right", count));
    nodes.flags = TRY(take_buffer<uint8_t>(learned, "flags", count));
    nodes.first_word = TRY(take_buffer<uint32_t>(learned, "first_word", count));
    nodes.word_count = TRY(take_buffer<uint32_t>(learned, "word_count", count));
    return nodes;
}

Result<Trees::Node> node_at(const NodeBuffers& from, size_t i) {
    uint8_t flags = from.flags[i];
    if (flags > (kMissingMask | kDefaultLeft | kCategorical) || (flags & kMissingMask) > 2)
        return bad("a split has unknown flags");
    Trees::Node node;
    node.column = from.column[i];
    node.threshold = from.threshold[i];
    node.left = from.left[i];
    node.right = from.right[i];
    node.missing = static_cast<Missing>(flags & kMissingMask);
    node.default_left = (flags & kDefaultLeft) != 0;
    node.is_categorical = (flags & kCategorical) != 0;
    node.first_word = from.first_word[i];
    node.word_count = from.word_count[i];
    return node;
}

}  // namespace

bool has_linear_leaves(const Trees& trees) {
    return std::ranges::any_of(trees.trees,
                               [](const Trees::Tree& tree) { return !tree.linear.empty(); });
}

FittedModel pack(const Trees& trees) {
    NodeBuffers nodes;
    std::vector<uint32_t> tree_nodes;
    std::vector<double> leaves, covers;
    LeafBuffers linear;
    const bool is_linear = has_linear_leaves(trees);
    for (const Trees::Tree& tree : trees.trees) {
        covers.insert(covers.end(), tree.covers.begin(), tree.covers.end());
        tree_nodes.push_back(static_cast<uint32_t>(tree.nodes.size()));
        leaves.insert(leaves.end(), tree.leaves.begin(), tree.leaves.end());
        if (is_linear) linear.add(tree);
        for (const Trees::Node& node : tree.nodes) {
            nodes.column.push_back(node.column);
            nodes.threshold.push_back(node.threshold);
            nodes.left.push_back(node.left);
            nodes.right.push_back(node.right);
            nodes.flags.push_back(static_cast<uint8_t>(static_cast<uint8_t>(node.missing) |
                                                       (node.default_left ? kDefaultLeft : 0) |
                                                       (node.is_categorical ? kCategorical : 0)));
            nodes.first_word.push_back(node.is_categorical ? node.first_word : 0);
            nodes.word_count.push_back(node.is_categorical ? node.word_count : 0);
        }
    }
    FittedModel model{"trees", {}};
    model.learned["tree_nodes"] = std::move(tree_nodes);
    if (covers.size() == leaves.size()) model.learned["leaf_cover"] = std::move(covers);
    model.learned["leaf_value"] = std::move(leaves);
    model.learned["column"] = std::move(nodes.column);
    model.learned["threshold"] = std::move(nodes.threshold);
    model.learned["left"] = std::move(nodes.left);
    model.learned["right"] = std::move(nodes.right);
    model.learned["flags"] = std::move(nodes.flags);
    model.learned["first_word"] = std::move(nodes.first_word);
    model.learned["word_count"] = std::move(nodes.word_count);
    model.learned["categories"] = trees.categories;
    if (is_linear) linear.move_to(model.learned);
    if (!trees.background.empty()) model.learned["background"] = trees.background;
    model.learned["raw_count"] = std::vector<uint32_t>{trees.raw_count};
    model.learned["is_average"] = std::vector<uint8_t>{trees.is_average};
    if (trees.is_float32) model.learned["is_float32"] = std::vector<uint8_t>{1};
    return model;
}

Result<Trees> unpack_trees(const Buffers& learned, size_t column_count) {
    TRY(check_names(learned, {"tree_nodes", "leaf_value", "leaf_cover", "column", "threshold",
                              "left", "right", "flags", "first_word", "word_count", "categories",
                              "raw_count", "is_average", "background", "is_float32",
                              "leaf_constant", "leaf_terms", "term_column", "term_weight"}));
    Trees trees;
    auto counts = TRY(take_buffer<uint32_t>(learned, "tree_nodes"));
    auto leaves = TRY(take_buffer<double>(learned, "leaf_value"));
    std::vector<double> covers;
    if (learned.contains("leaf_cover"))
        covers = TRY(take_buffer<double>(learned, "leaf_cover", leaves.size()));
    trees.categories = TRY(take_buffer<uint32_t>(learned, "categories"));
    trees.raw_count = TRY(take_buffer<uint32_t>(learned, "raw_count", 1))[0];
    if (learned.contains("background")) {
        trees.background = TRY(take_buffer<double>(learned, "background"));
        size_t size = trees.background.size();
        if (size == 0 || column_count == 0 || size % column_count != 0 ||
            size / column_count > kBackgroundRowsMax)
            return bad("the background does not fit the columns");
    }
    auto average = TRY(take_buffer<uint8_t>(learned, "is_average", 1));
    trees.is_average = average[0] != 0;
    auto float32 = TRY(take_value<uint8_t>(learned, "is_float32", 0));
    trees.is_float32 = float32 != 0;
    if (float32 != (learned.contains("is_float32") ? 1 : 0)) return bad("sums of no known kind");
    if (counts.size() > kTreesMax || average[0] > 1) return bad("too many trees");
    if (trees.raw_count == 0 || trees.raw_count > 10'000 || counts.size() % trees.raw_count != 0)
        return bad("the count of trees does not fit the count of scores");
    uint64_t node_count = 0;
    for (uint32_t count : counts) node_count += count;
    if (leaves.size() != node_count + counts.size() || node_count > (uint64_t{1} << 30))
        return bad("the counts of nodes and leaves do not fit");
    NodeBuffers nodes = TRY(read_nodes(learned, node_count));
    std::optional<LeafBuffers> linear;
    if (trees.is_float32 && learned.contains("leaf_constant"))
        return bad("floats and linear leaves");
    if (learned.contains("leaf_constant"))
        linear = TRY(LeafBuffers::read(learned, leaves.size(), column_count));
    size_t next_node = 0, next_leaf = 0, next_term = 0;
    for (uint32_t count : counts) {
        Trees::Tree tree;
        for (uint32_t i = 0; i < count; ++i) tree.nodes.push_back(TRY(node_at(nodes, next_node++)));
        auto first = leaves.begin() + static_cast<ptrdiff_t>(next_leaf);
        tree.leaves.assign(first, first + count + 1);
        if (!covers.empty()) {
            auto cover = covers.begin() + static_cast<ptrdiff_t>(next_leaf);
            tree.covers.assign(cover, cover + count + 1);
        }
        if (linear) tree.linear = linear->take(next_leaf, count + 1, next_term);
        next_leaf += count + 1;
        TRY(check_tree(tree, trees, column_count));
        trees.trees.push_back(std::move(tree));
    }
    return trees;
}

}  // namespace quern::score
