#include "quern/flow/score_file.h"

#include <algorithm>
#include <map>
#include <set>

#include "quern/base/clock.h"
#include "quern/base/folder.h"
#include "quern/base/json.h"
#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/data/load.h"
#include "quern/data/source_format.h"
#include "quern/flow/graph.h"
#include "quern/score/conformal.h"
#include "quern/score/lookup_inputs.h"
#include "quern/score/request.h"
#include "quern/score/scorer.h"
#include "quern/sql/export.h"
#include "quern/store/artifacts.h"
#include "quern/store/models.h"
#include "quern/store/snapshots.h"

namespace quern::flow {
namespace {

constexpr const char* kInput = "input_rows";
constexpr const char* kUnread = "unread_rows";
constexpr const char* kScored = "scored_rows";
constexpr size_t kBadRowsTold = 5;
constexpr size_t kColumnsTold = 12;
constexpr size_t kMarkBytesMax = 20;     // of a text that may stand for "not known"
constexpr size_t kMarksMax = 1000;       // counted
constexpr size_t kAllErrors = SIZE_MAX;  // a bad row that is not known would be scored wrongly

frame::Type type_of(frame::TypeId id) { return {id, 0, 0, ""}; }

// How the one source behind a model writes what is missing and a decimal point; where there are
// several, or the project cannot be read, as sources do by default.
project::Source source_behind(Workspace& workspace, const std::string& model) {
    auto facts = SqlFactsCache::open(workspace.store.get(), workspace.catalog);
    if (!facts.ok()) return {};
    const auto graph = build_graph(workspace.project, *facts);
    const Node* node = graph.ok() ? graph->find("model:" + model) : nullptr;
    if (node == nullptr) return {};
    const auto is_upstream = graph->upstream_of(graph->from_of(*node));
    const project::Source* found = nullptr;
    for (size_t i = 0; i < is_upstream.size(); ++i) {
        if (!is_upstream[i] || graph->nodes[i].kind != NodeKind::source) continue;
        if (found != nullptr) return {};
        found = &workspace.project.sources[graph->nodes[i].index];
    }
    project::Source like;
    if (found == nullptr) return like;
    like.null_values = found->null_values;
    like.decimal_separator = found->decimal_separator;
    return like;
}

// The file as a source whose columns are all text: values are judged by the model's own contract,
// the same for a file as for a request.
Result<frame::Schema> load_as_text(sql::Session& session, const ScoreFileRequest& request,
                                   const project::Source& like, ScoreFileReport& report) {
    project::Source source = like;
    source.name = file_stem(request.file);
    source.files = {{absolute_path(request.file), {}}};
    source.null_values.insert(source.null_values.end(), request.null_values.begin(),
                              request.null_values.end());
    source.names = request.names;
    source.has_header = request.has_header;
    if (!request.encoding.empty()) source.encoding = request.encoding;
    const auto shape = TRY(data::describe_source(session, ".", source));
    for (const auto& column : shape.columns) {
        project::SourceColumn text;
        text.name = column.name;
        text.type = "VARCHAR";
        source.columns.push_back(std::move(text));
    }
    const auto loaded = TRY(data::load_source(session, ".", source, {kInput, kUnread}));
    report.notes = shape.notes;
    if (loaded.rows_quarantined > 0) {
        report.notes.push_back("the first line that could not be read: " + loaded.first_reason);
    }
    return shape.columns;
}

// 'age', 'city' and 3 more
std::string listed(const std::vector<std::string_view>& names) {
    std::string list;
    for (size_t i = 0; i < names.size() && i < kColumnsTold; ++i) {
        list += (i == 0 ? "'" : ", '") + std::string(names[i]) + "'";
    }
    if (names.size() <= kColumnsTold) return list;
    return list + " and " + std::to_string(names.size() - kColumnsTold) + " more";
}

Status lacking(const std::vector<std::string_view>& missing, const frame::Schema& columns) {
    std::vector<std::string_view> names;
    for (const auto& column : columns) names.push_back(column.name);
    std::string meant;
    for (const auto name : missing) {
        const std::string close = nearest(name, names);
        if (!close.empty()) meant += (meant.empty() ? "'" : ", '") + close + "'";
    }
    Status status = not_found("the file has no column" +
                              std::string(missing.size() > 1 ? "s " : " ") + listed(missing));
    if (!meant.empty()) return std::move(status).hint("did you mean " + meant + "?");
    return std::move(status).hint("it has " + listed(names) +
                                  "; name the columns of a file without a header: --names a,b,c");
}

// Position in the file's columns of each input of the model; -1: absent, and nobody minds.
Result<std::vector<int>> find_inputs(const score::Program& program, const frame::Schema& columns) {
    std::vector<int> positions;
    std::vector<std::string_view> missing;
    const auto is_read = score::inputs_read(program);
    for (const auto& input : program.asked()) {
        positions.push_back(frame::column_index(columns, input.name));
        if (positions.back() >= 0 || is_read[positions.size() - 1] == 0) continue;
        missing.push_back(input.name);
    }
    if (!missing.empty()) return lacking(missing, columns);
    return positions;
}

// Scores the text rows and writes what came out to kScored: place, class or value, probabilities.
class FileScorer {
public:
    FileScorer(const score::Scorer& scorer, const project::Contract& contract, bool is_explained,
               sql::Session& out, ScoreFileReport& report)
        : scorer_(scorer),
          contract_(contract),
          is_explained_(is_explained),
          program_(scorer.program()),
          reader_(program_, {.extra_fields = score::ReadOptions::Extra::ignore,
                             .is_all_text = true,
                             .is_empty_null = false,  // what is missing was found by reading
                             .contract = contract,
                             .errors_max = kAllErrors}),
          scratch_(scorer),
          out_(out),
          report_(report) {
        for (const auto& name : program_.classes) report_.predictions.emplace_back(name, 0);
    }

