// Trees as C: tables, and a loop that walks four trees side by side. A value becomes the number of
// the model's own thresholds below it, so nodes are two or three small integers; a slot is a column
// with one rule for missing values, so a node asks one question: is the slot's code above my bin?
#include <algorithm>
#include <map>

#include "quern/score/exporters/c_source.h"
#include "quern/score/exporters/smaller.h"

namespace quern::score::c {
namespace {

struct Entry {  // of the nodes' table; a leaf leads to itself
    size_t slot = 0, bin = 0, child = 0;
};

struct Slot {
    size_t column = 0;  // in `columns`
    size_t missing = 0;
    bool is_zero_missing = false;
    auto operator<=>(const Slot&) const = default;
};

struct Set {
    uint32_t column = 0, first_word = 0, word_count = 0;
    auto operator<=>(const Set&) const = default;
};

struct Layout {
    std::map<uint32_t, std::vector<double>> cuts;  // by column of the matrix, rising
    std::map<uint32_t, size_t> column_index;
    std::map<Slot, size_t> slots;
    std::vector<Set> sets;
    std::vector<Entry> entries;
    std::vector<size_t> first_entry, depths;
    std::vector<double> leaves;
    std::vector<Trees::LinearLeaf> linear;  // of all leaves, or none
    size_t leaves_max = 1, code_max = 0;
};

void collect_cuts(const Trees& trees, Layout& layout) {
    for (const auto& tree : trees.trees)
        for (const auto& node : tree.nodes)
            if (!node.is_categorical) layout.cuts[node.column].push_back(node.threshold);
    for (auto& [column, cuts] : layout.cuts) {
        std::ranges::sort(cuts);
        cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
        layout.code_max = std::max(layout.code_max, cuts.size());
        layout.column_index.emplace(column, layout.column_index.size());
    }
}

Slot slot_of(const Trees::Node& node, const Layout& layout) {
    const auto& cuts = layout.cuts.at(node.column);
    // Where NaN is no missing value it counts as zero.
    const auto zero = static_cast<size_t>(std::ranges::lower_bound(cuts, 0.0) - cuts.begin());
    const size_t side = node.default_left ? 0 : cuts.size();
    return {layout.column_index.at(node.column), node.missing == Missing::none ? zero : side,
            node.missing == Missing::zero};
}

void collect_slots(const Trees& trees, Layout& layout) {
    std::map<Set, size_t> sets;
    for (const auto& tree : trees.trees) {
        layout.leaves_max = std::max(layout.leaves_max, tree.leaves.size());
        for (const auto& node : tree.nodes)
            if (!node.is_categorical) layout.slots.emplace(slot_of(node, layout), 0);
    }
    size_t count = 0;
    for (auto& [slot, index] : layout.slots) index = count++;
}

// Children stand side by side, the left one first, level by level.
void add_tree(const Trees::Tree& tree, size_t first_set, size_t bin_max, bool is_linear,
              Layout& layout) {
    const size_t first = layout.entries.size();
    struct Place {
        int32_t node;
        size_t depth;
    };
    std::vector<Place> places{{tree.nodes.empty() ? ~0 : 0, 0}};
    size_t depth_max = 0, next_leaf = 0;
    layout.first_entry.push_back(first);
    for (size_t i = 0; i < places.size(); ++i) {
        const auto [index, depth] = places[i];
        depth_max = std::max(depth_max, depth);
        if (index < 0) {
            layout.entries.push_back({next_leaf++, bin_max, 0});
            const auto leaf = static_cast<size_t>(~index);
            layout.leaves.push_back(tree.leaves[leaf]);
            if (is_linear)
                layout.linear.push_back(tree.linear.empty() ? Trees::LinearLeaf{tree.leaves[leaf]}
                                                            : tree.linear[leaf]);
            continue;
        }
        const Trees::Node& node = tree.nodes[static_cast<size_t>(index)];
        Entry entry{0, 0, places.size() - i};
        if (node.is_categorical) {
            entry.slot = first_set + layout.sets.size();
            layout.sets.push_back({node.column, node.first_word, node.word_count});
        } else {
            const auto& cuts = layout.cuts.at(node.column);
            entry.slot = layout.slots.at(slot_of(node, layout));
            entry.bin =
                static_cast<size_t>(std::ranges::lower_bound(cuts, node.threshold) - cuts.begin());
        }
        layout.entries.push_back(entry);
        places.push_back({node.left, depth + 1});
        places.push_back({node.right, depth + 1});
    }
    layout.depths.push_back(depth_max);
}

const char* narrowest(size_t value_max) {
    return value_max <= UINT8_MAX ? "uint8_t" : value_max <= UINT16_MAX ? "uint16_t" : "uint32_t";
}

template <class Values, class F>
void add_table(Source& source, std::string_view type, std::string_view name, const Values& values,
               F show) {
    std::vector<std::string> shown;
    for (const auto& value : values) shown.push_back(show(value));
    source.table(type, name, shown);
}

std::string whole(size_t value) { return std::to_string(value); }

constexpr std::string_view kCodes = R"(
/* How many of a column's thresholds lie below its value; by slot, with its rule for missing. */
static void q_find_codes(const double *m, q_code *codes) {
    size_t i, column = SIZE_MAX;
    q_code code = 0;
    for (i = 0; i < Q_SLOTS; ++i) {
        double value = m[q_columns[q_slots[i].column].column];
        if (q_slots[i].column != column) {
            const q_cut *cut = q_cuts + q_columns[column = q_slots[i].column].first;
            size_t left = q_columns[column].count;
            const q_cut *first = cut;
            while (left > 1) {
                size_t half = left / 2;
                cut += half & (size_t)-(int)(cut[half - 1] < value);
                left -= half;
            }
            code = (q_code)(cut - first + (*cut < value));
        }
        codes[i] = isnan(value) || (q_slots[i].is_zero_missing && fabs(value) <= (double)1e-35f)
                       ? q_slots[i].missing : code;
    }
}
)";
constexpr std::string_view kSets = R"(
/* 1: the value is none of the categories that go left. */
static unsigned q_is_outside(const double *m, size_t set) {
    double value = m[q_sets[set].column];
    uint32_t category = value > -1.0 && value < 2147483648.0 ? (uint32_t)value : UINT32_MAX;
    return category / 32 >= q_sets[set].count ||
           !(q_words[q_sets[set].first + category / 32] >> (category % 32) & 1);
}
)";

