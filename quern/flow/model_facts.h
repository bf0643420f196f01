// What is known of a version of a model: kept as JSON beside it, shown by `quern show`, compared
// by gates.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "quern/evaluate/gate.h"
#include "quern/evaluate/metric.h"
#include "quern/train/fit_model.h"

namespace quern::flow {

struct ModelFacts {
    std::string task, target, from, algorithm, split, engine;
    int64_t seed = 0;
    int64_t rows_read = 0, rows_dropped = 0, rows_lesson = 0, rows_validation = 0, rows_test = 0;
    std::vector<std::pair<std::string, int64_t>> classes;
    std::vector<evaluate::Estimate> estimates;   // on the held-out rows
    std::vector<evaluate::Estimate> fold_means;  // of cross-validation; empty: none
    std::vector<double> confusion;               // [true][chosen]
    std::vector<std::pair<std::string, double>> importance;
    std::vector<std::string> features;
    std::vector<train::FeatureReport> preparation;             // what became of each feature
    std::vector<std::pair<std::string, std::string>> outputs;  // calibrate, threshold, conformal
    std::vector<std::string> notes;
    int64_t input_count = 0, column_count = 0;  // raw columns and columns of the matrix
    std::string model_text;                     // "100 trees, 3,100 leaves"
    int64_t iterations = 0, best_iteration = 0;
    int64_t size_bytes = 0;
    double row_us = 0, p99_us = 0;  // to score one row
    double seconds = 0;             // that training took

    // The estimates and the measures, as gates see them.
    std::vector<evaluate::Estimate> measured() const;
    const evaluate::Estimate* find(std::string_view metric) const;
};

std::string facts_json(const ModelFacts& facts);
ModelFacts model_facts(const std::string& json);

// "ROC AUC 0.927 ±0.004, Brier 0.087": the two or three that say most for the task.
std::string metric_words(const ModelFacts& facts);
std::string estimate_words(const evaluate::Estimate& estimate);
std::string metric_title(std::string_view metric);  // "ROC AUC"

}  // namespace quern::flow
