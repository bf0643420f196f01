// Redis: hashes, sorted sets, lists, sets and texts by a pattern of their keys; streams.
#include <hiredis/hiredis.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/json.h"
#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/data/connector.h"
#include "quern/data/spool.h"
#include "quern/frame/value_text.h"

namespace quern::data {
namespace {

constexpr int kAtOnce = 1000;
constexpr int64_t kKeysMax = 50'000'000;  // remembered, as a scan may tell a key twice

struct Redis {
    std::string url, password, keys, type = "hash", stream, prefix = "_";
    std::optional<std::string> group;
    int64_t batch_rows = 500'000, timeout = 30;

    static std::vector<Param> params() {
        return {
            param("url", &Redis::url, "`redis://user@host:6379/0`.").required(),
            param("password", &Redis::password, "Of the user."),
            param("keys", &Redis::keys, "Pattern of the keys to read: `customer:*`."),
            param("type", &Redis::type, "Of what these keys hold; keys of another are left out.")
                .one_of({"hash", "sorted_set", "list", "set", "text"}),
            param("stream", &Redis::stream, "Instead of keys: the stream to read."),
            param("group", &Redis::group,
                  "Consumer group of the stream that is told how far it has landed; '' for none. "
                  "Default: `quern-` and the source's name."),
            param("prefix", &Redis::prefix, "Before the names of columns that are no fields."),
            param("batch_rows", &Redis::batch_rows, "Rows that land together.").in(1, 1e8),
            param("timeout", &Redis::timeout, "Seconds to wait for an answer.").in(1, 3600),
        };
    }
};

struct Address {
    std::string host, user, database = "0";
    int port = 6379;

    static Result<Address> parse(std::string_view url) {
        const Status wrong = invalid_argument("'url' must be like redis://user@host:6379/0");
        if (url.starts_with("rediss:")) {
            return unimplemented("TLS to Redis is not there")
                .hint("let a tunnel such as stunnel on this machine speak it");
        }
        constexpr std::string_view kScheme = "redis://";
        if (!url.starts_with(kScheme)) return wrong;
        url.remove_prefix(kScheme.size());
        Address address;
        if (const size_t at = url.rfind('@'); at != std::string_view::npos) {
            address.user = url.substr(0, at);
            url.remove_prefix(at + 1);
            if (address.user.find(':') != std::string::npos) {
                return invalid_argument("a password in 'url' would be written down")
                    .hint("set `password: ${NAME}`");
            }
        }
        if (const size_t slash = url.find('/'); slash != std::string_view::npos) {
            if (slash + 1 < url.size()) address.database = url.substr(slash + 1);
            url = url.substr(0, slash);
        }
        if (const size_t colon = url.rfind(':'); colon != std::string_view::npos) {
            const auto port = url.substr(colon + 1);
            const auto end = port.data() + port.size();
            if (std::from_chars(port.data(), end, address.port).ptr != end) return wrong;
            url = url.substr(0, colon);
        }
        address.host = url;
        return address.host.empty() ? Result<Address>(wrong) : address;
    }
};

struct ReplyFree {
    void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, ReplyFree>;

std::string_view text_of(const redisReply& reply) { return {reply.str, reply.len}; }

class Client {
public:
    static Result<Client> connect(const Redis& redis) {
        const auto address = TRY(Address::parse(redis.url));
        const timeval limit{.tv_sec = redis.timeout, .tv_usec = 0};
        Client client;
        client.name_ = "Redis at " + address.host + ":" + std::to_string(address.port);
        client.context_.reset(redisConnectWithTimeout(address.host.c_str(), address.port, limit));
        if (!client.context_ || client.context_->err != 0) return client.broken();
        redisSetTimeout(client.context_.get(), limit);
        std::vector<std::string> login = {"AUTH"};
        if (!address.user.empty()) login.push_back(address.user);
        login.push_back(redis.password);
        if (!redis.password.empty()) TRY(client.call(login));
        TRY(client.call({"SELECT", address.database}));
        return client;
    }

