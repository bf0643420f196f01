#include "quern/data/byte_source.h"

#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstdio>
#include <vector>

namespace quern::data {
namespace {

constexpr size_t kPieceSizeBytes = 1 << 20;

class PlainBytes : public ByteSource {
public:
    PlainBytes(std::FILE* file, std::string name)
        : file_(file, &std::fclose), name_(std::move(name)), piece_(kPieceSizeBytes) {}

    Result<std::string_view> next() override {
        const size_t got = std::fread(piece_.data(), 1, piece_.size(), file_.get());
        if (got == 0 && std::ferror(file_.get()) != 0) return system_error(errno, "read", name_);
        return std::string_view(piece_.data(), got);
    }
    const std::string& name() const { return name_; }

private:
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
    std::string name_;
    std::vector<char> piece_;
};

Status broken(const std::string& name, std::string_view format, std::string_view why) {
    return corrupt("the " + std::string(format) + " data is broken: " + std::string(why))
        .at(name)
        .hint("take the file from its origin again");
}

class GzipBytes : public ByteSource {
public:
    explicit GzipBytes(PlainBytes packed) : packed_(std::move(packed)), piece_(kPieceSizeBytes) {
        is_ready_ = inflateInit2(&stream_, 15 + 16) == Z_OK;
    }
    ~GzipBytes() override { inflateEnd(&stream_); }

    Result<std::string_view> next() override {
        if (!is_ready_) return resource_exhausted("no memory to unpack").at(packed_.name());
        stream_.next_out = reinterpret_cast<Bytef*>(piece_.data());
        stream_.avail_out = static_cast<uInt>(piece_.size());
        while (stream_.avail_out > 0) {
            if (stream_.avail_in == 0) {
                const auto input = TRY(packed_.next());
                if (input.empty()) break;
                stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
                stream_.avail_in = static_cast<uInt>(input.size());
            }
            if (is_between_members_) inflateReset(&stream_);
            is_between_members_ = false;
            const int code = inflate(&stream_, Z_NO_FLUSH);
            if (code == Z_STREAM_END) {
                is_between_members_ = true;  // files may be several members in a row
            } else if (code != Z_OK && code != Z_BUF_ERROR) {
                return broken(packed_.name(), "gzip",
                              stream_.msg != nullptr ? stream_.msg : "it does not unpack");
            }
        }
        const size_t got = piece_.size() - stream_.avail_out;
        if (got == 0 && !is_between_members_) {
            return broken(packed_.name(), "gzip", "it ends too early");
        }
        return std::string_view(piece_.data(), got);
    }

private:
    PlainBytes packed_;
    std::vector<char> piece_;
    z_stream stream_{};
    bool is_ready_ = false, is_between_members_ = false;
};

class ZstdBytes : public ByteSource {
public:
    explicit ZstdBytes(PlainBytes packed)
        : packed_(std::move(packed)),
          piece_(kPieceSizeBytes),
          stream_(ZSTD_createDStream(), &ZSTD_freeDStream) {}

    Result<std::string_view> next() override {
        if (!stream_) return resource_exhausted("no memory to unpack").at(packed_.name());
        ZSTD_outBuffer out{piece_.data(), piece_.size(), 0};
        while (out.pos < out.size) {
            if (input_.pos == input_.size) {
                const auto bytes = TRY(packed_.next());
                if (bytes.empty()) break;
                input_ = {bytes.data(), bytes.size(), 0};
            }
            left_ = ZSTD_decompressStream(stream_.get(), &out, &input_);
            if (ZSTD_isError(left_) != 0) {
                return broken(packed_.name(), "zstd", ZSTD_getErrorName(left_));
            }
        }
        if (out.pos == 0 && left_ != 0) return broken(packed_.name(), "zstd", "it ends too early");
        return std::string_view(piece_.data(), out.pos);
    }

private:
    PlainBytes packed_;
    std::vector<char> piece_;
    std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream_;
    ZSTD_inBuffer input_{nullptr, 0, 0};
    size_t left_ = 1;  // 0 at the end of a frame
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_bytes(const std::string& path, const std::string& name,
                                               std::string_view compression) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) return system_error(errno, "open", name);
    PlainBytes bytes(file, name);
    if (compression == "gzip") {
        return std::unique_ptr<ByteSource>(new GzipBytes(std::move(bytes)));
    }
    if (compression == "zstd") {
        return std::unique_ptr<ByteSource>(new ZstdBytes(std::move(bytes)));
    }
    return std::unique_ptr<ByteSource>(new PlainBytes(std::move(bytes)));
}

Result<std::string> compression_of(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) return system_error(errno, "open", path);
    char first[4] = {};
    const size_t got = std::fread(first, 1, sizeof first, file);
    std::fclose(file);
    const std::string_view bytes(first, got);
    if (bytes.starts_with("\x1f\x8b")) return std::string("gzip");
    if (bytes == "\x28\xb5\x2f\xfd") return std::string("zstd");
    return std::string("none");
}

}  // namespace quern::data
