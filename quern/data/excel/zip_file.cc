#include "quern/data/excel/zip_file.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <vector>

#include "quern/base/text.h"

namespace quern::data {
namespace {

constexpr uint64_t kDirectoryBytesMax = 64 << 20;
constexpr size_t kPieceBytes = 256 << 10;
constexpr uint16_t kStored = 0, kDeflated = 8, kEncrypted = 1;
constexpr uint32_t kIn64 = 0xFFFFFFFF;  // the number stands in the entry's longer form

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

// Numbers of a zip are little-endian; one that lies behind the end reads as 0.
uint64_t number(std::string_view bytes, size_t at, size_t size) {
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;) {
        value = value << 8 | (at + i < bytes.size() ? static_cast<uint8_t>(bytes[at + i]) : 0);
    }
    return value;
}

Status broken(const std::string& name, const std::string& why) {
    return corrupt("not a whole zip archive: " + why)
        .at(name)
        .hint("take the file from its origin again");
}

Result<std::string> read_at(std::FILE* file, uint64_t offset, uint64_t size,
                            const std::string& name) {
    std::string bytes(size, '\0');
    if (::fseeko(file, static_cast<off_t>(offset), SEEK_SET) != 0 ||
        std::fread(bytes.data(), 1, size, file) != size) {
        return broken(name, "it ends too early");
    }
    return bytes;
}

struct Directory {
    uint64_t offset = 0, size_bytes = 0, entry_count = 0;
};

// It is found from the end: a comment of up to 64 KB may follow its last record.
Result<Directory> find_directory(std::FILE* file, const std::string& name) {
    constexpr uint64_t kEndBytes = 22, kCommentBytesMax = 65'535, kLocatorBytes = 20;
    if (::fseeko(file, 0, SEEK_END) != 0) return system_error(errno, "read", name);
    const auto size = static_cast<uint64_t>(::ftello(file));
    const uint64_t tail_bytes = std::min(size, kEndBytes + kCommentBytesMax + kLocatorBytes);
    const std::string tail = TRY(read_at(file, size - tail_bytes, tail_bytes, name));
    const size_t end = tail.rfind("PK\x05\x06");
    if (end == std::string::npos || end + kEndBytes > tail.size()) {
        return broken(name, "it has no directory");
    }
    Directory found{.offset = number(tail, end + 16, 4),
                    .size_bytes = number(tail, end + 12, 4),
                    .entry_count = number(tail, end + 10, 2)};
    if (end >= kLocatorBytes && tail.compare(end - kLocatorBytes, 4, "PK\x06\x07") == 0) {
        constexpr uint64_t kEnd64Bytes = 56;
        const uint64_t at = number(tail, end - kLocatorBytes + 8, 8);
        if (at > size) return broken(name, "its directory lies outside of it");
        const std::string record = TRY(read_at(file, at, kEnd64Bytes, name));
        if (!record.starts_with("PK\x06\x06")) return broken(name, "it has no directory");
        found = {number(record, 48, 8), number(record, 40, 8), number(record, 32, 8)};
    }
    if (found.offset > size || found.size_bytes > std::min(size, kDirectoryBytesMax)) {
        return broken(name, "its directory lies outside of it or is too large");
    }
    return found;
}

// The 64-bit numbers of an entry stand in a field of their own, only those that need it.
void take_long_numbers(std::string_view extra, ZipFile::Entry& entry) {
    constexpr uint64_t kLongNumbers = 1;
    while (extra.size() >= 4) {
        const size_t size = number(extra, 2, 2);
        if (number(extra, 0, 2) == kLongNumbers) {
            size_t at = 4;
            for (uint64_t* value : {&entry.size_bytes, &entry.packed_bytes, &entry.offset}) {
                if (*value != kIn64) continue;
                *value = number(extra, at, 8);
                at += 8;
            }
        }
        extra.remove_prefix(std::min(extra.size(), size + 4));
    }
}

// Unpacks one entry and sees to it that it is what the directory says.
class ZipBytes : public ByteSource {
public:
    ZipBytes(File file, const ZipFile::Entry& entry, std::string name)
        : file_(std::move(file)), entry_(entry), name_(std::move(name)), packed_(kPieceBytes) {
        if (entry.method == kDeflated) {
            is_inflating_ = inflateInit2(&stream_, -MAX_WBITS) == Z_OK;
            piece_.resize(kPieceBytes);
        }
        left_ = entry.packed_bytes;
    }
    ~ZipBytes() override {
        if (is_inflating_) inflateEnd(&stream_);
    }

    Result<std::string_view> next() override {
        const auto piece = TRY(is_inflating_ ? inflated() : stored());
        crc_ = static_cast<uint32_t>(::crc32(crc_, reinterpret_cast<const Bytef*>(piece.data()),
                                             static_cast<uInt>(piece.size())));
        given_ += piece.size();
        if (given_ > entry_.size_bytes) return broken(name_, "a part is longer than it says");
        if (piece.empty() && (given_ != entry_.size_bytes || crc_ != entry_.crc)) {
            return broken(name_, "a part is damaged");
        }
        return piece;
    }

private:
    Result<std::string_view> stored() {
        const size_t wanted = std::min<uint64_t>(left_, packed_.size());
        const size_t got = std::fread(packed_.data(), 1, wanted, file_.get());
        if (got < wanted) return broken(name_, "it ends too early");
        left_ -= got;
        return std::string_view(packed_.data(), got);
    }

