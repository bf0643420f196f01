// Snapshots of look-up tables: immutable files named by the hash of their bytes, in
// `.quern/snapshots/<sha256>.ql`, and which of them counts now.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "quern/score/scorer.h"
#include "quern/store/store.h"

namespace quern::store {

std::string snapshot_path(const Layout& layout, std::string_view sha256);
// Returns the hash. When it returns ok the file is on the disk for good.
Result<std::string> put_snapshot(const Layout& layout, std::string_view bytes);
// The id of the graph's node that makes the snapshots of a look-up.
std::string lookup_node(std::string_view model, std::string_view lookup);

// One thread at a time. Tables that are open somewhere are not opened again.
class Snapshots {
public:
    explicit Snapshots(Store& store) : store_(store) {}

    // The scorer with the newest snapshots of its look-ups; one that no longer fits the program
    // makes way for the one that it was trained with.
    Result<score::Scorer> attach(const score::Scorer& scorer);
    Result<score::LookupSource> open(const std::string& sha256);

    // Notes that the snapshot is the newest there is.
    Status set_checked(const std::string& sha256, int64_t now_ms);
    // Removes the files that are not in `kept`.
    Status keep_only(const std::set<std::string>& kept);

private:
    Result<score::LookupSource> newest(const score::Program& program, const score::Lookup& lookup);

    Store& store_;
    std::map<std::string, std::weak_ptr<const score::LookupTable>> open_;
};

}  // namespace quern::store
