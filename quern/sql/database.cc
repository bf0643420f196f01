#include <algorithm>

#include "quern/base/folder.h"
#include "quern/base/text.h"
#include "quern/base/threads.h"
#include "quern/sql/duckdb_error.h"
#include "quern/sql/session_state.h"

namespace quern::sql {
namespace {

constexpr double kMemoryPart = 0.6;  // of what the process may use; the rest is for training
constexpr double kTempPart = 0.9;    // of the free space of the temp folder
// A transaction that writes more than this goes into the file at once; less goes into the log
// first, to be written a second time later.
constexpr const char* kLogMax = "1MiB";

using Options = std::vector<std::pair<const char*, std::string>>;

// DuckDB sizes itself by the machine's memory, not by the cgroup's, and spills without bound:
// so all of it is always said.
Result<Options> options_of(const DatabaseSettings& settings) {
    const uint64_t memory =
        settings.memory_bytes > 0
            ? settings.memory_bytes
            : static_cast<uint64_t>(kMemoryPart * static_cast<double>(available_memory_bytes()));
    const int64_t threads = settings.threads > 0 ? settings.threads : available_threads();
    Options options = {
        {"memory_limit", std::to_string(memory / 1024) + "KiB"},
        {"threads", std::to_string(threads)},
        {"checkpoint_threshold", kLogMax},
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"allow_community_extensions", "false"},
        {"allow_persistent_secrets", "false"},  // those of other programs' are not read
        {"access_mode", settings.is_read_only ? "READ_ONLY" : "AUTOMATIC"},
        {"temp_directory", settings.temp_folder},
    };
    if (settings.temp_folder.empty()) return options;
    uint64_t temp_bytes = settings.temp_bytes_max;
    if (temp_bytes == 0) {
        const uint64_t free_bytes = TRY(free_space_bytes(folder_of(settings.temp_folder)));
        temp_bytes = static_cast<uint64_t>(kTempPart * static_cast<double>(free_bytes));
    }
    options.push_back({"max_temp_directory_size", std::to_string(temp_bytes / 1024) + "KiB"});
    return options;
}

// What the file system refuses; of all else the file itself is the cause.
bool is_refused_outside(std::string_view message) {
    constexpr std::string_view kWords[] = {
        "lock on file",     "Permission denied",    "No such file",       "Is a directory",
        "Cannot open file", "Cannot open database", "Too many open files"};
    return std::ranges::any_of(kWords, [&](std::string_view word) {
        return message.find(word) != std::string_view::npos;
    });
}

Status open_failure(const std::string& path, std::string_view words) {
    const Status status = duckdb_status(words);
    if (words.find("Could not set lock on file") != std::string_view::npos) {
        constexpr std::string_view kProcess = "(PID ";
        const size_t begin = words.find(kProcess), end = words.find(')', begin);
        const std::string_view number =
            end == std::string_view::npos
                ? ""
                : words.substr(begin + kProcess.size(), end - begin - kProcess.size());
        return Status(status.code(), "'" + path + "' is open in another process" +
                                         (number.empty() ? "" : " (" + std::string(number) + ")"))
            .hint("another process has it open, such as a `quern run`; wait for it or stop it");
    }
    const std::string message = "cannot open '" + path + "': " + std::string(status.message());
    if (status.code() == Code::resource_exhausted || is_refused_outside(words)) {
        return Status(status.code(), message).hint(std::string(status.hint()));
    }
    return corrupt(message).hint(
        "it holds only what can be made again: move it away, with the "
        "file " +
        file_name(path) + ".wal if there is one, and run again");
}

}  // namespace

Result<Database> Database::open(const DatabaseSettings& settings) {
    OwnedConfig config;
    if (duckdb_create_config(config.out()) != DuckDBSuccess) {
        return internal("DuckDB has no memory for its settings");
    }
    for (const auto& [name, value] : TRY(options_of(settings))) {
        if (duckdb_set_config(config.get(), name, value.c_str()) != DuckDBSuccess) {
            return invalid_argument("DuckDB refuses the setting " + std::string(name) + " = '" +
                                    value + "'");
        }
    }
    auto state = std::make_shared<State>();
    state->path = settings.path;
    state->search_folder = settings.search_folder;
    char* message = nullptr;
    const char* path = settings.path.empty() ? nullptr : settings.path.c_str();
    if (duckdb_open_ext(path, state->handle.out(), config.get(), &message) != DuckDBSuccess) {
        const std::string words = message == nullptr ? "unknown reason" : message;
        duckdb_free(message);
        return open_failure(settings.path, words);
    }
    return Database(std::move(state));
}

Result<Session> Database::connect() const {
    auto state = std::make_unique<Session::State>();
    state->database = state_;
    if (duckdb_connect(state_->handle.get(), state->connection.out()) != DuckDBSuccess) {
        return internal("DuckDB refuses a further session");
    }
    Session session(std::move(state));
    // Errors that tell their position; the same day and hour everywhere.
    std::string settings = "set errors_as_json = true; set timezone = 'UTC'";
    if (!state_->search_folder.empty()) {
        settings += "; set file_search_path = " + quote_literal(state_->search_folder);
    }
    TRY(session.execute(settings));
    return session;
}

}  // namespace quern::sql
