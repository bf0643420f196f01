// Follows logs that grow and are rotated: renamed, copied and cut, or packed. A log is known by how
// it begins, and by its number in the file system; what was read of it is never read again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "quern/base/status.h"

namespace quern::data {

// A log as far as it was read. It has no name that stays: app.log becomes app.log.1.
struct FollowedLog {
    std::string path;  // where it was seen last
    uint64_t inode = 0;
    uint64_t offset = 0;      // of its plain bytes: read up to here
    int64_t line_count = 0;   // before the offset
    uint64_t head_bytes = 0;  // how many of its first bytes the hash is of
    std::string head_sha256;
    bool is_final = false;  // rotated or quiet, and read to its end: it may go
};

std::string positions_text(const std::vector<FollowedLog>& logs);
Result<std::vector<FollowedLog>> parse_positions(const std::string& text);

// What there is to read of one log now.
struct LogPiece {
    FollowedLog log;   // as it was before
    std::string path;  // where it lies now
    std::string compression;
    std::string head;  // its first bytes
    uint64_t inode = 0, size_bytes = 0;
    bool is_rotated = false;  // it lies elsewhere than before, so nobody adds to it
    int64_t modified_ns = 0;
};

struct LogChanges {
    std::vector<LogPiece> pieces;   // oldest first
    std::vector<FollowedLog> gone;  // that were still being written when seen last
};

// `files`: those that the source names. A log that was followed is looked for beside its old place
// too, whatever its name is now.
Result<LogChanges> log_changes(const std::vector<std::string>& files,
                               const std::vector<FollowedLog>& known);

// Writes the whole lines after the offset to `copy`, at most about `size_bytes_max`, and says how
// far the log is read then. A last line without its end is left, unless `takes_rest`.
struct CopyRequest {
    const LogPiece& piece;
    std::string copy;
    uint64_t size_bytes_max = UINT64_MAX;
    bool takes_rest = false;
};
struct Copied {
    FollowedLog log;
    uint64_t size_bytes = 0;
    bool is_at_end = false, has_rest = false;  // a rest is a line that is not whole
};
Result<Copied> copy_new_lines(const CopyRequest& request);

}  // namespace quern::data
