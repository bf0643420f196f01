#include "quern/base/hash.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <vector>

namespace quern {
namespace {

constexpr size_t kReadBytes = 1 << 20;

std::string hex_text(const unsigned char* bytes, size_t size) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    text.reserve(2 * size);
    for (size_t i = 0; i < size; ++i) {
        text += kDigits[bytes[i] >> 4];
        text += kDigits[bytes[i] & 15];
    }
    return text;
}

std::string digest_hex(const EVP_MD* kind, std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned int size = 0;
    EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, kind, nullptr);
    return hex_text(digest.data(), size);
}

}  // namespace

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(std::string_view bytes) {
    EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

void Sha256::add_field(std::string_view bytes) {
    add(std::to_string(bytes.size()) + ":");
    add(bytes);
}

std::string Sha256::hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned int size = 0;
    EVP_DigestFinal_ex(state_->context, digest.data(), &size);
    return hex_text(digest.data(), size);
}

std::string sha256_hex(std::string_view bytes) { return digest_hex(EVP_sha256(), bytes); }
std::string md5_hex(std::string_view bytes) { return digest_hex(EVP_md5(), bytes); }
std::string sha1_hex(std::string_view bytes) { return digest_hex(EVP_sha1(), bytes); }

Result<std::string> sha256_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return system_error(errno, "read", path);
    Sha256 hash;
    std::vector<char> buffer(kReadBytes);
    ssize_t size = 0;
    while ((size = ::read(file, buffer.data(), buffer.size())) != 0) {
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) {
            const int error = errno;
            ::close(file);
            return system_error(error, "read", path);
        }
        hash.add({buffer.data(), static_cast<size_t>(size)});
    }
    ::close(file);
    return hash.hex();
}

std::string hmac_sha256_hex(std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned int size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
    return hex_text(digest.data(), size);
}

std::string random_token(size_t byte_count) {
    constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::vector<unsigned char> bytes(byte_count);
    if (RAND_bytes(bytes.data(), static_cast<int>(byte_count)) != 1) std::abort();
    std::string token;
    uint32_t bits = 0;
    int bit_count = 0;
    for (const unsigned char byte : bytes) {
        bits = (bits << 8 | byte) & 0xffff;
        bit_count += 8;
        for (; bit_count >= 6; bit_count -= 6) token += kAlphabet[bits >> (bit_count - 6) & 63];
    }
    if (bit_count > 0) token += kAlphabet[bits << (6 - bit_count) & 63];
    return token;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace quern
