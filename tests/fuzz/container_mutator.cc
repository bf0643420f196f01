// For targets that read containers. Bytes alone would hardly get past the hash, so most mutations
// change one part of a file that is whole and seal it again.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>

#include "quern/base/hash.h"
#include "quern/score/artifact.h"

#include "tests/fuzz/mutate_json.h"

using namespace quern;

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t size_max);

namespace {

constexpr std::string_view kHash = "\"sha256\":\"";
constexpr size_t kHashSize = 64;

void mutate(std::string& text, size_t size_max) {
    size_t size = text.size();
    text.resize(std::max<size_t>(size_max, 1));
    text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(text.data()),
                                 std::min(size, text.size()), text.size()));
}

// A file that is whole, taken apart without reading it: a mutation must cost less than what it
// tries.
struct File {
    std::string header, data;

    // False where the bytes are no such file.
    bool read(std::string_view bytes) {
        uint64_t size = 0;
        if (bytes.size() < sizeof(size)) return false;
        std::memcpy(&size, bytes.data(), sizeof(size));
        if (size > bytes.size() - sizeof(size)) return false;
        header = bytes.substr(sizeof(size), size);
        data = bytes.substr(sizeof(size) + size);
        return header.find(kHash) != std::string::npos;
    }

    // With its hash put right; empty where there is no place for one any more.
    std::string write() {
        while ((sizeof(uint64_t) + header.size()) % score::kArtifactAlignment != 0) header += ' ';
        const uint64_t size = header.size();
        std::string bytes(reinterpret_cast<const char*>(&size), sizeof(size));
        bytes += header;
        bytes += data;
        const size_t hash = bytes.find(kHash) + kHash.size();
        if (hash < kHash.size() || bytes.size() - hash < kHashSize) return {};
        bytes.replace(hash, kHashSize, std::string(kHashSize, '0'));
        return bytes.replace(hash, kHashSize, sha256_hex(bytes));
    }
};

// Changes the JSON text that stands as a string behind the key; false where there is none.
bool mutate_text_of(std::string& header, std::string_view key, size_t size_max,
                    std::minstd_rand& random) {
    const size_t found = header.find(key);
    if (found == std::string::npos) return false;
    const size_t begin = found + key.size();
    size_t end = begin;
    std::string text;
    for (; end < header.size() && header[end] != '"'; ++end) {
        if (header[end] == '\\' && end + 1 < header.size()) ++end;
        text += header[end];
    }
    std::string changed = random() % 4 == 0 ? std::string() : fuzz::mutate_json(text, random);
    if (changed.empty()) {
        changed = text;
        mutate(changed, std::min(text.size() + 64, size_max));
    }
    std::string quoted;
    for (const char c : changed) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    header.replace(begin, end - begin, quoted);
    return true;
}

// What describes the buffers, or one of them, whose size stays.
void mutate_rest(File& file, size_t size_max, std::minstd_rand& random) {
    if (file.data.empty() || random() % 16 == 0) {
        std::string changed = fuzz::mutate_json(file.header, random);
        if (!changed.empty()) file.header = std::move(changed);
        return;
    }
    const size_t begin = random() % file.data.size();
    std::string part = file.data.substr(begin, 1 + random() % 64);
    const size_t size = part.size();
    mutate(part, std::min(size, size_max));
    part.resize(size);
    file.data.replace(begin, size, part);
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max,
                                          unsigned seed) {
    std::minstd_rand random(seed);
    File file;
    const bool is_whole = file.read({reinterpret_cast<const char*>(data), size});
    if (!is_whole || random() % 16 == 0) return LLVMFuzzerMutate(data, size, size_max);
    // The program, or the facts of a look-up table, are most of it.
    const bool is_done =
        random() % 2 == 0 && (mutate_text_of(file.header, "\"program\":\"", size_max, random) ||
                              mutate_text_of(file.header, "\"lookup\":\"", size_max, random));
    if (!is_done) mutate_rest(file, size_max, random);
    const std::string bytes = file.write();
    if (bytes.empty() || bytes.size() > size_max) return LLVMFuzzerMutate(data, size, size_max);
    std::copy(bytes.begin(), bytes.end(), data);
    return bytes.size();
}
