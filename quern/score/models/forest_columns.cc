#include "quern/score/models/forest_columns.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <tuple>

namespace quern::score {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kZero = 1e-35f;  // LightGBM's kZeroThreshold is a float
constexpr size_t kNodeKeys = 16, kFanout = 17, kSlotTestsMax = 255;

double just_below(double value) { return std::nextafter(value, -kInfinity); }

// How splits of one column treat what they do not compare.
enum class Rule : uint8_t { nan_is_zero, nan_left, nan_right, zero_left, zero_right, set };

Rule rule_of(const Trees::Node& node) {
    if (node.is_categorical) return Rule::set;
    if (node.missing == Missing::none) return Rule::nan_is_zero;
    if (node.missing == Missing::nan) return node.default_left ? Rule::nan_left : Rule::nan_right;
    return node.default_left ? Rule::zero_left : Rule::zero_right;
}

// Categories are whole numbers; the values of category c are those above `first_key` of it and
// not above its last. LightGBM cuts towards zero, so all of (-1, 1) is category 0.
double first_key(uint32_t category) { return category == 0 ? -1.0 : just_below(category); }
double last_key(uint32_t category) { return just_below(double{1} + category); }

// The keys around runs of categories of a node's set.
std::vector<double> set_borders(const Trees& trees, const Trees::Node& node) {
    std::vector<double> borders;
    bool is_inside = false;
    for (uint32_t w = 0; w < node.word_count; ++w) {
        uint32_t word = trees.categories[node.first_word + w];
        if (word == (is_inside ? UINT32_MAX : 0)) continue;
        for (uint32_t bit = 0; bit < 32; ++bit) {
            bool is_in = (word >> bit & 1) != 0;
            if (is_in == is_inside) continue;
            borders.push_back(first_key(w * 32 + bit));
            is_inside = is_in;
        }
    }
    if (is_inside) borders.push_back(last_key(node.word_count * 32 - 1));
    return borders;
}

struct Asked {
    std::map<Rule, std::vector<double>> keys;  // of a column, by rule
};

void sort_unique(std::vector<double>& keys) {
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
}

using SetKey = std::tuple<uint32_t, uint32_t, uint32_t>;  // column, first word, words

struct Builder {
    const Trees& trees;
    Forest& forest;
    std::map<uint32_t, Asked> asked;
    std::map<SetKey, std::vector<double>> borders;  // of each distinct set
    std::map<SetKey, uint32_t> set_tests;
    // Of each column and rule: its keys and the test of the first of them. Tests of the slots of
    // one rule follow one another.
    std::map<std::pair<uint32_t, Rule>, std::pair<std::vector<double>, uint32_t>> tests;

    static SetKey set_key(const Trees::Node& node) {
        return {node.column, node.first_word, node.word_count};
    }

    bool collect() {
        size_t word_total = 0, border_total = 0;
        for (const Trees::Tree& tree : trees.trees) {
            for (const Trees::Node& node : tree.nodes) {
                std::vector<double>& keys = asked[node.column].keys[rule_of(node)];
                if (!node.is_categorical) {
                    keys.push_back(node.threshold);
                } else if (!borders.contains(set_key(node))) {
                    word_total += node.word_count;
                    if (word_total > kForestTermsMax) return false;
                    const auto& made = borders[set_key(node)] = set_borders(trees, node);
                    border_total += made.size();
                    keys.insert(keys.end(), made.begin(), made.end());
                }
                if (border_total > kForestTermsMax) return false;
            }
        }
        return true;
    }

    void add_keys(const std::vector<double>& keys, Forest::Column& column) {
        size_t level_count = 1, reach = kFanout;
        for (; keys.size() > reach - 2; reach *= kFanout) ++level_count;
        column.level_count = static_cast<uint32_t>(level_count);
        column.first_key = static_cast<uint32_t>(forest.keys.size() / 2);
        column.code_count = static_cast<uint32_t>(keys.size() + 2);
        size_t node_count = 1;
        for (size_t level = 0; level < level_count;
             ++level, node_count *= kFanout, reach /= kFanout)
            for (size_t node = 0; node < node_count; ++node)
                add_key_node(keys, node * reach, reach / kFanout);
    }

    // The keys of one node: those that cut its range of ranks into kFanout equal parts.
    void add_key_node(const std::vector<double>& keys, size_t first_rank, size_t step) {
        double node[kNodeKeys];
        for (size_t i = 0; i < kNodeKeys; ++i) {
            size_t rank = first_rank + (i + 1) * step - 1;
            node[i] = rank < keys.size() ? keys[rank] : kInfinity;
        }
        forest.keys.resize(forest.keys.size() + 2);
        std::memcpy(&forest.keys[forest.keys.size() - 2], node, sizeof(node));
    }

