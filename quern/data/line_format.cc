#include "quern/data/line_format.h"

#include <re2/re2.h>

#include <cerrno>
#include <cstdio>
#include <set>

#include "quern/base/folder.h"
#include "quern/base/text.h"
#include "quern/data/plain_file.h"
#include "quern/data/quarantine.h"

namespace quern::data {
namespace {

// A line is one field of a file without quotes.
Dialect line_dialect(const project::Source& source) {
    return {.delimiter = "\x1f",
            .quote = 0,
            .escape = 0,
            .comment = source.comment.empty() ? '\0' : source.comment[0],
            .skip_lines = source.skip_lines,
            .has_header = false};
}

struct Lines {
    std::string path;
    Dialect dialect;
    RecordLimits limits;
    int64_t record_count_max = INT64_MAX;
    std::shared_ptr<const LineReader> reader;

    // Calls visit(record, fields, reason) for each line; reason "" for a good one.
    template <class Visit>
    Status for_each(Visit visit) const {
        auto scanner = TRY(RecordScanner::open(path, dialect, limits));
        Record record;
        std::vector<std::string> fields(reader->names.size());
        for (int64_t count = 0; count < record_count_max && TRY(scanner.next(record)); ++count) {
            const std::string reason = record.fault == RecordFault::none
                                           ? reader->read(record.bytes, fields)
                                           : fault_text(record, limits);
            TRY(visit(record, fields, reason));
        }
        return {};
    }
};

struct FileClose {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

void add_line(std::string& text, const std::vector<std::string>& fields) {
    bool is_first = true;
    for (const auto& field : fields) {
        text += is_first ? "\"" : ",\"";
        for (const char c : field) text += c == '"' ? "\"\"" : std::string_view(&c, 1);
        text += '"';
        is_first = false;
    }
    text += '\n';
}

struct Copy {
    std::string path;
    int64_t row_count = 0, rejected_count = 0;
};

Result<Copy> write_copy(const Lines& lines, const StageRequest& request) {
    Copy copy{.path = join_path(request.folder, "lines_XXXXXX")};
    const int descriptor = mkstemp(copy.path.data());
    if (descriptor < 0) return system_error(errno, "create a temporary file in", request.folder);
    const std::unique_ptr<std::FILE, FileClose> file(fdopen(descriptor, "wb"));
    std::string text;
    const auto flush = [&] {
        const bool is_fine = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
        text.clear();
        return is_fine && std::fflush(file.get()) == 0 ? Status()
                                                       : system_error(errno, "write", copy.path);
    };
    add_line(text, lines.reader->names);
    TRY(lines.for_each([&](const Record& record, const auto& fields, const std::string& reason) {
        constexpr size_t kPieceBytes = 1 << 20;
        if (reason.empty()) {
            ++copy.row_count;
            add_line(text, fields);
            return text.size() > kPieceBytes ? flush() : Status();
        }
        ++copy.rejected_count;
        if (request.quarantine == nullptr) return Status();
        return request.quarantine->add(
            {.file = request.name, .line = record.line, .reason = reason, .raw = record.bytes});
    }));
    TRY(flush());
    return copy;
}

// The copy as the source of a plain CSV file; what the user says about values holds for it too.
project::Source as_csv(const project::Source& source) {
    constexpr int64_t kLineBytesMax = 1 << 30;
    project::Source csv = source;
    csv.compression = "none";
    csv.encoding = "utf-8";
    csv.quote = csv.escape = "\"";
    csv.comment.clear();
    csv.names.clear();
    csv.has_header = true;
    csv.skip_lines = 0;
    csv.line_bytes_max = std::min(kLineBytesMax, 4 * source.line_bytes_max);
    return csv;
}

}  // namespace

Result<Staged> stage_log(StageRequest& request, std::shared_ptr<const LineReader> reader) {
    const project::Source& source = request.source;
    const auto plain =
        TRY(plain_file(request.path, request.name, request.folder,
                       {.compression = source.compression, .encoding = source.encoding}));
    if (TRY(file_facts(plain.path)).size_bytes == 0) {
        return invalid_argument("the file is empty (0 bytes)").at(request.name);
    }
    Lines lines{.path = plain.path,
                .dialect = line_dialect(source),
                .limits = {static_cast<uint64_t>(source.line_bytes_max)},
                .reader = reader};
    if (request.is_sample) lines.record_count_max = source.sample_rows;
    const Copy copy = TRY(write_copy(lines, request));

    const project::Source csv = as_csv(source);
    StageRequest inner{.session = request.session,
                       .source = csv,
                       .path = copy.path,
                       .name = request.name,
                       .folder = request.folder,
                       .is_sample = request.is_sample,
                       .finds_types = request.finds_types && reader->types.empty(),
                       .notes = request.notes};
    Staged staged = TRY(stage_delimited(inner, ","));
    if (staged.row_count != copy.row_count || staged.rejected_count != 0) {
        return internal("a copy of the lines does not hold them all").at(request.name);
    }
    staged.rejected_count = copy.rejected_count;
    staged.counts.reset();
    for (size_t i = 0; i < reader->types.size(); ++i) staged.schema[i].type = reader->types[i];
    if (!reader->timestamp_format.empty()) staged.timestamp_format = reader->timestamp_format;
    staged.locate =
        [lines](const std::vector<int64_t>& row_numbers) -> Result<std::vector<Staged::Origin>> {
        std::vector<Staged::Origin> origins;
        int64_t row_number = 0;
        TRY(lines.for_each([&](const Record& record, const auto&, const std::string& reason) {
            if (!reason.empty()) return Status();
            ++row_number;
            const size_t next = origins.size();
            if (next < row_numbers.size() && row_numbers[next] == row_number) {
                origins.push_back({record.line, printable(record.bytes)});
            }
            return Status();
        }));
        return origins;
    };
    return staged;
}

Pattern::Pattern(std::unique_ptr<re2::RE2> compiled) : compiled_(std::move(compiled)) {
    for (const auto& [group, name] : compiled_->CapturingGroupNames()) {
        names_.push_back(name);
        groups_.push_back(group);
    }
}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::compile(const std::string& text) {
    constexpr int64_t kMemoryBytesMax = 64 << 20;
    constexpr int kGroupsMax = 500;
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMemoryBytesMax);
    auto compiled = std::make_unique<re2::RE2>(text, options);
    if (!compiled->ok()) {
        return invalid_argument("'pattern' is no regular expression: " + compiled->error())
            .hint("look-arounds and back-references are not known: they take no linear time");
    }
    if (compiled->NumberOfCapturingGroups() > kGroupsMax) {
        return invalid_argument("'pattern' has more than 500 groups");
    }
    Pattern pattern(std::move(compiled));
    std::set<std::string> seen;
    for (const auto& name : pattern.names_) {
        if (seen.insert(lower_ascii(name)).second) continue;
        return invalid_argument("'pattern' has two groups named '" + name + "'");
    }
    if (!pattern.names_.empty()) return pattern;
    return invalid_argument("'pattern' names no group, so it has no columns")
        .hint("name what you want to have: (?P<user>\\S+)");
}

bool Pattern::match(std::string_view line, std::vector<std::string>& fields) const {
    std::vector<re2::StringPiece> groups(static_cast<size_t>(groups_.back()) + 1);
    const bool is_match =
        compiled_->Match({line.data(), line.size()}, 0, line.size(), re2::RE2::ANCHOR_BOTH,
                         groups.data(), static_cast<int>(groups.size()));
    if (!is_match) return false;
    fields.resize(groups_.size());
    for (size_t i = 0; i < groups_.size(); ++i) {
        const auto& group = groups[static_cast<size_t>(groups_[i])];
        fields[i].assign(group.data() == nullptr ? "" : group.data(), group.size());
    }
    return true;
}

}  // namespace quern::data
