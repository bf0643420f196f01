// Objects of S3 and of servers that speak its protocol, through DuckDB's httpfs: each is brought
// here once and then read as a file of the project would be.
#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/hash.h"
#include "quern/base/text.h"
#include "quern/data/connector.h"
#include "quern/data/rows.h"
#include "quern/data/source_format.h"
#include "quern/sql/extension.h"
#include "quern/sql/session.h"

namespace quern::data {
namespace {

// Of one batch: objects beyond these wait for the next.
constexpr size_t kObjectsAtATime = 200;
constexpr int64_t kBytesAtATime = 1 << 30;
constexpr size_t kObjectsMax = 200'000;

struct S3 {
    std::string url, region = "us-east-1", endpoint, url_style = "vhost", key, secret, token;
    bool use_ssl = true;
    int64_t object_bytes_max = int64_t{2} << 30;
    static std::vector<Param> params() {
        return {
            param("url", &S3::url, "Such as s3://bucket/folder/*.csv; ** is any folders.")
                .required(),
            param("region", &S3::region, "Where the bucket is."),
            param("endpoint", &S3::endpoint, "Host and port of another server than Amazon's."),
            param("url_style", &S3::url_style, "Whether the bucket is in the host or in the path.")
                .one_of({"vhost", "path"}),
            param("use_ssl", &S3::use_ssl, "Whether the server is asked over TLS."),
            param("key", &S3::key, "Id of the access key; without it only public objects."),
            param("secret", &S3::secret, "The secret access key."),
            param("token", &S3::token, "Of a session, where keys are given for a while."),
            param("object_bytes_max", &S3::object_bytes_max, "Larger objects are refused.")
                .in(1, int64_t{4} << 30),
        };
    }
};

struct Object {
    std::string name;  // s3://bucket/key
    int64_t size_bytes = 0;
    std::string mark;  // of this version of it
};

Status at_url(Status status, const project::Source& source) {
    return std::move(status).at(source.origin->kind.place.text());
}

// Where an object lies in the folder: below its bucket, with names that lead nowhere else.
std::string local_name(std::string_view name) {
    constexpr size_t kNameBytesMax = 200;
    name.remove_prefix(std::string_view("s3://").size());
    std::string local;
    while (true) {
        const size_t slash = std::min(name.find('/'), name.size());
        std::string part(name.substr(0, slash));
        std::erase_if(part, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
        if (part.empty() || part.front() == '.') part.insert(0, 1, '_');
        // What tells names apart is kept, and the ending, which tells the format.
        if (part.size() > kNameBytesMax) {
            part = sha256_hex(part).substr(0, 16) + part.substr(part.size() - 100);
        }
        local += (local.empty() ? "" : "/") + part;
        if (slash == name.size()) return local;
        name.remove_prefix(slash + 1);
    }
}

class S3Connection : public Connection {
public:
    S3Connection(const ConnectRequest& request, S3 s3)
        : session_(request.session),
          source_(request.source),
          folder_(request.folder),
          s3_(std::move(s3)) {}

    Result<Pulled> pull(const std::string& position) override {
        for (const auto& file : here_) TRY(remove_file(join_path(folder_, file)));
        here_.clear();
        std::set<std::string> seen = seen_in(position);
        if (!is_listed_) TRY(list());
        Pulled pulled{.format = source_.format};
        int64_t size_bytes = 0;
        for (const Object& object : objects_) {
            if (seen.contains(object.mark)) continue;
            if (here_.size() == kObjectsAtATime || size_bytes > kBytesAtATime) {
                pulled.has_more = true;
                break;
            }
            TRY(bring(object));
            size_bytes += object.size_bytes;
            seen.insert(object.mark);
        }
        for (const auto& file : here_) pulled.files.push_back(literal_pattern(file));
        pulled.position = nlohmann::json(seen).dump();
        return pulled;
    }

private:
    static std::set<std::string> seen_in(const std::string& position) {
        const auto json = nlohmann::json::parse(position, nullptr, /*allow_exceptions=*/false);
        std::set<std::string> seen;
        if (!json.is_array()) return seen;
        for (const auto& mark : json) {
            if (mark.is_string()) seen.insert(mark.get<std::string>());
        }
        return seen;
    }

    Status list() {
        const auto rows = text_rows(
            session_, "select filename, size::varchar, last_modified::varchar from read_blob(" +
                          quote_literal(s3_.url) + ") order by filename limit " +
                          std::to_string(kObjectsMax + 1));
        if (!rows.ok()) return explained(rows.status());
        if (rows->size() > kObjectsMax) {
            return at_url(resource_exhausted("more than " + with_thousands(kObjectsMax) +
                                             " objects match " + s3_.url),
                          source_);
        }
        for (const auto& row : *rows) {
            if (row[0].ends_with('/')) continue;  // stands for a folder
            Object object{.name = row[0], .size_bytes = std::stoll(row[1])};
            object.mark = sha256_hex(row[0] + "\n" + row[1] + "\n" + row[2]).substr(0, 16);
            objects_.push_back(std::move(object));
        }
        is_listed_ = true;
        // From here on names are names: [1] and ? in them are letters like others.
        TRY(session_.execute("set s3_url_compatibility_mode = true"));
        if (!objects_.empty()) return {};
        return at_url(not_found("no object matches " + s3_.url), source_)
            .hint("names are told apart by case; ** stands for folders in between");
    }

    Status bring(const Object& object) {
        if (object.size_bytes > s3_.object_bytes_max) {
            return at_url(resource_exhausted(object.name + " has " +
                                             size_text(static_cast<uint64_t>(object.size_bytes))),
                          source_)
                .hint("raise `object_bytes_max`, at most to 4 GB, or split it");
        }
        std::string file = local_name(object.name);
        if (std::ranges::find(here_, file) != here_.end()) file = object.mark + "/" + file;
        const std::string path = join_path(folder_, file);
        TRY(make_folders(folder_of(path)));
        const Status status =
            session_.execute("copy (select content from read_blob(" + quote_literal(object.name) +
                             ")) to " + quote_literal(path) + " (format blob, compression none)");
        if (!status.ok()) return explained(status);
        if (TRY(file_facts(path)).size_bytes != static_cast<uint64_t>(object.size_bytes)) {
            return at_url(unavailable(object.name + " changed while it was read"), source_)
                .hint("run again");
        }
        here_.push_back(file);
        return {};
    }

    // DuckDB's words go on for lines; what helps is which of the few things went wrong.
    Status explained(const Status& status) const {
        const std::string words(status.message());
        const auto has = [&](std::string_view word) { return words.find(word) != words.npos; };
        if (has("HTTP 403") || has("HTTP 401")) {
            return at_url(permission_denied("the server refuses " + s3_.url), source_)
                .hint(s3_.key.empty() ? "it is not public: name `key` and `secret`"
                                      : "check `key`, `secret`, `region`, and what they may read");
        }
        if (has("HTTP 404")) {
            return at_url(not_found("there is no " + s3_.url), source_)
                .hint("check the bucket, `region` and `endpoint`");
        }
        if (has("HTTP 301") || has("HTTP 400")) {
            return at_url(failed_precondition("the server does not take " + s3_.url), source_)
                .hint("check `region` and `url_style`");
        }
        if (has("Could not connect") || has("Could not establish") || has("resolve")) {
            return at_url(unavailable("the server of " + s3_.url + " cannot be reached"), source_)
                .hint("check `endpoint` and `use_ssl`");
        }
        return at_url(Status(status.code(), words.substr(0, words.find('\n'))), source_);
    }

    sql::Session& session_;
    const project::Source& source_;
    std::string folder_;
    S3 s3_;
    bool is_listed_ = false;
    std::vector<Object> objects_;
    std::vector<std::string> here_;  // brought for the batch that was pulled last
};

Result<std::unique_ptr<Connection>> connect(const ConnectRequest& request) {
    auto s3 = TRY(settings_of<S3>(request));
    const bool is_bucket = s3.url.starts_with("s3://") && s3.url.size() > 5 && s3.url[5] != '/';
    if (!is_bucket || s3.url.find_first_of("?#\n") != std::string::npos) {
        return at_url(invalid_argument("'" + s3.url + "' is no address of objects"), request.source)
            .hint("such as s3://bucket/folder/*.csv; settings stand beside it, not in it");
    }
    if (s3.key.empty() != s3.secret.empty()) {
        return at_url(invalid_argument("`key` and `secret` belong together"), request.source);
    }
    TRY(sql::load_extension(request.session, "httpfs"));
    std::string sql = "create temporary secret origin (type s3, region " +
                      quote_literal(s3.region) + ", url_style " + quote_literal(s3.url_style) +
                      ", use_ssl " + (s3.use_ssl ? "true" : "false");
    const auto add = [&](std::string_view name, const std::string& value) {
        if (!value.empty()) sql += ", " + std::string(name) + " " + quote_literal(value);
    };
    add("endpoint", s3.endpoint);
    add("key_id", s3.key);
    add("secret", s3.secret);
    add("session_token", s3.token);
    TRY(request.session.execute(sql + ")"));
    return std::unique_ptr<Connection>(std::make_unique<S3Connection>(request, std::move(s3)));
}

QUERN_REGISTER(Connector)
({
    .name = "s3",
    .summary = "Files in a bucket of S3, or of a server that speaks its protocol. All but `load: "
               "full` read each version of an object once.",
    .example = "s3: {url: \"s3://shop/orders/*.csv.gz\", region: eu-central-1, key: "
               "\"${AWS_ACCESS_KEY_ID}\", secret: \"${AWS_SECRET_ACCESS_KEY}\"}\nload: append\n",
    .params = S3::params(),
    .short_for = "url",
    .secrets = {"secret", "token"},
    .identity = {"url", "endpoint"},
    .connect = connect,
});

}  // namespace
}  // namespace quern::data
