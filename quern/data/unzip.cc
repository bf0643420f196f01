#include "quern/data/unzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "quern/base/text.h"

namespace quern::data {
namespace {

struct Inflater {
    z_stream stream{};
    bool is_open = false;
    ~Inflater() {
        if (is_open) inflateEnd(&stream);
    }
};

}  // namespace

bool is_zipped(std::string_view bytes) {
    if (bytes.size() < 2) return false;
    const auto first = static_cast<unsigned char>(bytes[0]);
    const auto second = static_cast<unsigned char>(bytes[1]);
    if (first == 0x1f && second == 0x8b) return true;
    return first == 0x78 && (first * 256 + second) % 31 == 0;  // zlib's own check of its head
}

Result<std::string> unzip(std::string_view bytes, uint64_t size_bytes_max) {
    Inflater inflater;
    z_stream& stream = inflater.stream;
    constexpr int kEitherHead = 32;
    if (inflateInit2(&stream, MAX_WBITS + kEitherHead) != Z_OK)
        return resource_exhausted("no memory to unpack with");
    inflater.is_open = true;
    std::string unpacked;
    char buffer[1 << 16];
    int state = Z_OK;
    while (state != Z_STREAM_END) {
        if (stream.avail_in == 0) {
            const size_t size = std::min<size_t>(bytes.size(), std::numeric_limits<int>::max());
            if (size == 0) return corrupt("the packed file ends too early");
            stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
            stream.avail_in = static_cast<uInt>(size);
            bytes.remove_prefix(size);
        }
        stream.next_out = reinterpret_cast<Bytef*>(buffer);
        stream.avail_out = sizeof(buffer);
        state = inflate(&stream, Z_NO_FLUSH);
        if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR)
            return corrupt("the packed file is broken");
        unpacked.append(buffer, sizeof(buffer) - stream.avail_out);
        if (unpacked.size() > size_bytes_max)
            return resource_exhausted("the file unpacks to more than " + size_text(size_bytes_max));
    }
    return unpacked;
}

}  // namespace quern::data
