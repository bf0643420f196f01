#include "quern/data/plain_file.h"

#include <fcntl.h>
#include <iconv.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/data/byte_source.h"

namespace quern::data {
namespace {

// As people write them, and as iconv knows them.
constexpr std::pair<std::string_view, const char*> kEncodings[] = {
    {"utf-8", ""},
    {"utf8", ""},
    {"ascii", ""},
    {"us-ascii", ""},
    {"latin-1", "ISO-8859-1"},
    {"latin1", "ISO-8859-1"},
    {"iso-8859-1", "ISO-8859-1"},
    {"iso-8859-2", "ISO-8859-2"},
    {"iso-8859-5", "ISO-8859-5"},
    {"iso-8859-7", "ISO-8859-7"},
    {"iso-8859-9", "ISO-8859-9"},
    {"iso-8859-15", "ISO-8859-15"},
    {"windows-1250", "CP1250"},
    {"windows-1251", "CP1251"},
    {"windows-1252", "CP1252"},
    {"windows-1253", "CP1253"},
    {"windows-1254", "CP1254"},
    {"cp1252", "CP1252"},
    {"cp437", "CP437"},
    {"cp850", "CP850"},
    {"macintosh", "MACINTOSH"},
    {"koi8-r", "KOI8-R"},
    {"utf-16", "UTF-16"},
    {"utf-16le", "UTF-16LE"},
    {"utf-16be", "UTF-16BE"},
    {"utf-32", "UTF-32"},
    {"shift-jis", "SHIFT_JIS"},
    {"euc-jp", "EUC-JP"},
    {"euc-kr", "EUC-KR"},
    {"gb18030", "GB18030"},
    {"gbk", "GBK"},
    {"big5", "BIG5"},
};

struct IconvClose {
    using pointer = iconv_t;
    void operator()(iconv_t handle) const {
        if (handle != iconv_t(-1)) iconv_close(handle);
    }
};

// Turns pieces of one encoding into UTF-8; a character cut between two pieces waits for its rest.
class Converter {
public:
    static Result<Converter> open(const std::string& encoding, std::string name) {
        Converter converter;
        converter.handle_.reset(iconv_open("UTF-8", encoding.c_str()));
        if (converter.handle_.get() == iconv_t(-1)) {
            return unimplemented("this system cannot convert from " + encoding).at(name);
        }
        converter.encoding_ = encoding;
        converter.name_ = std::move(name);
        return converter;
    }

    // An empty piece ends the text.
    Result<std::string> convert(std::string_view piece) {
        pending_ += piece;
        std::string text;
        char* input = pending_.data();
        size_t left = pending_.size();
        while (left > 0) {
            char chunk[1 << 14];
            char* output = chunk;
            size_t room = sizeof chunk;
            const size_t code = iconv(handle_.get(), &input, &left, &output, &room);
            text.append(chunk, static_cast<size_t>(output - chunk));
            if (code != size_t(-1) || errno == E2BIG) continue;
            if (errno == EINVAL && !piece.empty()) break;
            for (const char c : text) line_ += c == '\n';
            char message[160];
            std::snprintf(message, sizeof message, "byte 0x%02X is not %s",
                          static_cast<unsigned char>(*input), encoding_.c_str());
            return invalid_argument(message)
                .at(name_ + ":" + std::to_string(line_))
                .hint("set `encoding:` to what the file is written in");
        }
        for (const char c : text) line_ += c == '\n';
        pending_.erase(0, pending_.size() - left);
        return text;
    }

private:
    std::unique_ptr<void, IconvClose> handle_{iconv_t(-1)};
    std::string encoding_, name_, pending_;
    int64_t line_ = 1;
};

class TemporaryWriter {
public:
    static Result<TemporaryWriter> create(const std::string& folder) {
        TemporaryWriter writer;
        writer.path_ = join_path(folder, "plain_XXXXXX");
        const int file = mkstemp(writer.path_.data());
        if (file < 0) return system_error(errno, "create a temporary file in", folder);
        writer.file_.reset(fdopen(file, "wb"));
        return writer;
    }
    Status write(std::string_view bytes) {
        size_bytes_ += bytes.size();
        if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) == bytes.size()) return {};
        return system_error(errno, "write", path_);
    }
    Status finish() {
        if (std::fclose(file_.release()) == 0) return {};
        return system_error(errno, "write", path_);
    }
    uint64_t size_bytes() const { return size_bytes_; }
    const std::string& path() const { return path_; }

private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::unique_ptr<std::FILE, Close> file_;
    std::string path_;
    uint64_t size_bytes_ = 0;
};

}  // namespace

Result<std::string> encoding_name(const std::string& written) {
    std::vector<std::string_view> names;
    for (const auto& [name, iconv_name] : kEncodings) {
        if (name == lower_ascii(written)) return std::string(iconv_name);
        names.push_back(name);
    }
    return unknown_name("encoding", written, names);
}

Result<PlainFile> plain_file(const std::string& path, const std::string& name,
                             const std::string& folder, const PlainSettings& settings) {
    const std::string encoding = TRY(encoding_name(settings.encoding));
    const std::string found = TRY(compression_of(path));
    const std::string& compression = settings.compression.empty() ? found : settings.compression;
    if (compression != found && compression != "none") {
        return corrupt("the file is not " + compression + " data").at(name);
    }
    if (compression == "none" && encoding.empty()) return PlainFile{path};

    auto bytes = TRY(open_bytes(path, name, compression));
    auto writer = TRY(TemporaryWriter::create(folder));
    std::optional<Converter> converter;
    if (!encoding.empty()) converter.emplace(TRY(Converter::open(encoding, name)));
    PlainFile plain{writer.path()};
    while (true) {
        const auto piece = TRY(bytes->next());
        if (converter) {
            const auto text = TRY(converter->convert(piece));
            TRY(writer.write(text));
        } else {
            TRY(writer.write(piece));
        }
        if (piece.empty()) break;
        if (writer.size_bytes() > settings.size_bytes_max) {
            return resource_exhausted("the file unpacks to more than " +
                                      size_text(settings.size_bytes_max))
                .at(name);
        }
        if (writer.size_bytes() > settings.wanted_bytes) {
            plain.is_whole = false;
            break;
        }
    }
    TRY(writer.finish());
    return plain;
}

}  // namespace quern::data
