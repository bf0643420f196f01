#include "quern/serve/event_loop.h"

#include <chrono>
#include <exception>
#include <vector>

#include <boost/asio/post.hpp>

#include "quern/base/clock.h"
#include "quern/base/log.h"
#include "quern/serve/connection.h"
#include "quern/serve/response_text.h"

namespace quern::serve {
namespace {

constexpr std::chrono::milliseconds kTick{100};

}  // namespace

EventLoop::EventLoop(const ServerSettings& settings, Served& served)
    : limits_(settings.limits), worker_(settings, served), date_(http_date(unix_ms_now())) {}

EventLoop::~EventLoop() {
    if (thread_.joinable()) stop();
    join();
}

int64_t EventLoop::now_ms() {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

void EventLoop::start() {
    tick();
    thread_ = std::thread([this] { run(); });
}

void EventLoop::run() {
    while (true) {
        try {
            io_.run();
            return;
        } catch (const std::exception& error) {
            // The connection it came from is gone with its handler; the others go on.
            log(LogLevel::error, "a connection failed", {{"reason", error.what()}});
        }
    }
}

void EventLoop::join() {
    if (thread_.joinable()) thread_.join();
}

void EventLoop::take(boost::asio::ip::tcp::socket socket) {
    boost::asio::post(io_, [this, taken = std::move(socket)]() mutable {
        if (is_stopping_) return;
        std::make_shared<Connection>(std::move(taken), *this)->start();
    });
}

void EventLoop::stop() {
    boost::asio::post(io_, [this] { begin_stop(); });
}

void EventLoop::begin_stop() {
    if (is_stopping_) return;
    is_stopping_ = true;
    stop_deadline_ms_ = now_ms() + limits_.stop_timeout_ms;
    const std::vector<Connection*> connections(connections_.begin(), connections_.end());
    for (Connection* connection : connections) connection->stop();
    end_if_idle();
}

void EventLoop::remove(Connection* connection) {
    connections_.erase(connection);
    end_if_idle();
}

void EventLoop::end_if_idle() {
    if (is_stopping_ && connections_.empty()) timer_.cancel();
}

void EventLoop::tick() {
    const int64_t now = now_ms();
    const bool must_end = is_stopping_ && now >= stop_deadline_ms_;
    const std::vector<Connection*> connections(connections_.begin(), connections_.end());
    for (Connection* connection : connections) {
        if (must_end) {
            connection->close();
        } else {
            connection->check_deadline(now);
        }
    }
    if (is_stopping_ && connections_.empty()) return;
    worker_.refresh();
    date_ = http_date(unix_ms_now());
    timer_.expires_after(kTick);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) tick();
    });
}

}  // namespace quern::serve
