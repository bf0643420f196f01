#include "quern/flow/training_lookups.h"

#include <algorithm>

#include "quern/base/clock.h"
#include "quern/store/snapshots.h"

namespace quern::flow {
namespace {

// Batches of the lesson with the looked-up columns after the others.
class LookingUp {
public:
    LookingUp(const score::LookupStage& stage, std::vector<uint32_t> positions)
        : stage_(stage), positions_(std::move(positions)), state_(stage, frame::kBatchRowsMax) {}

    Status add(const frame::BatchView& batch, const train::Visit& visit) {
        asked_.clear();
        for (const uint32_t position : positions_) asked_.push_back(batch.columns[position]);
        stage_.run({asked_, batch.row_count}, unix_ms_now() * 1000, state_);
        for (size_t row = 0; row < batch.row_count; ++row)
            if ((state_.failed[row / 64] >> (row % 64) & 1) != 0)
                return stage_.row_error(row, state_);
        all_.assign(batch.columns.begin(), batch.columns.end());
        const auto looked_up = state_.columns.begin() + static_cast<ptrdiff_t>(asked_.size());
        all_.insert(all_.end(), looked_up, state_.columns.end());
        return visit({all_, batch.row_count});
    }

private:
    const score::LookupStage& stage_;
    std::vector<uint32_t> positions_;
    score::LookupStage::State state_;
    std::vector<frame::ColumnView> asked_, all_;
};

}  // namespace

Result<TrainingLookups> TrainingLookups::open(const RunContext& context, const Step& step,
                                              score::CompiledFeatures& features) {
    TrainingLookups lookups;
    if (features.lookups.empty()) return lookups;
    store::Snapshots snapshots(context.store());
    store::Publications publications(context.store());
    const auto& model = context.workspace.project.models[context.node(step).index];
    std::vector<score::LookupSource> sources;
    for (auto& lookup : features.lookups) {
        const auto published = TRY(publications.find(store::lookup_node(model.name, lookup.name)));
        if (!published) return internal("look-up '" + lookup.name + "' has no snapshot");
        sources.push_back(TRY(snapshots.open(published->physical)));
        lookup.snapshot = published->physical;
    }
    lookups.stage_ =
        TRY(score::LookupStage::make(features.inputs, features.lookups, std::move(sources)));
    lookups.inputs_ = features.inputs;
    return lookups;
}

void TrainingLookups::drop_looked_up(std::vector<std::string>& columns) const {
    if (!stage_) return;
    for (size_t i = stage_->asked_count(); i < inputs_.size(); ++i)
        std::erase(columns, inputs_[i].name);
}

Status TrainingLookups::add_to(train::TrainingRequest& request) const {
    if (!stage_) return {};
    std::vector<uint32_t> positions;
    for (size_t i = 0; i < inputs_.size(); ++i) {
        if (i >= stage_->asked_count()) {
            request.schema.push_back({inputs_[i].name, inputs_[i].type});
            continue;
        }
        const int position = frame::column_index(request.schema, inputs_[i].name);
        if (position < 0) return internal("column '" + inputs_[i].name + "' was not read");
        positions.push_back(static_cast<uint32_t>(position));
    }
    request.scan = [stage = stage_, positions, scan = request.scan](const train::Visit& visit) {
        LookingUp looking_up(*stage, positions);
        return scan([&](const frame::BatchView& batch) { return looking_up.add(batch, visit); });
    };
    return {};
}

}  // namespace quern::flow
