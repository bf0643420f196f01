// The models that are being served: a set that is replaced as a whole when one of them changes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quern/project/contract.h"
#include "quern/score/scorer.h"

namespace quern::serve {

// One version of a model, ready to score, with the texts of its answers made beforehand.
struct LoadedModel {
    LoadedModel(std::string model_name, int64_t model_version, score::Scorer model_scorer,
                project::Contract model_contract = {});

    std::string name;
    int64_t version = 0;
    score::Scorer scorer;
    project::Contract contract;
    uint64_t serial = 0;  // no two that were ever loaded have the same

    std::vector<std::string> labels;       // each class as a JSON value: "\"yes\"", "3", "true"
    std::vector<std::string> label_keys;   // each class as a JSON key with its colon
    std::vector<std::string> input_names;  // each as a JSON text
    std::vector<std::string> source_keys;  // of contributions, as JSON keys with their colon
    std::vector<std::string> pair_keys;    // interaction_names(); none of a model that cannot tell
    std::string tail;                      // `, "model": "income", "version": 3}`

    const score::Program& program() const { return scorer.program(); }
    // Two classes: there is one `probability`, that of the last class.
    bool is_binary() const { return labels.size() == 2; }
    bool is_classifier() const { return !labels.empty(); }
};
using LoadedModelPtr = std::shared_ptr<const LoadedModel>;

struct ServedModel {
    LoadedModelPtr champion;
    std::map<int64_t, LoadedModelPtr> versions;           // champion among them
    std::map<std::string, int64_t, std::less<>> aliases;  // to versions
};

struct ModelSet {
    std::map<std::string, ServedModel, std::less<>> models;

    bool is_ready() const { return !models.empty(); }
    // "income", "income@champion", "income@3", "income@v3"; or a name and a version.
    Result<const LoadedModel*> find(std::string_view reference,
                                    std::string_view version = "") const;
    std::vector<std::string_view> names() const;
};

}  // namespace quern::serve
