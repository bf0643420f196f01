#include "quern/score/models/treelets.h"

#include <algorithm>
#include <bit>
#include <map>

namespace quern::score {
namespace {

constexpr size_t kMasksMax = size_t{1} << 19, kMaskWorkMax = size_t{1} << 26;

struct Cutter {
    const Trees& trees;
    const Forest& forest;
    Treelets& made;
    std::map<uint32_t, uint32_t> column_places;  // of the matrix -> of the forest
    size_t work = 0;

    // The slot and the bin of a test.
    std::pair<uint32_t, uint32_t> slot_of(uint32_t test) const {
        auto after =
            std::upper_bound(forest.slots.begin(), forest.slots.end(), test,
                             [](uint32_t t, const auto& slot) { return t < slot.first_test; });
        auto slot = static_cast<uint32_t>(after - forest.slots.begin()) - 1;
        return {slot, test - forest.slots[slot].first_test};
    }

    // Whether a set sends this code of its column right.
    bool is_right(const Forest::Set& set, uint32_t code) const {
        bool is_even = true;
        for (uint32_t i = 0; i < set.term_count; ++i) {
            auto [slot, bin] = slot_of(forest.terms[set.first_term + i]);
            is_even ^= forest.bins[forest.slots[slot].first_bin + code] > bin;
        }
        return is_even;
    }

    bool add_set(const Forest::Set& set, uint32_t column, size_t node, Treelets::Treelet& treelet) {
        uint32_t place = column_places.at(column), codes = forest.columns[place].code_count;
        auto mine = std::find_if(made.sets.begin() + treelet.first_set, made.sets.end(),
                                 [&](const Treelets::Set& s) { return s.column == place; });
        if (mine == made.sets.end()) {
            made.sets.push_back({place, static_cast<uint32_t>(made.masks.size())});
            made.masks.resize(made.masks.size() + codes);
            ++treelet.set_count;
            mine = made.sets.end() - 1;
        }
        work += size_t{codes} * (1 + set.term_count);
        if (made.masks.size() > kMasksMax || work > kMaskWorkMax) return false;
        for (uint32_t code = 0; code < codes; ++code)
            if (is_right(set, code)) made.masks[mine->first_mask + code] |= uint64_t{1} << node;
        return true;
    }

    bool add_node(const Trees::Node& node, uint32_t test, size_t at, Treelets::Lines& lines,
                  Treelets::Treelet& treelet) {
        if (test >= forest.slot_test_count) {
            lines.bin.bytes[at] = std::byte{255};  // no bin is above it
            return add_set(forest.sets[test - forest.slot_test_count], node.column, at, treelet);
        }
        auto [slot, bin] = slot_of(test);
        lines.slot.bytes[at] = static_cast<std::byte>(slot & 255);
        lines.bin.bytes[at] = static_cast<std::byte>(bin);
        treelet.far_slots[0] |= uint64_t{slot >> 7 & 1} << at;
        treelet.far_slots[1] |= uint64_t{slot >> 8 & 1} << at;
        return true;
    }

    // A branch of a tree that waits for its treelet, and the exit that leads to it.
    struct Branch {
        uint32_t root, exit;
    };

    // Fills one treelet with branches, the first of them as far as they fit. Each branch and each
    // node makes one more exit.
    bool cut(const Trees::Tree& tree, const uint32_t* tests, std::vector<Branch>& branches) {
        auto index = static_cast<uint32_t>(made.treelets.size());
        Treelets::Lines lines{};
        Treelets::Treelet treelet;
        treelet.first_exit = static_cast<uint32_t>(made.values.size());
        treelet.first_set = static_cast<uint32_t>(made.sets.size());
        made.values.resize(made.values.size() + kTreeletNodes + 1);
        made.onward.resize(made.values.size());
        std::vector<std::pair<uint32_t, uint32_t>> nodes;  // and their depths
        uint32_t exit_count = 0, depth = 0;
        size_t branch_count = 0;
        std::vector<Branch> left_over;
        auto place = [&](int32_t child, uint32_t child_depth) {
            if (child >= 0 && nodes.size() + branch_count < kTreeletNodes + 1) {
                nodes.push_back({static_cast<uint32_t>(child), child_depth});
                return static_cast<std::byte>(nodes.size() - 1);
            }
            uint32_t exit = treelet.first_exit + exit_count;
            if (child >= 0)
                left_over.push_back({static_cast<uint32_t>(child), exit});
            else
                made.values[exit] = tree.leaves[static_cast<size_t>(~child)];
            return static_cast<std::byte>(64 + exit_count++);
        };
        for (size_t at = 0; branch_count < branches.size(); ++branch_count) {
            if (nodes.size() + branch_count + 2 > kTreeletNodes + 1) break;
            const Branch& branch = branches[branch_count];
            if (index != made.roots.back())
                made.onward[branch.exit] = index * 64 + static_cast<uint32_t>(nodes.size());
            nodes.push_back({branch.root, 1});
            ++branch_count;
            for (; at < nodes.size(); ++at) {
                auto [node, node_depth] = nodes[at];
                depth = std::max(depth, node_depth);
                lines.left.bytes[at] = place(tree.nodes[node].left, node_depth + 1);
                lines.right.bytes[at] = place(tree.nodes[node].right, node_depth + 1);
                if (!add_node(tree.nodes[node], tests[node], at, lines, treelet)) return false;
            }
            --branch_count;
        }
        treelet.rounds = static_cast<uint16_t>(depth > 1 ? std::bit_width(depth - 1) : 0);
        made.lines.push_back(lines);
        made.treelets.push_back(treelet);
        branches.erase(branches.begin(), branches.begin() + static_cast<ptrdiff_t>(branch_count));
        branches.insert(branches.end(), left_over.begin(), left_over.end());
        return true;
    }

    void add_leaf(double value) {
        Treelets::Lines lines{};
        lines.left.bytes[0] = lines.right.bytes[0] = std::byte{64};
        made.lines.push_back(lines);
        Treelets::Treelet treelet;
        treelet.first_exit = static_cast<uint32_t>(made.values.size());
        treelet.first_set = static_cast<uint32_t>(made.sets.size());
        made.treelets.push_back(treelet);
        made.values.push_back(value);
        made.onward.push_back(0);
    }

    bool add_tree(const Trees::Tree& tree, const uint32_t* tests) {
        made.roots.push_back(static_cast<uint32_t>(made.treelets.size()));
        if (tree.nodes.empty()) {
            add_leaf(tree.leaves[0]);
            return true;
        }
        std::vector<Branch> branches{{0, 0}};
        while (true) {
            if (!cut(tree, tests, branches)) return false;
            if (branches.empty()) return true;
            made.is_single = false;
        }
    }
};

}  // namespace

std::optional<Treelets> make_treelets(const Trees& trees, const Forest& forest) {
    if (forest.slots.size() > kTreeletSlotsMax) return std::nullopt;
    Treelets made;
    made.slot_count = static_cast<uint32_t>(forest.slots.size());
    made.column_count = static_cast<uint32_t>(forest.columns.size());
    Cutter cutter{trees, forest, made, {}};
    for (uint32_t i = 0; i < forest.columns.size(); ++i)
        cutter.column_places[forest.columns[i].column] = i;
    const uint32_t* tests = forest.node_tests.data();
    for (const Trees::Tree& tree : trees.trees) {
        if (!cutter.add_tree(tree, tests)) return std::nullopt;
        tests += tree.nodes.size();
    }
    return made;
}

}  // namespace quern::score
