// Collections of MongoDB, through libmongoc, which sets itself up when it is mapped: so it is
// apart.
#include <mongoc/mongoc.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/data/bson_lines.h"
#include "quern/data/connector.h"
#include "quern/data/mongo/mongodb.h"
#include "quern/data/spool.h"

namespace quern::data {
namespace {

struct MongoFree {
    void operator()(mongoc_uri_t* uri) const { mongoc_uri_destroy(uri); }
    void operator()(mongoc_client_t* client) const { mongoc_client_destroy(client); }
    void operator()(mongoc_collection_t* all) const { mongoc_collection_destroy(all); }
    void operator()(mongoc_database_t* all) const { mongoc_database_destroy(all); }
    void operator()(mongoc_cursor_t* cursor) const { mongoc_cursor_destroy(cursor); }
};
template <class T>
using Mongo = std::unique_ptr<T, MongoFree>;

// bson_t is aligned in a way that templates do not keep.
class Document {
public:
    explicit Document(bson_t* document = nullptr) : document_(document) {}
    Document(Document&& other) noexcept : document_(std::exchange(other.document_, nullptr)) {}
    Document& operator=(Document&& other) noexcept {
        std::swap(document_, other.document_);
        return *this;
    }
    ~Document() { bson_destroy(document_); }
    bson_t* get() const { return document_; }
    const bson_t& operator*() const { return *document_; }
    explicit operator bool() const { return document_ != nullptr; }

private:
    bson_t* document_;
};

void on_log(mongoc_log_level_t, const char*, const char*, void*) {}

Status fault_of(const bson_error_t& error, const std::string& doing) {
    Code code = Code::failed_precondition;
    const bool is_away =
        error.domain == MONGOC_ERROR_STREAM || error.domain == MONGOC_ERROR_SERVER_SELECTION;
    if (is_away) code = Code::unavailable;
    constexpr uint32_t kUnauthorized = 13, kAuthenticationFailed = 18;
    if (error.code == kUnauthorized) code = Code::permission_denied;
    const bool is_login =
        error.code == kAuthenticationFailed || error.code == MONGOC_ERROR_CLIENT_AUTHENTICATE;
    if (is_login) code = Code::unauthenticated;
    Status status(code, "MongoDB: " + doing + ": " + error.message);
    if (!is_login) return status;
    return std::move(status).hint("check the user in `url`, and `password`");
}

Result<Document> parse_json(const std::string& text, const std::string& what) {
    bson_error_t error;
    Document document(bson_new_from_json(reinterpret_cast<const uint8_t*>(text.data()),
                                         static_cast<ssize_t>(text.size()), &error));
    if (document) return document;
    return invalid_argument("'" + what + "' must be a JSON object: " + error.message);
}

class MongoConnection : public Connection {
public:
    MongoConnection(const ConnectRequest& request, MongoDb settings, Mongo<mongoc_client_t> client)
        : request_(request),
          folder_(request.folder),
          settings_(std::move(settings)),
          name_(settings_.database + "." + settings_.collection),
          client_(std::move(client)),
          collection_(mongoc_client_get_collection(client_.get(), settings_.database.c_str(),
                                                   settings_.collection.c_str())) {}

    Result<Pulled> pull(const std::string& position) override {
        if (!cursor_) {
            TRY(find_collection());
            TRY(begin(position));
        }
        if (!last_.empty()) TRY(remove_file(last_));
        const std::string file = "documents_" + std::to_string(batch_count_++) + ".ndjson";
        last_ = join_path(folder_, file);
        auto spool = TRY(Spool::create(last_));
        const bool has_more = TRY(read(spool));
        TRY(spool.close());
        Pulled pulled{.position = this->position(), .has_more = has_more};
        if (spool.row_count() == 0) return pulled;
        pulled.files = {file};
        pulled.format = "ndjson";
        pulled.is_spool = true;
        pulled.columns = lines_.columns();
        pulled.origin_of = [name = name_, before = count_ - spool.row_count()](int64_t line) {
            return RowOrigin{name, before + line};
        };
        return pulled;
    }

private:
    Status find_collection() {
        Mongo<mongoc_database_t> database(
            mongoc_client_get_database(client_.get(), settings_.database.c_str()));
        bson_error_t error;
        char** found =
            mongoc_database_get_collection_names_with_opts(database.get(), nullptr, &error);
        if (found == nullptr) return fault_of(error, settings_.database);
        std::vector<std::string> names;
        for (char** name = found; *name != nullptr; ++name) names.emplace_back(*name);
        bson_strfreev(found);
        const bool is_there = std::ranges::find(names, settings_.collection) != names.end();
        if (is_there) return {};
        return unknown_name("collection", settings_.collection, {names.begin(), names.end()});
    }

    Status begin(const std::string& position) {
        position_ = position;
        auto filter = TRY(parse_json(settings_.filter.empty() ? "{}" : settings_.filter, "filter"));
        Document options(bson_new());
        if (!settings_.projection.empty()) {
            const auto projection = TRY(parse_json(settings_.projection, "projection"));
            BSON_APPEND_DOCUMENT(options.get(), "projection", projection.get());
        }
        if (!settings_.since.empty()) {
            Document order(BCON_NEW(settings_.since.c_str(), BCON_INT32(1)));
            BSON_APPEND_DOCUMENT(options.get(), "sort", order.get());
            BSON_APPEND_BOOL(options.get(), "allowDiskUse", true);
            if (!position.empty()) filter = TRY(filter_since(*filter));
        }
        cursor_.reset(mongoc_collection_find_with_opts(collection_.get(), filter.get(),
                                                       options.get(), nullptr));
        return {};
    }

