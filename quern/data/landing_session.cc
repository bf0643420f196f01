#include "quern/data/landing_session.h"

#include <chrono>

#include "quern/base/file.h"
#include "quern/base/text.h"

namespace quern::data {

constexpr auto kCancelPoll = std::chrono::milliseconds(50);

LandingSession::LandingSession(sql::Database database, sql::Session session, TemporaryFolder folder,
                               const project::Source& source)
    : database_(std::move(database)),
      session_(std::move(session)),
      folder_(std::move(folder)),
      source_(source) {}

LandingSession::~LandingSession() = default;

void LandingSession::watch(const std::atomic<bool>* cancel) {
    if (cancel == nullptr) return;
    watcher_ = std::jthread([this, cancel](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            if (cancel->load()) session_.interrupt();
            std::this_thread::sleep_for(kCancelPoll);
        }
    });
}

Result<std::unique_ptr<LandingSession>> LandingSession::open(store::Store& store,
                                                             const project::Project& project,
                                                             const project::Source& source,
                                                             const std::atomic<bool>* cancel,
                                                             bool is_sample) {
    const auto found = TRY(connecting(source));
    TRY(make_folders(store.layout().landing));
    auto folder = TRY(TemporaryFolder::create(store.layout().temporary));
    auto database = TRY(
        sql::Database::open({.path = "",
                             .is_read_only = false,
                             .threads = project.settings.threads,
                             .memory_bytes = static_cast<uint64_t>(project.settings.memory_bytes),
                             .temp_folder = folder.path() + "/spill",
                             .temp_bytes_max = 0,
                             .search_folder = store.layout().landing}));
    auto session = TRY(database.connect());
    std::unique_ptr<LandingSession> landing(
        new LandingSession(std::move(database), std::move(session), std::move(folder), source));
    landing->connector_ = found.connector;
    landing->settings_ = TRY(landing->secrets_.fill(found.settings));
    landing->watch(cancel);
    auto connection = found.connector->connect({.session = landing->session_,
                                                .source = source,
                                                .root = project.root,
                                                .settings = landing->settings_,
                                                .folder = landing->folder_.path(),
                                                .cancel = cancel,
                                                .secrets = landing->secrets_.values(),
                                                .egress = project.settings.egress,
                                                .is_sample = is_sample});
    if (!connection.ok()) return landing->told(std::move(connection).status());
    landing->connection_ = std::move(connection).value();
    return landing;
}

Status LandingSession::told(Status status) const {
    if (connection_ && !status.ok()) status = connection_->explained(std::move(status));
    Status clean = secrets_.redact(status);
    return clean.ok() ? Status() : std::move(clean).at(source_.origin->kind.place.text());
}

}  // namespace quern::data