    Status begin() {
        std::string columns =
            "place bigint, prediction " + std::string(is_classifier() ? "varchar" : "double");
        schema_ = {{"place", type_of(frame::TypeId::bigint)},
                   {"prediction",
                    type_of(is_classifier() ? frame::TypeId::varchar : frame::TypeId::float64)}};
        for (size_t i = 0; is_classifier() && i < program_.classes.size(); ++i) {
            const std::string name = "p" + std::to_string(i);
            columns += ", " + name + " double";
            schema_.push_back({name, type_of(frame::TypeId::float64)});
        }
        for (size_t i = 0; i < score::region_size(program_); ++i) {
            const std::string name = "r" + std::to_string(i);
            columns += ", " + name + " double";
            schema_.push_back({name, type_of(frame::TypeId::float64)});
        }
        if (contract_.imputes()) {
            columns += ", imputed varchar";
            schema_.push_back({"imputed", type_of(frame::TypeId::varchar)});
        }
        for (size_t i = 0; is_explained_ && i <= scorer_.sources().size(); ++i) {
            columns += ", c" + std::to_string(i) + " double";
            schema_.push_back({"c" + std::to_string(i), type_of(frame::TypeId::float64)});
        }
        return out_.execute("create table " + std::string(kScored) + " (" + columns + ")");
    }

    // Columns of the batch: the inputs as texts.
    Status add(const sql::Reader::Views& rows) {
        for (size_t row = 0; row < rows.row_count; ++row) {
            if (reader_.row_count() == frame::kBatchRowsMax) TRY(flush());
            reader_.begin_row();
            for (size_t i = 0; i < rows.columns.size(); ++i) {
                add_field(static_cast<int>(i), rows.columns[i], row);
            }
            reader_.end_row();
        }
        return flush();
    }

    Status add_unread(int64_t count) {
        frame::Batch batch = empty_batch();
        for (int64_t i = 0; i < count; ++i) append_bad(batch);
        TRY(out_.append({.table = kScored}, batch));
        report_.bad_row_count += count;
        return {};
    }

    // The text that most often was no value of its column, if it looks like "not known".
    std::string missing_mark() const {
        const auto most = std::ranges::max_element(
            marks_, {}, [](const auto& counted) { return counted.second; });
        return most == marks_.end() ? "" : most->first;
    }

private:
    void add_field(int input, const frame::ColumnView& column, size_t row) {
        if (!column.is_valid(row)) return reader_.field(input, score::FieldValue::null());
        const auto text = column.values<std::string_view>()[row];
        const size_t error_count = reader_.errors().size();
        reader_.field(input, score::FieldValue::of(text));
        const bool may_be_null = program_.inputs[static_cast<size_t>(input)].is_nullable;
        if (reader_.errors().size() == error_count || !may_be_null) return;
        if (text.size() > kMarkBytesMax) return;
        if (text.empty() || text.find_first_of("0123456789'") != text.npos) return;
        if (marks_.size() < kMarksMax || marks_.contains(text)) ++marks_[std::string(text)];
    }

    bool is_classifier() const { return program_.task == score::Task::classify; }
    // Where the region's columns begin, after the prediction and the probabilities.
    size_t region_column() const { return 2 + program_.classes.size(); }

    frame::Batch empty_batch() const {
        frame::Batch batch;
        batch.schema = schema_;
        for (const auto& column : schema_) batch.columns.emplace_back(column.type);
        return batch;
    }

    void append_bad(frame::Batch& batch) {
        batch.columns[0].append(++place_);
        for (size_t i = 1; i < batch.columns.size(); ++i) batch.columns[i].append_null();
        ++batch.row_count;
    }

