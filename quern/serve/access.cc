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

// Of the right form, known or not.
Result<std::string_view> token_in(std::string_view authorization) {
    if (authorization.empty()) return refused("a token is needed");
    const std::string_view scheme = authorization.substr(0, kScheme.size());
    if (lower_ascii(scheme) != kScheme) return refused("the token must be a bearer token");
    const std::string_view token = trim(authorization.substr(kScheme.size()));
    if (!token.starts_with(kTokenPrefix) || token.size() > kTokenSizeMax ||
        token.size() <= kTokenPrefix.size() + kTokenIdSize) {
        return refused("the token is not valid");
    }
    return token;
}

std::string_view id_of(std::string_view token) {
    return token.substr(kTokenPrefix.size(), kTokenIdSize);
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

const AccessToken* AccessList::find(std::string_view id) const {
    const auto found = std::ranges::lower_bound(tokens_, id, {}, &AccessToken::id);
    return found != tokens_.end() && found->id == id ? &*found : nullptr;
}

Result<Role> AccessList::role_of(std::string_view authorization) const {
    const std::string_view token = TRY(token_in(authorization));
    if (server_key_.empty()) return refused("the token is not valid");
    const AccessToken* found = find(id_of(token));
    const std::string hash = hmac_sha256_hex(server_key_, token);
    const bool is_equal =
        equal_in_constant_time(found != nullptr ? std::string_view(found->hash) : kNoHash, hash);
    if (found == nullptr || !is_equal) return refused("the token is not valid");
    return found->role;
}

bool AccessList::may_be_newer(std::string_view authorization) const {
    const auto token = token_in(authorization);
    return token.ok() && find(id_of(*token)) == nullptr;
}

}  // namespace quern::serve
