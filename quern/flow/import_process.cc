#include "quern/flow/import_process.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include "quern/base/hash.h"
#include "quern/base/restricted.h"
#include "quern/base/text.h"
#include "quern/data/unzip.h"
#include "quern/score/artifact.h"

namespace quern::flow {
namespace {

// An answer is a letter, then the model's file, or the code, the words and the hint of a refusal.
constexpr char kModel = 'm', kRefusal = 'r', kEndOfField = '\0';
constexpr size_t kWordsMax = 1000;
constexpr const char* kSourceKey = "import.source";
constexpr const char* kNoteKey = "import.note.";
constexpr uint64_t kMemoryAByte = 48;  // of the file, for what is made of it
constexpr uint64_t kUnpackedAByte = 32;
constexpr uint64_t kMemoryMax = uint64_t{16} << 30;

struct File {
    int number = -1;
    ~File() {
        if (number >= 0) ::close(number);
    }
};

uint64_t unpacked_bytes_max(uint64_t size_bytes) {
    return std::min(size_bytes * kUnpackedAByte, score::kImportFileBytesMax);
}

// `file`: open, at its begin.
RestrictedLimits limits_for(int file, uint64_t size_bytes) {
    char head[2] = {};
    const bool is_zipped = ::pread(file, head, sizeof(head), 0) == sizeof(head) &&
                           data::is_zipped({head, sizeof(head)});
    RestrictedLimits limits;
    limits.memory_bytes += (is_zipped ? unpacked_bytes_max(size_bytes) : size_bytes) * kMemoryAByte;
    limits.memory_bytes = std::min(limits.memory_bytes, kMemoryMax);
    limits.output_bytes_max = limits.memory_bytes;
    return limits;
}

bool write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
        if (count < 0 && errno != EINTR) return false;
        if (count > 0) bytes.remove_prefix(static_cast<size_t>(count));
    }
    return true;
}

std::string refusal(const Status& status) {
    std::string answer{kRefusal, static_cast<char>(status.code())};
    answer += std::string(status.message()) + kEndOfField + std::string(status.hint());
    return answer;
}

Result<std::string> read_input(uint64_t size_bytes) {
    std::string bytes(size_bytes, '\0');
    size_t size = 0;
    while (size < bytes.size()) {
        const ssize_t count = ::read(STDIN_FILENO, bytes.data() + size, bytes.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_error(errno, "read", "the model's file");
        if (count == 0) break;
        size += static_cast<size_t>(count);
    }
    bytes.resize(size);
    return bytes;
}

Result<std::string> model_of(uint64_t size_bytes, const score::ImportOptions& options) {
    std::string bytes = TRY(read_input(size_bytes));
    if (data::is_zipped(bytes)) bytes = TRY(data::unzip(bytes, unpacked_bytes_max(size_bytes)));
    score::Imported imported = TRY(score::import_model(bytes, options));
    auto& metadata = imported.program.metadata;
    metadata[kSourceKey] = imported.source;
    for (size_t i = 0; i < imported.notes.size(); ++i)
        metadata[kNoteKey + std::to_string(i)] = imported.notes[i];
    return kModel + TRY(score::artifact_bytes(imported.program));
}

// Words that come from a file of anybody's: one line, of a length that can be read.
std::string tame(std::string_view words) {
    std::string tamed;
    for (const char c : words.substr(0, kWordsMax))
        tamed += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? '?' : c;
    while (!is_utf8(tamed)) tamed.resize(first_not_utf8(tamed));
    return tamed;
}

Status refusal_of(std::string_view answer) {
    const auto code = static_cast<unsigned char>(answer[1]);
    const size_t end = std::min(answer.find(kEndOfField, 2), answer.size());
    const bool is_known = code > 0 && code <= static_cast<unsigned char>(Code::internal);
    Status status(is_known ? static_cast<Code>(code) : Code::corrupt,
                  tame(answer.substr(2, end - 2)));
    const std::string hint = tame(answer.substr(std::min(end + 1, answer.size())));
    return hint.empty() ? status : std::move(status).hint(hint);
}

Result<score::Imported> imported_of(std::string_view answer) {
    if (answer.size() >= 2 && answer[0] == kRefusal) return refusal_of(answer);
    if (answer.empty() || answer[0] != kModel)
        return unavailable("the process that reads the file gave no answer")
            .hint("it starts this program anew by /proc/self/exe: is /proc there?");
    const std::string bytes(answer.substr(1));  // aligned as a model's file is
    score::Imported imported;
    imported.program = TRY(score::read_artifact(std::as_bytes(std::span(bytes))));
    for (auto& [key, value] : imported.program.metadata) {
        if (key == kSourceKey) imported.source = tame(value);
        if (key.starts_with(kNoteKey)) imported.notes.push_back(tame(value));
    }
    imported.program.metadata.clear();
    return imported;
}

}  // namespace

Result<score::Imported> read_model(const std::string& path, const score::ImportOptions& options) {
    const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    struct stat facts{};
    if (file.number < 0 || ::fstat(file.number, &facts) != 0)
        return system_error(errno, "open", path);
    if (!S_ISREG(facts.st_mode)) return invalid_argument("'" + path + "' is no file");
    const auto size_bytes = static_cast<uint64_t>(facts.st_size);
    if (size_bytes > score::kImportFileBytesMax)
        return resource_exhausted("the file is larger than " +
                                  size_text(score::kImportFileBytesMax));
    std::vector<std::string> arguments{std::string(kReadModelVerb)};
    if (!options.format.empty()) arguments.insert(arguments.end(), {"--from", options.format});
    if (!options.target.empty()) arguments.insert(arguments.end(), {"--target", options.target});
    std::string names;
    for (const auto& name : options.names) names += (names.empty() ? "" : ",") + name;
    if (!names.empty()) arguments.insert(arguments.end(), {"--names", names});
    const auto limits = limits_for(file.number, size_bytes);
    const std::string answer = TRY(run_restricted(arguments, file.number, limits));
    auto imported = imported_of(answer);
    if (imported.ok()) return imported;
    return std::move(imported).status().at(path);
}

void answer_read_model(const score::ImportOptions& options) {
    struct stat facts{};
    uint64_t size_bytes = 0;
    if (::fstat(STDIN_FILENO, &facts) == 0) size_bytes = static_cast<uint64_t>(facts.st_size);
    size_bytes = std::min(size_bytes, score::kImportFileBytesMax);
    sha256_hex("");  // it loads what it needs, which is not to be had later on
    const auto limits = limits_for(STDIN_FILENO, size_bytes);
    const Status restricted = restrict_this_process(limits);
    if (!restricted.ok()) {
        write_all(refusal(restricted));
        ::_exit(1);
    }
    bool is_written = false;
    try {
        const auto model = model_of(size_bytes, options);
        is_written = write_all(model.ok() ? *model : refusal(model.status()));
    } catch (const std::bad_alloc&) {
        is_written = write_all(refusal(resource_exhausted(
            "reading the file takes more than " + size_text(limits.memory_bytes) + " of memory")));
    }
    ::_exit(is_written ? 0 : 1);
}

}  // namespace quern::flow
