// Who may ask: bearer tokens "qk_<id><secret>", of which only a keyed hash is known here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"
#include "quern/serve/http.h"

namespace quern::serve {

constexpr std::string_view kTokenPrefix = "qk_";
constexpr size_t kTokenIdSize = 8;

struct AccessToken {
    std::string id;    // the kTokenIdSize characters after the prefix
    std::string hash;  // HMAC-SHA-256 of the whole token under the server's key, hexadecimal
    Role role = Role::scorer;
};

class AccessList {
public:
    AccessList() = default;
    AccessList(std::string server_key, std::vector<AccessToken> tokens);

    // The role behind an Authorization header; unauthenticated for anything but a known token.
    Result<Role> role_of(std::string_view authorization) const;
    // Whether a token that came after this list could be behind the header.
    bool may_be_newer(std::string_view authorization) const;
    size_t token_count() const { return tokens_.size(); }

private:
    const AccessToken* find(std::string_view id) const;

    std::string server_key_;
    std::vector<AccessToken> tokens_;  // by id
};

}  // namespace quern::serve
