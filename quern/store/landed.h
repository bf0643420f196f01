// What was pulled from sources that lie in no file of the project: immutable Parquet batches below
// `.quern/landing/<source>/`, named by their content, and how far each source was read. A batch and
// the place that its source was read to are one transaction, so nothing comes twice or is lost.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "quern/store/store.h"

namespace quern::store {

enum class BatchKind {
    rows,
    deletes,  // keys that are gone
    bad,      // rows that could not be loaded: (file, line, reason, raw)
};

struct LandedBatch {
    int64_t id = 0;  // given by next_id()
    int64_t pull = 0;
    BatchKind kind = BatchKind::rows;
    std::string version;  // of its content
    std::string file;     // below the landing folder; batches that were merged share one
    int64_t row_count = 0;
    uint64_t size_bytes = 0;
    std::string columns;  // JSON: names and types
    int64_t landed_ms = 0;
};

struct LandedSource {
    std::string identity;   // of where its rows come from and how; another one begins anew
    int64_t pull = 0;       // whose batches count
    std::string position;   // in the connector's own words: where the next pull goes on
    std::string watermark;  // highest value of the cursor column; empty: none
    std::string columns;    // JSON: names and types of all its batches together
    int64_t pulled_ms = 0;  // when its source last answered in full
    bool is_kept = false;   // also once it is no longer in the project: nobody can give it again
};

class Landed {
public:
    explicit Landed(Store& store) : store_(store), database_(store.database()) {}

    Result<std::optional<LandedSource>> find(const std::string& source);
    // Of the pull that counts, oldest first.
    Result<std::vector<LandedBatch>> batches(const std::string& source);
    Result<std::vector<LandedBatch>> batches_of_pull(const std::string& source, int64_t pull);

    Result<int64_t> next_id(const std::string& source);
    Result<int64_t> next_pull(const std::string& source);

    // Batches whose files are in place already, and the state that they bring about: all or none.
    Status add(const std::string& source, const LandedSource& state,
               const std::vector<LandedBatch>& batches);
    // From now on only the batches of `state.pull` count.
    Status replace(const std::string& source, const LandedSource& state);
    // These batches now lie in one file.
    Status merge(const std::string& source, const std::vector<int64_t>& ids,
                 const std::string& file, uint64_t size_bytes);

    // Forgets the sources that are neither named nor to be kept, and unfinished pulls.
    Status keep_only(const std::set<std::string>& sources);
    // Removes the files that no batch has and that are not `kept`.
    Status sweep(const std::set<std::string>& kept);

private:
    Status save(const std::string& source, const LandedSource& state);

    Store& store_;
    Database& database_;
};

}  // namespace quern::store
