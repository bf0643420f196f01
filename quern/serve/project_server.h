// A project's models behind HTTP: the server, what it serves, and the watch over the project. This
// is what `quern serve` starts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "quern/serve/project_watch.h"
#include "quern/serve/server.h"

namespace quern::serve {

class ProjectServer {
public:
    static Result<std::unique_ptr<ProjectServer>> start(const std::string& project_folder,
                                                        const ServerSettings& settings,
                                                        const WatchSettings& watch_settings = {});

    Server& server() { return *server_; }
    // Made at this start, because the project had none; empty otherwise. Show it, keep it nowhere.
    const std::string& first_token() const { return first_token_; }
    std::shared_ptr<const ModelSet> models() const { return served_->models.get(); }

private:
    ProjectServer() = default;

    // In this order, so that the server ends before what it reads.
    std::unique_ptr<Served> served_ = std::make_unique<Served>();
    std::unique_ptr<ProjectWatch> watch_;
    std::unique_ptr<Server> server_;
    std::string first_token_;
};

}  // namespace quern::serve
