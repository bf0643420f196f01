#include "quern/data/http/authentication.h"

#include <charconv>

#include "quern/base/clock.h"
#include "quern/data/http/json_page.h"

namespace quern::data::http {
namespace {

constexpr double kTokenLifeS = 300, kTokenSpareS = 30;

std::string basic(const std::string& user, const std::string& password) {
    return base64(user + ":" + password);
}

}  // namespace

std::vector<Param> OAuth2::params() {
    Param where = param("credentials_in", &OAuth2::is_in_body,
                        "Where the client's id and secret go: header (basic) or body.");
    where.shape = detail::Typed<std::string>::shape();
    where.shape.choices = {"header", "body"};
    where.default_text = "header";
    where.read = [](void* object, const Tree& value, const Param& self) -> Status {
        std::string word;
        TRY(detail::read_value(value, self.shape, self.name, word));
        static_cast<OAuth2*>(object)->is_in_body = word == "body";
        return {};
    };
    return {
        param("token_url", &OAuth2::token_url, "Where tokens are fetched.").required(),
        param("client_id", &OAuth2::client_id, "Who asks for one.").required(),
        param("scope", &OAuth2::scope, "What it should allow, parted by blanks."),
        param("audience", &OAuth2::audience, "Whom it is for, where the server asks for that."),
        std::move(where),
    };
}

Result<Authentication> Authentication::create(Credentials credentials) {
    const int count =
        !credentials.bearer.empty() + !credentials.user.empty() + credentials.oauth2.has_value();
    if (count > 1) {
        return invalid_argument("more than one way to say who asks")
            .hint("keep one of `bearer`, `user` with `password`, and `oauth2`");
    }
    Authentication authentication;
    if (credentials.oauth2) {
        authentication.token_url_ = TRY(Url::parse(credentials.oauth2->token_url));
    }
    authentication.credentials_ = std::move(credentials);
    return authentication;
}

std::vector<std::string> Authentication::secrets() const {
    std::vector<std::string> secrets;
    if (!credentials_.password.empty()) {
        secrets.push_back(basic(credentials_.user, credentials_.password));
    }
    if (!credentials_.client_secret.empty()) {
        secrets.push_back(
            basic(percent_encoded(credentials_.oauth2 ? credentials_.oauth2->client_id : ""),
                  percent_encoded(credentials_.client_secret)));
    }
    return secrets;
}

Status Authentication::fetch_token(Client& client) {
    const OAuth2& oauth2 = *credentials_.oauth2;
    Pairs form = {{"grant_type", "client_credentials"}};
    if (!oauth2.scope.empty()) form.emplace_back("scope", oauth2.scope);
    if (!oauth2.audience.empty()) form.emplace_back("audience", oauth2.audience);
    Request request{.url = *token_url_,
                    .method = "POST",
                    .headers = {{"Accept", "application/json"},
                                {"Content-Type", "application/x-www-form-urlencoded"}}};
    if (oauth2.is_in_body) {
        form.emplace_back("client_id", oauth2.client_id);
        form.emplace_back("client_secret", credentials_.client_secret);
    } else {
        request.headers.emplace_back("Authorization",
                                     "Basic " + basic(percent_encoded(oauth2.client_id),
                                                      percent_encoded(credentials_.client_secret)));
    }
    request.body = form_text(form);
    const auto answer = TRY(client.send(std::move(request)));
    const Status none = corrupt("the server at `token_url` gave no access_token");
    const auto page = JsonPage::parse(answer.body);
    if (!page.ok()) return none;
    const auto read = [&](const char* name) -> Result<std::optional<std::string>> {
        return page->value(TRY(JsonPath::parse(name)));
    };
    token_ = TRY(read("access_token")).value_or("");
    if (token_.empty() || token_.find_first_of("\r\n") != std::string::npos) return none;
    const std::string life = TRY(read("expires_in")).value_or("");
    double life_s = kTokenLifeS;
    std::from_chars(life.data(), life.data() + life.size(), life_s);
    token_end_s_ = steady_seconds() + life_s - std::min(kTokenSpareS, life_s / 2);
    client.hide(token_);
    return {};
}

Result<Pairs> Authentication::headers(Client& client) {
    Pairs headers = credentials_.headers;
    std::string value;
    if (!credentials_.bearer.empty()) value = "Bearer " + credentials_.bearer;
    if (!credentials_.user.empty()) {
        value = "Basic " + basic(credentials_.user, credentials_.password);
    }
    if (credentials_.oauth2) {
        if (token_.empty() || steady_seconds() >= token_end_s_) TRY(fetch_token(client));
        value = "Bearer " + token_;
    }
    if (!value.empty()) headers.emplace_back("Authorization", value);
    return headers;
}

bool Authentication::forget_token() {
    const bool had_one = !token_.empty();
    token_.clear();
    return had_one;
}

std::string base64(std::string_view bytes) {
    constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (size_t i = 0; i < bytes.size(); i += 3) {
        uint32_t group = 0;
        for (size_t k = 0; k < 3; ++k) {
            group = group << 8 | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0U);
        }
        for (size_t k = 0; k < 4; ++k) {
            text += i + k > bytes.size() ? '=' : kLetters[group >> (18 - 6 * k) & 63];
        }
    }
    return text;
}

}  // namespace quern::data::http
