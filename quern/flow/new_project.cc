#include "quern/flow/new_project.h"

#include <algorithm>
#include <filesystem>

#include "quern/base/clock.h"
#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/data/load.h"
#include "quern/flow/new_files.h"
#include "quern/flow/profile.h"

namespace quern::flow {
namespace {

constexpr size_t kListedMax = 1000;  // characters of a list of columns
constexpr size_t kNameMax = 60;      // of a source; it is the name of a file
constexpr const char* kRows = "quern_new";
constexpr const char* kQuarantine = "quern_new_quarantine";

Status check_folder(const std::string& folder) {
    const auto facts = file_facts(folder);
    if (!facts.ok()) return {};
    std::error_code error;
    if (facts->is_folder && std::filesystem::is_empty(folder, error)) return {};
    return already_exists("'" + folder + "' is there already").hint("choose another name");
}

// 'My data (2).csv.gz' -> "my_data_2", readable without quotes in SQL.
std::string plain_name(const std::string& path) {
    std::string stem = file_stem(path);
    for (const char* ending : {".csv", ".tsv", ".json", ".ndjson", ".parquet"}) {
        if (stem.ends_with(ending)) stem = file_stem(stem);
    }
    std::string name;
    for (const char c : lower_ascii(stem)) {
        const bool is_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (is_word) name += c;
        if (!is_word && !name.empty() && name.back() != '_') name += '_';
    }
    if (name.size() > kNameMax) name.resize(kNameMax);
    while (name.ends_with('_')) name.pop_back();
    if (name.empty() || (name[0] >= '0' && name[0] <= '9')) name = "data_" + name;
    while (name.ends_with('_')) name.pop_back();
    return name;
}

// Relative where the project lies beside the data, so both may move together.
std::string written_path(const std::string& file, const std::string& folder) {
    const std::filesystem::path from = absolute_path(file), base = absolute_path(folder);
    const auto relative = from.lexically_relative(base);
    size_t ups = 0;
    for (const auto& part : relative) ups += part == ".." ? 1 : 0;
    return relative.empty() || ups > 2 ? from.string() : relative.string();
}

project::Source source_of(const NewProject& wanted, std::vector<std::string> null_values) {
    const std::string& file = wanted.file;
    project::Source source;
    if (!wanted.names.empty()) {
        source.names = wanted.names;
        source.has_header = false;
    }
    if (!wanted.encoding.empty()) source.encoding = wanted.encoding;
    source.name = plain_name(file);
    source.files.push_back({absolute_path(file), {}});
    source.null_values = std::move(null_values);
    return source;
}

Result<data::LoadReport> load(sql::Session& session, const project::Source& source) {
    TRY(session.execute(std::string("drop table if exists ") + kRows + "; drop table if exists " +
                        kQuarantine));
    return data::load_source(session, "/", source, {kRows, kQuarantine});
}

// The columns that look so are numbers then, and all others what they were before.
bool is_better(const data::LoadReport& with_comma, const data::LoadReport& before) {
    if (with_comma.rows_loaded != before.rows_loaded) return false;
    return std::ranges::all_of(before.columns, [&](const auto& column) {
        const int index = frame::column_index(with_comma.columns, column.name);
        if (index < 0) return false;
        const auto& type = with_comma.columns[static_cast<size_t>(index)].type;
        const bool looks_so =
            std::ranges::find(before.comma_columns, column.name) != before.comma_columns.end();
        return looks_so ? frame::is_numeric(type) : type == column.type;
    });
}

// Loads again with a decimal comma where the values look so; true if the source needs it.
Result<bool> load_with_comma(sql::Session& session, project::Source source,
                             data::LoadReport& report) {
    if (report.comma_columns.empty()) return false;
    source.decimal_separator = ",";
    auto again = load(session, source);
    if (again.ok() && is_better(*again, report)) {
        report = std::move(*again);
        return true;
    }
    source.decimal_separator = ".";
    report = TRY(load(session, source));
    return false;
}

Result<const ColumnProfile*> find_target(const TableProfile& profile, const std::string& target) {
    std::vector<std::string_view> names;
    for (const auto& column : profile.columns) {
        if (lower_ascii(column.name) == lower_ascii(target)) return &column;
        names.push_back(column.name);
    }
    // A file without a header has names that nobody knows yet, so all of them are told.
    std::string all;
    for (const auto name : names) all += (all.empty() ? "" : ", ") + std::string(name);
    Status status = unknown_name("column", target, names);
    if (all.size() > kListedMax || !names.front().starts_with("column_")) return status;
    return Status(status.code(), std::string(status.message()))
        .hint("the file has no header; its columns are " + all + "; give names with --names a,b,c");
}

// A target that cannot be learned is told now, not after the first run.
Status check_target(const ColumnProfile& target) {
    const std::string name = "the target '" + target.name + "' ";
    if (target.null_count == target.row_count)
        return invalid_argument(name + "has no value at all");
    if (target.distinct_count < 2) return invalid_argument(name + "has one value only");
    const bool is_text = target.type.id == frame::TypeId::varchar;
    if (is_text && target.distinct_count > kClassesMax) {
        return invalid_argument(name + "has " + with_thousands(target.distinct_count) +
                                " different texts, too many to be classes")
            .hint("choose a column with few values, or a number");
    }
    const bool is_learned =
        is_text || target.type.id == frame::TypeId::boolean || frame::is_numeric(target.type);
    if (!is_learned) {
        return invalid_argument(name + "is " + target.type.text() +
                                ", neither a class nor a number");
    }
    return {};
}

std::string file_words(const NewProject& wanted, const data::LoadReport& report,
                       const std::vector<std::string>& marks, double seconds) {
    uint64_t size_bytes = 0;
    for (const auto& file : report.files) size_bytes += file.size_bytes;
    std::string words = "Read " + file_name(wanted.file) + ": " +
                        plural(report.rows_loaded, "row") + ", " +
                        plural(static_cast<int64_t>(report.columns.size()), "column") + ", " +
                        size_text(size_bytes) + " (" + duration_text(seconds) + ")";
    std::string list;
    for (const auto& mark : marks) {
        const std::string shown = "'" + std::string(trim(mark)) + "'";
        if (list.find(shown) == std::string::npos) list += (list.empty() ? "" : ", ") + shown;
    }
    if (!list.empty()) words += "; " + list + " reads as missing";
    if (report.rows_quarantined > 0) {
        words += "; " + plural(report.rows_quarantined, "bad row") + " set aside, such as " +
                 report.first_reason;
    }
    return words;
}

Status write_files(const std::string& folder, const std::vector<WrittenFile>& files) {
    for (const auto& file : files) {
        const std::string path = join_path(folder, file.path);
        TRY(make_folders(folder_of(path)));
        TRY(write_file_durable(path, file.text));
    }
    return {};
}

}  // namespace

Result<NewReport> new_project(const NewProject& wanted) {
    TRY(check_folder(wanted.folder));
    TRY(file_facts(wanted.file));
    const double start = steady_seconds();
    const auto database = TRY(sql::Database::open({}));
    sql::Session session = TRY(database.connect());
    auto report = TRY(load(session, source_of(wanted, {""})));
    const auto marks = TRY(missing_marks(session, kRows));
    std::vector<std::string> null_values = {""};
    null_values.insert(null_values.end(), marks.begin(), marks.end());
    if (!marks.empty()) report = TRY(load(session, source_of(wanted, null_values)));
    const bool has_decimal_comma =
        TRY(load_with_comma(session, source_of(wanted, null_values), report));
    const auto profile = TRY(profile_table(session, kRows));

    NewReport made;
    made.file_words = file_words(wanted, report, marks, steady_seconds() - start);
    if (has_decimal_comma) made.file_words += "; numbers have a decimal comma";
    if (profile.row_count == 0) {
        return invalid_argument("'" + wanted.file +
                                "' has no rows, so nothing can be learned from it");
    }
    Names names{.project = file_name(wanted.folder), .source = plain_name(wanted.file)};
    names.table = names.source + "_clean";
    Draft draft{names, written_path(wanted.file, wanted.folder), null_values, profile, nullptr, {}};
    if (!wanted.target.empty()) {
        draft.target = TRY(find_target(profile, wanted.target));
        TRY(check_target(*draft.target));
        made.target_words = target_words(*draft.target);
    }
    draft.keywords = TRY(sql_keywords(session));
    draft.column_names = wanted.names;
    draft.encoding = wanted.encoding;
    draft.has_decimal_comma = has_decimal_comma;
    if (draft.target != nullptr && count_features(draft) == 0) {
        return invalid_argument("no column of '" + wanted.file + "' tells anything about '" +
                                draft.target->name + "'")
            .hint("the others are empty, always the same, or different in each row");
    }
    const auto files = project_files(draft);
    TRY(write_files(wanted.folder, files));
    for (const auto& file : files) made.files.push_back({file.path, file.note});
    return made;
}

}  // namespace quern::flow