    Status send(const std::vector<std::string>& words) {
        std::vector<const char*> starts;
        std::vector<size_t> sizes;
        for (const auto& word : words) {
            starts.push_back(word.data());
            sizes.push_back(word.size());
        }
        const int sent = redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()),
                                                starts.data(), sizes.data());
        return sent == REDIS_OK ? Status() : broken();
    }

    // An error of the server is a reply too.
    Result<Reply> receive() {
        void* reply = nullptr;
        if (redisGetReply(context_.get(), &reply) != REDIS_OK) return broken();
        return Reply(static_cast<redisReply*>(reply));
    }

    Result<Reply> call(const std::vector<std::string>& words) {
        TRY(send(words));
        auto reply = TRY(receive());
        if (reply->type == REDIS_REPLY_ERROR) return refusal(*reply, words[0]);
        return reply;
    }

    Status refusal(const redisReply& reply, const std::string& command) const {
        const auto text = text_of(reply);
        const auto is = [&](std::string_view word) { return text.starts_with(word); };
        Code code = Code::failed_precondition;
        if (is("NOAUTH") || is("WRONGPASS")) code = Code::unauthenticated;
        if (is("NOPERM")) code = Code::permission_denied;
        if (is("LOADING") || is("BUSY") || is("TRYAGAIN")) code = Code::unavailable;
        Status status(code, name_ + ": " + command + ": " + std::string(text));
        if (code != Code::unauthenticated) return status;
        return std::move(status).hint("check the user in `url`, and `password`");
    }

private:
    struct ContextFree {
        void operator()(redisContext* context) const { redisFree(context); }
    };

    Status broken() const {
        const std::string reason = context_ ? context_->errstr : "no memory";
        return unavailable(name_ + ": " + reason);
    }

    std::string name_;
    std::unique_ptr<redisContext, ContextFree> context_;
};

void add_field(std::string& line, std::string_view name, std::string_view text) {
    if (!line.ends_with('{')) line += ',';
    append_json_text(line, name);
    line += ':';
    append_json_scalar(line, text);
}

void add_text(std::string& line, std::string_view name, std::string_view text) {
    if (!line.ends_with('{')) line += ',';
    append_json_text(line, name);
    line += ':';
    append_json_text(line, text);
}

// How what is behind a key of one type is read and becomes rows.
struct KeyType {
    std::string_view name, redis_name;
    std::vector<std::string> (*ask)(const std::string& key);
    bool is_pairs, is_one_row;
    std::string_view first, second;  // columns of a row that is one element
};
const KeyType kKeyTypes[] = {
    {"hash", "hash", [](const auto& key) { return std::vector<std::string>{"HGETALL", key}; }, true,
     true, "", ""},
    {"sorted_set", "zset",
     [](const auto& key) {
         return std::vector<std::string>{"ZRANGE", key, "0", "-1", "WITHSCORES"};
     },
     true, false, "member", "score"},
    {"list", "list",
     [](const auto& key) { return std::vector<std::string>{"LRANGE", key, "0", "-1"}; }, false,
     false, "value", "position"},
    {"set", "set", [](const auto& key) { return std::vector<std::string>{"SMEMBERS", key}; }, false,
     false, "member", ""},
    {"text", "string", [](const auto& key) { return std::vector<std::string>{"GET", key}; }, false,
     false, "value", ""},
};

// What both kinds of reading share: files, and where a line of them comes from.
class RedisConnection : public Connection {
public:
    RedisConnection(const ConnectRequest& request, Redis redis, Client client)
        : request_(request), redis_(std::move(redis)), client_(std::move(client)) {}

protected:
    Result<Spool> new_spool() {
        if (!last_.empty()) TRY(remove_file(last_));
        name_ = "rows_" + std::to_string(batch_count_++) + ".ndjson";
        last_ = join_path(folder_, name_);
        origins_.clear();
        return Spool::create(last_);
    }

