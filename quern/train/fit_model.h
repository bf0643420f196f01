// From a table and a model's definition to a model that scores, with what is known of how well.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "quern/evaluate/metric.h"
#include "quern/frame/batch.h"
#include "quern/project/project.h"
#include "quern/score/compile.h"
#include "quern/train/feature_report.h"
#include "quern/train/learner.h"
#include "quern/train/transform.h"

namespace quern::train {

// Calls `visit` with all rows, batch by batch, in the same order every time; a query that is run
// again. It is run three times for a fit, and three times more for each fold.
using Visit = std::function<Status(const frame::BatchView& batch)>;
using Scan = std::function<Status(const Visit& visit)>;

struct TrainingRequest {
    const project::Model* model = nullptr;
    score::CompiledFeatures features;  // compiled from the model's features
    // What becomes of them, in the model's order. Empty: each is bare.
    std::vector<Written> written;
    frame::Schema schema;  // of the batches; holds columns_to_read()
    Scan scan;
    int threads = 1;  // never changes the model
    Watch watch;
};

struct RowCounts {
    size_t read = 0;
    size_t dropped = 0;  // the target is NULL
    size_t lesson = 0, validation = 0, test = 0;
};

struct FoldScores {
    size_t lesson_count = 0, test_count = 0;
    std::vector<evaluate::Estimate> estimates;
};

struct TrainedModel {
    score::Program program;  // complete, with golden rows; exactly the one that was judged
    std::string algorithm;   // the learner's name
    std::string split_kind;  // "stratified", ...
    RowCounts rows;
    std::vector<std::pair<std::string, size_t>> class_counts;  // of all rows kept
    std::vector<evaluate::Estimate> estimates;                 // on the test rows
    std::vector<double> confusion;                             // [true][chosen], sums of weights
    std::vector<FoldScores> folds;
    // Means over the folds; the interval is Student's of the folds' values. Folds share training
    // rows, so it is somewhat too narrow.
    std::vector<evaluate::Estimate> fold_means;
    std::vector<std::pair<std::string, double>> importance;  // by feature, largest first
    std::vector<FeatureReport> features;  // as written, also those that are left out
    int64_t iterations = 0, best_iteration = 0;
    std::vector<double> curve;
    // What `select`, `calibrate`, `threshold`, `conformal` and `explain` came to, by key, in words.
    std::vector<std::pair<std::string, std::string>> outputs;
    std::vector<std::string> notes;  // what was left out or assumed, in sentences
};

// The model that is judged on the held-out rows is the model that is returned: nothing is fitted
// again on all rows. Early stopping sets its rows aside within the training rows. Folds are made
// of the rows that are not held out.
Result<TrainedModel> fit_model(const TrainingRequest& request);

// What can be refused without data: an algorithm that nobody knows or that does not do the model's
// task, and settings that it does not take.
Status check_algorithm(const project::Model& model);

// The columns that a scan must bring: inputs, target, key, time, weight, group; each once.
std::vector<std::string> columns_to_read(const project::Model& model,
                                         const score::CompiledFeatures& features);

}  // namespace quern::train
