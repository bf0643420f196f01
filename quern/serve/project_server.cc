#include "quern/serve/project_server.h"

namespace quern::serve {

Result<std::unique_ptr<ProjectServer>> ProjectServer::start(const std::string& project_folder,
                                                            const ServerSettings& settings,
                                                            const WatchSettings& watch_settings) {
    TRY(check(settings));
    std::unique_ptr<ProjectServer> started(new ProjectServer());
    started->watch_ = TRY(ProjectWatch::start(project_folder, watch_settings, *started->served_));
    started->server_ = TRY(Server::start(settings, *started->served_));
    // Last: a token that nobody is shown is no token.
    started->first_token_ = TRY(started->watch_->make_first_token());
    return started;
}

}  // namespace quern::serve
