// Digests, keyed hashes and random tokens. OpenSSL is reached only from hash.cc.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "quern/base/status.h"

namespace quern {

class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void add(std::string_view bytes);
    // Adds the length first, so that ("ab", "c") and ("a", "bc") differ.
    void add_field(std::string_view bytes);
    std::string hex();  // 64 lower-case digits; the hash is finished after it

private:
    struct State;
    std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view bytes);
// For SQL's functions of these names; neither resists an attacker.
std::string md5_hex(std::string_view bytes);
std::string sha1_hex(std::string_view bytes);
Result<std::string> sha256_file(const std::string& path);  // of the file's bytes, read in pieces

std::string hmac_sha256_hex(std::string_view key, std::string_view text);
// `byte_count` bytes from the system's generator, as URL-safe base64 without padding.
std::string random_token(size_t byte_count);
// Takes the same time whatever the texts hold; for secrets.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace quern