    Result<std::string_view> inflated() {
        stream_.next_out = reinterpret_cast<Bytef*>(piece_.data());
        stream_.avail_out = static_cast<uInt>(piece_.size());
        while (stream_.avail_out > 0 && !is_done_) {
            if (stream_.avail_in == 0) {
                const auto more = TRY(stored());
                if (more.empty()) return broken(name_, "a part ends too early");
                stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(more.data()));
                stream_.avail_in = static_cast<uInt>(more.size());
            }
            const int code = inflate(&stream_, Z_NO_FLUSH);
            if (code == Z_STREAM_END) {
                is_done_ = true;
            } else if (code != Z_OK && code != Z_BUF_ERROR) {
                return broken(name_, "a part does not unpack");
            }
        }
        return std::string_view(piece_.data(), piece_.size() - stream_.avail_out);
    }

    File file_;
    ZipFile::Entry entry_;
    std::string name_;
    std::vector<char> packed_, piece_;
    z_stream stream_{};
    uint64_t left_ = 0, given_ = 0;
    uint32_t crc_ = 0;
    bool is_inflating_ = false, is_done_ = false;
};

}  // namespace

Result<ZipFile> ZipFile::open(const std::string& path, const std::string& name) {
    const File file(std::fopen(path.c_str(), "rb"), &std::fclose);
    if (!file) return system_error(errno, "open", name);
    const Directory found = TRY(find_directory(file.get(), name));
    const std::string bytes = TRY(read_at(file.get(), found.offset, found.size_bytes, name));
    ZipFile zip;
    zip.path_ = path;
    zip.name_ = name;
    std::string_view rest = bytes;
    constexpr size_t kHeadBytes = 46;
    while (rest.starts_with("PK\x01\x02") && rest.size() >= kHeadBytes) {
        Entry entry{.offset = number(rest, 42, 4),
                    .packed_bytes = number(rest, 20, 4),
                    .size_bytes = number(rest, 24, 4),
                    .crc = static_cast<uint32_t>(number(rest, 16, 4)),
                    .method = static_cast<uint16_t>(number(rest, 10, 2)),
                    .flags = static_cast<uint16_t>(number(rest, 8, 2))};
        const size_t name_bytes = number(rest, 28, 2), extra_bytes = number(rest, 30, 2);
        const size_t all = kHeadBytes + name_bytes + extra_bytes + number(rest, 32, 2);
        if (all > rest.size()) return broken(name, "its directory is cut");
        take_long_numbers(rest.substr(kHeadBytes + name_bytes, extra_bytes), entry);
        zip.entries_.emplace(lower_ascii(rest.substr(kHeadBytes, name_bytes)), entry);
        rest.remove_prefix(all);
    }
    const bool is_whole = zip.entries_.size() == found.entry_count && rest.empty();
    if (zip.entries_.empty() || !is_whole) return broken(name, "its directory is damaged");
    return zip;
}

bool ZipFile::has(std::string_view part) const { return entries_.contains(lower_ascii(part)); }

Result<std::unique_ptr<ByteSource>> ZipFile::stream(std::string_view part,
                                                    uint64_t size_bytes_max) const {
    const auto found = entries_.find(lower_ascii(part));
    if (found == entries_.end()) {
        return corrupt("the archive has no part '" + std::string(part) + "'").at(name_);
    }
    const Entry& entry = found->second;
    if ((entry.flags & kEncrypted) != 0) {
        return invalid_argument("the archive is protected by a password").at(name_);
    }
    if (entry.method != kStored && entry.method != kDeflated) {
        return broken(name_, "packed in a way that office programs do not use");
    }
    if (entry.size_bytes > size_bytes_max) {
        return resource_exhausted("'" + std::string(part) + "' unpacks to " +
                                  size_text(entry.size_bytes) + ", at most " +
                                  size_text(size_bytes_max) + " are read")
            .at(name_);
    }
    File file(std::fopen(path_.c_str(), "rb"), &std::fclose);
    if (!file) return system_error(errno, "open", name_);
    constexpr size_t kHeadBytes = 30;
    const std::string head = TRY(read_at(file.get(), entry.offset, kHeadBytes, name_));
    if (!head.starts_with("PK\x03\x04")) return broken(name_, "a part is not where it should be");
    const uint64_t skipped = number(head, 26, 2) + number(head, 28, 2);
    if (::fseeko(file.get(), static_cast<off_t>(skipped), SEEK_CUR) != 0) {
        return broken(name_, "it ends too early");
    }
    return std::unique_ptr<ByteSource>(new ZipBytes(std::move(file), entry, name_));
}

Result<std::string> ZipFile::read(std::string_view part, uint64_t size_bytes_max) const {
    const auto source = TRY(stream(part, size_bytes_max));
    std::string bytes;
    while (true) {
        const auto piece = TRY(source->next());
        if (piece.empty()) return bytes;
        bytes += piece;
    }
}

}  // namespace quern::data