constexpr std::string_view kLinear = R"(
/* A sum over the row; where a value is missing, the leaf's own number. */
static double q_linear_leaf(const double *m, size_t leaf) {
    double sum = q_linear[leaf].constant;
    uint32_t i = q_linear[leaf].first, end = i + q_linear[leaf].count;
    for (; i < end; ++i) {
        double value = m[q_terms[i].column];
        if (isnan(value)) return q_leaves[leaf];
        sum += q_terms[i].weight * value;
    }
    return sum;
}
)";

// `step`: what the leaves' table counts in.
std::string walk_code(const Layout& layout, const Trees& trees, double divisor, double step) {
    const bool has_sets = !layout.sets.empty();
    const bool has_slots = !layout.slots.empty();
    const std::string raw_count = std::to_string(trees.raw_count);
    std::string code = "\n#define Q_STEP(at) at += at->child + " +
                       std::string(has_sets ? "(at->slot < Q_CODES ? codes[at->slot] > at->bin "
                                              ": q_is_outside(m, at->slot - Q_CODES))"
                                            : "(codes[at->slot] > at->bin)") +
                       "\nstatic void q_add_trees(const double *m, double *raw) {\n"
                       "    q_code codes[Q_CODES] = {0};\n    size_t tree, i;\n";
    code += has_slots               ? "    q_find_codes(m, codes);\n"
            : layout.linear.empty() ? "    (void)m;\n"
                                    : "";
    code += "    for (i = 0; i < " + raw_count + "; ++i) raw[i] = 0;\n" +
            R"(    for (tree = 0; tree < Q_TREES; tree += 4) {
        const q_node *a = q_nodes + q_trees[tree], *b = q_nodes + q_trees[tree + 1];
        const q_node *c = q_nodes + q_trees[tree + 2], *d = q_nodes + q_trees[tree + 3];
        unsigned depth = q_depths[tree / 4];
        for (; depth > 0; --depth) {
            Q_STEP(a);
            Q_STEP(b);
            Q_STEP(c);
            Q_STEP(d);
        }
        /* A tree has one leaf more than nodes: half of the entries before it are leaves. */
)";
    const char* lanes[] = {"a", "b", "c", "d"};
    for (size_t lane = 0; lane < 4; ++lane) {
        const std::string tree = lane == 0 ? "tree" : "tree + " + std::to_string(lane);
        const std::string to = trees.raw_count == 1 ? "0" : "(" + tree + ") % " + raw_count;
        const std::string at =
            "(q_trees[" + tree + "] + " + tree + ") / 2 + " + lanes[lane] + "->slot";
        const std::string leaf = !layout.linear.empty() ? "q_linear_leaf(m, " + at + ")"
                                 : step == 0            ? "q_leaves[" + at + "]"
                                                        : "q_leaves[" + at + "] * " + number(step);
        code += "        raw[" + to + "] " +
                (trees.is_float32 ? "= (double)(float)(raw[" + to + "] + " + leaf + ")"
                                  : "+= " + leaf) +
                ";\n";
    }
    code += "    }\n";
    if (divisor != 1)
        code += "    for (i = 0; i < " + raw_count + "; ++i) raw[i] " +
                (trees.is_float32 ? "= (double)(float)(raw[i] / " + number(divisor) + ")"
                                  : "/= " + number(divisor)) +
                ";\n";
    return code + "}\n#undef Q_STEP\n";
}

