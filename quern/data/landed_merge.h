// Many small batches of a source as one file: what was pulled every minute is read as fast as what
// came at once.
#pragma once

#include <string>

#include "quern/base/status.h"
#include "quern/store/landed.h"

namespace quern::sql {
class Session;
}

namespace quern::data {

struct MergeLimits {
    size_t file_count_min = 32;             // fewer are left as they are
    uint64_t size_bytes_max = 64ull << 20;  // of a merged file; larger ones are never merged
};

// The rows, their order, numbers and times stay, and so does the source's version. The files merged
// stay until nothing shown reads them. `session` finds files below the landing folder, `folder` is
// for temporary ones.
Status merge_small_batches(sql::Session& session, store::Store& store, const std::string& source,
                           const std::string& folder, const MergeLimits& limits = {});

}  // namespace quern::data
