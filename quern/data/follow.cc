#include "quern/data/follow.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/hash.h"
#include "quern/base/json.h"
#include "quern/data/byte_source.h"

namespace quern::data {
namespace {

constexpr uint64_t kHeadBytes = 1024;
// A shorter beginning may be that of another log too: then the file's number must agree.
constexpr uint64_t kTellingBytes = 64;

constexpr uint64_t kLineBytesMax = 64 << 20;

struct FileClose {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

struct Seen {
    std::string path, compression, head;
    uint64_t inode = 0, size_bytes = 0;
    int64_t modified_ns = 0;
    bool is_named = false;  // by the source
};

Result<std::string> head_of(const std::string& path, const std::string& compression) {
    auto bytes = TRY(open_bytes(path, path, compression));
    std::string head;
    while (head.size() < kHeadBytes) {
        const auto piece = TRY(bytes->next());
        if (piece.empty()) break;
        head += piece.substr(0, kHeadBytes - head.size());
    }
    return head;
}

// None where the file is gone meanwhile, or no plain file.
Result<std::optional<Seen>> look_at(const std::string& path) {
    struct stat facts{};
    if (stat(path.c_str(), &facts) != 0) {
        if (errno == ENOENT) return std::optional<Seen>();
        return system_error(errno, "look at", path);
    }
    if (!S_ISREG(facts.st_mode)) return std::optional<Seen>();
    Seen seen{.path = path, .compression = TRY(compression_of(path))};
    seen.inode = facts.st_ino;
    seen.size_bytes = static_cast<uint64_t>(facts.st_size);
    seen.modified_ns = facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec;
    auto head = head_of(path, seen.compression);
    if (!head.ok()) return std::optional<Seen>();  // being packed, or broken: not ours to judge
    seen.head = *std::move(head);
    return std::optional(std::move(seen));
}

bool is_same(const FollowedLog& log, const Seen& seen) {
    if (log.head_bytes == 0) return seen.inode == log.inode && seen.path == log.path;
    if (seen.head.size() < log.head_bytes) return false;
    if (seen.inode != log.inode && log.head_bytes < kTellingBytes) return false;
    return sha256_hex(seen.head.substr(0, log.head_bytes)) == log.head_sha256;
}

// Files beside the log whose names begin as its own does.
Result<std::vector<std::string>> neighbours(const std::string& path) {
    const std::string stem = file_stem(file_name(path));
    const std::string folder = folder_of(path);
    std::vector<std::string> paths;
    if (!path_exists(folder)) return paths;
    for (const auto& file : TRY(glob_files(join_path(literal_pattern(folder), "*")))) {
        if (file_name(file.path).starts_with(stem)) paths.push_back(file.path);
    }
    return paths;
}

// The file that a log lies in now: the one with its number rather than a copy.
const Seen* find_log(const FollowedLog& log, const std::map<std::string, Seen>& all) {
    const Seen* found = nullptr;
    for (const auto& [path, seen] : all) {
        if (!is_same(log, seen)) continue;
        if (found == nullptr || seen.inode == log.inode) found = &seen;
    }
    return found;
}

}  // namespace

Result<LogChanges> log_changes(const std::vector<std::string>& files,
                               const std::vector<FollowedLog>& known) {
    std::set<std::string> paths(files.begin(), files.end());
    for (const auto& log : known) {
        for (auto& path : TRY(neighbours(log.path))) paths.insert(std::move(path));
    }
    std::map<std::string, Seen> all;
    for (const auto& path : paths) {
        auto seen = TRY(look_at(path));
        if (!seen) continue;
        seen->is_named = std::ranges::find(files, path) != files.end();
        all.emplace(path, *std::move(seen));
    }
    LogChanges changes;
    const auto add = [&](const FollowedLog& log, const Seen& seen, bool is_rotated) {
        changes.pieces.push_back({.log = log,
                                  .path = seen.path,
                                  .compression = seen.compression,
                                  .head = seen.head,
                                  .inode = seen.inode,
                                  .size_bytes = seen.size_bytes,
                                  .is_rotated = is_rotated,
                                  .modified_ns = seen.modified_ns});
    };
    for (const auto& log : known) {
        const Seen* seen = find_log(log, all);
        if (seen != nullptr) {
            add(log, *seen, seen->path != log.path || log.is_final);
        } else if (!log.is_final && log.offset > 0) {
            changes.gone.push_back(log);
        }
    }
    for (const auto& [path, seen] : all) {
        const auto is_it = [&, &file = seen](const FollowedLog& log) { return is_same(log, file); };
        if (!seen.is_named || seen.head.empty() || std::ranges::any_of(known, is_it)) continue;
        add({.path = path, .inode = seen.inode}, seen, false);
    }
    std::ranges::stable_sort(changes.pieces, {}, &LogPiece::modified_ns);
    return changes;
}

namespace {

// Bytes of a log from an offset on: a plain file is read from there.
class BytesFrom {
public:
    static Result<BytesFrom> open(const LogPiece& piece) {
        BytesFrom from;
        from.skip_ = piece.log.offset;
        if (piece.compression != "none") {
            from.bytes_ = TRY(open_bytes(piece.path, piece.path, piece.compression));
            return from;
        }
        from.file_.reset(std::fopen(piece.path.c_str(), "rb"));
        if (from.file_ == nullptr ||
            fseeko(from.file_.get(), static_cast<off_t>(from.skip_), SEEK_SET) != 0) {
            return system_error(errno, "open", piece.path);
        }
        from.buffer_.resize(1 << 20);
        return from;
    }
    Result<std::string_view> next() {
        if (file_ != nullptr) {
            const size_t got = std::fread(buffer_.data(), 1, buffer_.size(), file_.get());
            if (std::ferror(file_.get()) != 0) return system_error(errno, "read", "the log");
            return std::string_view(buffer_).substr(0, got);
        }
        while (true) {
            const auto piece = TRY(bytes_->next());
            if (piece.empty() || skip_ == 0) return piece;
            const uint64_t skipped = std::min<uint64_t>(skip_, piece.size());
            skip_ -= skipped;
            if (skipped < piece.size()) return piece.substr(skipped);
        }
    }

private:
    std::unique_ptr<ByteSource> bytes_;
    std::unique_ptr<std::FILE, FileClose> file_;
    std::string buffer_;
    uint64_t skip_ = 0;
};

}  // namespace

Result<Copied> copy_new_lines(const CopyRequest& request) {
    const LogPiece& piece = request.piece;
    auto bytes = TRY(BytesFrom::open(piece));
    const std::unique_ptr<std::FILE, FileClose> copy(std::fopen(request.copy.c_str(), "wb"));
    if (copy == nullptr) return system_error(errno, "create", request.copy);
    Copied copied{.log = piece.log};
    copied.log.path = piece.path;
    copied.log.inode = piece.inode;
    std::string head = piece.head.substr(0, piece.log.offset), rest;
    const auto write = [&](const std::string& lines) {
        if (head.size() < kHeadBytes) head += lines.substr(0, kHeadBytes - head.size());
        copied.size_bytes += lines.size();
        copied.log.offset += lines.size();
        copied.log.line_count += std::ranges::count(lines, '\n');
        return std::fwrite(lines.data(), 1, lines.size(), copy.get()) == lines.size()
                   ? Status()
                   : system_error(errno, "write", request.copy);
    };
    while (copied.size_bytes < request.size_bytes_max) {
        const std::string_view next = TRY(bytes.next());
        copied.is_at_end = next.empty();
        if (copied.is_at_end) break;
        const size_t end = next.rfind('\n') + 1;  // 0: there is none
        rest += next.substr(0, end);
        if (end > 0) {
            TRY(write(rest));
            rest.clear();
        }
        rest += next.substr(end);
        if (rest.size() <= kLineBytesMax) continue;
        TRY(write(rest));  // longer than any line may be: told of when it is read
        rest.clear();
    }
    if (copied.is_at_end && request.takes_rest && !rest.empty()) {
        TRY(write(rest));
        rest.clear();
    }
    copied.has_rest = !rest.empty();
    copied.log.head_bytes = head.size();
    copied.log.head_sha256 = sha256_hex(head);
    if (std::fflush(copy.get()) != 0) return system_error(errno, "write", request.copy);
    return copied;
}

std::string positions_text(const std::vector<FollowedLog>& logs) {
    JsonWriter json;
    json.begin_array();
    for (const auto& log : logs) {
        json.begin_object().field("path", log.path).field("inode", log.inode);
        json.field("offset", log.offset).field("lines", log.line_count);
        json.field("head_bytes", log.head_bytes).field("head", log.head_sha256);
        json.field("is_final", log.is_final).end_object();
    }
    return json.end_array().take();
}

Result<std::vector<FollowedLog>> parse_positions(const std::string& text) {
    std::vector<FollowedLog> logs;
    if (text.empty()) return logs;
    const auto all = nlohmann::json::parse(text, nullptr, false);
    const Status broken = corrupt("the place of the last pull cannot be read");
    if (!all.is_array()) return broken;
    for (const auto& one : all) {
        const auto number = [&](const char* name) -> uint64_t {
            const auto found = one.find(name);
            return found != one.end() && found->is_number_unsigned() ? found->get<uint64_t>() : 0;
        };
        const auto word = [&](const char* name) -> std::string {
            const auto found = one.find(name);
            return found != one.end() && found->is_string() ? found->get<std::string>() : "";
        };
        if (!one.is_object()) return broken;
        FollowedLog log{.path = word("path"), .inode = number("inode")};
        log.offset = number("offset");
        log.line_count = static_cast<int64_t>(number("lines"));
        log.head_bytes = number("head_bytes");
        log.head_sha256 = word("head");
        log.is_final = one.contains("is_final") && one["is_final"] == true;
        logs.push_back(std::move(log));
    }
    return logs;
}

}  // namespace quern::data
