#include "quern/serve/connection.h"

#include <algorithm>
#include <array>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "quern/base/text.h"
#include "quern/serve/dispatch.h"
#include "quern/serve/error_body.h"
#include "quern/serve/response_text.h"

namespace quern::serve {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

namespace {

constexpr size_t kReadBytes = 8 << 10;
constexpr size_t kKeptBytes = 64 << 10;         // of buffers between two requests
constexpr size_t kWriteBatchBytes = 256 << 10;  // answers to pipelined requests go out together
constexpr size_t kChunkLineBytes = 16 << 10;    // a chunk's size line, or all trailers
constexpr int64_t kLingerMs = 2'000;
// A chunked body may travel in at most so many bytes for one of its own, and some to start with.
constexpr size_t kChunkOverhead = 8;

std::string_view view(string_view text) { return {text.data(), text.size()}; }

}  // namespace

// Beast's parser, which keeps of the head only what is asked for. Views point into the input.
class Connection::Parser : public http::basic_parser<true> {
public:
    Parser(std::string& chunked_body, uint64_t body_bytes_max)
        : body_(chunked_body), body_bytes_max_(body_bytes_max) {
        header_limit(UINT32_MAX);  // sizes are looked at before and after it
        body_limit(UINT64_MAX);
        eager(false);
    }

    HeadFacts facts;
    std::string_view expect;
    int version = 11;
    bool is_chunked = false;
    Refusal refusal;

private:
    // Each of these may come once, as two of them could be read in two ways.
    static constexpr size_t kSingle = 8;
    enum Single : uint8_t { host, authorization, type, origin, expectation, length, coding };

    void on_request_impl(http::verb, string_view method, string_view target, int http_version,
                         error_code&) override {
        version = http_version;
        facts.method = view(method);
        facts.target = view(target);
    }
    void once(Single single, error_code& error) {
        if (seen_[single]) refuse(400, "a header comes twice", error);
        seen_[single] = true;
    }
    void refuse(int status, std::string_view why, error_code& error) {
        refusal = {status, why};
        error = http::error::bad_field;
    }
    void on_field_impl(http::field field, string_view, string_view value,
                       error_code& error) override {
        if (is_complete_) return;  // a trailer
        switch (field) {
            case http::field::host:
                facts.host = view(value);
                return once(host, error);
            case http::field::authorization:
                facts.authorization = view(value);
                return once(authorization, error);
            case http::field::content_type:
                facts.content_type = view(value);
                return once(type, error);
            case http::field::origin:
                facts.origin = view(value);
                return once(origin, error);
            case http::field::expect:
                expect = view(value);
                return once(expectation, error);
            case http::field::content_encoding:
                return refuse(415, "a body must not be compressed", error);
            case http::field::content_length: {
                const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
                if (!std::ranges::all_of(view(value), is_digit)) {
                    refuse(400, "the content length is no number", error);
                }
                return once(length, error);
            }
            case http::field::transfer_encoding:
                if (lower_ascii(view(value)) != "chunked") {
                    refuse(501, "the only transfer encoding is chunked", error);
                }
                is_chunked = true;
                return once(coding, error);
            default:
                return;
        }
    }
    void on_header_impl(error_code&) override { is_complete_ = true; }
    void on_body_init_impl(const boost::optional<uint64_t>&, error_code&) override {}
    size_t on_body_impl(string_view body, error_code&) override { return body.size(); }
    void on_chunk_header_impl(uint64_t size, string_view, error_code& error) override {
        if (size <= body_bytes_max_ - std::min<uint64_t>(body_.size(), body_bytes_max_)) return;
        refuse(413, "the body is too large", error);
    }
    size_t on_chunk_body_impl(uint64_t, string_view body, error_code&) override {
        body_.append(body.data(), body.size());
        return body.size();
    }
    void on_finish_impl(error_code&) override {}
    void on_response_impl(int, string_view, int, error_code&) override {}

