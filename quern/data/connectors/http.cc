// HTTP APIs: settings of the source, and what they mean for a pull.
#include <algorithm>
#include <array>

#include "quern/base/folder.h"
#include "quern/base/text.h"
#include "quern/data/connector.h"
#include "quern/data/http/pull.h"
#include "quern/data/secrets.h"
#include "quern/project/keys.h"

namespace quern::data {
namespace {

struct Http {
    std::string url, format, records, total, since, bearer, user, password, client_secret, ca_file;
    Tree params_map, headers, pages;
    std::optional<http::OAuth2> oauth2;
    double rate = 0;
    bool repeats = false;
    int64_t page_count_max = 1'000'000;
    http::Limits limits;
    static std::vector<Param> params();
};

std::vector<Param> Http::params() {
    const Shape texts = project::map_of(detail::plain_shape("string"));
    auto query = param("params", &Http::params_map, "Query parameters of each request.");
    query.shape = texts;
    auto headers = param("headers", &Http::headers, "Headers of each request.");
    headers.shape = texts;
    return {
        param("url", &Http::url, "Where to ask.").required(),
        std::move(query),
        std::move(headers),
        param("format", &Http::format, "Default: by the answer's content type, else json.")
            .one_of({"json", "ndjson", "csv"}),
        param("records", &Http::records,
              "Where an answer in JSON holds its records: data.items. Default: it is an array."),
        param("pages", &Http::pages,
              "How further pages are asked for: page, offset, cursor, link or next; default: there "
              "are none."),
        param("total", &Http::total,
              "Where an answer says how many records there are; it is held to that."),
        param("since", &Http::since,
              "Query parameter that takes the last value of the `cursor` column."),
        param("bearer", &Http::bearer, "Token that says who asks."),
        param("user", &Http::user, "Who asks, with `password`."),
        param("password", &Http::password, "Of the user."),
        param("oauth2", &Http::oauth2, "Client credentials that a token is fetched with."),
        param("client_secret", &Http::client_secret, "Of the client in `oauth2`."),
        param("rate", &Http::rate, "Requests a second at most; 0: as fast as answers come.")
            .in(0, 1000),
        param("ca_file", &Http::ca_file,
              "Certificates of the authorities to trust, instead of the system's."),
        param("repeats", &Http::repeats, "Whether pages may be equal."),
        param("page_count_max", &Http::page_count_max, "Of one pull.").at_least(1),
        param("limits", &Http::limits, "Of time, size and attempts."),
    };
}

// Words by which keys travel: what stands there must not be written down.
bool names_a_secret(std::string_view name) {
    constexpr std::array kWords = {"authorization", "api_key", "apikey",   "access_key", "token",
                                   "secret",        "cookie",  "password", "app_key",    "key"};
    std::string plain = lower_ascii(name);
    std::ranges::replace(plain, '-', '_');
    return std::ranges::any_of(kWords, [&](std::string_view word) {
        return plain == word || plain.ends_with("_" + std::string(word));
    });
}

Status refuse_written_secrets(const Tree& settings) {
    Status faults;
    for (const char* name : {"params", "headers"}) {
        const Tree* map = settings.find(name);
        if (map == nullptr || !map->is_map()) continue;
        for (const auto& [key, value, place] : map->entries) {
            if (!names_a_secret(key) || has_reference(value.text)) continue;
            faults.also(invalid_argument("'" + key + "' must not be written down here")
                            .at(place.text())
                            .hint("name where it is: `" + key +
                                  ": ${NAME}` of the environment, or "
                                  "`${file:/run/secrets/name}`"));
        }
    }
    return faults;
}

Result<http::Pairs> pairs_of(const Tree& map, const char* what) {
    http::Pairs pairs;
    if (map.is_null()) return pairs;
    const auto is_fine = [](const Tree::Entry& entry) {
        return entry.value.is_scalar() &&
               entry.value.text.find_first_of("\r\n") == std::string::npos &&
               entry.key.find_first_of("\r\n:") == std::string::npos;
    };
    if (!map.is_map() || !std::ranges::all_of(map.entries, is_fine)) {
        return invalid_argument(std::string("'") + what + "' must be a map from names to texts")
            .at(map.place.text());
    }
    for (const auto& entry : map.entries) pairs.emplace_back(entry.key, entry.value.text);
    return pairs;
}

http::BodyFormat format_of(const std::string& word) {
    if (word == "csv") return http::BodyFormat::csv;
    if (word == "ndjson") return http::BodyFormat::ndjson;
    return word == "json" ? http::BodyFormat::json : http::BodyFormat::automatic;
}

// What comes again must be told from what is new.
Status check_loading(const project::Source& source, const Http& settings) {
    const auto& loading = source.loading;
    const std::string place = source.origin->kind.place.text();
    if (!settings.since.empty() && !loading.cursor) {
        return invalid_argument(
                   "'since' takes the last value of the cursor column, and there is none")
            .at(place)
            .hint("name it: `cursor: updated_at`");
    }
    if (loading.mode == project::LoadMode::append && !loading.cursor) {
        return invalid_argument("with `load: append` each run would add all rows again")
            .at(place)
            .hint("add `cursor` and `since`, or use `load: upsert` with a `key`");
    }
    return {};
}

Result<http::PullSettings> pull_settings(const ConnectRequest& request, const Http& settings,
                                         const http::Url& url) {
    http::PullSettings pull{.url = url};
    pull.format = format_of(settings.format);
    if (!settings.records.empty()) {
        pull.records = TRY(http::JsonPath::parse(settings.records));
    }
    if (!settings.total.empty()) pull.total = TRY(http::JsonPath::parse(settings.total));
    if (!settings.pages.is_null()) pull.pager = TRY(http::make_pager(settings.pages));
    pull.since = settings.since;
    if (request.source.loading.cursor) {
        pull.cursor_column = request.source.loading.cursor->column.text;
        pull.start = request.source.loading.cursor->start;
        pull.overlap = request.source.loading.cursor->overlap;
    }
    if (!request.source.delimiter.empty()) pull.delimiter = request.source.delimiter;
    pull.allows_repeats = settings.repeats;
    pull.page_count_max = settings.page_count_max;
    pull.folder = request.folder;
    pull.is_sample = request.is_sample;
    return pull;
}

Result<std::unique_ptr<Connection>> connect(const ConnectRequest& request) {
    const auto settings = TRY(settings_of<Http>(request));
    TRY(refuse_written_secrets(request.source.origin->settings));
    TRY(check_loading(request.source, settings));
    const auto plain = TRY(http::Url::parse(settings.url));
    const auto parameters = TRY(pairs_of(settings.params_map, "params"));
    const auto url = plain.with(parameters);
    auto headers = TRY(pairs_of(settings.headers, "headers"));
    auto authentication =
        TRY(http::Authentication::create({.headers = std::move(headers),
                                          .bearer = settings.bearer,
                                          .user = settings.user,
                                          .password = settings.password,
                                          .oauth2 = settings.oauth2,
                                          .client_secret = settings.client_secret}));
    std::vector<http::Url> written = {url};
    if (authentication.token_url()) written.push_back(*authentication.token_url());
    auto secrets = request.secrets;
    for (auto& spelling : authentication.secrets()) secrets.push_back(std::move(spelling));
    http::ClientSettings asking{.egress = http::Egress(written, request.egress)};
    asking.home = url.origin();
    asking.secrets = secrets;
    if (!settings.ca_file.empty()) asking.ca_file = join_path(request.root, settings.ca_file);
    asking.requests_per_second = settings.rate;
    asking.limits = settings.limits;
    asking.cancel = request.cancel;
    auto client = TRY(http::Client::create(std::move(asking)));
    auto pulling = TRY(pull_settings(request, settings, url));
    return std::unique_ptr<Connection>(
        std::make_unique<http::Pull>(request.session, std::move(client), std::move(authentication),
                                     std::move(secrets), std::move(pulling)));
}

QUERN_REGISTER(Connector)
({
    .name = "http",
    .summary = "Records of an HTTP API in JSON or CSV, page by page.",
    .example = "http:\n"
               "  url: https://api.example/v1/orders\n"
               "  bearer: \"${SHOP_TOKEN}\"\n"
               "  records: data\n"
               "  pages: {cursor: meta.next_cursor}\n"
               "  since: updated_since\n"
               "load: upsert\n"
               "key: order_id\n"
               "cursor: updated_at\n",
    .params = Http::params(),
    .short_for = "url",
    .secrets = {"bearer", "password", "client_secret"},
    .identity = {"url", "params", "format", "records", "pages", "since"},
    .connect = connect,
});

}  // namespace
}  // namespace quern::data
