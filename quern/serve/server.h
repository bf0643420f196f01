// The HTTP server: listens, spreads connections over its event loops, stops without breaking off
// what it is doing.
#pragma once

#include <memory>
#include <string>

#include "quern/serve/settings.h"
#include "quern/serve/worker.h"

namespace quern::serve {

class Server {
public:
    // Returns once connections are taken. `served` outlives the server.
    static Result<std::unique_ptr<Server>> start(const ServerSettings& settings, Served& served);
    ~Server();  // stops
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    int port() const;
    std::string url() const;  // "http://127.0.0.1:8484"

    // Takes no more connections, lets requests in flight end (Limits::stop_timeout_ms), returns.
    void stop();
    // Until SIGINT or SIGTERM, then stops. A second signal ends the process at once.
    Status run_until_signal();

private:
    struct State;
    explicit Server(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace quern::serve