    std::string& body_;
    uint64_t body_bytes_max_;
    std::array<bool, kSingle> seen_{};
    bool is_complete_ = false;
};

Connection::Connection(boost::asio::ip::tcp::socket socket, EventLoop& loop)
    : socket_(std::move(socket)), loop_(loop), scanner_(loop.limits()) {
    loop_.add(this);
    ++loop_.worker().all_metrics().connection_count;
}

Connection::~Connection() {
    uncharge();
    --loop_.worker().all_metrics().connection_count;
    loop_.remove(this);
}

void Connection::start() {
    error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    set_deadline(loop_.limits().idle_timeout_ms);
    read();
}

void Connection::set_deadline(int64_t after_ms) { deadline_ms_ = EventLoop::now_ms() + after_ms; }

void Connection::stop() {
    if (phase_ == Phase::head && is_waiting_ && !is_writing_) close();
}

void Connection::close() {
    if (phase_ == Phase::closed) return;
    phase_ = Phase::closed;
    error_code ignored;
    socket_.close(ignored);  // ends what is being read or written; then nobody holds this
}

void Connection::check_deadline(int64_t now_ms) {
    if (now_ms < deadline_ms_ || phase_ == Phase::closed) return;
    const bool is_slow_request = phase_ != Phase::lingering && !is_writing_ && !is_waiting_;
    if (!is_slow_request) return close();
    const auto self = shared_from_this();
    refuse(408, "the request took too long to come");
    run();
}

// Answers what can be answered, then waits for what comes next.
void Connection::run() {
    while (true) {
        while (!is_closing_ && out_.size() < kWriteBatchBytes && step()) {
        }
        if (out_.empty() && !is_closing_) break;
        if (!write()) return;
        if (is_closing_) return linger();
    }
    if (in_.is_empty()) in_.shrink(kKeptBytes);
    read();
}

void Connection::read() {
    if (is_reading_ || phase_ == Phase::closed) return;
    const size_t room = in_.make_room(kReadBytes);
    is_reading_ = true;
    socket_.async_read_some(boost::asio::buffer(in_.room(), room),
                            [self = shared_from_this()](const error_code& error, size_t size) {
                                self->is_reading_ = false;
                                if (error) return self->close();
                                self->on_read(size);
                            });
}

void Connection::on_read(size_t size) {
    if (phase_ == Phase::closed) return;
    if (phase_ == Phase::lingering) return read();  // over what came before
    in_.grow(size);
    if (!is_writing_) run();
}

bool Connection::write() {
    error_code error;
    while (written_ < out_.size()) {
        const auto rest = boost::asio::buffer(out_.data() + written_, out_.size() - written_);
        written_ += socket_.write_some(rest, error);
        if (!error) continue;
        if (error != boost::asio::error::would_block) {
            close();
            return false;
        }
        if (!is_writing_) set_deadline(loop_.limits().write_timeout_ms);
        is_writing_ = true;
        socket_.async_wait(boost::asio::ip::tcp::socket::wait_write,
                           [self = shared_from_this()](const error_code& failure) {
                               if (failure || self->phase_ == Phase::closed) return self->close();
                               self->run();
                           });
        return false;
    }
    if (is_writing_) set_deadline(loop_.limits().idle_timeout_ms);
    is_writing_ = false;
    written_ = 0;
    out_.clear();
    if (out_.capacity() > kKeptBytes) std::string().swap(out_);
    return true;
}

// The client may still be sending; closing now could take the answer from it.
void Connection::linger() {
    phase_ = Phase::lingering;
    error_code ignored;
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
    set_deadline(kLingerMs);
    in_.consume(in_.bytes().size());
    read();
}

// Goes one step with the bytes that are there; false when more of them are needed.
bool Connection::step() {
    switch (phase_) {
        case Phase::head:
            return read_head();
        case Phase::body:
            return read_body();
        case Phase::chunks:
            return read_chunks();
        default:
            return false;
    }
}

bool Connection::read_head() {
    if (in_.is_empty()) {
        if (loop_.is_stopping()) is_closing_ = true;
        return false;
    }
    if (is_waiting_) {
        is_waiting_ = false;
        set_deadline(loop_.limits().header_timeout_ms);
    }
    const size_t size = scanner_.scan(in_.bytes());
    if (scanner_.refusal().http != 0) {
        return refuse(scanner_.refusal().http, scanner_.refusal().why);
    }
    return size > 0 && take_head(size);
}

bool Connection::take_head(size_t size) {
    scanner_.clear();
    body_.clear();
    parser_ = std::make_unique<Parser>(body_, static_cast<uint64_t>(loop_.limits().body_bytes));
    error_code error;
    parser_->put(boost::asio::buffer(in_.bytes().data(), size), error);
    if (parser_->refusal.http != 0) return refuse(parser_->refusal.http, parser_->refusal.why);
    if (error == http::error::bad_version) return refuse(505, "only HTTP/1.0 and 1.1 are spoken");
    if (error || !parser_->is_header_done()) return refuse(400, "the head is not valid HTTP/1.1");

    HeadFacts& facts = parser_->facts;
    keeps_alive_ = parser_->keep_alive() && parser_->version == 11;
    content_length_ = static_cast<size_t>(parser_->content_length().value_or(0));
    facts.has_body = parser_->is_chunked || content_length_ > 0;
    if (facts.host.empty()) return refuse(400, "the request has no Host header");
    if (!facts.target.starts_with('/')) return refuse(400, "the path must start with '/'");
    if (parser_->is_chunked && parser_->version < 11) return refuse(400, "HTTP/1.0 has no chunks");
    const bool expects = lower_ascii(parser_->expect) == "100-continue";
    if (!parser_->expect.empty() && !expects) return refuse(417, "that expectation is not met");

    loop_.response().clear();
    route_ = admit(facts, loop_.worker(), request_, loop_.response());
    in_.consume(size);
    const bool is_all_here = !parser_->is_chunked && in_.bytes().size() >= content_length_;
    if (route_ == nullptr) {
        if (is_all_here) {
            in_.consume(content_length_);
        } else {
            keeps_alive_ = false;
        }
        respond(nullptr);
        return true;
    }
    if (content_length_ > static_cast<size_t>(loop_.limits().body_bytes)) {
        return refuse(413, "the body is too large");
    }
    if (expects && !is_all_here) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    return begin_body();
}

bool Connection::begin_body() {
    const bool is_all_here = in_.bytes().size() >= content_length_;
    set_deadline(loop_.limits().body_timeout_ms);
    chunk_bytes_ = 0;
    if (parser_->is_chunked) {
        parser_->eager(true);
        phase_ = Phase::chunks;
        return true;
    }
    phase_ = Phase::body;
    if (is_all_here || charge(content_length_)) return true;
    return refuse(503, "the server is full; try again");
}

bool Connection::read_body() {
    const std::string_view bytes = in_.bytes();
    if (bytes.size() < content_length_) return false;
    reply(*route_, bytes.substr(0, content_length_));
    in_.consume(content_length_);
    return true;
}

bool Connection::read_chunks() {
    const size_t limit = static_cast<size_t>(loop_.limits().body_bytes);
    const size_t before = body_.size();
    error_code error;
    size_t size = 0;
    if (!in_.is_empty()) {
        const std::string_view bytes = in_.bytes();
        size = parser_->put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    }
    if (error && error != http::error::need_more) {
        const Refusal& refusal = parser_->refusal;
        if (refusal.http != 0) return refuse(refusal.http, refusal.why);
        return refuse(400, "the chunks are not valid");
    }
    in_.consume(size);
    chunk_bytes_ += size;
    if (body_.size() > limit || chunk_bytes_ > kChunkOverhead * limit + kChunkLineBytes) {
        return refuse(413, "the body is too large");
    }
    if (parser_->is_done()) {
        const size_t body_size = body_.size();
        body_.append(kBodyPadding, '\0');
        reply(*route_, std::string_view(body_).substr(0, body_size));
        if (body_.capacity() > kKeptBytes) std::string().swap(body_);
        return true;
    }
    if (in_.bytes().size() > kChunkLineBytes) return refuse(400, "a chunk's head is too long");
    if (!charge(body_.size() - before)) return refuse(503, "the server is full; try again");
    return size > 0 && !in_.is_empty();
}

void Connection::reply(const Route& route, std::string_view body) {
    uncharge();
    request_.body = body;
    loop_.response().clear();
    answer(route, request_, loop_.worker(), loop_.response());
    respond(&route);
}

// Writes loop_.response() and turns to the next request.
void Connection::respond(const Route* route) {
    if (loop_.is_stopping()) keeps_alive_ = false;
    const Response& response = loop_.response();
    append_response(out_, response, {.keeps_alive = keeps_alive_, .date = loop_.date()});
    loop_.worker().metrics().add_request(route, response.http);
    is_closing_ = !keeps_alive_;
    is_waiting_ = true;
    phase_ = Phase::head;
    set_deadline(loop_.limits().idle_timeout_ms);
}

// For a request that is not to be read any further.
bool Connection::refuse(int status, std::string_view why) {
    uncharge();
    Response& response = loop_.response();
    response.clear();
    response.http = status;
    const ErrorForm form = route_ == nullptr ? ErrorForm::problem : route_->errors;
    write_error(form, Status(Code::invalid_argument, std::string(why)), response);
    keeps_alive_ = false;
    respond(route_);
    return true;
}

// Counts the bytes of a body against the limit of all bodies.
bool Connection::charge(size_t body_bytes) {
    auto& all = loop_.worker().all_metrics().body_bytes;
    const auto size = static_cast<int64_t>(body_bytes);
    charged_bytes_ += body_bytes;
    return all.fetch_add(size) + size <= loop_.limits().bodies_bytes;
}

void Connection::uncharge() {
    loop_.worker().all_metrics().body_bytes -= static_cast<int64_t>(charged_bytes_);
    charged_bytes_ = 0;
}

}  // namespace quern::serve
