// The visit of a tree beside the background's rows (tree_background.h), included by one file for
// each kind of processor.
#pragma once

#include <algorithm>
#include <bit>

#include "quern/score/models/tree_background.h"

namespace quern::score {
namespace {

struct Beside {
    struct Entry {  // a column of the path
        uint32_t column = 0;
        bool is_own = false;                  // the row keeps to the path at all its splits
        const uint64_t* followers = nullptr;  // and these of the background
    };
    static constexpr size_t kPlanes = std::bit_width(kBackgroundPathMax - 1);

    const Background& background;
    const double* row;
    double* contributions;  // of the tree's raw score
    uint64_t* words;        // two sets a depth: followers of its column, and who still counts
    uint64_t* sorted;       // [columns that are the row's own, not theirs][word]
    uint32_t* places;       // by edge: where its column stands in the path
    const Background::Node* nodes;
    const uint64_t* followers;  // of the tree
    Entry path[kBackgroundPathMax];

    double share(size_t n, size_t m) const {
        return background.shares.data()[n * kBackgroundPathMax + m];
    }

    // Sorts the rows of one word by how many columns are the row's own and not theirs.
    void sort_word(const uint64_t* const* own, size_t own_count, size_t word, uint64_t alive) {
        const size_t word_count = background.word_count;
        const auto plane_count = static_cast<size_t>(std::bit_width(own_count));
        uint64_t planes[kPlanes + 1] = {};
        for (size_t i = 0; i < own_count; ++i) {
            uint64_t carry = alive & ~own[i][word];
            for (size_t p = 0; p < plane_count; ++p) {
                const uint64_t next = planes[p] & carry;
                planes[p] ^= carry;
                carry = next;
            }
        }
        for (size_t n = 0; n <= own_count; ++n) {
            uint64_t rows = alive;
            for (size_t p = 0; p < plane_count; ++p)
                rows &= (n >> p & 1) != 0 ? planes[p] : ~planes[p];
            sorted[n * word_count + word] = rows;
        }
    }

    void leave(double value, uint32_t length, size_t lost, const uint64_t* alive) {
        const size_t word_count = background.word_count;
        const uint64_t* own[kBackgroundPathMax];
        uint32_t columns[kBackgroundPathMax];
        size_t own_count = 0;
        for (uint32_t i = 0; i < length; ++i) {
            own[own_count] = path[i].followers;
            columns[own_count] = path[i].column;
            own_count += path[i].is_own ? 1 : 0;
        }
        for (size_t w = 0; w < word_count; ++w) sort_word(own, own_count, w, alive[w]);
        for (size_t i = 0; i < own_count; ++i) {
            double given = 0;
            for (size_t n = 1; n <= own_count; ++n) {
                int64_t count = 0;
                for (size_t w = 0; w < word_count; ++w)
                    count += std::popcount(sorted[n * word_count + w] & ~own[i][w]);
                given += static_cast<double>(count) * share(n - 1, lost);
            }
            contributions[columns[i]] += value * given;
        }
        if (lost == 0) return;
        double taken = 0;
        for (size_t n = 0; n <= own_count; ++n) {
            int64_t count = 0;
            for (size_t w = 0; w < word_count; ++w)
                count += std::popcount(sorted[n * word_count + w]);
            taken += static_cast<double>(count) * share(n, lost - 1);
        }
        for (uint32_t i = 0; i < length; ++i)
            if (!path[i].is_own) contributions[path[i].column] -= value * taken;
    }

    // `lost` columns of the path are not the row's; `alive` are the rows that keep to all those.
    void visit(uint32_t at, uint32_t depth, uint32_t length, size_t lost, const uint64_t* alive) {
        const Background::Node& node = nodes[at];
        const Walk::Step& step = background.walk.steps.data()[node.step];
        const bool is_left = goes_left(background.walk, step, row[step.column]);
        const bool is_new = node.above == 0;
        const uint32_t place = is_new ? length : places[node.above];
        const size_t word_count = background.word_count;
        const Entry before = is_new ? Entry{step.column, true, words} : path[place];
        uint64_t* mine = words + (2 * size_t{depth} + 1) * word_count;
        uint64_t* left_over = mine + word_count;
        for (uint32_t side = 0; side < 2; ++side) {
            const uint32_t edge = 1 + 2 * at + side;
            const uint64_t* takers = followers + size_t{edge - 1} * word_count;
            const bool is_own = before.is_own && is_left == (side == 0);
            uint64_t any = 0;
            for (size_t w = 0; w < word_count; ++w) {
                mine[w] = before.followers[w] & takers[w];
                left_over[w] = is_own ? alive[w] : alive[w] & mine[w];
                any |= left_over[w];
            }
            if (any == 0) continue;
            places[edge] = place;
            path[place] = {step.column, is_own, mine};
            const uint32_t now = length + (is_new ? 1 : 0);
            const size_t now_lost = lost + (before.is_own && !is_own ? 1 : 0);
            if (node.below[side] != 0) {
                visit(node.below[side] - 1, depth + 1, now, now_lost, left_over);
            } else {
                leave(node.value[side], now, now_lost, left_over);
            }
        }
        path[place] = before;
    }
};

// Adds to contributions [raw score][column].
void compare(const Background& background, const double* row, double* contributions,
             std::byte* scratch) {
    const Walk& walk = background.walk;
    const size_t word_count = background.word_count;
    auto* words = reinterpret_cast<uint64_t*>(scratch);
    uint64_t* sorted = words + (2 * (size_t{background.depth_max} + 1) + 1) * word_count;
    auto* places = reinterpret_cast<uint32_t*>(sorted + kBackgroundPathMax * word_count);
    Beside beside{background, row, nullptr, words, sorted, places, nullptr, nullptr, {}};
    std::fill_n(words, word_count, ~uint64_t{0});
    if (const size_t rest = background.row_count % 64; rest != 0)
        words[word_count - 1] = (uint64_t{1} << rest) - 1;
    for (size_t i = 0; i < background.trees.size(); ++i) {
        const Background::Tree& tree = background.trees.data()[i];
        if (tree.node_count == 0) continue;
        beside.contributions = contributions + i % walk.raw_count * walk.column_count;
        beside.nodes = background.nodes.data() + tree.first_node;
        beside.followers = background.followers.data() + 2 * size_t{tree.first_node} * word_count;
        beside.visit(0, 0, 0, 0, words);
    }
    const double divisor = walk.divisor * static_cast<double>(background.row_count);
    for (size_t i = 0; i < walk.raw_count * walk.column_count; ++i) contributions[i] /= divisor;
}

}  // namespace
}  // namespace quern::score
