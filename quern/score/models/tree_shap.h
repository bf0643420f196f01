// Exact contributions of columns to the score of trees (TreeSHAP, path-dependent): what a split
// does not know of a row it answers by the share of training rows, its covers.
#pragma once

#include <optional>

#include "quern/score/models/tree_walk.h"

namespace quern::score {

// A Shapley value is an integral over [0, 1] of a product over the columns of a path:
//     integral of (o_i - z_i) * product over j != i of (z_j + (o_j - z_j) * t) dt
// where o is 1 if the row keeps to the path at all splits on the column, else 0, and z the share
// of the training rows that does. Of a polynomial, Gauss's quadrature gives it exactly; its points
// are the lanes of a register. One visit of every split sums up all leaves below it at once.
struct Shap {
    struct Edge {
        double share = 1;  // z of the column, all splits on it from the root to here
        uint32_t to = 0;   // a step of the walk; also where the leaf's value is
    };
    struct Node {
        Edge left, right;
        uint32_t before = 0;  // 1 + depth of the last split above on the same column, or 0
        uint32_t column = 0;
    };
    Walk walk;
    std::vector<Node> nodes;       // by step of the walk
    std::vector<double> expected;  // by raw score: the mean over the training rows
    std::vector<double> points, weights;
    uint32_t depth_max = 0;
};

constexpr size_t kShapDepthMax = 512;
constexpr size_t kShapPointsMax = 32;  // paths of up to 64 different columns

// Nothing if covers are missing or the trees too deep.
std::optional<Shap> make_shap(const Trees& trees, size_t column_count);
size_t shap_scratch_bytes(const Shap& shap);

struct ShapKernel {
    const char* name;
    bool (*is_supported)();
    // Adds to contributions [raw score][column].
    void (*explain)(const Shap& shap, const double* row, double* contributions, std::byte* scratch);
};
const ShapKernel& shap_kernel();
std::vector<const ShapKernel*> shap_kernels();  // that run here

}  // namespace quern::score
