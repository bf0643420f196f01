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

// Kinds of values, as bits.
enum Kind : unsigned { kNull = 1, kWhole = 2, kNumber = 4, kText = 8, kFlag = 16, kNested = 32 };

unsigned kind_of(simdjson::dom::element value) {
    using simdjson::dom::element_type;
    switch (value.type()) {
        case element_type::INT64:
            return kWhole;
        case element_type::UINT64:
        case element_type::DOUBLE:
            return kNumber;
        case element_type::STRING:
            return kText;
        case element_type::BOOL:
            return kFlag;
        case element_type::NULL_VALUE:
            return kNull;
        default:
            return kNested;
    }
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
        const simdjson::dom::object object(element.get_object().value_unsafe());
        if (!is_like_before(object)) {
            if (has_twin_keys(element)) return "a key comes twice";
            for (const auto field : object) {
                if (std::string reason = judge_key(field.key); !reason.empty()) return reason;
            }
            remember(object);
        }
        if (record.bytes.find("\\u0000") != std::string_view::npos) return "a text holds a NUL";
        return "";
    }

    const std::map<std::string, unsigned, std::less<>>& kinds() const { return kinds_; }

private:
    // Whether it has the keys of the line before, in their order, and nothing within them: most
    // lines of a file do, and all that is to be said of their keys was said then.
    bool is_like_before(const simdjson::dom::object& object) {
        size_t i = 0;
        for (const auto field : object) {
            const bool is_nested = field.value.is_object() || field.value.is_array();
            if (is_nested || i == before_.size() || before_[i].first != field.key) return false;
            *before_[i++].second |= kind_of(field.value);
        }
        return i > 0 && i == before_.size();
    }

    void remember(const simdjson::dom::object& object) {
        before_.clear();
        for (const auto field : object) {
            const auto [kinds, is_new] = kinds_.try_emplace(std::string(field.key), 0);
            kinds->second |= kind_of(field.value);
            before_.emplace_back(kinds->first, &kinds->second);
        }
        if (kinds_.size() > kKeysMax) {
            kinds_.clear();
            before_.clear();
        }
    }

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
    std::map<std::string, unsigned, std::less<>> kinds_;
    std::vector<std::pair<std::string_view, unsigned*>> before_;  // of the line before
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
        LineJudge judge(limits);
        return for_each(visit, judge);
    }

    template <class Visit>
    Status for_each(Visit visit, LineJudge& judge) const {
        auto scanner = TRY(RecordScanner::open(path, line_dialect(), limits));
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

// Takes the good lines of a file to a copy. Of a spool, which holds nothing odd, only once a bad
// line is met; until then it is its own copy.
class Copy {
public:
    static Result<Copy> begin(const Lines& file, const StageRequest& request) {
        Copy copy;
        copy.path_ = file.path;
        if (request.settled == nullptr || request.is_sample || request.wants_copy) {
            TRY(copy.open(request));
        }
        return copy;
    }

    Status add(const Record& record) {
        if (!file_) return {};
        const bool is_written = std::fwrite(record.bytes.data(), 1, record.bytes.size(),
                                            file_.get()) == record.bytes.size() &&
                                std::fputc('\n', file_.get()) != EOF;
        return is_written ? Status() : system_error(errno, "write", path_);
    }

    // A bad line begins at `offset` of the file; all before it is good.
    Status leave_out(const Lines& file, const StageRequest& request, uint64_t offset) {
        if (file_) return {};
        TRY(open(request));
        std::unique_ptr<std::FILE, FileClose> from(std::fopen(file.path.c_str(), "rb"));
        if (!from) return system_error(errno, "read", file.path);
        std::vector<char> block(1 << 20);
        while (offset > 0) {
            const size_t size = std::min<uint64_t>(offset, block.size());
            if (std::fread(block.data(), 1, size, from.get()) != size ||
                std::fwrite(block.data(), 1, size, file_.get()) != size) {
                return system_error(errno, "write", path_);
            }
            offset -= size;
        }
        return {};
    }

    Result<std::string> end() {
        if (file_ && std::fclose(file_.release()) != 0) return system_error(errno, "write", path_);
        return path_;
    }

private:
    Status open(const StageRequest& request) {
        path_ = join_path(request.folder, "clean_XXXXXX");
        const int descriptor = mkstemp(path_.data());
        if (descriptor < 0) {
            return system_error(errno, "create a temporary file in", request.folder);
        }
        file_.reset(fdopen(descriptor, "wb"));
        return {};
    }

    std::string path_;
    std::unique_ptr<std::FILE, FileClose> file_;
};

// Good lines go to the file whose path is given, bad ones to the quarantine.
Result<std::string> split_lines(const Lines& file, const StageRequest& request, LineJudge& judge,
                                Staged& staged) {
    Copy copy = TRY(Copy::begin(file, request));
    const auto visit = [&](const Record& record, int64_t line,
                           const std::string& reason) -> Status {
        if (reason.empty()) {
            ++staged.row_count;
            return copy.add(record);
        }
        ++staged.rejected_count;
        TRY(copy.leave_out(file, request, record.offset));
        if (request.quarantine == nullptr) return {};
        return request.quarantine->add(
            {.file = file.name, .line = line, .reason = reason, .raw = record.bytes});
    };
    TRY(file.for_each(visit, judge));
    return copy.end();
}

// How DuckDB reads a column of a spool, without a way through JSON, where that gives the same; JSON
// where it may not.
frame::Type direct_type(unsigned kinds, const frame::Type& settled) {
    using frame::TypeId;
    const auto only = [kinds](unsigned some) { return (kinds & ~(some | kNull)) == 0; };
    if (only(kText)) return {.id = TypeId::varchar};
    const bool is_same = (settled.id == TypeId::bigint && only(kWhole)) ||
                         (settled.id == TypeId::float64 && only(kWhole | kNumber)) ||
                         (settled.id == TypeId::boolean && only(kFlag));
    return is_same ? settled : frame::type_from_sql("JSON");
}

// Whether looking at the values would find no other type than the settled one.
bool stays(unsigned kinds, const frame::Type& settled) {
    using frame::TypeId;
    const auto only = [kinds](unsigned some) { return (kinds & ~(some | kNull)) == 0; };
    switch (settled.id) {
        case TypeId::varchar:
            return (kinds & kNested) == 0;
        case TypeId::bigint:
            return only(kWhole);
        case TypeId::float64:
            return only(kWhole | kNumber);
        case TypeId::boolean:
            return only(kFlag);
        case TypeId::timestamp:
        case TypeId::timestamptz:
            return only(kText);
        default:
            return false;
    }
}

// False when some column must be looked at.
bool take_settled(const LineJudge& judge, const frame::Schema& settled, Staged& staged) {
    frame::Schema schema, relation;
    for (const auto& [key, kinds] : judge.kinds()) {
        const int index = frame::column_index(settled, key);
        if (index < 0) return false;
        const auto& column = settled[static_cast<size_t>(index)];
        if (!stays(kinds, column.type)) return false;
        schema.push_back({key, column.type});
        relation.push_back({key, direct_type(kinds, column.type)});
    }
    staged.schema = std::move(schema);
    staged.relation = std::move(relation);
    return true;
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
    LineJudge judge(file.limits);
    const std::string path = TRY(split_lines(file, request, judge, staged));
    const bool is_settled =
        request.settled != nullptr && take_settled(judge, *request.settled, staged);
    if (staged.row_count > 0 && !is_settled) {
        TRY(find_columns(request, path, staged));
        for (const auto& column : staged.schema) {
            staged.relation.push_back({column.name, frame::type_from_sql("JSON")});
        }
    }
    std::string columns;
    for (const auto& column : staged.relation) {
        columns += (columns.empty() ? "" : ", ") + quote_literal(column.name) + ": " +
                   quote_literal(column.type.text());
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
