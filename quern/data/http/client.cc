#include "quern/data/http/client.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "quern/base/clock.h"
#include "quern/base/text.h"
#include "quern/base/version.h"
#include "quern/data/http/retry.h"
#include "quern/data/record_scanner.h"

namespace quern::data::http {
namespace {

constexpr size_t kLookedAtBytes = 4 << 10, kShownBodyBytes = 160;
constexpr int kRedirectFirst = 300, kFaultFirst = 400;

Code code_of(int status) {
    switch (status) {
        case 401:
            return Code::unauthenticated;
        case 403:
            return Code::permission_denied;
        case 404:
        case 410:
            return Code::not_found;
        case 429:
            return Code::resource_exhausted;
        default:
            return status >= 500 ? Code::unavailable : Code::invalid_argument;
    }
}

std::string hint_of(int status) {
    switch (status) {
        case 401:
        case 403:
            return "look at `auth:` and at what the credential may read";
        case 404:
        case 410:
            return "look at the address in `url:`";
        case 429:
            return "set `rate:` to the requests a second that the server allows";
        default:
            return status >= 500 ? "the fault is the server's: try later" : "";
    }
}

// The first words of what may be JSON, HTML or noise, on one line.
std::string first_words(std::string_view body) {
    std::string words = printable(body.substr(0, kShownBodyBytes), kShownBodyBytes);
    std::replace_if(
        words.begin(), words.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; },
        ' ');
    return words;
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
}

}  // namespace

struct Client::State {
    ClientSettings settings;
    Line line;
    std::mt19937_64 random{std::random_device{}()};
    double next_request_s = 0;  // by steady_seconds()
    int64_t request_count = 0;

    std::string hide(std::string text) const;
    Status hide(const Status& status) const;
    Status pause(double seconds) const;
    Result<Answer> exchange(const Request& request);
    Result<Answer> insist(const Request& request);
    Result<Url> redirected(const Request& request, const Answer& answer) const;
    Result<double> pause_before_retry(int64_t failure_count, const Answer* answer);
    Status refused(const Request& request, const Answer& answer) const;
};

std::string Client::State::hide(std::string text) const {
    for (const auto& secret : settings.secrets) {
        if (secret.empty()) continue;
        for (const auto& spelling : {secret, percent_encoded(secret)}) {
            replace_all(text, spelling, "***");
        }
    }
    return text;
}

Status Client::State::hide(const Status& status) const {
    return Status(status.code(), hide(std::string(status.message())))
        .hint(hide(std::string(status.hint())));
}

Status Client::State::pause(double seconds) const {
    const double end = steady_seconds() + seconds;
    constexpr double kTickS = 0.05;
    for (double left = seconds; left > 0; left = end - steady_seconds()) {
        if (settings.cancel != nullptr && settings.cancel->load()) return cancelled("cancelled");
        std::this_thread::sleep_for(std::chrono::duration<double>(std::min(left, kTickS)));
    }
    return {};
}

// One question and its answer, whatever its status is.
Result<Answer> Client::State::exchange(const Request& request) {
    TRY(settings.egress.judge(request.url));
    TRY(pause(next_request_s - steady_seconds()));
    if (settings.requests_per_second > 0) {
        next_request_s = steady_seconds() + 1 / settings.requests_per_second;
    }
    ++request_count;
    return line.exchange(request, {.egress = settings.egress,
                                   .limits = settings.limits,
                                   .home = settings.home,
                                   .ca_file = settings.ca_file,
                                   .cancel = settings.cancel});
}

// How long to wait before the next attempt; a status where there will be none.
Result<double> Client::State::pause_before_retry(int64_t failure_count, const Answer* answer) {
    const Limits& limits = settings.limits;
    std::optional<double> asked;
    if (answer != nullptr) {
        asked = retry_after_s(std::string(answer->header("retry-after")), unix_ms_now());
    }
    if (asked && *asked > limits.retry_after_s_max) {
        return resource_exhausted("the server asks to wait for " + duration_text(*asked))
            .hint("run again then, or raise `limits: {retry_after_s_max: ...}`");
    }
    if (asked) return *asked;
    const double part = std::uniform_real_distribution<double>(0, 1)(random);
    return back_off_s(failure_count, limits.pause_s, limits.pause_s_max, part);
}