    void append_good(frame::Batch& batch, size_t row) {
        batch.columns[0].append(++place_);
        if (is_classifier()) {
            const uint32_t label = predictions_.labels[row];
            batch.columns[1].append_text(program_.classes[label]);
            ++report_.predictions[label].second;
            for (size_t i = 0; i < program_.classes.size(); ++i) {
                batch.columns[2 + i].append(predictions_.output(row, i));
            }
        } else {
            batch.columns[1].append(predictions_.output(row, 0));
        }
        for (size_t i = 0; i < predictions_.region_count; ++i)
            batch.columns[region_column() + i].append(
                predictions_.region[row * predictions_.region_count + i]);
        if (contract_.imputes()) {
            const size_t column = region_column() + predictions_.region_count;
            batch.columns[column].append_text(imputed_names(row));
        }
        if (is_explained_) append_contributions(batch, row);
        ++batch.row_count;
    }

    // A JSON list, which the output makes a list of.
    std::string imputed_names(size_t row) {
        const auto& all = reader_.imputed();
        JsonWriter json;
        json.begin_array();
        bool is_any = false;
        for (; next_imputed_ < all.size() && all[next_imputed_].row <= row; ++next_imputed_) {
            if (all[next_imputed_].row == row) {
                json.value(program_.inputs[all[next_imputed_].input].name);
                is_any = true;
            }
        }
        if (is_any) ++report_.imputed_row_count;
        return json.end_array().take();
    }

    // To the raw score of the predicted class, or to the only one. The last column is what the
    // score would be without them.
    void append_contributions(frame::Batch& batch, size_t row) {
        const size_t raw = explanations_.raw_of(predictions_, row);
        const size_t count = scorer_.sources().size(), first = batch.columns.size() - count - 1;
        for (size_t i = 0; i < count; ++i) {
            batch.columns[first + i].append(explanations_.contribution(row, raw, i));
        }
        batch.columns[first + count].append(explanations_.expected[raw]);
    }

    void tell_bad(size_t row, const std::string& why) {
        if (report_.bad_rows.size() >= kBadRowsTold) return;
        report_.bad_rows.push_back("row " + with_thousands(place_ + static_cast<int64_t>(row) + 1) +
                                   ": " + why);
    }

    Status flush() {
        if (reader_.row_count() == 0) return {};
        std::set<size_t> bad;
        for (const auto& error : reader_.errors()) {
            if (!bad.insert(error.row).second) continue;
            tell_bad(error.row, error.field + ": " + error.message);
        }
        TRY(scorer_.score(reader_.view(), scratch_, predictions_));
        if (is_explained_) TRY(scorer_.explain(scratch_, explanations_));
        for (size_t row = 0; row < reader_.row_count(); ++row) {
            if (predictions_.is_failed[row] == 0 || bad.contains(row)) continue;
            bad.insert(row);
            tell_bad(row, std::string(scorer_.row_error(row, scratch_).message()));
        }
        frame::Batch batch = empty_batch();
        next_imputed_ = 0;
        for (size_t row = 0; row < reader_.row_count(); ++row) {
            if (bad.contains(row)) {
                append_bad(batch);
            } else {
                append_good(batch, row);
            }
        }
        report_.bad_row_count += static_cast<int64_t>(bad.size());
        reader_.clear();
        return out_.append({.table = kScored}, batch);
    }

