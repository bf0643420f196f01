#include "quern/score/container.h"

#include <cstring>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "quern/base/hash.h"
#include "quern/score/artifact.h"

namespace quern::score {
namespace {

using nlohmann::json;

constexpr size_t kHashSize = 64;
constexpr std::string_view kHashKey = "\"sha256\":\"";

struct Dtype {
    std::string_view name;
    size_t bytes;
};
constexpr Dtype kDtypes[] = {{"F64", 8}, {"I64", 8}, {"I32", 4}, {"U32", 4}, {"U8", 1}};

Status bad(std::string what) { return corrupt("not a whole model file: " + std::move(what)); }

size_t aligned(size_t size) {
    return (size + kArtifactAlignment - 1) / kArtifactAlignment * kArtifactAlignment;
}

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The hash of a file is taken with its own place filled with zeros.
std::string hash_without(std::string_view file, size_t hash_at) {
    Sha256 hash;
    hash.add(file.substr(0, hash_at));
    hash.add(std::string(kHashSize, '0'));
    hash.add(file.substr(hash_at + kHashSize));
    return hash.hex();
}

Result<std::string_view> header_of(std::string_view file) {
    uint64_t size = 0;
    if (file.size() < sizeof(size)) return bad("too short");
    if (file.size() > kArtifactBytesMax) return bad("too long");
    std::memcpy(&size, file.data(), sizeof(size));
    if (size > kArtifactHeaderBytesMax || size > file.size() - sizeof(size))
        return bad("its header ends outside of it");
    if ((sizeof(size) + size) % kArtifactAlignment != 0) return bad("its header is not aligned");
    return file.substr(sizeof(size), size);
}

// Quotes inside of JSON strings are escaped, so the key can only be found as a key.
Result<size_t> find_hash(std::string_view header) {
    size_t at = header.find(kHashKey);
    if (at == std::string_view::npos || header.find(kHashKey, at + 1) != std::string_view::npos)
        return bad("no hash");
    at += kHashKey.size();
    if (header.size() - at < kHashSize) return bad("no hash");
    return at + sizeof(uint64_t);
}

Result<std::string> checked_hash(std::string_view file) {
    auto header = TRY(header_of(file));
    size_t at = TRY(find_hash(header));
    std::string hash = hash_without(file, at);
    if (file.substr(at, kHashSize) != hash) return bad("its bytes do not fit its hash");
    return hash;
}

// The next tensor must begin at the next aligned byte: no gap, no overlap, no hidden bytes.
Result<Tensor> read_tensor(const json& entry, std::span<const std::byte> data, size_t& at) {
    if (!entry.is_object() || entry.size() != 3) return bad("a buffer is not described");
    auto dtype = entry.find("dtype"), shape = entry.find("shape"),
         offsets = entry.find("data_offsets");
    if (dtype == entry.end() || shape == entry.end() || offsets == entry.end() ||
        !dtype->is_string() || !shape->is_array() || shape->size() != 1 || !offsets->is_array() ||
        offsets->size() != 2)
        return bad("a buffer is not described");
    for (const json* number : {&(*shape)[0], &(*offsets)[0], &(*offsets)[1]})
        if (!number->is_number_unsigned()) return bad("a buffer has no size");
    uint64_t count = (*shape)[0], begin = (*offsets)[0], end = (*offsets)[1];
    size_t element = dtype_bytes(dtype->get_ref<const std::string&>());
    if (element == 0) return bad("a buffer has an unknown type");
    if (begin != aligned(at) || begin > end || end > data.size() || begin < at)
        return bad("a buffer is out of place");
    if ((end - begin) % element != 0 || (end - begin) / element != count)
        return bad("a buffer has another size");
    for (std::byte padding : data.subspan(at, begin - at))
        if (padding != std::byte{0}) return bad("there are bytes between its buffers");
    at = end;
    return Tensor{dtype->get<std::string>(), data.subspan(begin, end - begin)};
}

}  // namespace

size_t dtype_bytes(std::string_view dtype) {
    for (const Dtype& known : kDtypes)
        if (known.name == dtype) return known.bytes;
    return 0;
}

Result<std::string> write_container(Container container) {
    json header = json::object();
    size_t at = 0;
    for (const auto& [name, tensor] : container.tensors) {
        size_t begin = aligned(at), end = begin + tensor.bytes.size();
        header[name] = {{"dtype", tensor.dtype},
                        {"shape", {tensor.bytes.size() / dtype_bytes(tensor.dtype)}},
                        {"data_offsets", {begin, end}}};
        at = end;
    }
    container.metadata["sha256"] = std::string(kHashSize, '0');
    header["__metadata__"] = container.metadata;
    std::string text;
    try {
        text = header.dump();
    } catch (const json::exception&) {
        return invalid_argument("a model file can hold only UTF-8 text");
    }
    text.resize(aligned(sizeof(uint64_t) + text.size()) - sizeof(uint64_t), ' ');
    if (text.size() > kArtifactHeaderBytesMax)
        return resource_exhausted("the program is too large for a model file");
    uint64_t size = text.size();
    std::string file(reinterpret_cast<const char*>(&size), sizeof(size));
    file += text;
    size_t data = file.size(), hash_at = TRY(find_hash(text));
    for (const auto& [name, tensor] : container.tensors) {
        file.resize(data + aligned(file.size() - data), '\0');
        file += text_of(tensor.bytes);
    }
    std::string hash = hash_without(file, hash_at);
    file.replace(hash_at, kHashSize, hash);
    return file;
}

Result<std::string> container_hash(std::span<const std::byte> bytes) {
    return checked_hash(text_of(bytes));
}

Result<Container> read_container(std::span<const std::byte> bytes) {
    std::string_view file = text_of(bytes);
    TRY(checked_hash(file)).clear();
    auto header = TRY(header_of(file));
    auto data = bytes.subspan(sizeof(uint64_t) + header.size());
    json root = json::parse(header, nullptr, false);
    if (!root.is_object()) return bad("its header is not JSON");
    Container container;
    size_t at = 0;
    for (const auto& [name, entry] : root.items()) {
        if (name == "__metadata__") {
            if (!entry.is_object()) return bad("its metadata are not texts");
            for (const auto& [key, value] : entry.items()) {
                if (!value.is_string()) return bad("its metadata are not texts");
                container.metadata[key] = value.get<std::string>();
            }
        } else {
            container.tensors[name] = TRY(read_tensor(entry, data, at));
        }
    }
    if (at != data.size()) return bad("there are bytes after its buffers");
    return container;
}

}  // namespace quern::score