Status Client::State::refused(const Request& request, const Answer& answer) const {
    const std::string words = first_words(hide(answer.body.substr(0, kLookedAtBytes)));
    return Status(code_of(answer.status), request.method + " " + request.url.shown() +
                                              " answered " + std::to_string(answer.status) +
                                              (words.empty() ? "" : ": " + words))
        .hint(hint_of(answer.status));
}

// Asks again as long as it is worth it.
Result<Answer> Client::State::insist(const Request& request) {
    for (int64_t failure_count = 1;; ++failure_count) {
        auto answer = exchange(request);
        const bool is_answer = answer.ok();
        if (is_answer && answer->status < kFaultFirst) return answer;
        const Code code = answer.status().code();
        const bool may_retry = is_answer
                                   ? is_worth_retry(answer->status)
                                   : code == Code::unavailable || code == Code::deadline_exceeded;
        Status failure;
        if (is_answer) {
            failure = refused(request, *answer);
        } else {
            failure = Status(code, request.method + " " + request.url.shown() + ": " +
                                       std::string(answer.status().message()))
                          .hint(std::string(answer.status().hint()));
        }
        if (!may_retry) return failure;
        if (failure_count >= settings.limits.attempt_count_max) {
            return Status(failure.code(), std::string(failure.message()) + " (asked " +
                                              plural(failure_count, "time") + ")")
                .hint(std::string(failure.hint()));
        }
        const auto wait = pause_before_retry(failure_count, is_answer ? &*answer : nullptr);
        if (!wait.ok()) {
            return Status(wait.status().code(), std::string(failure.message()) + "; " +
                                                    std::string(wait.status().message()))
                .hint(std::string(wait.status().hint()));
        }
        TRY(pause(*wait));
    }
}

// The next hop; it is judged by name here and by address when it is connected to.
Result<Url> Client::State::redirected(const Request& request, const Answer& answer) const {
    const std::string from = request.url.shown() + " redirects";
    if (request.method != "GET") {
        return failed_precondition(from + ", and only reading follows a redirect")
            .hint("write the address it leads to");
    }
    const std::string target(answer.header("location"));
    if (target.empty()) return corrupt(from + " to nowhere");
    auto url = request.url.join(target);
    if (!url.ok()) {
        return permission_denied(
            from + " to where nothing is read: " + std::string(url.status().message()));
    }
    if (request.url.is_encrypted() && !url->is_encrypted()) {
        return permission_denied(from + " from https to http, where anybody could read along");
    }
    return url;
}

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}
Client::Client(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::create(ClientSettings settings) {
    return Client(
        std::make_unique<State>(State{.settings = std::move(settings), .line = TRY(Line::open())}));
}

Result<Answer> Client::send(Request request) {
    const std::string origin = request.url.origin();
    for (int64_t hop = 0;; ++hop) {
        auto answer = state_->insist(request);
        if (!answer.ok()) return state_->hide(answer.status());
        if (answer->status < kRedirectFirst) return answer;
        if (hop == state_->settings.limits.redirect_count_max) {
            return state_->hide(failed_precondition(request.url.shown() + " redirects more than " +
                                                    plural(hop, "time")));
        }
        auto next = state_->redirected(request, *answer);
        if (!next.ok()) return state_->hide(next.status());
        request.url = std::move(*next);
        if (request.url.origin() != origin) request.headers.clear();
    }
}

std::string Client::without_secrets(std::string text) const {
    return state_->hide(std::move(text));
}

void Client::hide(std::string secret) { state_->settings.secrets.push_back(std::move(secret)); }

int64_t Client::request_count() const { return state_->request_count; }

}  // namespace quern::data::http