    // Ids are unique, so the last is not asked for again; equal values of another field may come
    // late, and are.
    Result<Document> filter_since(const bson_t& filter) const {
        const auto last = TRY(parse_json(position_, "position"));
        bson_iter_t value;
        if (!bson_iter_init_find(&value, last.get(), "v")) return corrupt("no position");
        Document bound(bson_new()), since(bson_new()), both(bson_new()), list(bson_new());
        bson_append_iter(bound.get(), settings_.since == "_id" ? "$gt" : "$gte", -1, &value);
        BSON_APPEND_DOCUMENT(since.get(), settings_.since.c_str(), bound.get());
        BSON_APPEND_DOCUMENT(list.get(), "0", &filter);
        BSON_APPEND_DOCUMENT(list.get(), "1", since.get());
        BSON_APPEND_ARRAY(both.get(), "$and", list.get());
        return both;
    }

    // True when there may be more.
    Result<bool> read(Spool& spool) {
        const bson_t* document = nullptr;
        while (spool.row_count() < settings_.batch_rows) {
            if (request_.cancel != nullptr && request_.cancel->load()) return cancelled("stopped");
            if (!mongoc_cursor_next(cursor_.get(), &document)) {
                bson_error_t error;
                if (mongoc_cursor_error(cursor_.get(), &error)) return fault_of(error, name_);
                return false;
            }
            lines_.append(*document, spool.line());
            TRY(spool.end_line());
            ++count_;
            if (!settings_.since.empty()) keep(*document);
        }
        return true;
    }

    void keep(const bson_t& document) {
        bson_iter_t fields, value;
        if (!bson_iter_init(&fields, &document)) return;
        if (!bson_iter_find_descendant(&fields, settings_.since.c_str(), &value)) return;
        last_value_ = Document(bson_new());
        bson_append_iter(last_value_.get(), "v", 1, &value);
    }

    std::string position() const {
        if (!last_value_) return position_;
        char* text = bson_as_canonical_extended_json(last_value_.get(), nullptr);
        std::string position = text == nullptr ? "" : text;
        bson_free(text);
        return position;
    }

    ConnectRequest request_;
    std::string folder_;
    MongoDb settings_;
    std::string name_;
    Mongo<mongoc_client_t> client_;
    Mongo<mongoc_collection_t> collection_;
    Mongo<mongoc_cursor_t> cursor_;
    BsonLines lines_;
    std::string position_, last_;
    Document last_value_;
    int64_t count_ = 0;
    int batch_count_ = 0;
};

Result<Mongo<mongoc_client_t>> open(const ConnectRequest& request, MongoDb& settings) {
    mongoc_init();
    mongoc_log_set_handler(on_log, nullptr);
    bson_error_t error;
    Mongo<mongoc_uri_t> uri(mongoc_uri_new_with_error(settings.url.c_str(), &error));
    if (!uri) return invalid_argument(std::string("'url': ") + error.message);
    if (mongoc_uri_get_password(uri.get()) != nullptr) {
        return invalid_argument("a password in 'url' would be written down")
            .hint("set `password: ${NAME}`");
    }
    if (!settings.password.empty()) {
        if (mongoc_uri_get_username(uri.get()) == nullptr) {
            return invalid_argument("a password needs a user in 'url'")
                .hint("mongodb://user@host/database");
        }
        mongoc_uri_set_password(uri.get(), settings.password.c_str());
    }
    if (settings.database.empty() && mongoc_uri_get_database(uri.get()) != nullptr) {
        settings.database = mongoc_uri_get_database(uri.get());
    }
    if (settings.database.empty()) return invalid_argument("mongodb needs a `database`");
    const auto limit_ms = static_cast<int32_t>(settings.timeout * 1000);
    for (const auto* option : {MONGOC_URI_SERVERSELECTIONTIMEOUTMS, MONGOC_URI_CONNECTTIMEOUTMS,
                               MONGOC_URI_SOCKETTIMEOUTMS}) {
        mongoc_uri_set_option_as_int32(uri.get(), option, limit_ms);
    }
    Mongo<mongoc_client_t> client(mongoc_client_new_from_uri(uri.get()));
    if (!client) return invalid_argument("'url' cannot be used").at(request.source.place.text());
    mongoc_client_set_appname(client.get(), "quern");
    return client;
}

Result<std::unique_ptr<Connection>> connect(const ConnectRequest& request) {
    auto settings = TRY(settings_of<MongoDb>(request));
    auto client = TRY(open(request, settings));
    return std::unique_ptr<Connection>(
        std::make_unique<MongoConnection>(request, std::move(settings), std::move(client)));
}

}  // namespace
}  // namespace quern::data

extern "C" void quern_data_mongo(const quern::data::ConnectRequest& request,
                                 quern::data::MongoConnected& out) {
    out = quern::data::connect(request);
}