    // The number of `some` keys below a value of this code; `all` holds them and more.
    static size_t rank(const std::vector<double>& all, const std::vector<double>& some,
                       size_t code) {
        if (code == 0) return 0;
        return static_cast<size_t>(std::upper_bound(some.begin(), some.end(), all[code - 1]) -
                                   some.begin());
    }

    static size_t code_of(const std::vector<double>& keys, double value) {
        return static_cast<size_t>(std::lower_bound(keys.begin(), keys.end(), value) -
                                   keys.begin());
    }

    void add_slot(const std::vector<double>& all, Rule rule, const std::vector<double>& some,
                  size_t first, size_t count) {
        Forest::Slot slot;
        slot.first_bin = static_cast<uint32_t>(forest.bins.size());
        slot.first_test = forest.slot_test_count;
        slot.test_count = static_cast<uint32_t>(count);
        slot.bit_count = static_cast<uint32_t>(std::bit_width(count));
        auto bin_at = [&](size_t code) {
            size_t below = rank(all, some, code);
            return static_cast<uint8_t>(std::clamp(below, first, first + count) - first);
        };
        uint8_t far = static_cast<uint8_t>(count);
        bool is_zero_rule = rule == Rule::zero_left || rule == Rule::zero_right;
        size_t zero_first = code_of(all, -kZero), zero_last = code_of(all, kZero);
        for (size_t code = 0; code <= all.size(); ++code) {
            bool is_zero = is_zero_rule && code >= zero_first && code <= zero_last;
            forest.bins.push_back(!is_zero                  ? bin_at(code)
                                  : rule == Rule::zero_left ? uint8_t{0}
                                                            : far);
        }
        bool is_right = rule == Rule::nan_right || rule == Rule::zero_right;
        forest.bins.push_back(is_right                    ? far
                              : rule == Rule::nan_is_zero ? bin_at(code_of(all, 0.0))
                                                          : uint8_t{0});
        forest.slot_test_count += static_cast<uint32_t>(count);
        forest.slots.push_back(slot);
    }

    bool add_column(uint32_t number, Asked& column_asked) {
        std::vector<double> all;
        for (auto& [rule, keys] : column_asked.keys) {
            sort_unique(keys);
            all.insert(all.end(), keys.begin(), keys.end());
            if (rule == Rule::zero_left || rule == Rule::zero_right)
                all.insert(all.end(), {just_below(-kZero), kZero});
        }
        sort_unique(all);
        Forest::Column column;
        column.column = number;
        column.first_slot = static_cast<uint32_t>(forest.slots.size());
        add_keys(all, column);
        for (auto& [rule, keys] : column_asked.keys) {
            uint32_t first_test = forest.slot_test_count;
            for (size_t first = 0; first < keys.size(); first += kSlotTestsMax)
                add_slot(all, rule, keys, first, std::min(kSlotTestsMax, keys.size() - first));
            tests[{number, rule}] = {keys, first_test};
            if (forest.slot_test_count > kForestTestsMax) return false;
        }
        column.slot_count = static_cast<uint32_t>(forest.slots.size()) - column.first_slot;
        forest.columns.push_back(column);
        return true;
    }

    uint32_t test_of(uint32_t column, Rule rule, double key) const {
        const auto& [keys, first_test] = tests.at({column, rule});
        return first_test + static_cast<uint32_t>(code_of(keys, key));
    }

    bool add_sets() {
        for (const auto& [key, keys] : borders) {
            set_tests[key] = forest.slot_test_count + static_cast<uint32_t>(forest.sets.size());
            forest.sets.push_back(
                {static_cast<uint32_t>(forest.terms.size()), static_cast<uint32_t>(keys.size())});
            for (double border : keys)
                forest.terms.push_back(test_of(std::get<0>(key), Rule::set, border));
        }
        forest.test_count = forest.slot_test_count + static_cast<uint32_t>(forest.sets.size());
        return forest.test_count <= kForestTestsMax;
    }
};

}  // namespace

bool add_tests(const Trees& trees, Forest& forest) {
    Builder builder{trees, forest, {}, {}, {}, {}};
    if (!builder.collect()) return false;
    for (auto& [number, asked] : builder.asked)
        if (!builder.add_column(number, asked)) return false;
    if (!builder.add_sets()) return false;
    for (const Trees::Tree& tree : trees.trees)
        for (const Trees::Node& node : tree.nodes)
            forest.node_tests.push_back(
                node.is_categorical ? builder.set_tests.at(Builder::set_key(node))
                                    : builder.test_of(node.column, rule_of(node), node.threshold));
    return true;
}

}  // namespace quern::score
