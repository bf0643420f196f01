// What json and ndjson share: every line is parsed by simdjson first, so that DuckDB reads only
// whole objects and the count of rows is known beforehand.
#include <simdjson.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>
#include <memory>
#include <set>

#include "quern/base/folder.h"
#include "quern/base/text.h"
#include "quern/data/quarantine.h"
#include "quern/data/record_scanner.h"
#include "quern/data/rows.h"
#include "quern/data/source_format.h"

namespace quern::data {
namespace {

constexpr size_t kDepthMax = 100;
constexpr size_t kKeysMax = 100'000;  // remembered of a file

// A line is one field of a file without quotes: 0x1F cannot stand in JSON unescaped.
Dialect line_dialect() {
    return {.delimiter = "\x1f", .quote = 0, .escape = 0, .has_header = false};
}

// Names of columns, and of fields within them: SQL does not tell cases apart.
bool has_twin_keys(simdjson::dom::element element) {
    if (element.is_array()) {
        for (const auto item : simdjson::dom::array(element.get_array().value_unsafe())) {
            if (has_twin_keys(item)) return true;
        }
    }
    if (!element.is_object()) return false;
    std::vector<std::string> keys;
    for (const auto field : simdjson::dom::object(element.get_object().value_unsafe())) {
        keys.push_back(lower_ascii(field.key));
        if (has_twin_keys(field.value)) return true;
    }
    std::ranges::sort(keys);
    return std::ranges::adjacent_find(keys) != keys.end();
}

class LineJudge {
public:
    explicit LineJudge(RecordLimits limits) : limits_(limits) {
        is_ready_ = parser_.allocate(1 << 16, kDepthMax) == simdjson::SUCCESS;
    }

    // What is wrong with a line; "" when nothing is.
    std::string judge(const Record& record) {
        if (!is_ready_) return "no memory to parse it";
        if (record.fault != RecordFault::none) return fault_text(record, limits_);
        simdjson::dom::element element;
        const auto error = parser_.parse(record.bytes.data(), record.bytes.size()).get(element);
        if (error) return std::string("not JSON: ") + simdjson::error_message(error);
        if (!element.is_object()) return "not a JSON object";
        if (has_twin_keys(element)) return "a key comes twice";
        for (const auto field : simdjson::dom::object(element.get_object().value_unsafe())) {
            if (std::string reason = judge_key(field.key); !reason.empty()) return reason;
        }
        if (record.bytes.find("\\u0000") != std::string_view::npos) return "a text holds a NUL";
        return "";
    }

private:
    // A key is a column, so in all lines it must be written as in the first that has it.
    std::string judge_key(std::string_view key) {
        if (known_.contains(key)) return "";
        if (key.empty()) return "a key is empty";
        const auto [first, is_new] = spellings_.emplace(lower_ascii(key), key);
        if (!is_new) {
            return "the key '" + std::string(key) + "' is written '" + first->second +
                   "' in an earlier line";
        }
        known_.emplace(key);
        if (known_.size() > kKeysMax) {
            known_.clear();
            spellings_.clear();
        }
        return "";
    }

    simdjson::dom::parser parser_;
    std::set<std::string, std::less<>> known_;
    std::map<std::string, std::string> spellings_;
    RecordLimits limits_;
    bool is_ready_ = false;
};

struct Lines {
    std::string path, name;
    std::vector<int64_t> lines;  // see JsonLines
    RecordLimits limits;
    int64_t record_count_max = INT64_MAX;

    int64_t line_of(const Record& record, int64_t index) const {
        return lines.empty() ? record.line : lines[static_cast<size_t>(index)];
    }

