#include "quern/data/http/exchange.h"

#include <curl/curl.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "quern/base/text.h"
#include "quern/base/version.h"

namespace quern::data::http {
namespace {

constexpr size_t kHeaderBytesMax = 256 << 10;
constexpr size_t kKeptBodyBytes = 4 << 10;  // of a body that goes to a file, for messages

struct HandleFree {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListFree {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FileClose {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

// What one exchange brings, as curl hands it over piece by piece.
struct Exchange {
    const Request& request;
    const Egress& egress;
    const Limits& limits;
    const std::atomic<bool>* cancel;
    Answer answer;
    uint64_t header_bytes = 0, body_bytes = 0;
    std::unique_ptr<std::FILE, FileClose> file = {};
    Status refusal = {};  // by us, with the reason

    bool is_cancelled() const { return cancel != nullptr && cancel->load(); }
    bool take_header(std::string_view line);
    bool take_body(std::string_view piece);
};

bool Exchange::take_header(std::string_view line) {
    header_bytes += line.size();
    if (header_bytes > kHeaderBytesMax) {
        refusal = resource_exhausted("the head of the answer is longer than 256 KB");
        return false;
    }
    if (line.starts_with("HTTP/")) answer.headers.clear();  // after an interim answer
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return true;
    answer.headers.emplace_back(lower_ascii(line.substr(0, colon)), trim(line.substr(colon + 1)));
    return true;
}

bool Exchange::take_body(std::string_view piece) {
    body_bytes += piece.size();
    const auto most = static_cast<uint64_t>(limits.body_bytes_max);
    if (body_bytes > most) {
        refusal = resource_exhausted("the answer is larger than " + size_text(most))
                      .hint("ask for smaller pages, or raise `limits: {body_bytes_max: ...}`");
        return false;
    }
    if (file == nullptr) {
        answer.body += piece;
        return true;
    }
    if (answer.body.size() < kKeptBodyBytes) answer.body += piece.substr(0, kKeptBodyBytes);
    if (std::fwrite(piece.data(), 1, piece.size(), file.get()) == piece.size()) return true;
    refusal = system_error(errno, "write", request.path);
    return false;
}

size_t on_header(char* bytes, size_t, size_t size, void* exchange) {
    return static_cast<Exchange*>(exchange)->take_header({bytes, size}) ? size : 0;
}

size_t on_body(char* bytes, size_t, size_t size, void* exchange) {
    return static_cast<Exchange*>(exchange)->take_body({bytes, size}) ? size : 0;
}

// The address is judged at the moment it is connected to: no answer of a name server in between.
curl_socket_t on_socket(void* exchange, curlsocktype, curl_sockaddr* address) {
    auto& own = *static_cast<Exchange*>(exchange);
    own.refusal = own.egress.judge(own.request.url, address->addr);
    if (!own.refusal.ok()) return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int on_progress(void* exchange, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Exchange*>(exchange)->is_cancelled() ? 1 : 0;
}

void set_limits(CURL* handle, const Limits& limits) {
    constexpr double kMs = 1000;
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect_s * kMs));
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(limits.request_s * kMs));
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME,
                     std::max(1L, static_cast<long>(limits.stall_s)));
    curl_easy_setopt(handle, CURLOPT_MAXFILESIZE_LARGE,
                     static_cast<curl_off_t>(limits.body_bytes_max));
}

void set_safety(CURL* handle, const std::string& ca_file) {
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");  // one from the environment would see it all
    curl_easy_setopt(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!ca_file.empty()) {
        curl_easy_setopt(handle, CURLOPT_CAINFO, ca_file.c_str());
        curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
    }
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "gzip");
    const std::string agent = "quern/" + std::string(version());
    curl_easy_setopt(handle, CURLOPT_USERAGENT, agent.c_str());
}

void set_callbacks(CURL* handle, Exchange& exchange) {
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &exchange);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, &on_socket);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, &exchange);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &on_progress);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &exchange);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
}

// What curl could not do: whose fault it is decides whether to ask again.
Status transport_fault(CURLcode code, const char* words, const Limits& limits) {
    const std::string why = *words != '\0' ? words : curl_easy_strerror(code);
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT:
            return deadline_exceeded("no whole answer came in time: " + why)
                .hint("the limits are connect_s: " + std::to_string(int(limits.connect_s)) +
                      ", stall_s: " + std::to_string(int(limits.stall_s)) +
                      ", request_s: " + std::to_string(int(limits.request_s)));
        case CURLE_FILESIZE_EXCEEDED:
            return resource_exhausted("the answer is larger than " +
                                      size_text(static_cast<uint64_t>(limits.body_bytes_max)))
                .hint("ask for smaller pages, or raise `limits: {body_bytes_max: ...}`");
        case CURLE_PEER_FAILED_VERIFICATION:
            return permission_denied("the server's certificate is not trusted: " + why)
                .hint("is it the right host? for an authority of your own set `ca_file`");
        case CURLE_SSL_CACERT_BADFILE:
            return failed_precondition("`ca_file` cannot be read: " + why);
        case CURLE_BAD_CONTENT_ENCODING:
            return corrupt("the answer does not unpack: " + why);
        case CURLE_COULDNT_RESOLVE_HOST:
            return unavailable("the host has no address: " + why);
        default:
            return unavailable("the connection failed: " + why);
    }
}

