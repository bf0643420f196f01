// What training saw of each raw input: kept in the program for people, drift checks and services
// that keep to it.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "quern/frame/batch.h"
#include "quern/score/program.h"
#include "quern/train/feature_facts.h"

namespace quern::train {

class InputFacts {
public:
    InputFacts(const score::Program& program, const std::vector<uint32_t>& positions);

    // Whether a NULL may come is seen on all rows, the rest on those that teach.
    void add(const frame::BatchView& batch, const std::vector<uint8_t>& is_lesson);
    void put(score::Program& program) const;

private:
    static constexpr size_t kSampleMax = 512;
    struct Facts {
        bool has_null = false, has_range = false, has_too_many = false;
        double low = 0, high = 0;
        std::unordered_map<std::string, size_t, FeatureFacts::TextHash, std::equal_to<>>
            categories;  // and their rows
        // Every `stride`-th number, kSampleMax of them at most.
        std::vector<double> sample;
        size_t seen = 0, stride = 1;
    };
    static void add_number(double value, Facts& facts);
    static std::string typical_of(const Facts& facts, const score::Input& input);
    static void add_value(const frame::ColumnView& column, size_t row, Facts& facts);

    std::vector<uint32_t> positions_;  // of each input in the batch
    std::vector<Facts> facts_;
};

}  // namespace quern::train
