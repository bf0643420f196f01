// Keeps what is served as the project's state says: the champions of its models, and its tokens.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "quern/serve/worker.h"

namespace quern::serve {

struct WatchSettings {
    std::vector<std::string> models;  // only these; empty: every model that has a champion
    int64_t poll_ms = 200;
    std::string store_name = ".quern";                        // as the project names it
    std::map<std::string, project::Contract> contracts = {};  // by model, where a service has one
};

class ProjectWatch {
public:
    // Loads the champions, then watches. A model that is not whole is logged and left out; a
    // version that replaces a good one is served only when it is whole.
    static Result<std::unique_ptr<ProjectWatch>> start(const std::string& project_folder,
                                                       WatchSettings settings, Served& served);
    ~ProjectWatch();  // after the server
    ProjectWatch(const ProjectWatch&) = delete;
    ProjectWatch& operator=(const ProjectWatch&) = delete;

    // The project's first token, made when it has none: this is the only time to show it.
    Result<std::string> make_first_token();  // empty when there are tokens

private:
    struct State;
    explicit ProjectWatch(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace quern::serve