using HeaderLines = std::unique_ptr<curl_slist, ListFree>;

HeaderLines header_lines(const Request& request, bool is_at_home) {
    HeaderLines lines;
    const auto add = [&](const Pairs& headers) {
        for (const auto& [name, value] : headers) {
            lines.reset(curl_slist_append(lines.release(), (name + ": " + value).c_str()));
        }
    };
    add(request.headers);
    if (is_at_home) add(request.credentials);
    return lines;
}

void set_request(CURL* handle, const Request& request, curl_slist* lines) {
    curl_easy_setopt(handle, CURLOPT_URL, request.url.text().c_str());
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, lines);
    if (request.method != "POST") return;
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.c_str());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
}

}  // namespace

struct Line::State {
    std::unique_ptr<CURL, HandleFree> handle;
};

Line::Line(std::unique_ptr<State> state) : state_(std::move(state)) {}
Line::Line(Line&&) noexcept = default;
Line& Line::operator=(Line&&) noexcept = default;
Line::~Line() = default;

Result<Line> Line::open() {
    static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    auto state = std::make_unique<State>();
    state->handle.reset(curl_easy_init());
    if (code != CURLE_OK || state->handle == nullptr) return internal("curl does not start");
    return Line(std::move(state));
}

Result<Answer> Line::exchange(const Request& request, const Settings& settings) {
    Exchange own{.request = request,
                 .egress = settings.egress,
                 .limits = settings.limits,
                 .cancel = settings.cancel,
                 .answer = {.url = request.url}};
    if (!request.path.empty()) {
        own.file.reset(std::fopen(request.path.c_str(), "wb"));
        if (own.file == nullptr) return system_error(errno, "create", request.path);
    }
    CURL* curl = state_->handle.get();
    curl_easy_reset(curl);  // connections stay open
    set_limits(curl, settings.limits);
    set_safety(curl, settings.ca_file);
    set_callbacks(curl, own);
    const auto lines = header_lines(request, request.url.origin() == settings.home);
    set_request(curl, request, lines.get());
    char words[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words);
    const CURLcode code = curl_easy_perform(curl);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);
    if (own.is_cancelled()) return cancelled("cancelled");
    if (code != CURLE_OK && !own.refusal.ok()) return std::move(own.refusal);
    if (code != CURLE_OK) return transport_fault(code, words, settings.limits);
    if (own.file != nullptr && std::fclose(own.file.release()) != 0) {
        return system_error(errno, "write", request.path);
    }
    long status = 0, version = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_HTTP_VERSION, &version);
    own.answer.status = static_cast<int>(status);
    own.answer.has_known_end = version >= CURL_HTTP_VERSION_2_0 || request.url.is_encrypted() ||
                               !own.answer.header("content-length").empty() ||
                               !own.answer.header("transfer-encoding").empty();
    return std::move(own.answer);
}

std::vector<Param> Limits::params() {
    constexpr double kDay = 86400;
    return {
        param("connect_s", &Limits::connect_s, "Until a connection stands.").in(0.01, kDay),
        param("request_s", &Limits::request_s, "Until a whole answer is there.").in(0.01, kDay),
        param("stall_s", &Limits::stall_s, "Without a byte.").in(1, kDay),
        param("body_bytes_max", &Limits::body_bytes_max, "Of one answer, unpacked.").at_least(1),
        param("redirect_count_max", &Limits::redirect_count_max, "In a row.").in(0, 20),
        param("attempt_count_max", &Limits::attempt_count_max,
              "For one page, where the server or the line fails.")
            .in(1, 100),
        param("pause_s", &Limits::pause_s,
              "Longest pause before the second attempt; it doubles with each.")
            .in(0, kDay),
        param("pause_s_max", &Limits::pause_s_max, "Longest of these pauses.").in(0, kDay),
        param("retry_after_s_max", &Limits::retry_after_s_max,
              "A server that asks for a longer pause ends the pull.")
            .in(0, kDay),
    };
}

std::string_view Answer::header(std::string_view name) const {
    const auto found = std::ranges::find(headers, name, &Pairs::value_type::first);
    return found == headers.end() ? std::string_view() : found->second;
}

}  // namespace quern::data::http
