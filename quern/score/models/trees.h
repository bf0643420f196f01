// Decision trees added up, with LightGBM's meaning of every split: raw scores equal LightGBM's own
// to the bit. A Trees is filled by a trainer and packed into buffers.
#pragma once

#include <cstdint>
#include <vector>

#include "quern/score/program.h"

namespace quern::score {

enum class Missing : uint8_t { none, zero, nan };  // which values take the default side

struct Trees {
    // The root of a tree is its first node; a tree of one leaf has none. A child >= 0 is a node of
    // the same tree (always later than its parent), a child < 0 is leaf ~child of the same tree.
    struct Node {
        uint32_t column = 0;   // of the matrix
        double threshold = 0;  // numeric: left when value <= threshold
        int32_t left = 0, right = 0;
        Missing missing = Missing::none;
        bool default_left = false;
        // Left when the value is in categories[first_word .. + word_count), a bit set of words.
        bool is_categorical = false;
        uint32_t first_word = 0, word_count = 0;
    };
    // A leaf that is a linear model: constant + the sum, in order, of weight * column. A row with
    // NaN in one of the columns takes the leaf's own value instead.
    struct Term {
        uint32_t column = 0;
        double weight = 0;
    };
    struct LinearLeaf {
        double constant = 0;
        std::vector<Term> terms = {};
    };
    struct Tree {
        std::vector<Node> nodes;
        std::vector<double> leaves;
        std::vector<LinearLeaf> linear = {};  // by leaf; empty: leaves are their values
        // By leaf: rows of the training that ended there, which explanations weigh by; all trees
        // have them, or none.
        std::vector<double> covers;
    };
    std::vector<Tree> trees;           // tree i adds to raw score i % raw_count
    std::vector<uint32_t> categories;  // words of all bit sets
    uint32_t raw_count = 1;
    // Rows of the training, [row][column], that explanations compare with; none: they weigh by
    // the covers.
    std::vector<double> background = {};
    bool is_average = false;  // random forest: sums are divided by trees / raw_count
    // Leaves are floats, and so is every sum of them, as XGBoost adds.
    bool is_float32 = false;
};

bool has_linear_leaves(const Trees& trees);
FittedModel pack(const Trees& trees);
// Every index, order, size and number is checked; corrupt if one is off.
Result<Trees> unpack_trees(const Buffers& learned, size_t column_count);

constexpr size_t kBackgroundRowsMax = 1000;
constexpr size_t kTreesMax = 1'000'000;

}  // namespace quern::score
