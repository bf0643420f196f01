// What readers see of each node now, and what they saw before.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "quern/store/store.h"

namespace quern::store {

struct Published {
    std::string node = {};  // kind:name
    int64_t version = 0;
    std::string fingerprint = {};
    std::string parts = {};     // JSON: what the fingerprint was made of
    std::string physical = {};  // a table of the warehouse, or the version of a model
    int64_t row_count = 0;
    std::string facts = "{}";  // JSON, for `quern show`
    double seconds = 0;        // that building it took
    int64_t published_ms = 0;
    int64_t previous_version = 0;  // 0: there is none
    std::string previous_fingerprint = {}, previous_parts = {}, previous_physical = {};
    int64_t previous_row_count = 0;
    std::string held_fingerprint = {};  // rolled back from it; empty: not held
    std::string previous_facts = {};
};

class Publications {
public:
    explicit Publications(Store& store) : database_(store.database()) {}

    Result<std::optional<Published>> find(const std::string& node);
    Result<std::vector<Published>> all();

    // Makes this the current version; what was current becomes the previous one. Publishing the
    // fingerprint that is current again keeps its version, so repeating is harmless. Returns the
    // version; `version`, `previous_*` and `published_ms` of the argument are not read.
    Result<int64_t> publish(const Published& next);
    // Swaps current and previous, and holds back what was current; returns what is current now.
    Result<Published> roll_back(const std::string& node);
    // Allows what was held back again.
    Status release(const std::string& node);
    Status remove(const std::string& node);

private:
    Database& database_;
};

}  // namespace quern::store
