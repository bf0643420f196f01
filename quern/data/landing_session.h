// Where a pull works: a DuckDB of its own in memory, a folder for a while, and the connection.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "quern/base/folder.h"
#include "quern/data/connector.h"
#include "quern/data/secrets.h"
#include "quern/sql/session.h"
#include "quern/store/store.h"

namespace quern::data {

class LandingSession {
public:
    static Result<std::unique_ptr<LandingSession>> open(store::Store& store,
                                                        const project::Project& project,
                                                        const project::Source& source,
                                                        const std::atomic<bool>* cancel,
                                                        bool is_sample = false);
    ~LandingSession();
    LandingSession(const LandingSession&) = delete;
    LandingSession& operator=(const LandingSession&) = delete;

    sql::Session& session() { return session_; }
    Result<sql::Session> second_session() { return database_.connect(); }  // of the same DuckDB
    Connection& connection() { return *connection_; }
    const std::string& folder() const { return folder_.path(); }
    const Connector& connector() const { return *connector_; }
    // Whatever leaves a pull: without secrets, and where the source stands if it says no place.
    Status told(Status status) const;

private:
    LandingSession(sql::Database database, sql::Session session, TemporaryFolder folder,
                   const project::Source& source);
    void watch(const std::atomic<bool>* cancel);

    sql::Database database_;
    sql::Session session_;
    TemporaryFolder folder_;
    const project::Source& source_;
    const Connector* connector_ = nullptr;
    Tree settings_;
    Secrets secrets_;
    std::unique_ptr<Connection> connection_;
    std::jthread watcher_;  // interrupts the session once the user wants to stop
};

}  // namespace quern::data
