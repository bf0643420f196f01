// One client's connection: reads requests, has them answered in order, writes the answers. Lives
// in the thread of its loop.
#pragma once

#include <memory>
#include <string>
#include <utility>  // Boost 1.74 needs it first

#include <boost/asio/ip/tcp.hpp>

#include "quern/serve/event_loop.h"
#include "quern/serve/head.h"
#include "quern/serve/input_buffer.h"

namespace quern::serve {

class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(boost::asio::ip::tcp::socket socket, EventLoop& loop);
    ~Connection();

    void start();
    void stop();   // at once when no request is in flight, else after its answer
    void close();  // at once
    void check_deadline(int64_t now_ms);

private:
    class Parser;
    enum class Phase : uint8_t { head, body, chunks, lingering, closed };

    void run();
    void read();
    void on_read(size_t size);
    bool write();  // false: the rest goes out later, and then run() is called
    void linger();

    bool step();
    bool read_head();
    bool take_head(size_t size);
    bool begin_body();
    bool read_body();
    bool read_chunks();
    void reply(const Route& route, std::string_view body);
    void respond(const Route* route);
    bool refuse(int http, std::string_view why);
    void set_deadline(int64_t after_ms);
    bool charge(size_t body_bytes);
    void uncharge();

    boost::asio::ip::tcp::socket socket_;
    EventLoop& loop_;
    Phase phase_ = Phase::head;
    bool is_reading_ = false, is_writing_ = false;
    bool is_closing_ = false;  // after what is in out_
    bool keeps_alive_ = true;  // as the request in flight wants it
    bool is_waiting_ = true;   // no byte of a next request has come
    int64_t deadline_ms_ = 0;

    InputBuffer in_;
    HeadScanner scanner_;
    std::unique_ptr<Parser> parser_;
    Request request_;
    const Route* route_ = nullptr;
    size_t content_length_ = 0, charged_bytes_ = 0;
    size_t chunk_bytes_ = 0;  // of a chunked body as it travels
    std::string body_;        // of a chunked body as it is meant

    std::string out_;
    size_t written_ = 0;
};

}  // namespace quern::serve
