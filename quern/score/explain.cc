#include <algorithm>
#include <limits>

#include "quern/score/plan.h"

namespace quern::score {

const std::vector<std::string>& Scorer::sources() const { return plan_->sources; }

Status Scorer::explain(Scratch& scratch, Explanations& out) const {
    const BoundModel& model = plan_->model;
    if (model.explain == nullptr)
        return unimplemented("this model cannot tell what moved its scores")
            .hint(
                "models of trees (without linear_tree), linear ones, the baseline, and stacks of "
                "such with a linear final model can tell; one of trees that is older is trained "
                "again");
    Scratch::State& state = scratch.state();
    size_t column_count = matrix_column_count();
    out.row_count = state.row_count;
    out.raw_count = raw_count();
    out.source_count = sources().size();
    out.expected = model.expected;
    out.columns.resize(out.raw_count * column_count);
    out.contributions.assign(out.row_count * out.raw_count * out.source_count, 0);
    double* to = out.contributions.data();
    for (size_t row = 0; row < out.row_count; ++row) {
        model.explain(model.prepared.get(), state.matrix.data() + row * column_count,
                      out.columns.data(), state.model_scratch.get());
        bool is_failed = (state.row_failed[row / 64] >> (row % 64) & 1) != 0;
        for (size_t raw = 0; raw < out.raw_count; ++raw, to += out.source_count) {
            const double* columns = out.columns.data() + raw * column_count;
            for (size_t column = 0; column < column_count; ++column)
                to[plan_->column_sources[column]] += columns[column];
            if (is_failed)
                std::fill_n(to, out.source_count, std::numeric_limits<double>::quiet_NaN());
        }
    }
    return {};
}

Status Scorer::can_interact() const {
    if (plan_->model.interact == nullptr)
        return unimplemented("this model cannot tell what pairs of features moved its scores")
            .hint(
                "models of trees, linear ones and the baseline can tell; those of trees not with "
                "`explain: interventional`");
    if (sources().size() <= kInteractingMax) return {};
    return invalid_argument("this model has " + std::to_string(sources().size()) +
                            " features; interactions are told of up to " +
                            std::to_string(kInteractingMax))
        .hint("train on fewer features, or ask what each feature did alone");
}

Status Scorer::interact(Scratch& scratch, size_t row, Interactions& out) const {
    TRY(can_interact());
    const BoundModel& model = plan_->model;
    Scratch::State& state = scratch.state();
    out.raw_count = raw_count();
    out.source_count = sources().size();
    out.expected = model.expected;
    out.values.resize(out.raw_count * out.source_count * out.source_count);
    model.interact(model.prepared.get(), state.matrix.data() + row * matrix_column_count(),
                   plan_->column_sources.data(), out.source_count, out.values.data(),
                   state.model_scratch.get());
    return {};
}

std::vector<std::string> interaction_names(const std::vector<std::string>& sources) {
    std::vector<std::string> names;
    for (size_t i = 0; i < sources.size(); ++i) {
        names.push_back(sources[i]);
        for (size_t j = i + 1; j < sources.size(); ++j)
            names.push_back(sources[i] + " * " + sources[j]);
    }
    return names;
}

}  // namespace quern::score
