#include "quern/data/avro/container.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "quern/base/folder.h"
#include "quern/base/text.h"

namespace quern::data {
namespace {

constexpr uint64_t kBlockBytesMax = uint64_t{1} << 30;  // unpacked
constexpr size_t kMarkBytes = 16;

Status too_large() {
    return resource_exhausted("a block unpacks to more than " + size_text(kBlockBytesMax));
}

Result<std::string> unpack_deflate(std::string_view packed) {
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) {
        return resource_exhausted("no memory to unpack with");
    }
    const std::unique_ptr<z_stream, int (*)(z_stream*)> closing(&stream, &inflateEnd);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    std::string bytes;
    char piece[1 << 16];
    while (true) {
        stream.next_out = reinterpret_cast<Bytef*>(piece);
        stream.avail_out = sizeof piece;
        const int code = inflate(&stream, Z_NO_FLUSH);
        bytes.append(piece, sizeof piece - stream.avail_out);
        if (bytes.size() > kBlockBytesMax) return too_large();
        if (code == Z_STREAM_END) return bytes;
        const bool is_stuck = stream.avail_in == 0 && stream.avail_out > 0;
        if ((code != Z_OK && code != Z_BUF_ERROR) || is_stuck) {
            return corrupt("a block does not unpack");
        }
    }
}

Result<std::string> unpack_zstd(std::string_view packed) {
    const std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(),
                                                                          &ZSTD_freeDStream);
    if (!stream) return resource_exhausted("no memory to unpack with");
    std::string bytes;
    char piece[1 << 16];
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    while (true) {
        ZSTD_outBuffer out{piece, sizeof piece, 0};
        const size_t left = ZSTD_decompressStream(stream.get(), &out, &in);
        if (ZSTD_isError(left) != 0) return corrupt("a block does not unpack");
        bytes.append(piece, out.pos);
        if (bytes.size() > kBlockBytesMax) return too_large();
        if (in.pos == in.size && out.pos < out.size) {
            return left == 0 ? Result<std::string>(std::move(bytes))
                             : corrupt("a block ends too early");
        }
    }
}

}  // namespace

Result<std::string> unpack_snappy(std::string_view packed, uint64_t size_bytes_max) {
    const auto broken = [] { return corrupt("a block does not unpack"); };
    size_t at = 0;
    const auto little_endian = [&](size_t size) {
        uint64_t value = 0;
        for (size_t i = 0; i < size && at + i < packed.size(); ++i) {
            value |= static_cast<uint64_t>(static_cast<uint8_t>(packed[at + i])) << (8 * i);
        }
        at += size;
        return value;
    };
    uint64_t size = 0;
    for (int shift = 0;; shift += 7) {
        if (at >= packed.size() || shift > 28) return broken();
        const auto byte = static_cast<uint8_t>(packed[at++]);
        size |= static_cast<uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80) break;
    }
    if (size > size_bytes_max) return too_large();
    std::string bytes;
    bytes.reserve(size);
    while (at < packed.size()) {
        const auto tag = static_cast<uint8_t>(packed[at++]);
        const unsigned kind = tag & 3;
        if (kind == 0) {  // bytes as they are; 60 to 63 tell in how many bytes their number stands
            const size_t more = tag >> 2;
            const size_t length = (more < 60 ? more : little_endian(more - 59)) + 1;
            if (at > packed.size() || length > packed.size() - at) return broken();
            bytes += packed.substr(at, length);
            at += length;
        } else {  // bytes that came before
            const size_t length = kind == 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2);
            const size_t high = kind == 1 ? static_cast<size_t>(tag >> 5) << 8 : 0;
            const size_t back = high | little_endian(kind == 1 ? 1 : kind == 2 ? 2 : 4);
            if (at > packed.size() || back == 0 || back > bytes.size()) return broken();
            for (size_t i = 0; i < length; ++i) bytes += bytes[bytes.size() - back];
        }
        if (bytes.size() > size) return broken();
    }
    if (bytes.size() != size) return broken();
    return bytes;
}

Status AvroFile::broken(const std::string& why) const {
    return corrupt("the Avro file is damaged in the block at byte " + std::to_string(block_at_) +
                   ": " + why)
        .at(name_)
        .hint("take the file from its origin again");
}

