// One thread that serves the connections it was given, with its own worker and its own clock tick.
#pragma once

#include <string>
#include <thread>
#include <unordered_set>
#include <utility>  // Boost 1.74 needs it first

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "quern/serve/worker.h"

namespace quern::serve {

class Connection;

class EventLoop {
public:
    EventLoop(const ServerSettings& settings, Served& served);
    ~EventLoop();

    void start();  // the thread
    // From any thread:
    void take(boost::asio::ip::tcp::socket socket);
    void stop();  // no more requests; the ones in flight get their time
    void join();

    boost::asio::io_context& io() { return io_; }
    // For connections, in the loop's own thread:
    Worker& worker() { return worker_; }
    Response& response() { return response_; }
    const Limits& limits() const { return limits_; }
    bool is_stopping() const { return is_stopping_; }
    std::string_view date() const { return date_; }
    void add(Connection* connection) { connections_.insert(connection); }
    void remove(Connection* connection);
    static int64_t now_ms();

private:
    void run();
    void begin_stop();
    void tick();
    void end_if_idle();

    const Limits& limits_;
    Worker worker_;
    Response response_;
    std::string date_;
    std::unordered_set<Connection*> connections_;
    bool is_stopping_ = false;
    int64_t stop_deadline_ms_ = 0;
    boost::asio::io_context io_{1};
    boost::asio::steady_timer timer_{io_};
    std::thread thread_;
};

}  // namespace quern::serve
