// Reads from servers that may be slow, broken or hostile: every wait and every size has a limit,
// every hop of a redirect is judged before it is made, and credentials go to one origin only.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "quern/base/status.h"
#include "quern/data/http/egress.h"
#include "quern/data/http/exchange.h"
#include "quern/data/http/url.h"

namespace quern::data::http {

struct ClientSettings {
    Egress egress;
    std::string home = {};                  // the origin that `credentials` are sent to
    std::vector<std::string> secrets = {};  // never shown, in whatever spelling
    std::string ca_file = {};               // authorities to trust; empty: the system's
    double requests_per_second = 0;         // 0: as fast as the server answers
    Limits limits = {};
    const std::atomic<bool>* cancel = nullptr;
};

// One connection at a time; for one thread.
class Client {
public:
    static Result<Client> create(ClientSettings settings);
    Client(Client&&) noexcept;
    ~Client();

    // Asks until there is an answer with 2xx, or a failure that asking again will not mend.
    Result<Answer> send(Request request);

    // The text without the secrets: as they are, or percent-encoded.
    std::string without_secrets(std::string text) const;
    void hide(std::string secret);  // from now on
    int64_t request_count() const;

private:
    struct State;
    explicit Client(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace quern::data::http
