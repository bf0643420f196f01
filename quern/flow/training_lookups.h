// What a model looks up while it is trained: the very snapshots that will be served, as of the time
// of each row.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "quern/flow/work.h"
#include "quern/score/lookup.h"
#include "quern/train/fit_model.h"

namespace quern::flow {

class TrainingLookups {
public:
    // Opens the snapshots that the run has made before, and notes in `features` which they were.
    static Result<TrainingLookups> open(const RunContext& context, const Step& step,
                                        score::CompiledFeatures& features);

    // Takes the looked-up names out of the columns to read from the table.
    void drop_looked_up(std::vector<std::string>& columns) const;
    // Adds the looked-up columns to the rows that the request scans.
    Status add_to(train::TrainingRequest& request) const;

private:
    std::shared_ptr<const score::LookupStage> stage_;  // null: the model has no look-ups
    std::vector<score::Input> inputs_;
};

}  // namespace quern::flow
