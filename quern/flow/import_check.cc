#include "quern/flow/import_check.h"

#include <algorithm>
#include <cmath>

#include "quern/base/json.h"
#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/flow/text_rows.h"
#include "quern/score/request.h"

namespace quern::flow {
namespace {

constexpr const char *kRows = "import_rows", *kUnread = "unread_rows";

// Which output each of the expected columns tells.
Result<std::vector<size_t>> outputs_of(const score::Program& program,
                                       const std::vector<std::string>& expect) {
    const size_t count = program.output_count();
    if (expect.size() == 1 && count <= 2) return std::vector<size_t>{count - 1};
    if (expect.size() != count) {
        std::string classes;
        for (const auto& name : program.classes) classes += (classes.empty() ? "" : ", ") + name;
        return invalid_argument("the model gives " + plural(std::ssize(program.classes), "score") +
                                ", got " + std::to_string(expect.size()) + " columns to expect")
            .hint("name the column of each class, in this order: " + classes);
    }
    std::vector<size_t> outputs(count);
    for (size_t i = 0; i < count; ++i) outputs[i] = i;
    return outputs;
}

Result<std::string> column_sql(const frame::Schema& columns, std::string_view name) {
    const int position = frame::column_index(columns, name);
    if (position >= 0) return quote_identifier(columns[static_cast<size_t>(position)].name);
    std::vector<std::string_view> names;
    for (const auto& column : columns) names.push_back(column.name);
    return unknown_name("column", name, names);
}

class Check {
public:
    Check(const ImportRequest& request, const score::Scorer& scorer, std::vector<size_t> outputs,
          ImportReport& report)
        : request_(request),
          scorer_(scorer),
          outputs_(std::move(outputs)),
          reader_(scorer.program(), {.extra_fields = score::ReadOptions::Extra::ignore,
                                     .is_all_text = true,
                                     .is_empty_null = false}),
          scratch_(scorer),
          report_(report) {}

    // Columns: the inputs, then the expected scores as doubles.
    Status add(const sql::Reader::Views& rows) {
        const size_t input_count = rows.columns.size() - outputs_.size();
        reader_.clear();
        for (size_t row = 0; row < rows.row_count; ++row) {
            reader_.begin_row();
            for (size_t i = 0; i < input_count; ++i) {
                const auto& column = rows.columns[i];
                reader_.field(static_cast<int>(i),
                              column.is_valid(row)
                                  ? score::FieldValue::of(column.values<std::string_view>()[row])
                                  : score::FieldValue::null());
            }
            reader_.end_row();
        }
        if (!reader_.errors().empty()) {
            const auto& error = reader_.errors().front();
            return failed_precondition(row_words(error.row) + ": " + error.field + ": " +
                                       error.message);
        }
        TRY(scorer_.score(reader_.view(), scratch_, predictions_));
        for (size_t row = 0; row < rows.row_count; ++row)
            for (size_t i = 0; i < outputs_.size(); ++i)
                TRY(compare(row, i, rows.columns[input_count + i]));
        report_.row_count += static_cast<int64_t>(rows.row_count);
        return {};
    }

    frame::BatchView view() const { return reader_.view(); }

private:
    std::string row_words(size_t row) const {
        return "row " + with_thousands(report_.row_count + static_cast<int64_t>(row) + 1) + " of " +
               request_.rows;
    }

    Status compare(size_t row, size_t i, const frame::ColumnView& column) {
        const std::string& name = request_.expect[i];
        if (!column.is_valid(row))
            return failed_precondition(row_words(row) + " holds no number in column '" + name +
                                       "'");
        const double want = column.values<double>()[row];
        const double got = predictions_.output(row, outputs_[i]);
        const double difference =
            want == got || (std::isnan(want) && std::isnan(got)) ? 0 : std::abs(want - got);
        if (!(difference <= request_.margin * std::max(1.0, std::abs(want))))
            return failed_precondition(row_words(row) + " scores " + json_number(got) + ", '" +
                                       name + "' says " + json_number(want))
                .hint("are the columns the model's, in kind and unit, and is '" + name +
                      "' what it predicts? A known difference is allowed with --margin");
        report_.largest_difference = std::max(report_.largest_difference, difference);
        return {};
    }

    const ImportRequest& request_;
    const score::Scorer& scorer_;
    const std::vector<size_t> outputs_;
    score::RowReader reader_;
    score::Scratch scratch_;
    score::Predictions predictions_;
    ImportReport& report_;
};

}  // namespace

Status check_import(Workspace& workspace, const ImportRequest& request, score::Program& program,
                    ImportReport& report) {
    const auto outputs = TRY(outputs_of(program, request.expect));
    const auto scorer = TRY(score::Scorer::build(program));
    const auto database =
        TRY(sql::Database::open({.path = "", .temp_folder = workspace.store->layout().temporary}));
    auto session = TRY(database.connect());
    const auto loaded = TRY(load_text_rows(session, request.rows, {}, {kRows, kUnread}));
    if (TRY(session.query_int("select count(*) from " + std::string(kUnread))) > 0)
        return failed_precondition(loaded.notes.empty() ? "a line cannot be read"
                                                        : loaded.notes.back())
            .at(request.rows);
    std::string list;
    for (const auto& input : program.inputs)
        list += (list.empty() ? "" : ", ") + TRY(column_sql(loaded.columns, input.name));
    for (const auto& name : request.expect)
        list += ", try_cast(" + TRY(column_sql(loaded.columns, name)) + " as double)";
    Check check(request, scorer, outputs, report);
    auto rows =
        TRY(session.query("select " + list + " from " + std::string(kRows) + " order by rowid"));
    while (const auto views = TRY(rows.next())) {
        TRY(check.add(*views));
        if (program.golden.empty()) {
            auto first = check.view();
            first.row_count = std::min(first.row_count, kImportGoldenRows);
            TRY(score::add_golden_rows(program, first));
        }
    }
    if (report.row_count == 0) return failed_precondition(request.rows + " holds no row");
    return {};
}

Status add_plain_golden_rows(score::Program& program) {
    score::RowReader reader(program, {.is_all_text = true});
    for (const std::string_view text : {"", "0", "1", "-1", "3", "1000"}) {
        reader.begin_row();
        for (size_t i = 0; i < program.inputs.size(); ++i) {
            const bool is_null = text.empty() && program.inputs[i].is_nullable;
            reader.field(static_cast<int>(i),
                         is_null ? score::FieldValue::null()
                                 : score::FieldValue::of(text.empty() ? "0.5" : text));
        }
        reader.end_row();
    }
    if (!reader.errors().empty()) return reader.status();
    return score::add_golden_rows(program, reader.view());
}

}  // namespace quern::flow
