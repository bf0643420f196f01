// The registry of models: numbered versions that never change, and aliases that point at them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quern/store/store.h"

namespace quern::store {

constexpr std::string_view kChampion = "champion";
constexpr std::string_view kPrevious = "previous";

struct ModelVersion {
    std::string model;
    int64_t version = 0;
    std::string artifact;  // sha256 of its file, see artifacts.h
    std::string fingerprint;
    std::string metrics = "{}";  // JSON
    bool gates_passed = false;
    int64_t run = 0;
    int64_t created_ms = 0;
    std::vector<std::string> aliases = {};  // that point at it now
};

// "income", "income@champion", "income@3" or "income@v3".
struct ModelName {
    std::string model;
    std::string alias;    // champion when nothing is said
    int64_t version = 0;  // not 0: this very version
};
Result<ModelName> parse_model_name(std::string_view text);

class Models {
public:
    explicit Models(Store& store) : database_(store.database()) {}

    // Adds a version and returns its number; a fingerprint that is there already keeps its number,
    // so a run that was killed after this step repeats it without harm. `version`, `created_ms`
    // and `aliases` of the argument are not read.
    Result<int64_t> add(const ModelVersion& next);
    // Points champion at this version; what was champion becomes `previous`. Harmless to repeat.
    Status promote(const std::string& model, int64_t version);
    // Swaps champion and previous; returns the new champion.
    Result<ModelVersion> roll_back(const std::string& model);

    Result<ModelVersion> find(const ModelName& name);  // not_found says what there is
    Result<std::optional<ModelVersion>> champion(const std::string& model);
    Result<std::vector<ModelVersion>> versions_of(const std::string& model);  // newest first
    Result<std::vector<ModelVersion>> champions();                            // of every model

private:
    Database& database_;
};

}  // namespace quern::store