    Pulled pulled(const Spool& spool, std::string position, bool has_more) const {
        Pulled pulled{.position = std::move(position), .has_more = has_more};
        if (spool.row_count() == 0) return pulled;
        pulled.files = {name_};
        pulled.format = "ndjson";
        pulled.is_spool = true;
        pulled.columns = types_;
        pulled.origin_of = [this](int64_t line) {
            return RowOrigin{origins_[static_cast<size_t>(line - 1)], line};
        };
        return pulled;
    }

    Status cancelled_or_ok() const {
        return request_.cancel != nullptr && request_.cancel->load() ? cancelled("stopped")
                                                                     : Status();
    }

    std::string column(std::string_view name) const { return redis_.prefix + std::string(name); }

    ConnectRequest request_;
    std::string folder_ = request_.folder;
    Redis redis_;
    Client client_;
    std::vector<std::string> origins_;
    frame::Schema types_;

private:
    std::string name_, last_;
    int batch_count_ = 0;
};

class KeysConnection : public RedisConnection {
public:
    KeysConnection(const ConnectRequest& request, Redis redis, Client client)
        : RedisConnection(request, std::move(redis), std::move(client)),
          type_(*std::ranges::find(kKeyTypes, redis_.type, &KeyType::name)) {
        types_ = {{column("key"), {.id = frame::TypeId::varchar}}};
        if (type_.name == "sorted_set") types_.push_back({"score", {.id = frame::TypeId::float64}});
    }

    // One scan from its start, whatever landed before: keys have no order to go on from.
    Result<Pulled> pull(const std::string&) override {
        auto spool = TRY(new_spool());
        while (!is_done_ && spool.row_count() < redis_.batch_rows) {
            TRY(cancelled_or_ok());
            const auto reply =
                TRY(client_.call({"SCAN", cursor_, "MATCH", redis_.keys, "COUNT",
                                  std::to_string(kAtOnce), "TYPE", std::string(type_.redis_name)}));
            if (reply->elements != 2) return corrupt("Redis: an odd answer to SCAN");
            cursor_ = text_of(*reply->element[0]);
            is_done_ = cursor_ == "0";
            TRY(read(*reply->element[1], spool));
        }
        TRY(spool.close());
        return pulled(spool, "", !is_done_);
    }

private:
    Status read(const redisReply& found, Spool& spool) {
        std::vector<std::string> keys;
        for (size_t i = 0; i < found.elements; ++i) {
            std::string key(text_of(*found.element[i]));
            if (seen_.insert(key).second) keys.push_back(std::move(key));
        }
        if (static_cast<int64_t>(seen_.size()) > kKeysMax) {
            return resource_exhausted("more than " + with_thousands(kKeysMax) + " keys match");
        }
        for (const auto& key : keys) TRY(client_.send(type_.ask(key)));
        Status status;  // all replies are taken, else the next question gets them
        for (const auto& key : keys) {
            const auto reply = TRY(client_.receive());
            if (status.ok()) status = write(key, *reply, spool);
        }
        return status;
    }