Result<AvroFile> AvroFile::open(const std::string& path, const std::string& name) {
    AvroFile file;
    file.name_ = name;
    file.size_bytes_ = TRY(file_facts(path)).size_bytes;
    file.file_.reset(std::fopen(path.c_str(), "rb"));
    if (!file.file_) return system_error(errno, "open", name);
    TRY(file.read_head());
    return file;
}

Status AvroFile::read(uint64_t size, std::string& bytes) {
    // Of what a damaged file says only as much is believed as it can hold.
    if (size > size_bytes_) return broken("it ends too early");
    bytes.resize(size);
    if (std::fread(bytes.data(), 1, size, file_.get()) == size) return {};
    return broken("it ends too early");
}

Result<int64_t> AvroFile::whole() {
    uint64_t bits = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        const int byte = std::fgetc(file_.get());
        if (byte == EOF) return broken("it ends too early");
        bits |= static_cast<uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80) return static_cast<int64_t>(bits >> 1 ^ (~(bits & 1) + 1));
    }
    return broken("a number is too long");
}

Status AvroFile::read_head() {
    constexpr std::string_view kMagic("Obj\x01", 4);
    constexpr int64_t kFactsMax = 10'000;
    std::string text, key, schema;
    if (size_bytes_ == 0) return invalid_argument("the file is empty (0 bytes)").at(name_);
    if (!read(kMagic.size(), text).ok() || text != kMagic) {
        return corrupt("not a file of Avro").at(name_);
    }
    while (true) {
        int64_t count = TRY(whole());
        if (count == 0) break;
        if (count < 0) {
            TRY(whole());
            count = -std::max(count, -kFactsMax - 1);
        }
        if (count > kFactsMax) return broken("its head is too long");
        for (int64_t i = 0; i < count; ++i) {
            const int64_t key_size = TRY(whole());
            TRY(read(static_cast<uint64_t>(key_size), key));
            const int64_t text_size = TRY(whole());
            TRY(read(static_cast<uint64_t>(text_size), text));
            if (key == "avro.schema") schema = text;
            if (key == "avro.codec") codec_ = text;
        }
    }
    TRY(read(kMarkBytes, mark_));
    auto parsed = AvroSchema::parse(schema);
    if (!parsed.ok()) return std::move(parsed).status().at(name_);
    schema_ = std::move(*parsed);
    for (const auto known : {"null", "deflate", "snappy", "zstandard"}) {
        if (codec_ == known) return {};
    }
    return unimplemented(
               "an Avro file that is packed in a way other than deflate, snappy and zstandard")
        .at(name_);
}

Result<bool> AvroFile::next(Block& block) {
    block_at_ = static_cast<uint64_t>(::ftello(file_.get()));
    const int first = std::fgetc(file_.get());
    if (first == EOF) return false;
    std::ungetc(first, file_.get());
    block.row_count = TRY(whole());
    const int64_t size = TRY(whole());
    if (block.row_count < 0 || size < 0) return broken("it has no size");
    TRY(read(static_cast<uint64_t>(size), packed_));
    std::string mark;
    TRY(read(kMarkBytes, mark));
    if (mark != mark_) return broken("it does not end where it should");
    TRY(unpack());
    block.bytes = codec_ == "null" ? packed_ : unpacked_;
    return true;
}

Status AvroFile::unpack() {
    if (codec_ == "null") return {};
    Result<std::string> bytes = std::string();
    if (codec_ == "deflate") {
        bytes = unpack_deflate(packed_);
    } else if (codec_ == "zstandard") {
        bytes = unpack_zstd(packed_);
    } else {  // snappy, with a check sum behind
        constexpr size_t kSumBytes = 4;
        if (packed_.size() < kSumBytes) return broken("it ends too early");
        const std::string_view packed(packed_.data(), packed_.size() - kSumBytes);
        bytes = unpack_snappy(packed, kBlockBytesMax);
        uint32_t sum = 0;
        for (size_t i = packed.size(); i < packed_.size(); ++i) {
            sum = sum << 8 | static_cast<uint8_t>(packed_[i]);
        }
        if (bytes.ok() && sum != ::crc32(0, reinterpret_cast<const Bytef*>(bytes->data()),
                                         static_cast<uInt>(bytes->size()))) {
            bytes = corrupt("its check sum is wrong");
        }
    }
    if (!bytes.ok()) return broken(std::string(bytes.status().message()));
    unpacked_ = std::move(*bytes);
    return {};
}

}  // namespace quern::data