    // Calls visit(record, line, reason) for each line that is not blank; reason "" for a good one.
    template <class Visit>
    Status for_each(Visit visit) const {
        auto scanner = TRY(RecordScanner::open(path, line_dialect(), limits));
        LineJudge judge(limits);
        Record record;
        int64_t index = 0;
        while (index < record_count_max && TRY(scanner.next(record))) {
            const int64_t line = line_of(record, index++);
            if (trim(record.bytes).empty()) continue;
            TRY(visit(record, line, judge.judge(record)));
        }
        return {};
    }
};

struct FileClose {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

// Good lines go to a copy, bad ones to the quarantine.
Result<std::string> split_lines(const Lines& file, const StageRequest& request, Staged& staged) {
    std::string path = join_path(request.folder, "clean_XXXXXX");
    const int descriptor = mkstemp(path.data());
    if (descriptor < 0) return system_error(errno, "create a temporary file in", request.folder);
    std::unique_ptr<std::FILE, FileClose> copy(fdopen(descriptor, "wb"));
    TRY(file.for_each([&](const Record& record, int64_t line, const std::string& reason) {
        if (!reason.empty()) {
            ++staged.rejected_count;
            if (request.quarantine == nullptr) return Status();
            return request.quarantine->add(
                {.file = file.name, .line = line, .reason = reason, .raw = record.bytes});
        }
        ++staged.row_count;
        const bool is_written = std::fwrite(record.bytes.data(), 1, record.bytes.size(),
                                            copy.get()) == record.bytes.size() &&
                                std::fputc('\n', copy.get()) != EOF;
        return is_written ? Status() : system_error(errno, "write", path);
    }));
    if (std::fclose(copy.release()) != 0) return system_error(errno, "write", path);
    return path;
}

Status find_columns(StageRequest& request, const std::string& path, Staged& staged) {
    const project::Source& source = request.source;
    std::string formats;
    if (!source.date_format.empty()) {
        formats += ", dateformat = " + quote_literal(source.date_format);
    }
    if (!source.timestamp_format.empty()) {
        formats += ", timestampformat = " + quote_literal(source.timestamp_format);
    }
    const std::string sql =
        "select column_name, column_type from (describe select * from read_json(" +
        quote_literal(literal_pattern(path)) +
        ", format = 'newline_delimited', records = true, sample_size = " +
        std::to_string(source.sample_rows) + formats +
        ", map_inference_threshold = -1, maximum_depth = 32, compression = 'uncompressed'" +
        ", maximum_object_size = " + std::to_string(source.line_bytes_max) + "))";
    const auto columns = text_rows(request.session, sql);
    if (!columns.ok()) return Status(columns.status()).at(request.name);
    for (const auto& column : *columns) {
        frame::Type type = frame::type_from_sql(column[1]);
        if (type.sql_name == "JSON") type = {.id = frame::TypeId::varchar};
        staged.schema.push_back({column[0], type});
    }
    return {};
}

}  // namespace

Result<Staged> stage_json_lines(StageRequest& request, JsonLines lines) {
    const project::Source& source = request.source;
    if (TRY(file_facts(lines.path)).size_bytes == 0 && lines.lines.empty()) {
        return invalid_argument("the file is empty (0 bytes)").at(request.name);
    }
    Lines file{.path = lines.path,
               .name = request.name,
               .lines = std::move(lines.lines),
               .limits = {static_cast<uint64_t>(source.line_bytes_max)}};
    if (request.is_sample) file.record_count_max = source.sample_rows;

    Staged staged{.name = request.name};
    const std::string path = TRY(split_lines(file, request, staged));
    if (staged.row_count > 0) TRY(find_columns(request, path, staged));
    std::string columns;
    for (const auto& column : staged.schema) {
        columns += (columns.empty() ? "" : ", ") + quote_literal(column.name) + ": 'JSON'";
        staged.relation.push_back({column.name, frame::type_from_sql("JSON")});
    }
    staged.from_sql =
        "read_json(" + quote_literal(literal_pattern(path)) +
        ", format = 'newline_delimited', records = true, compression = 'uncompressed', "
        "maximum_object_size = " +
        std::to_string(source.line_bytes_max) + ", columns = {" + columns + "})";
    staged.locate =
        [file](const std::vector<int64_t>& row_numbers) -> Result<std::vector<Staged::Origin>> {
        std::vector<Staged::Origin> origins;
        int64_t row_number = 0;
        TRY(file.for_each([&](const Record& record, int64_t line, const std::string& reason) {
            if (!reason.empty()) return Status();
            ++row_number;
            const size_t next = origins.size();
            if (next < row_numbers.size() && row_numbers[next] == row_number) {
                origins.push_back({line, printable(record.bytes)});
            }
            return Status();
        }));
        return origins;
    };
    return staged;
}

}  // namespace quern::data
