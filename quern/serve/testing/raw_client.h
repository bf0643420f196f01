// A client for tests that sends exactly the bytes it is told to, and waits with a limit.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace quern::serve {

struct Answer {
    int http = 0;  // 0: the connection ended, or nothing came in time
    std::string head, body;
};

class RawClient {
public:
    explicit RawClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        is_connected_ =
            ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    ~RawClient() { ::close(socket_); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    bool is_connected() const { return is_connected_; }
    // False when the other end is gone.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<size_t>(sent));
        }
        return true;
    }
    void end_sending() { ::shutdown(socket_, SHUT_WR); }

    // The next answer; those that are only "go on" (100) are passed over unless they are wanted.
    Answer read(int timeout_ms = 20'000, bool wants_100 = false) {
        while (true) {
            size_t end = 0;
            while ((end = bytes_.find("\r\n\r\n")) == std::string::npos) {
                if (!receive(timeout_ms)) return {};
            }
            Answer answer{.http = status(), .head = bytes_.substr(0, end + 2), .body = ""};
            const size_t size = body_size(answer.head);
            while (bytes_.size() < end + 4 + size) {
                if (!receive(timeout_ms)) return {};
            }
            answer.body = bytes_.substr(end + 4, size);
            bytes_.erase(0, end + 4 + size);
            if (answer.http != 100 || wants_100) return answer;
        }
    }
    // True when the server closes the connection, and sends nothing more before.
    bool is_closed_by_server(int timeout_ms = 20'000) {
        return !receive(timeout_ms) && is_ended_ && bytes_.empty();
    }
    Answer ask(std::string_view request) {
        if (!send(request)) return {};
        return read();
    }

private:
    bool receive(int timeout_ms) {
        pollfd wait{.fd = socket_, .events = POLLIN, .revents = 0};
        if (::poll(&wait, 1, timeout_ms) <= 0) return false;
        char bytes[64 << 10];
        const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
        is_ended_ = size <= 0;
        if (size > 0) bytes_.append(bytes, static_cast<size_t>(size));
        return size > 0;
    }
    int status() const {
        const std::string digits = bytes_.substr(9, 3);
        return static_cast<int>(std::strtol(digits.c_str(), nullptr, 10));
    }
    static size_t body_size(const std::string& head) {
        const size_t at = head.find("content-length: ");
        if (at == std::string::npos) return 0;
        return std::strtoul(head.c_str() + at + 16, nullptr, 10);
    }

    int socket_;
    bool is_connected_ = false, is_ended_ = false;
    std::string bytes_;
};

}  // namespace quern::serve
