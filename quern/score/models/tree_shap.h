// Exact contributions of columns to the score of trees (TreeSHAP, path-dependent): what a split
// does not know of a row it answers by the share of training rows, its covers.
#pragma once

#include <optional>

#include "quern/score/models/tree_background.h"
#include "quern/score/models/tree_walk.h"

namespace quern::score {

// A Shapley value is an integral over [0, 1] of a product over the columns of a path:
//     integral of (o_i - z_i) * product over j != i of (z_j + (o_j - z_j) * t) dt
// where o is 1 if the row keeps to the path at all splits on the column, else 0, and z the share
// of the training rows that does. With all z of a path moved into its leaf's value that is
//     integral of s_i * product over j != i of (1 + s_j * t) dt
// where s is (1 - z) / z if the row keeps to the path, else -1. Of a polynomial, Gauss's quadrature
// gives it exactly; its points are the lanes of a register. One pass down a tree multiplies the
// factors above each split, one pass up sums what the leaves below it have.
struct Shap {
    // Edge 0 of a tree leads to its root; edges 1 + 2 i and 2 + 2 i leave node i. Slot 0 of the
    // values above and below belongs to no node, slot i + 1 to node i.
    struct Node {
        double threshold = 0;
        double ratio[2]{};     // s of the edges if the row keeps to them
        double value[2]{};     // of a leaf there: times the product of its path's shares
        uint32_t below[2]{};   // slots; of a leaf 0
        uint32_t from = 0;     // the edge that leads here
        uint32_t above = 0;    // the edge of the last split above on the same column, or 0
        uint32_t inverse = 0;  // where 1 / its factor stands; 0 stands for 1
        uint32_t step = 0;     // of the walk
        uint32_t column = 0;   // of the matrix
        uint32_t group_column = 0;
        uint8_t is_numeric = 0, nan_left = 0;
    };
    struct Tree {
        uint32_t first_node = 0, node_count = 0;
        uint32_t first_inverse = 0, inverse_count = 0;
    };
    // Trees that add to one raw score and need equally many points.
    struct Group {
        uint32_t raw = 0, rule = 0;
        uint32_t first_tree = 0, tree_count = 0;
        uint32_t first_column = 0, column_count = 0;
    };
    struct Rule {
        std::vector<double> points, weights;
    };
    Walk walk;
    std::vector<Rule> rules;  // by kShapPoints
    std::vector<Node> nodes;
    std::vector<Tree> trees;
    std::vector<Group> groups;
    std::vector<uint32_t> inverses;  // edges, tree by tree
    std::vector<uint32_t> columns;   // of the matrix, group by group
    std::vector<double> expected;    // by raw score: the mean over the training rows
    uint32_t node_count_max = 0, inverse_count_max = 0;  // of a tree
    uint32_t column_count_max = 0;                       // of a group
};

constexpr size_t kShapDepthMax = 512;
// Exact for paths of twice as many columns.
constexpr size_t kShapPoints[] = {4, 8, 16, 32, 64, 128};

// Nothing if covers are missing or the trees too deep.
std::optional<Shap> make_shap(const Trees& trees, size_t column_count);
size_t shap_scratch_bytes(const Shap& shap);

struct ShapKernel {
    const char* name;
    bool (*is_supported)();
    // Adds to contributions [raw score][column].
    void (*explain)(const Shap& shap, const double* row, double* contributions, std::byte* scratch);
    // Adds to out [raw score][source][source] what pairs of columns contribute, and on the
    // diagonal what is left of each column's own; columns of one source are taken together.
    void (*interact)(const Shap& shap, const double* row, const uint32_t* column_sources,
                     size_t source_count, double* out, std::byte* scratch);
    // As `explain`, beside the background's rows.
    void (*compare)(const Background& background, const double* row, double* contributions,
                    std::byte* scratch);
};
const ShapKernel& shap_kernel();
std::vector<const ShapKernel*> shap_kernels();  // that run here

}  // namespace quern::score
