#include "quern/serve/server.h"

#include <csignal>
#include <utility>  // Boost 1.74 needs it first
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include "quern/base/log.h"
#include "quern/base/threads.h"
#include "quern/serve/event_loop.h"

namespace quern::serve {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kBacklog = 1024;
constexpr std::chrono::milliseconds kRetryAccept{50};  // after running out of file descriptors
constexpr std::string_view kFull =
    "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\n"
    "content-length: 68\r\nretry-after: 1\r\nconnection: close\r\n\r\n"
    "{\"title\": \"Service Unavailable\", \"status\": 503, \"detail\": \"is full\"}";

}  // namespace

struct Server::State {
    State(const ServerSettings& server_settings, Served& what_is_served)
        : settings(server_settings), served(what_is_served) {}

    ServerSettings settings;
    Served& served;
    std::vector<std::unique_ptr<EventLoop>> loops;
    std::unique_ptr<tcp::acceptor> acceptor;  // in the first loop
    std::unique_ptr<asio::steady_timer> retry;
    size_t next_loop = 0;
    int port = 0;
    bool is_stopped = false;

    Status listen();
    void accept();
    void take(EventLoop& loop, tcp::socket socket);
};

Status Server::State::listen() {
    error_code error;
    const auto address = asio::ip::make_address(settings.address, error);
    const tcp::endpoint endpoint(address, static_cast<uint16_t>(settings.port));
    acceptor = std::make_unique<tcp::acceptor>(loops[0]->io());
    retry = std::make_unique<asio::steady_timer>(loops[0]->io());
    acceptor->open(endpoint.protocol(), error);
    if (!error) acceptor->set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor->bind(endpoint, error);
    if (!error) acceptor->listen(kBacklog, error);
    if (!error) port = acceptor->local_endpoint(error).port();
    if (!error) return {};
    const std::string where = settings.address + ", port " + std::to_string(settings.port);
    return unavailable("cannot listen on " + where + ": " + error.message())
        .hint(error == asio::error::address_in_use ? "another program has it; choose --port" : "");
}

// Each connection goes to the next loop, so that all of them are busy alike.
void Server::State::accept() {
    EventLoop& loop = *loops[next_loop++ % loops.size()];
    acceptor->async_accept(loop.io(), [this, &loop](const error_code& error, tcp::socket socket) {
        if (!acceptor->is_open()) return;
        if (!error) {
            take(loop, std::move(socket));
            return accept();
        }
        log(LogLevel::warning, "cannot take a connection", {{"reason", error.message()}});
        retry->expires_after(kRetryAccept);
        retry->async_wait([this](const error_code& cancelled) {
            if (!cancelled) accept();
        });
    });
}

void Server::State::take(EventLoop& loop, tcp::socket socket) {
    Metrics& metrics = served.metrics;
    if (metrics.connection_count < settings.limits.connections) return loop.take(std::move(socket));
    ++metrics.refused_connection_count;
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(kFull.data(), kFull.size()), ignored);
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::start(const ServerSettings& settings, Served& served) {
    TRY(check(settings));
    auto state = std::make_unique<State>(settings, served);
    const int64_t threads = settings.threads > 0 ? settings.threads : available_threads();
    for (int64_t i = 0; i < threads; ++i) {
        state->loops.push_back(std::make_unique<EventLoop>(state->settings, served));
    }
    TRY(state->listen());
    state->accept();
    for (const auto& loop : state->loops) loop->start();
    return std::unique_ptr<Server>(new Server(std::move(state)));
}

int Server::port() const { return state_->port; }

std::string Server::url() const {
    const std::string& address = state_->settings.address;
    const bool is_ipv6 = address.find(':') != std::string::npos;
    return "http://" + (is_ipv6 ? "[" + address + "]" : address) + ":" + std::to_string(port());
}

void Server::stop() {
    if (std::exchange(state_->is_stopped, true)) return;
    asio::post(state_->loops[0]->io(), [state = state_.get()] {
        error_code ignored;
        state->acceptor->close(ignored);
        state->retry->cancel();
    });
    for (const auto& loop : state_->loops) loop->stop();
    for (const auto& loop : state_->loops) loop->join();
}

Status Server::run_until_signal() {
    error_code error;
    {
        asio::io_context io{1};
        asio::signal_set signals(io);
        signals.add(SIGINT, error);
        if (!error) signals.add(SIGTERM, error);
        if (error) return internal("cannot wait for signals: " + error.message());
        signals.async_wait([](const error_code&, int) {});
        io.run_one();
    }
    stop();
    return {};
}

}  // namespace quern::serve
