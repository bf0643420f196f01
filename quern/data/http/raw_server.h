// For tests: an HTTP server on loopback whose answers are bytes as the test wants them, also such
// as no well-behaved server would send.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace quern::data::http {

class RawServer {
public:
    // Gets the head of a request and its body; the connection is closed after each answer.
    using Handler = std::function<std::string(const std::string& request)>;

    explicit RawServer(Handler handler) : handler_(std::move(handler)) {
        listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
        bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
        socklen_t size = sizeof address;
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        listen(listener_, 16);
        thread_ = std::thread([this] { serve(); });
    }
    ~RawServer() {
        shutdown(listener_, SHUT_RDWR);
        thread_.join();
        close(listener_);
    }
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    std::string url(const std::string& path) const {
        return "http://127.0.0.1:" + std::to_string(port_) + path;
    }
    std::vector<std::string> requests() {
        const std::lock_guard guard(mutex_);
        return requests_;
    }

private:
    void serve() {
        for (int link = 0; (link = accept(listener_, nullptr, nullptr)) >= 0; close(link)) {
            std::string request;
            char bytes[4096];
            while (!is_whole(request)) {
                const ssize_t got = recv(link, bytes, sizeof bytes, 0);
                if (got <= 0) break;
                request.append(bytes, static_cast<size_t>(got));
            }
            {
                const std::lock_guard guard(mutex_);
                requests_.push_back(request);
            }
            const std::string answer = handler_(request);
            for (size_t sent = 0; sent < answer.size();) {
                const ssize_t put =
                    send(link, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
                if (put <= 0) break;
                sent += static_cast<size_t>(put);
            }
        }
    }
    static bool is_whole(const std::string& request) {
        const size_t end = request.find("\r\n\r\n");
        if (end == std::string::npos) return false;
        const size_t length = request.find("Content-Length: ");
        if (length == std::string::npos) return true;
        return request.size() >= end + 4 + std::stoul(request.substr(length + 16));
    }

    Handler handler_;
    int listener_ = -1, port_ = 0;
    std::mutex mutex_;
    std::vector<std::string> requests_;
    std::thread thread_;
};

// An answer as it should be.
inline std::string good_answer(const std::string& body, const std::string& headers = "") {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
           "Connection: close\r\n\r\n" + body;
}

}  // namespace quern::data::http
