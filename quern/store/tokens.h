// Bearer tokens. A token is shown once, when it is made; what is kept is its hash under the key of
// this server, so neither a stolen state.db nor a stolen key file opens anything alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quern/store/store.h"

namespace quern::store {

struct Token {
    std::string id;    // the part of the token that may be shown and logged
    std::string hash;  // HMAC-SHA-256 of the whole token under the server's key
    std::string role;  // scorer, viewer, admin
    int64_t created_ms = 0, revoked_ms = 0;  // 0: not revoked
};

struct NewToken {
    std::string id;
    std::string text;  // the secret: show it once, keep it nowhere
};

class Tokens {
public:
    explicit Tokens(Store& store) : store_(store) {}

    Result<NewToken> make(const std::string& role);
    Result<std::vector<Token>> all();  // newest first
    Status revoke(const std::string& id);
    // The server's key; made, readable by its owner alone, when there is none.
    Result<std::string> server_key();

private:
    Store& store_;
};

std::vector<std::string_view> token_roles();
std::string token_hash(std::string_view server_key, std::string_view token);
// The token among these that the text is, and that is not revoked; null when there is none. Takes
// the same time for every text of the same length.
const Token* match_token(const std::vector<Token>& tokens, std::string_view server_key,
                         std::string_view text);

}  // namespace quern::store
