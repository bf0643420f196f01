// From the features as the user wrote them to the columns that a learner sees: each written
// transform is fitted on the lesson's rows, the rest is chosen by type (preparation.h).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "quern/train/feature_facts.h"
#include "quern/train/learner.h"
#include "quern/train/transform.h"

namespace quern::train {

constexpr size_t kCrossFolds = 5;

// What the lesson's rows hold, in their order.
struct LessonValues {
    const std::vector<FeatureFacts>& facts;     // by feature
    const std::vector<frame::Column>& columns;  // by feature; empty where no transform reads it
    std::span<const double> targets;
    Task task = Task::classify;
    std::span<const std::string> classes;
    Taste taste = Taste::native;
    uint64_t seed = 1;
};

// The encoders of one fold of the lesson, fitted on its other rows.
struct CrossFit {
    std::vector<uint8_t> fold;  // of the lesson's rows; empty: nothing looks at the target
    std::vector<std::map<uint32_t, score::Buffers>> learned;  // by fold: of encoders
};

struct MatrixPart {
    uint32_t column = 0;   // of the program's encoders and stages
    uint32_t written = 0;  // the feature that it came of, as written
    bool is_category = false;
};

struct WrittenColumns {
    std::vector<score::FittedEncoder> encoders;
    std::vector<score::FittedStage> stages;
    std::vector<MatrixPart> matrix;
    // The feature that each encoder and each stage is for, as written.
    std::vector<uint32_t> encoder_written, stage_written;
    CrossFit cross;
    std::vector<std::string> notes;
};

Result<WrittenColumns> fit_columns(const score::Program& program,
                                   const std::vector<Written>& written, const LessonValues& lesson);

// The features that transforms read: their values must be kept to fit them.
std::vector<uint8_t> features_of_transforms(const std::vector<Written>& written,
                                            size_t feature_count);

}  // namespace quern::train