void write_slots(Source& source, const Layout& layout, size_t column_count) {
    std::vector<double> cuts;
    std::vector<std::string> columns, slots;
    for (const auto& [column, own] : layout.cuts) {
        columns.push_back("{" + whole(column) + "," + whole(cuts.size()) + "," + whole(own.size()) +
                          "}");
        cuts.insert(cuts.end(), own.begin(), own.end());
    }
    for (const auto& [slot, index] : layout.slots)
        slots.push_back("{" + whole(slot.column) + "," + whole(slot.missing) + "," +
                        whole(slot.is_zero_missing) + "}");
    const bool are_floats = std::ranges::all_of(
        cuts, [](double cut) { return static_cast<double>(static_cast<float>(cut)) == cut; });
    source.helper("typedef " + std::string(are_floats ? "float" : "double") + " q_cut;\n");
    add_table(source, "q_cut", "q_cuts", cuts, [](double v) { return number(v); });
    source.table("struct { uint32_t column, first, count; }", "q_columns", columns);
    source.table("struct { " + std::string(narrowest(column_count)) +
                     " column; q_code missing; bool is_zero_missing; }",
                 "q_slots", slots);
    source.helper(std::string(kCodes));
}

void write_linear(Source& source, const Layout& layout) {
    std::vector<std::string> leaves, terms;
    for (const auto& leaf : layout.linear) {
        leaves.push_back("{" + number(leaf.constant) + "," + whole(terms.size()) + "," +
                         whole(leaf.terms.size()) + "}");
        for (const auto& term : leaf.terms)
            terms.push_back("{" + whole(term.column) + "," + number(term.weight) + "}");
    }
    if (terms.empty()) terms.push_back("{0,0}");
    source.table("struct { double constant; uint32_t first, count; }", "q_linear", leaves);
    source.table("struct { uint32_t column; double weight; }", "q_terms", terms);
    source.helper(std::string(kLinear));
}

}  // namespace

void write_trees(Source& source, const Trees& from, size_t column_count) {
    Trees trees = from;
    double divisor = 1;
    if (trees.is_average && !trees.trees.empty())
        divisor = static_cast<double>(trees.trees.size() / trees.raw_count);
    // Four at a time: what is missing adds nothing.
    while (trees.trees.size() % 4 != 0) trees.trees.push_back({{}, {0.0}, {}});
    Layout layout;
    collect_cuts(trees, layout);
    collect_slots(trees, layout);
    const size_t code_count = std::max(layout.slots.size(), layout.leaves_max);
    const bool is_narrow = layout.code_max <= UINT8_MAX;
    const size_t bin_max = is_narrow                       ? UINT8_MAX
                           : layout.code_max <= UINT16_MAX ? UINT16_MAX
                                                           : UINT32_MAX;
    const bool is_linear = has_linear_leaves(trees);
    for (const auto& tree : trees.trees) add_tree(tree, code_count, bin_max, is_linear, layout);

    size_t child_max = 0, depth_max = 0;
    for (const Entry& entry : layout.entries) child_max = std::max(child_max, entry.child);
    std::vector<size_t> depths;
    for (size_t i = 0; i < layout.depths.size(); i += 4) {
        depths.push_back(*std::max_element(layout.depths.begin() + static_cast<ptrdiff_t>(i),
                                           layout.depths.begin() + static_cast<ptrdiff_t>(i + 4)));
        depth_max = std::max(depth_max, depths.back());
    }
    const size_t slot_max = code_count + layout.sets.size();
    source.helper("\nenum { Q_SLOTS = " + whole(layout.slots.size()) + ", Q_CODES = " +
                  whole(code_count) + ", Q_TREES = " + whole(trees.trees.size()) + " };\ntypedef " +
                  narrowest(bin_max) + " q_code;\ntypedef struct q_node { " + narrowest(slot_max) +
                  " slot; q_code bin; " + narrowest(child_max) + " child; } q_node;\n");
    add_table(source, "q_node", "q_nodes", layout.entries, [](const Entry& entry) {
        return "{" + whole(entry.slot) + "," + whole(entry.bin) + "," + whole(entry.child) + "}";
    });
    // Quantized leaves are whole numbers of steps.
    const double step = is_linear ? 0 : step_of(layout.leaves);
    source.helper("typedef " + std::string(step == 0 ? "double" : "int16_t") + " q_leaf;\n");
    add_table(source, "q_leaf", "q_leaves", layout.leaves, [step](double value) {
        return step == 0 ? number(value) : number(static_cast<int64_t>(value / step));
    });
    add_table(source, "uint32_t", "q_trees", layout.first_entry, whole);
    add_table(source, narrowest(depth_max), "q_depths", depths, whole);
    if (is_linear) write_linear(source, layout);
    if (!layout.slots.empty()) write_slots(source, layout, column_count);
    if (!layout.sets.empty()) {
        add_table(source, "uint32_t", "q_words", trees.categories,
                  [](uint32_t word) { return whole(word) + "u"; });
        add_table(source, "struct { uint32_t column, first, count; }", "q_sets", layout.sets,
                  [](const Set& set) {
                      return "{" + whole(set.column) + "," + whole(set.first_word) + "," +
                             whole(set.word_count) + "}";
                  });
        source.helper(std::string(kSets));
    }
    source.helper(walk_code(layout, trees, divisor, step));
}

}  // namespace quern::score::c
