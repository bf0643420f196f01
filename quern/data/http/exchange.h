// One question and its answer over the network, under limits of size and time. Certificates are
// always verified, and an address is judged at the moment it is connected to.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/params.h"
#include "quern/base/status.h"
#include "quern/data/http/egress.h"
#include "quern/data/http/url.h"

namespace quern::data::http {

struct Limits {
    double connect_s = 10;               // until the server has answered the connection
    double request_s = 600;              // one whole answer
    double stall_s = 30;                 // without a single byte
    int64_t body_bytes_max = 256 << 20;  // unpacked
    int64_t redirect_count_max = 5;
    int64_t attempt_count_max = 6;
    double pause_s = 0.5;  // before the second attempt; twice as long before each further one
    double pause_s_max = 60;
    double retry_after_s_max = 300;  // a server that wants a longer pause ends the pull
    static std::vector<Param> params();
};

struct Request {
    Url url;
    std::string method = "GET";
    Pairs headers = {};      // sent to the origin of `url` only
    Pairs credentials = {};  // sent to `home` only
    std::string body = {};
    std::string path = {};  // a file to write the answer's body to, instead of to memory
};

struct Answer {
    int status = 0;
    Url url;        // after redirects
    Pairs headers;  // names in lower case
    std::string body;
    bool has_known_end = false;  // a body that is cut short would have been seen

    std::string_view header(std::string_view name) const;  // the first of this name, or ""
};

// Keeps a connection open from one question to the next.
class Line {
public:
    struct Settings {
        const Egress& egress;
        const Limits& limits;
        const std::string& home;     // the origin that credentials are sent to
        const std::string& ca_file;  // authorities to trust; empty: the system's
        const std::atomic<bool>* cancel;
    };
    static Result<Line> open();
    Line(Line&&) noexcept;
    Line& operator=(Line&&) noexcept;
    ~Line();

    // The answer, whatever its status is; redirects are not followed.
    Result<Answer> exchange(const Request& request, const Settings& settings);

private:
    struct State;
    explicit Line(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace quern::data::http
