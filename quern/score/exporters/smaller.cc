#include "quern/score/exporters/smaller.h"

#include <algorithm>
#include <cmath>

#include "quern/score/exporters/check_rows.h"
#include "quern/score/models/network.h"
#include "quern/score/models/trees.h"

namespace quern::score {
namespace {

constexpr double kStepsMax = 32767;

double largest_of(const std::vector<double>& values) {
    double largest = 0;
    for (const double value : values) largest = std::max(largest, std::abs(value));
    return largest;
}

// The smallest power of two that counts so far in 16 bits.
double step_for(double largest) {
    if (largest == 0) return 1;
    double step = std::exp2(std::ceil(std::log2(largest / kStepsMax)));
    while (largest / step > kStepsMax) step *= 2;
    return step;
}

void quantize(Trees& trees) {
    double largest = 0;
    for (const auto& tree : trees.trees) largest = std::max(largest, largest_of(tree.leaves));
    const double step = step_for(largest);
    for (auto& tree : trees.trees) {
        for (double& leaf : tree.leaves) leaf = std::nearbyint(leaf / step) * step;
        for (auto& node : tree.nodes) node.threshold = static_cast<float>(node.threshold);
    }
}

// What a branch's leaves come to.
struct Branch {
    double low = INFINITY, high = -INFINITY, sum = 0, cover = 0;
    size_t leaf_count = 0;
    void take(const Branch& other) {
        low = std::min(low, other.low);
        high = std::max(high, other.high);
        sum += other.sum;
        cover += other.cover;
        leaf_count += other.leaf_count;
    }
    double mean() const { return cover > 0 ? sum / cover : (low + high) / 2; }
    bool is_within(double tolerance) const {
        return high - mean() <= tolerance && mean() - low <= tolerance;
    }
};

class Pruner {
public:
    Pruner(const Trees::Tree& tree, double tolerance) : tree_(tree), tolerance_(tolerance) {
        branches_.resize(tree.nodes.size());
        for (size_t i = tree.nodes.size(); i-- > 0;) {  // children come after their parents
            branches_[i] = of(tree.nodes[i].left);
            branches_[i].take(of(tree.nodes[i].right));
        }
    }

    Trees::Tree prune() {
        struct Place {
            int32_t from;
            size_t parent;
            bool is_left;
        };
        std::vector<Place> places{{tree_.nodes.empty() ? ~0 : 0, SIZE_MAX, false}};
        while (!places.empty()) {  // no recursion: a tree may be a chain
            const Place place = places.back();
            places.pop_back();
            const int32_t made = add(place.from);
            if (place.parent != SIZE_MAX) {
                Trees::Node& parent = made_.nodes[place.parent];
                (place.is_left ? parent.left : parent.right) = made;
            }
            if (made < 0) continue;
            const Trees::Node& node = tree_.nodes[static_cast<size_t>(place.from)];
            places.push_back({node.right, static_cast<size_t>(made), false});
            places.push_back({node.left, static_cast<size_t>(made), true});
        }
        return std::move(made_);
    }

private:
    Branch of(int32_t at) const {
        if (at >= 0) return branches_[static_cast<size_t>(at)];
        const auto leaf = static_cast<size_t>(~at);
        const double value = tree_.leaves[leaf];
        const double cover = tree_.covers.empty() ? 1 : tree_.covers[leaf];
        return {value, value, value * cover, cover, 1};
    }

    int32_t add_leaf(double value, double cover) {
        made_.leaves.push_back(value);
        if (!tree_.covers.empty()) made_.covers.push_back(cover);
        return ~static_cast<int32_t>(made_.leaves.size() - 1);
    }

    // The new node or leaf.
    int32_t add(int32_t at) {
        const Branch branch = of(at);
        if (at < 0) return add_leaf(tree_.leaves[static_cast<size_t>(~at)], branch.cover);
        if (branch.is_within(tolerance_)) return add_leaf(branch.mean(), branch.cover);
        made_.nodes.push_back(tree_.nodes[static_cast<size_t>(at)]);
        return static_cast<int32_t>(made_.nodes.size() - 1);
    }

    const Trees::Tree& tree_;
    double tolerance_;
    std::vector<Branch> branches_;
    Trees::Tree made_;
};

}  // namespace

double step_of(const std::vector<double>& values) {
    const double step = step_for(largest_of(values));
    const bool is_whole = std::ranges::all_of(
        values, [step](double value) { return std::nearbyint(value / step) * step == value; });
    return is_whole && std::isfinite(step) && step >= 1e-290 ? step : 0;
}

namespace {

Status make_smaller(Program& program, size_t column_count, const SmallerOptions& options) {
    FittedModel& model = program.model;
    if (model.kind == "network" && options.prune == 0) return quantize_network(model, column_count);
    if (model.kind != "trees") {
        return failed_precondition(
            "models of trees are pruned and quantized, networks quantized; "
            "'" +
            program.model_name + "' is of kind '" + model.kind + "'");
    }
    Trees trees = TRY(unpack_trees(model.learned, column_count));
    if (has_linear_leaves(trees))
        return unimplemented("trees with linear leaves are not pruned or quantized")
            .hint("train without linear_tree");
    if (options.prune > 0)
        for (auto& tree : trees.trees) tree = Pruner(tree, options.prune).prune();
    if (options.quantizes) quantize(trees);
    model = pack(trees);
    return {};
}

}  // namespace

Result<Program> make_smaller(Program program, const SmallerOptions& options) {
    if (!options.changes()) return program;
    const auto before = TRY(Scorer::build(program));
    TRY(make_smaller(program, before.matrix_column_count(), options));
    // The rows stay, their scores change.
    const CheckRows rows = TRY(check_rows(before, 0));
    std::vector<frame::ColumnView> views;
    TRY(add_golden_rows(program, rows.view(views)));
    return program;
}

}  // namespace quern::score
