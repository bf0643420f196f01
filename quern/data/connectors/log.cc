// Logs that grow and are rotated.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "quern/base/clock.h"
#include "quern/base/folder.h"
#include "quern/base/text.h"
#include "quern/data/connector.h"
#include "quern/data/follow.h"

namespace quern::data {
namespace {

constexpr uint64_t kBatchBytes = 256 << 20;

struct Log {
    std::vector<Located> file;
    std::string gap = "fail";
    double quiet_s = 3600;
    static std::vector<Param> params() {
        return {
            param("file", &Log::file, "Path or glob of the log, or a list of them.").required(),
            param("gap", &Log::gap,
                  "What happens when a log is gone before it was read to its end: fail or skip.")
                .one_of({"fail", "skip"}),
            param("quiet_s", &Log::quiet_s,
                  "A log that nobody wrote to for so long is taken for whole.")
                .in(0, 1e9),
        };
    }
};

class LogConnection : public Connection {
public:
    LogConnection(const ConnectRequest& request, Log settings)
        : source_(request.source),
          root_(request.root),
          folder_(request.folder),
          settings_(std::move(settings)) {}

    Result<Pulled> pull(const std::string& position) override {
        auto known = TRY(parse_positions(position));
        for (auto& log : known) log.path = join_path(root_, log.path);
        const auto paths = TRY(files());
        const auto changes = TRY(log_changes(paths, known));
        TRY(refuse_gap(changes.gone));
        Pulled pulled{.format = source_.format};
        std::vector<FollowedLog> now;
        uint64_t size_bytes = 0;
        for (const auto& piece : changes.pieces) {
            if (size_bytes >= kBatchBytes) {
                pulled.has_more = true;
                if (piece.log.offset > 0) now.push_back(piece.log);
                continue;
            }
            now.push_back(TRY(take(piece, kBatchBytes - size_bytes, pulled)));
            size_bytes += taken_bytes_;
        }
        for (auto& log : now) {
            if (log.path.starts_with(root_ + "/")) log.path.erase(0, root_.size() + 1);
        }
        pulled.position = positions_text(now);
        return pulled;
    }

private:
    Result<std::vector<std::string>> files() const {
        std::vector<std::string> paths;
        for (const auto& written : settings_.file) {
            const std::string path = join_path(root_, written.text);
            const std::string pattern =
                is_glob(written.text) ? join_path(literal_pattern(root_), written.text) : "";
            if (pattern.empty()) paths.push_back(path);
            if (pattern.empty()) continue;
            for (const auto& file : TRY(glob_files(pattern))) paths.push_back(file.path);
        }
        return paths;
    }

    Status refuse_gap(const std::vector<FollowedLog>& gone) const {
        if (gone.empty() || settings_.gap == "skip") return {};
        return failed_precondition("the log " + gone[0].path + " was read up to line " +
                                   with_thousands(gone[0].line_count) +
                                   " and is gone: what was written to it since is not here")
            .hint("bring it back beside its old place, packed or not, or set `gap: skip`");
    }

    Result<FollowedLog> take(const LogPiece& piece, uint64_t size_bytes_max, Pulled& pulled) {
        constexpr int64_t kNsPerMs = 1'000'000;
        taken_bytes_ = 0;
        const bool is_read = piece.log.offset > 0 &&
                             (piece.compression == "none" ? piece.size_bytes == piece.log.offset
                                                          : piece.log.is_final);
        const double age_s =
            static_cast<double>(unix_ms_now() - piece.modified_ns / kNsPerMs) / 1000;
        const bool is_quiet = age_s > settings_.quiet_s;
        FollowedLog log = piece.log;
        log.path = piece.path;
        log.inode = piece.inode;
        log.is_final = is_read && (piece.is_rotated || is_quiet);
        if (is_read) return log;
        const std::string name = file_name(piece.path) + ".from_line_" +
                                 std::to_string(piece.log.line_count + 1) + "." +
                                 std::to_string(++copy_count_);
        const std::string copy = join_path(folder_, name);
        const auto copied = TRY(copy_new_lines({.piece = piece,
                                                .copy = copy,
                                                .size_bytes_max = size_bytes_max,
                                                .takes_rest = is_quiet}));
        // The year of a time without one is found from the file's own.
        const timespec time{.tv_sec = piece.modified_ns / 1'000'000'000, .tv_nsec = 0};
        const timespec times[2] = {time, time};
        utimensat(AT_FDCWD, copy.c_str(), times, 0);
        if (copied.size_bytes > 0) pulled.files.push_back(name);
        if (!copied.is_at_end) pulled.has_more = true;
        taken_bytes_ = copied.size_bytes;
        log = copied.log;
        log.is_final = copied.is_at_end && !copied.has_rest && (piece.is_rotated || is_quiet);
        return log;
    }

    const project::Source& source_;
    std::string root_, folder_;
    Log settings_;
    uint64_t taken_bytes_ = 0;
    int64_t copy_count_ = 0;
};

Result<std::unique_ptr<Connection>> connect(const ConnectRequest& request) {
    auto settings = TRY(settings_of<Log>(request));
    const std::vector<std::string> formats = {"combined", "common", "ndjson", "pattern", "syslog"};
    if (std::ranges::find(formats, request.source.format) == formats.end()) {
        return invalid_argument("a log's lines need a `format`")
            .at(request.source.origin->kind.place.text())
            .hint("one of combined, common, ndjson, pattern, syslog");
    }
    return std::unique_ptr<Connection>(
        std::make_unique<LogConnection>(request, std::move(settings)));
}

QUERN_REGISTER(Connector)
({
    .name = "log",
    .summary = "Logs that grow: each run reads the lines that were added, also of those that were "
               "rotated meanwhile: renamed, copied and cut, or packed.",
    .example = "log: logs/access.log\nformat: combined\nload: append\n",
    .params = Log::params(),
    .short_for = "file",
    .identity = {"file"},
    .is_stream = true,
    .connect = connect,
});

}  // namespace
}  // namespace quern::data
