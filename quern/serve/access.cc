#include "quern/serve/access.h"

#include <algorithm>

#include "quern/base/hash.h"
#include "quern/base/nearest.h"
#include "quern/base/text.h"

namespace quern::serve {
namespace {

constexpr size_t kTokenSizeMax = 256;
constexpr std::string_view kScheme = "bearer ";
// Stands in for a token that is not there, so that a wrong id takes as long as a wrong secret.
constexpr std::string_view kNoHash =
    "0000000000000000000000000000000000000000000000000000000000000000";

Status refused(std::string_view why) {
    return unauthenticated(std::string(why))
        .hint("send 'Authorization: Bearer qk_...'; `quern token new` makes a token");
}

}  // namespace

Result<Role> parse_role(std::string_view name) {
    if (name == "viewer") return Role::viewer;
    if (name == "scorer") return Role::scorer;
    if (name == "admin") return Role::admin;
    return unknown_name("role", name, {"viewer", "scorer", "admin"});
}

AccessList::AccessList(std::string server_key, std::vector<AccessToken> tokens)
    : server_key_(std::move(server_key)), tokens_(std::move(tokens)) {
    std::ranges::sort(tokens_, {}, &AccessToken::id);
}

Result<Role> AccessList::role_of(std::string_view authorization) const {
    if (authorization.empty()) return refused("a token is needed");
    const std::string_view scheme = authorization.substr(0, kScheme.size());
    if (lower_ascii(scheme) != kScheme) return refused("the token must be a bearer token");
    const std::string_view token = trim(authorization.substr(kScheme.size()));
    if (!token.starts_with(kTokenPrefix) || token.size() > kTokenSizeMax ||
        token.size() <= kTokenPrefix.size() + kTokenIdSize || server_key_.empty()) {
        return refused("the token is not valid");
    }
    const std::string_view id = token.substr(kTokenPrefix.size(), kTokenIdSize);
    const auto found = std::ranges::lower_bound(tokens_, id, {}, &AccessToken::id);
    const bool is_known = found != tokens_.end() && found->id == id;
    const std::string hash = hmac_sha256_hex(server_key_, token);
    const bool is_equal = equal_in_constant_time(is_known ? found->hash : kNoHash, hash);
    if (!is_known || !is_equal) return refused("the token is not valid");
    return found->role;
}

}  // namespace quern::serve
