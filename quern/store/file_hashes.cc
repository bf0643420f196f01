#include "quern/store/file_hashes.h"

#include "quern/base/clock.h"

namespace quern::store {

constexpr int64_t kSettledMs = 100;

Result<std::string> FileHashes::find(const HashedFile& file) {
    const auto rows = TRY(database_.rows(
        "select sha256 from file_hashes where path = ? and size_bytes = ? and modified_ns = ?",
        {file.path, static_cast<int64_t>(file.size_bytes), file.modified_ns}));
    return rows.empty() ? std::string() : rows[0].text(0);
}

Status FileHashes::remember(const HashedFile& file) {
    if (unix_ms_now() < file.modified_ns / 1'000'000 + kSettledMs) return {};
    return database_.run(
        "insert or replace into file_hashes values (?, ?, ?, ?)",
        {file.path, static_cast<int64_t>(file.size_bytes), file.modified_ns, file.sha256});
}

}  // namespace quern::store