    Status write(const std::string& key, const redisReply& reply, Spool& spool) {
        if (reply.type == REDIS_REPLY_ERROR) {
            // Made anew as something else since the scan saw it.
            if (text_of(reply).starts_with("WRONGTYPE")) return {};
            return client_.refusal(reply, type_.ask(key)[0]);
        }
        if (reply.type == REDIS_REPLY_NIL) return {};  // gone since
        if (reply.type != REDIS_REPLY_ARRAY) {
            begin(key, spool);
            add_field(spool.line(), type_.first, text_of(reply));
            return end(spool);
        }
        if (reply.elements == 0) return {};
        if (type_.is_one_row) begin(key, spool);
        const size_t step = type_.is_pairs ? 2 : 1;
        for (size_t i = 0; i + step <= reply.elements; i += step) {
            const auto first = text_of(*reply.element[i]);
            if (type_.is_one_row) {
                add_field(spool.line(), first, text_of(*reply.element[i + 1]));
                continue;
            }
            begin(key, spool);
            add_field(spool.line(), type_.first, first);
            if (type_.is_pairs) {
                add_field(spool.line(), type_.second, text_of(*reply.element[i + 1]));
            } else if (!type_.second.empty()) {
                add_field(spool.line(), type_.second, std::to_string(i));
            }
            TRY(end(spool));
        }
        return type_.is_one_row ? end(spool) : Status();
    }

    void begin(const std::string& key, Spool& spool) {
        origins_.push_back(printable_key(key));
        spool.line() += '{';
        add_text(spool.line(), column("key"), key);
    }

    static Status end(Spool& spool) {
        spool.line() += '}';
        return spool.end_line();
    }

    static std::string printable_key(const std::string& key) {
        std::string text;
        append_json_text(text, key);
        return text.substr(1, text.size() - 2);
    }

    const KeyType& type_;
    std::string cursor_ = "0";
    bool is_done_ = false;
    std::unordered_set<std::string> seen_;
};

struct StreamId {
    uint64_t ms = 0, number = 0;
    auto operator<=>(const StreamId&) const = default;

    static StreamId parse(std::string_view text) {
        StreamId id;
        const char* end = text.data() + text.size();
        const char* dash = std::from_chars(text.data(), end, id.ms).ptr;
        if (dash != end) std::from_chars(dash + 1, end, id.number);
        return id;
    }
};

class StreamConnection : public RedisConnection {
public:
    StreamConnection(const ConnectRequest& request, Redis redis, Client client)
        : RedisConnection(request, std::move(redis), std::move(client)) {
        types_ = {{column("id"), {.id = frame::TypeId::varchar}},
                  {column("time"), frame::type_from_sql("TIMESTAMP WITH TIME ZONE")}};
    }

    // Plain reads from the id that has landed, up to the last one at the start. As a reader of the
    // group Redis would keep a list of its own of what is not acknowledged; the journal is enough.
    Result<Pulled> pull(const std::string& position) override {
        if (!is_begun_) TRY(begin(position));
        is_begun_ = true;
        auto spool = TRY(new_spool());
        bool has_more = StreamId::parse(position_) < end_;
        while (has_more && spool.row_count() < redis_.batch_rows) {
            TRY(cancelled_or_ok());
            const std::string from = position_.empty() ? "-" : "(" + position_;
            const auto reply = TRY(client_.call(
                {"XRANGE", redis_.stream, from, "+", "COUNT", std::to_string(kAtOnce)}));
            for (size_t i = 0; i < reply->elements; ++i) TRY(write(*reply->element[i], spool));
            has_more = reply->elements == kAtOnce && StreamId::parse(position_) < end_;
        }
        TRY(spool.close());
        return pulled(spool, position_, has_more);
    }

    Status landed(const std::string& position) override {
        if (redis_.group->empty() || position.empty()) return {};
        TRY(client_.send({"XGROUP", "CREATE", redis_.stream, *redis_.group, position}));
        const auto made = TRY(client_.receive());
        const bool is_there =
            made->type == REDIS_REPLY_ERROR && text_of(*made).starts_with("BUSYGROUP");
        if (is_there)
            return client_.call({"XGROUP", "SETID", redis_.stream, *redis_.group, position})
                .status();
        if (made->type != REDIS_REPLY_ERROR) return {};
        return client_.refusal(*made, "XGROUP").hint("`group: ''` tells no group");
    }

private:
    Status begin(const std::string& position) {
        position_ = position;
        const auto kind = TRY(client_.call({"TYPE", redis_.stream}));
        if (text_of(*kind) == "none") return unknown();
        if (text_of(*kind) != "stream") {
            return invalid_argument("'" + redis_.stream + "' is no stream but a " +
                                    std::string(text_of(*kind)))
                .hint("read it with `keys` and `type`");
        }
        const auto facts = TRY(client_.call({"XINFO", "STREAM", redis_.stream}));
        for (size_t i = 0; i + 1 < facts->elements; i += 2) {
            if (text_of(*facts->element[i]) == "last-generated-id") {
                end_ = StreamId::parse(text_of(*facts->element[i + 1]));
            }
        }
        if (end_ < StreamId::parse(position_)) {
            return failed_precondition("stream '" + redis_.stream + "' ends before " + position_ +
                                       ", up to which it was read: it was made anew")
                .hint("to load it from its start, run with --reload");
        }
        return {};
    }

