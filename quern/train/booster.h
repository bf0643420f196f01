// LightGBM's data sets and boosters as objects that free themselves; the only door to its C API.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "quern/base/status.h"
#include "quern/train/learner.h"

namespace quern::train {

class BoosterData {
public:
    // `reference` lends its bins; null: they are found here.
    static Result<BoosterData> make(const Lesson& lesson, const std::string& parameters,
                                    const BoosterData* reference);
    void* handle() const { return handle_.get(); }

private:
    struct Free {
        void operator()(void* handle) const;
    };
    std::unique_ptr<void, Free> handle_;
};

class Booster {
public:
    static Result<Booster> make(const BoosterData& data, const std::string& parameters);

    Status add_validation(const BoosterData& data);
    // One more iteration; true when no tree could be grown any more.
    Result<bool> update();
    // What the model says of the rows of the first validation set: raw scores.
    Status validation_scores(std::vector<double>& out) const;
    // Raw scores of any rows by the first `iterations` iterations.
    Result<std::vector<double>> raw_scores(const MatrixView& matrix, int64_t iterations) const;
    Result<std::string> text(int64_t iterations) const;
    Result<std::vector<double>> gain(size_t column_count, int64_t iterations) const;

private:
    struct Free {
        void operator()(void* handle) const;
    };
    std::unique_ptr<void, Free> handle_;
};

}  // namespace quern::train