    const score::Scorer& scorer_;
    const project::Contract contract_;
    const bool is_explained_;
    const score::Program& program_;
    score::RowReader reader_;
    score::Scratch scratch_;
    score::Predictions predictions_;
    score::Explanations explanations_;
    sql::Session& out_;
    ScoreFileReport& report_;
    frame::Schema schema_;
    int64_t place_ = 0;
    size_t next_imputed_ = 0;                            // of the reader's
    std::map<std::string, int64_t, std::less<>> marks_;  // how often each made a row bad
};

// low and high of the interval, or the classes of the set as a list.
std::string region_sql(const score::Program& program) {
    if (program.conformal.kind.empty()) return "";
    if (program.task == score::Task::regress) return ", s.r0 as low, s.r1 as high";
    std::string names, members;
    for (size_t i = 0; i < program.classes.size(); ++i) {
        const std::string between = i == 0 ? "" : ", ";
        names += between + quote_literal(program.classes[i]);
        members += between + "s.r" + std::to_string(i) + " = 1";
    }
    return ", case when s.r0 is not null then list_where([" + names + "], [" + members +
           "]) end as prediction_set";
}

// The columns of the output: key or row number, prediction, probabilities.
std::string output_sql(const score::Program& program, const project::Model* model,
                       const frame::Schema& columns, bool has_imputed,
                       const std::vector<std::string>* explained) {
    std::vector<std::string> keys;
    for (size_t i = 0; model != nullptr && i < model->key.size(); ++i) {
        const int position = frame::column_index(columns, model->key[i].text);
        if (position < 0) {
            keys.clear();
            break;
        }
        const auto& column = columns[static_cast<size_t>(position)];
        keys.push_back("i." + quote_identifier(column.name) + "::" + column.type.text() + " as " +
                       quote_identifier(column.name));
    }
    std::string list = keys.empty() ? "s.place as \"row\"" : "";
    for (const auto& key : keys) list += (list.empty() ? "" : ", ") + key;
    const bool is_classifier = program.task == score::Task::classify;
    const bool is_text = program.target_type.id == frame::TypeId::varchar;
    list += ", s.prediction";
    if (is_classifier && !is_text) {
        list += "::" + program.target_type.text() + " as prediction";
    }
    if (is_classifier && program.classes.size() == 2) list += ", s.p1 as probability";
    for (size_t i = 0; is_classifier && program.classes.size() > 2 && i < program.classes.size();
         ++i) {
        list += ", s.p" + std::to_string(i) + " as " +
                quote_identifier("probability_" + program.classes[i]);
    }
    list += region_sql(program);
    if (has_imputed) list += ", s.imputed::json::varchar[] as imputed";
    for (size_t i = 0; explained != nullptr && i <= explained->size(); ++i) {
        const bool is_last = i == explained->size();
        list += ", s.c" + std::to_string(i) + " as " +
                quote_identifier(is_last ? "base_score" : "contribution_" + (*explained)[i]);
    }
    return "select " + list + " from " + kScored + " s left join " + kInput +
           " i on i.rowid + 1 = s.place order by s.place";
}

// The texts of the inputs; numbers with a decimal comma get a point.
std::string input_sql(const score::Program& program, const frame::Schema& columns,
                      const std::vector<int>& positions, bool has_comma) {
    std::string list;
    for (size_t i = 0; i < program.asked().size(); ++i) {
        const auto position = static_cast<size_t>(positions[i]);
        std::string text =
            positions[i] < 0 ? "null::varchar" : quote_identifier(columns[position].name);
        const auto& type = program.inputs[i].type;
        if (has_comma && frame::is_numeric(type) && !frame::is_integer(type)) {
            text = "replace(replace(" + text + ", '.', ''), ',', '.')";
        }
        list += (list.empty() ? "" : ", ") + text;
    }
    if (list.empty()) list = "1";  // a model that looks at nothing still answers each row
    return "select " + list + " from " + kInput + " order by rowid";
}

}  // namespace

Result<ScoreFileReport> score_file(Workspace& workspace, const ScoreFileRequest& request) {
    const double start = steady_seconds();
    const auto name = TRY(store::parse_model_name(request.model));
    const auto version = TRY(store::Models(*workspace.store).find(name));
    const auto opened =
        TRY(score::Scorer::open(store::artifact_path(workspace.store->layout(), version.artifact)));
    const auto scorer = TRY(store::Snapshots(*workspace.store).attach(opened));
    ScoreFileReport report;
    report.model = version.model;
    report.version = version.version;

    const auto database =
        TRY(sql::Database::open({.path = "", .temp_folder = workspace.store->layout().temporary}));
    auto in = TRY(database.connect());
    auto out = TRY(database.connect());
    const auto like = source_behind(workspace, version.model);
    const auto columns = TRY(load_as_text(in, request, like, report));
    const auto* format = TRY(data::format_of({}, request.file));
    const bool has_comma =
        like.decimal_separator == "," && (format->name == "csv" || format->name == "tsv");
    const auto positions = TRY(find_inputs(scorer.program(), columns));
    const auto contract = workspace.project.contract_of(version.model);
    FileScorer file_scorer(scorer, contract, request.is_explained, out, report);
    TRY(file_scorer.begin());
    auto rows = TRY(in.query(input_sql(scorer.program(), columns, positions, has_comma)));
    while (const auto views = TRY(rows.next())) {
        auto inputs = *views;
        if (scorer.program().asked().empty()) inputs.columns.clear();
        TRY(file_scorer.add(inputs));
    }
    report.missing_mark = file_scorer.missing_mark();
    const int64_t unread = TRY(out.query_int("select count(*) from " + std::string(kUnread)));
    TRY(file_scorer.add_unread(unread));
    if (unread > 0) {
        report.bad_rows.push_back(plural(unread, "line") +
                                  " of the file could not be read; they stand last, without a "
                                  "prediction");
    }
    const auto* model = workspace.project.find_model(version.model);
    report.row_count =
        TRY(sql::export_query(out,
                              output_sql(scorer.program(), model, columns, contract.imputes(),
                                         request.is_explained ? &scorer.sources() : nullptr),
                              request.output));
    report.seconds = steady_seconds() - start;
    return report;
}

}  // namespace quern::flow