    Status unknown() {
        std::vector<std::string> names;
        std::string cursor = "0";
        do {
            const auto reply = TRY(
                client_.call({"SCAN", cursor, "COUNT", std::to_string(kAtOnce), "TYPE", "stream"}));
            cursor = text_of(*reply->element[0]);
            const auto& found = *reply->element[1];
            for (size_t i = 0; i < found.elements; ++i) {
                names.emplace_back(text_of(*found.element[i]));
            }
        } while (cursor != "0" && names.size() < kAtOnce);
        return unknown_name("stream", redis_.stream, {names.begin(), names.end()});
    }

    Status write(const redisReply& entry, Spool& spool) {
        if (entry.elements != 2) return corrupt("Redis: an odd answer to XRANGE");
        const std::string id(text_of(*entry.element[0]));
        const auto& fields = *entry.element[1];
        const auto ms = static_cast<int64_t>(StreamId::parse(id).ms);
        origins_.push_back(redis_.stream + "[" + id + "]");
        std::string& line = spool.line();
        line += '{';
        add_text(line, column("id"), id);
        add_text(line, column("time"), frame::timestamptz_text(ms * 1000));
        for (size_t i = 0; i + 1 < fields.elements; i += 2) {
            add_field(line, text_of(*fields.element[i]), text_of(*fields.element[i + 1]));
        }
        line += '}';
        position_ = id;
        return spool.end_line();
    }

    bool is_begun_ = false;
    std::string position_;
    StreamId end_;
};

Result<std::unique_ptr<Connection>> connect(const ConnectRequest& request) {
    auto redis = TRY(settings_of<Redis>(request));
    if (redis.keys.empty() == redis.stream.empty()) {
        return invalid_argument("redis needs either `keys` or a `stream`");
    }
    if (redis.stream.empty() && request.source.loading.mode == project::LoadMode::append) {
        return invalid_argument("keys are read as a whole each time, so they cannot be appended")
            .hint("use `load: full`, or `load: upsert` with `key: " + redis.prefix + "key`");
    }
    if (!redis.group) redis.group = "quern-" + request.source.name;
    auto client = TRY(Client::connect(redis));
    if (redis.stream.empty()) {
        return std::unique_ptr<Connection>(
            std::make_unique<KeysConnection>(request, std::move(redis), std::move(client)));
    }
    return std::unique_ptr<Connection>(
        std::make_unique<StreamConnection>(request, std::move(redis), std::move(client)));
}

QUERN_REGISTER(Connector)
({
    .name = "redis",
    .summary = "Redis: hashes, sorted sets, lists, sets and texts by a pattern of their keys, and "
               "streams, which are loaded exactly once.",
    .example = "redis: {url: \"redis://reader@cache.example:6379/0\", password: "
               "\"${REDIS_PASSWORD}\", stream: clicks}\nload: append\n",
    .params = Redis::params(),
    .short_for = "url",
    .secrets = {"password"},
    .identity = {"keys", "type", "stream", "prefix"},
    .connect = connect,
});

}  // namespace
}  // namespace quern::data
