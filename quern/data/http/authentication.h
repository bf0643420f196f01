// How a source says who it is: fixed headers, a bearer token, a user and password, or a token
// fetched with OAuth2's client credentials.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "quern/base/params.h"
#include "quern/data/http/client.h"

namespace quern::data::http {

struct OAuth2 {
    std::string token_url, client_id, scope, audience;
    bool is_in_body = false;  // where the client's id and secret go; else a basic credential
    static std::vector<Param> params();
};

struct Credentials {
    Pairs headers;  // of the source's own
    std::string bearer;
    std::string user, password;
    std::optional<OAuth2> oauth2;
    std::string client_secret;
};

class Authentication {
public:
    // More than one way is refused.
    static Result<Authentication> create(Credentials credentials);

    // The address that a token is fetched from, if any: it is the project's own.
    const std::optional<Url>& token_url() const { return token_url_; }
    // Spellings of the secrets that requests will hold.
    std::vector<std::string> secrets() const;
    // What goes with each request; fetches a token where there is none or it is about to end.
    Result<Pairs> headers(Client& client);
    // After a 401: true when a new token may help.
    bool forget_token();

private:
    Status fetch_token(Client& client);

    Credentials credentials_;
    std::optional<Url> token_url_;
    std::string token_;
    double token_end_s_ = 0;  // by steady_seconds()
};

std::string base64(std::string_view bytes);

}  // namespace quern::data::http
