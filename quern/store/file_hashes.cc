#include "quern/store/file_hashes.h"

#include <sys/stat.h>

#include <cerrno>

#include "quern/base/clock.h"
#include "quern/base/hash.h"

namespace quern::store {
namespace {

// A file written again within one tick of the file system's clock keeps its time: what was hashed
// that soon after it was written is not remembered.
constexpr int64_t kClockTickNs = 50'000'000;

struct Identity {
    int64_t size_bytes, modified_ns, inode;
    bool operator==(const Identity&) const = default;
};

Result<Identity> identity_of(const std::string& path) {
    struct stat facts;
    if (::stat(path.c_str(), &facts) != 0) return system_error(errno, "cannot read", path);
    return Identity{facts.st_size, facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec,
                    static_cast<int64_t>(facts.st_ino)};
}

}  // namespace

Result<std::string> FileHashes::sha256_of(const std::string& path) {
    const Identity before = TRY(identity_of(path));
    const auto known = TRY(database_.rows(
        "select sha256, size_bytes, modified_ns, inode from file_hashes where path = ?", {path}));
    if (!known.empty() &&
        before == Identity{known[0].integer(1), known[0].integer(2), known[0].integer(3)}) {
        return known[0].text(0);
    }
    const int64_t begun_ns = unix_ms_now() * 1'000'000;
    const std::string hash = TRY(sha256_file(path));
    const bool is_settled =
        before == TRY(identity_of(path)) && begun_ns > before.modified_ns + kClockTickNs;
    if (is_settled) {
        TRY(database_.run("insert or replace into file_hashes values (?, ?, ?, ?, ?)",
                          {path, before.size_bytes, before.modified_ns, before.inode, hash}));
    }
    return hash;
}

}  // namespace quern::store
