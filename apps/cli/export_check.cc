#include "apps/cli/export_check.h"

#include <cmath>
#include <cstdlib>
#include <fstream>

#include <nlohmann/json.hpp>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/process.h"
#include "quern/base/text.h"
#include "quern/score/exporters/check_rows.h"
#include "quern/sql/session.h"

namespace quern::cli {
namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// The sum of what -fstack-usage tells of each function, beyond the deepest calls possible.
int64_t stack_size_bytes(const std::string& file) {
    std::ifstream lines(file);
    int64_t sum = 0;
    for (std::string line; std::getline(lines, line);) {
        const size_t tab = line.find('\t');
        if (tab != std::string::npos) sum += std::atoll(line.c_str() + tab);
    }
    return sum;
}

int64_t code_size_bytes(const std::string& text) {  // of `size`: text, data, bss
    const size_t line = text.find('\n');
    if (line == std::string::npos) return 0;
    char* at = nullptr;
    const int64_t code = std::strtoll(text.c_str() + line, &at, 10);
    return code + std::strtoll(at, nullptr, 10);
}

// Compiles FILE_check.c and runs it.
Result<ExportCheck> check_c(const std::string& path) {
    ExportCheck check;
    const auto folder = TRY(TemporaryFolder::create());
    const std::string source = absolute_path(path), program = join_path(folder.path(), "check");
    const std::string main = join_path(folder_of(source), file_stem(path) + "_check.c");
    const auto version = run_process({"cc", "-dumpfullversion", "-dumpversion"});
    if (!version.ok()) {
        check.not_run = "there is no C compiler (cc) in PATH";
        return check;
    }
    constexpr int kCompileMs = 300'000;
    const ProcessOptions there{.folder = folder.path(), .timeout_ms = kCompileMs};
    const auto compiled =
        TRY(run_process({"cc", "-std=c99", "-O2", "-o", program, main, "-lm"}, there));
    if (compiled.exit_code != 0)
        return internal("the export does not compile: " + first_line(compiled.text)).at(path);
    const auto ran = TRY(run_process({program}));
    const auto found = nlohmann::json::parse(ran.text, nullptr, false);
    if (!found.is_object()) return internal("the export's check ends with: " + ran.text).at(path);
    check.by = "cc " + std::string(trim(version->text)) + " -std=c99 -O2";
    check.row_count = found.value("rows", 0);
    check.failed_count = found.value("failed", 0);
    check.different_count = found.value("different", 0) + found.value("different_raw", 0);
    check.largest_difference = found.value("largest_difference", 0.0);
    check.largest_difference_raw = found.value("largest_difference_raw", 0.0);
    const auto object = TRY(run_process(
        {"cc", "-std=c99", "-O2", "-fstack-usage", "-c", "-o", "model.o", source}, there));
    if (object.exit_code != 0) return check;
    if (const auto size = run_process({"size", "model.o"}, there); size.ok())
        check.object_size_bytes = code_size_bytes(size->text);
    check.stack_size_bytes = stack_size_bytes(folder.path() + "/model.su");
    return check;
}

// The rows that do not fail in quern, as a table to score.
Result<frame::Batch> rows_to_score(const score::Scorer& scorer, const score::CheckRows& rows) {
    frame::Batch batch;
    std::vector<frame::ColumnView> views;
    rows.view(views);
    for (size_t i = 0; i < rows.inputs.size(); ++i) {
        const score::Input& input = scorer.program().inputs[i];
        batch.schema.push_back({input.name, input.type});
        frame::Column& column = batch.columns.emplace_back(input.type);
        for (size_t row = 0; row < rows.row_count(); ++row)
            if (!rows.wanted.is_failed[row]) column.append_from(views[i], row);
        batch.row_count = column.row_count();
    }
    return batch;
}

void compare(double found, double wanted, double& most, bool& is_off) {
    if (found == wanted || (std::isnan(found) && std::isnan(wanted))) return;
    is_off = true;
    const double difference = std::abs(found - wanted);
    if (!(difference <= most)) most = difference;
}

// Runs the SELECT in a database of its own.
Result<ExportCheck> check_duckdb(const std::string& path, const score::Scorer& scorer) {
    const score::CheckRows rows = TRY(score::check_rows(scorer));
    const frame::Batch batch = TRY(rows_to_score(scorer, rows));
    const auto database = TRY(sql::Database::open({.threads = 1}));
    sql::Session session = TRY(database.connect());
    std::string columns;
    for (const auto& column : batch.schema)
        columns += (columns.empty() ? "" : ", ") + quote_identifier(column.name) + " " +
                   column.type.text();
    TRY(session.execute("CREATE TABLE rows_to_score (" + columns + ")"));
    TRY(session.append({.table = "rows_to_score"}, batch));
    const std::string select = TRY(read_file(path));
    const frame::Batch found = TRY(session.query_all(select));
    ExportCheck check;
    check.by = "DuckDB " + sql::engine_version();
    check.row_count = static_cast<int64_t>(rows.row_count());
    const size_t outputs = rows.wanted.output_count, raws = scorer.raw_count();
    const bool is_classifier = scorer.program().task == score::Task::classify;
    // Behind the table's own columns: the prediction, each class's probability, raw scores.
    const size_t first = batch.columns.size() + (is_classifier ? 1 : 0);
    for (size_t row = 0, at = 0; row < rows.row_count(); ++row) {
        if (rows.wanted.is_failed[row]) {
            ++check.failed_count;
            continue;
        }
        bool is_off = false;
        for (size_t i = 0; i < outputs; ++i)
            compare(found.columns[first + i].value<double>(at), rows.wanted.output(row, i),
                    check.largest_difference, is_off);
        for (size_t i = 0; i < raws; ++i)
            compare(found.columns[first + outputs + i].value<double>(at),
                    rows.wanted.raw[row * raws + i], check.largest_difference_raw, is_off);
        check.different_count += is_off;
        ++at;
    }
    return check;
}

}  // namespace

Result<ExportCheck> check_export(std::string_view form, const std::string& path,
                                 const score::Scorer& scorer, const score::ExportOptions& options) {
    if (form == "c") return check_c(path);
    const bool is_duckdb = options.dialect.empty() || options.dialect == "duckdb";
    if (form == "sql" && is_duckdb) return check_duckdb(path, scorer);
    ExportCheck check;
    check.not_run = "quern runs no such file; --rows FILE writes rows to check it with";
    return check;
}

}  // namespace quern::cli
