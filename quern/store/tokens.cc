#include "quern/store/tokens.h"

#include <algorithm>

#include "quern/base/clock.h"
#include "quern/base/file.h"
#include "quern/base/hash.h"
#include "quern/base/nearest.h"

namespace quern::store {
namespace {

constexpr size_t kIdBytes = 6;  // 8 characters
constexpr size_t kSecretBytes = 32;
constexpr size_t kKeySizeMax = 4096;

}  // namespace

std::vector<std::string_view> token_roles() { return {"admin", "scorer", "viewer"}; }

std::string token_hash(std::string_view server_key, std::string_view token) {
    return hmac_sha256_hex(server_key, token);
}

Result<NewToken> Tokens::make(const std::string& role) {
    const auto roles = token_roles();
    if (std::ranges::find(roles, role) == roles.end()) return unknown_name("role", role, roles);
    const std::string key = TRY(server_key());
    NewToken token;
    // An id that starts with a dash would read as an option of `quern token revoke`.
    do token.id = random_token(kIdBytes);
    while (token.id.starts_with('-'));
    token.text = "qk_" + token.id + random_token(kSecretBytes);
    TRY(store_.database().run("insert into tokens values (?, ?, ?, ?, null)",
                              {token.id, token_hash(key, token.text), role, unix_ms_now()}));
    return token;
}

Result<std::vector<Token>> Tokens::all() {
    std::vector<Token> tokens;
    for (const auto& row :
         TRY(store_.database().rows("select id, hash, role, created_ms, revoked_ms from tokens "
                                    "order by created_ms desc, id"))) {
        tokens.push_back({row.text(0), row.text(1), row.text(2), row.integer(3), row.integer(4)});
    }
    return tokens;
}

Status Tokens::revoke(const std::string& id) {
    const auto rows = TRY(store_.database().rows(
        "update tokens set revoked_ms = coalesce(revoked_ms, ?) where id = ? returning id",
        {unix_ms_now(), id}));
    if (!rows.empty()) return {};
    return not_found("no token has the id '" + id + "'").hint("see them with `quern token list`");
}

Result<std::string> Tokens::server_key() {
    const std::string& path = store_.layout().key;
    auto key = read_file(path, kKeySizeMax);
    if (key.ok() && !key->empty()) return key;
    if (!key.ok() && key.status().code() != Code::not_found) return key;
    // Two processes may both find none: the transaction lets one of them make it.
    const auto change = [&]() -> Status {
        key = read_file(path, kKeySizeMax);
        if (key.ok() && !key->empty()) return {};
        key = random_token(kSecretBytes);
        return write_file_durable(path, *key, {.bits = 0600});
    };
    TRY(store_.database().transaction(change));
    return key;
}

const Token* match_token(const std::vector<Token>& tokens, std::string_view server_key,
                         std::string_view text) {
    const std::string hash = token_hash(server_key, text);
    const Token* matched = nullptr;
    for (const auto& token : tokens) {
        if (equal_in_constant_time(token.hash, hash) && token.revoked_ms == 0) matched = &token;
    }
    return matched;
}

}  // namespace quern::store
