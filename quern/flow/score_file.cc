#include "quern/flow/score_file.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "quern/base/clock.h"
#include "quern/base/folder.h"
#include "quern/base/json.h"
#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/base/threads.h"
#include "quern/data/load.h"
#include "quern/data/source_format.h"
#include "quern/flow/graph.h"
#include "quern/flow/text_rows.h"
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

constexpr size_t kBatchValuesMax = 4'000'000;
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

// The file, read as the source behind the model is read, and as the user says.
Result<frame::Schema> load_as_text(sql::Session& session, const ScoreFileRequest& request,
                                   const project::Source& like, ScoreFileReport& report) {
    project::Source source = like;
    source.null_values.insert(source.null_values.end(), request.null_values.begin(),
                              request.null_values.end());
    source.names = request.names;
    source.has_header = request.has_header;
    if (!request.encoding.empty()) source.encoding = request.encoding;
    auto rows = TRY(load_text_rows(session, request.file, source, {kInput, kUnread}));
    report.notes = std::move(rows.notes);
    return std::move(rows.columns);
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

// What explanations are written as; the last is what they are added to.
std::vector<std::string> explained_columns(const std::vector<std::string>& sources,
                                           const ScoreFileRequest& request) {
    std::vector<std::string> names;
    if (request.is_explained)
        for (const auto& source : sources) names.push_back("contribution_" + source);
    for (size_t i = 0; request.has_interactions && i < sources.size(); ++i) {
        names.push_back("alone_" + sources[i]);
        for (size_t j = i + 1; j < sources.size(); ++j)
            names.push_back("interaction_" + sources[i] + "_" + sources[j]);
    }
    if (request.is_explained || request.has_interactions) names.push_back("base_score");
    return names;
}

// What is told of some rows, by one thread.
struct Told {
    std::vector<int64_t> predictions;                       // by class
    std::vector<std::pair<int64_t, std::string>> bad_rows;  // the first ones, with their places
    int64_t bad_row_count = 0, imputed_row_count = 0;
    std::map<std::string, int64_t, std::less<>> marks;  // how often each made a row bad

    void add(const Told& more) {
        for (size_t i = 0; i < predictions.size(); ++i) predictions[i] += more.predictions[i];
        bad_rows.insert(bad_rows.end(), more.bad_rows.begin(), more.bad_rows.end());
        bad_row_count += more.bad_row_count;
        imputed_row_count += more.imputed_row_count;
        for (const auto& [mark, count] : more.marks) marks[mark] += count;
    }

    // The text that most often was no value of its column, if it looks like "not known".
    std::string missing_mark() const {
        const auto most =
            std::ranges::max_element(marks, {}, [](const auto& counted) { return counted.second; });
        return most == marks.end() ? "" : most->first;
    }
};

// Scores text rows and writes what came out to kScored: place, class or value, probabilities. One
// a thread.
class FileScorer {
public:
    FileScorer(const score::Scorer& scorer, const project::Contract& contract,
               const ScoreFileRequest& request, sql::Session in, sql::Session out)
        : scorer_(scorer),
          contract_(contract),
          is_explained_(request.is_explained),
          has_interactions_(request.has_interactions),
          explained_count_(explained_columns(scorer.sources(), request).size()),
          program_(scorer.program()),
          reader_(program_, {.extra_fields = score::ReadOptions::Extra::ignore,
                             .is_all_text = true,
                             .is_empty_null = false,  // what is missing was found by reading
                             .contract = contract,
                             .errors_max = kAllErrors}),
          scratch_(scorer),
          in_(std::move(in)),
          out_(std::move(out)),
          schema_(scored_columns()) {
        told_.predictions.resize(program_.classes.size());
    }

    Status create_table() {
        std::string columns;
        for (const auto& column : schema_) {
            columns += (columns.empty() ? "" : ", ") + column.name + " " + column.type.text();
        }
        return out_.execute("create table " + std::string(kScored) + " (" + columns + ")");
    }

    // Columns of the query: the row's number from 0, then the inputs as texts.
    Status add(const std::string& sql) {
        frame::Batch batch = empty_batch();
        auto reader = TRY(in_.query(sql));
        while (const auto rows = TRY(reader.next())) {
            for (size_t row = 0; row < rows->row_count; ++row) {
                reader_.begin_row();
                for (size_t i = 0; i < program_.asked().size(); ++i) {
                    add_field(static_cast<int>(i), rows->columns[i + 1], row);
                }
                reader_.end_row();
            }
            TRY(score(rows->columns[0].values<int64_t>(), batch));
            if (batch.row_count * schema_.size() < kBatchValuesMax) continue;
            TRY(out_.append({.table = kScored}, batch));
            batch = empty_batch();
        }
        return out_.append({.table = kScored}, batch);
    }

    // Lines that could not be read stand behind all others.
    Status add_unread(int64_t first_place, int64_t count) {
        frame::Batch batch = empty_batch();
        for (int64_t i = 0; i < count; ++i) append_bad(batch, first_place + i);
        TRY(out_.append({.table = kScored}, batch));
        told_.bad_row_count += count;
        return {};
    }

    const Told& told() const { return told_; }

private:
    frame::Schema scored_columns() const {
        frame::Schema columns{{"place", type_of(frame::TypeId::bigint)},
                              {"prediction", type_of(is_classifier() ? frame::TypeId::varchar
                                                                     : frame::TypeId::float64)}};
        const auto add = [&](const char* letter, size_t count) {
            for (size_t i = 0; i < count; ++i) {
                columns.push_back({letter + std::to_string(i), type_of(frame::TypeId::float64)});
            }
        };
        add("p", is_classifier() ? program_.classes.size() : 0);
        add("r", score::region_size(program_));
        if (contract_.imputes()) columns.push_back({"imputed", type_of(frame::TypeId::varchar)});
        add("c", explained_count_);
        return columns;
    }

    void add_field(int input, const frame::ColumnView& column, size_t row) {
        if (!column.is_valid(row)) return reader_.field(input, score::FieldValue::null());
        const auto text = column.values<std::string_view>()[row];
        const size_t error_count = reader_.errors().size();
        reader_.field(input, score::FieldValue::of(text));
        const bool may_be_null = program_.inputs[static_cast<size_t>(input)].is_nullable;
        if (reader_.errors().size() == error_count || !may_be_null) return;
        if (text.size() > kMarkBytesMax) return;
        if (text.empty() || text.find_first_of("0123456789'") != text.npos) return;
        auto& marks = told_.marks;
        if (marks.size() < kMarksMax || marks.contains(text)) ++marks[std::string(text)];
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

    static void append_bad(frame::Batch& batch, int64_t place) {
        batch.columns[0].append(place);
        for (size_t i = 1; i < batch.columns.size(); ++i) batch.columns[i].append_null();
        ++batch.row_count;
    }

    void append_good(frame::Batch& batch, int64_t place, size_t row) {
        batch.columns[0].append(place);
        if (is_classifier()) {
            const uint32_t label = predictions_.labels[row];
            batch.columns[1].append_text(program_.classes[label]);
            ++told_.predictions[label];
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
        if (explained_count_ > 0) append_explained(batch, row);
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
        if (is_any) ++told_.imputed_row_count;
        return json.end_array().take();
    }

    // To the raw score of the predicted class, or to the only one; as explained_columns() says.
    void append_explained(frame::Batch& batch, size_t row) {
        const size_t raw = is_explained_ ? explanations_.raw_of(predictions_, row)
                                         : pairs_.raw_of(predictions_, row);
        size_t next = batch.columns.size() - explained_count_;
        const auto append = [&](double value) { batch.columns[next++].append(value); };
        for (size_t i = 0; is_explained_ && i < explanations_.source_count; ++i)
            append(explanations_.contribution(row, raw, i));
        if (has_interactions_) pairs_.for_each(raw, append);
        append(is_explained_ ? explanations_.expected[raw] : pairs_.expected[raw]);
    }

    void tell_bad(int64_t place, const std::string& why) {
        if (told_.bad_rows.size() >= kBadRowsTold) return;
        told_.bad_rows.emplace_back(place, "row " + with_thousands(place) + ": " + why);
    }

    // The rows that the reader holds; places are told from 1.
    Status score(const int64_t* row_numbers, frame::Batch& batch) {
        std::set<size_t> bad;
        for (const auto& error : reader_.errors()) {
            if (!bad.insert(error.row).second) continue;
            tell_bad(row_numbers[error.row] + 1, error.field + ": " + error.message);
        }
        TRY(scorer_.score(reader_.view(), scratch_, predictions_));
        if (is_explained_) TRY(scorer_.explain(scratch_, explanations_));
        for (size_t row = 0; row < reader_.row_count(); ++row) {
            if (predictions_.is_failed[row] == 0 || bad.contains(row)) continue;
            bad.insert(row);
            tell_bad(row_numbers[row] + 1, std::string(scorer_.row_error(row, scratch_).message()));
        }
        next_imputed_ = 0;
        for (size_t row = 0; row < reader_.row_count(); ++row) {
            if (bad.contains(row)) {
                append_bad(batch, row_numbers[row] + 1);
            } else {
                if (has_interactions_) TRY(scorer_.interact(scratch_, row, pairs_));
                append_good(batch, row_numbers[row] + 1, row);
            }
        }
        told_.bad_row_count += static_cast<int64_t>(bad.size());
        reader_.clear();
        return {};
    }

    const score::Scorer& scorer_;
    const project::Contract contract_;
    const bool is_explained_, has_interactions_;
    const size_t explained_count_;  // columns
    const score::Program& program_;
    score::RowReader reader_;
    score::Scratch scratch_;
    score::Predictions predictions_;
    score::Explanations explanations_;
    score::Interactions pairs_;  // of the row that is written
    sql::Session in_, out_;
    const frame::Schema schema_;
    Told told_;
    size_t next_imputed_ = 0;  // of the reader's
};

// Threads take turns at the rows of the input, a part at a time; each has a scorer of its own.
class FileScorers {
public:
    using Make = std::function<Result<std::unique_ptr<FileScorer>>()>;
    explicit FileScorers(Make make) : make_(std::move(make)) {}

    Status score(int64_t row_count, const std::string& input_sql) {
        free_.push_back(TRY(make_()));
        TRY(free_.front()->create_table());
        const auto part_count = static_cast<size_t>((row_count + kPartRows - 1) / kPartRows);
        return run_parallel(part_count, available_threads(), [&](size_t part) -> Status {
            auto mine = TRY(take());
            const auto first = static_cast<int64_t>(part) * kPartRows;
            TRY(mine->add(input_sql + " where rowid >= " + std::to_string(first) + " and rowid < " +
                          std::to_string(first + kPartRows)));
            const std::lock_guard hold(mutex_);
            free_.push_back(std::move(mine));
            return {};
        });
    }

    FileScorer& any() { return *free_.front(); }

    Told told() const {
        Told all = free_.front()->told();
        for (size_t i = 1; i < free_.size(); ++i) all.add(free_[i]->told());
        std::ranges::sort(all.bad_rows);
        if (all.bad_rows.size() > kBadRowsTold) all.bad_rows.resize(kBadRowsTold);
        return all;
    }

private:
    static constexpr int64_t kPartRows = 60 * 2048;  // as DuckDB groups a table's rows

    Result<std::unique_ptr<FileScorer>> take() {
        {
            const std::lock_guard hold(mutex_);
            if (!free_.empty()) {
                auto taken = std::move(free_.back());
                free_.pop_back();
                return taken;
            }
        }
        return make_();
    }

    Make make_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<FileScorer>> free_;
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
                       const std::vector<std::string>& explained) {
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
    for (size_t i = 0; i < explained.size(); ++i)
        list += ", s.c" + std::to_string(i) + " as " + quote_identifier(explained[i]);
    return "select " + list + " from " + kScored + " s left join " + kInput +
           " i on i.rowid + 1 = s.place order by s.place";
}

// The row's number and the texts of the inputs; numbers with a decimal comma get a point.
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
        list += ", " + text;
    }
    return "select rowid" + list + " from " + kInput;
}

void tell(const Told& told, int64_t unread, const score::Program& program,
          ScoreFileReport& report) {
    for (size_t i = 0; i < program.classes.size(); ++i) {
        report.predictions.emplace_back(program.classes[i], told.predictions[i]);
    }
    for (const auto& [place, why] : told.bad_rows) report.bad_rows.push_back(why);
    report.bad_row_count = told.bad_row_count;
    report.imputed_row_count = told.imputed_row_count;
    report.missing_mark = told.missing_mark();
    if (unread == 0) return;
    report.bad_rows.push_back(plural(unread, "line") +
                              " of the file could not be read; they stand last, without a "
                              "prediction");
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
    const auto like = source_behind(workspace, version.model);
    const auto columns = TRY(load_as_text(in, request, like, report));
    const auto* format = TRY(data::format_of({}, request.file));
    const bool has_comma =
        like.decimal_separator == "," && (format->name == "csv" || format->name == "tsv");
    const auto positions = TRY(find_inputs(scorer.program(), columns));
    const auto contract = workspace.project.contract_of(version.model);
    if (request.has_interactions) TRY(scorer.can_interact());
    FileScorers scorers([&]() -> Result<std::unique_ptr<FileScorer>> {
        return std::make_unique<FileScorer>(scorer, contract, request, TRY(database.connect()),
                                            TRY(database.connect()));
    });
    const auto count_of = [&](const char* table) {
        return in.query_int("select count(*) from " + std::string(table));
    };
    const int64_t read = TRY(count_of(kInput)), unread = TRY(count_of(kUnread));
    TRY(scorers.score(read, input_sql(scorer.program(), columns, positions, has_comma)));
    TRY(scorers.any().add_unread(read + 1, unread));
    tell(scorers.told(), unread, scorer.program(), report);
    const auto* model = workspace.project.find_model(version.model);
    report.row_count =
        TRY(sql::export_query(in,
                              output_sql(scorer.program(), model, columns, contract.imputes(),
                                         explained_columns(scorer.sources(), request)),
                              request.output));
    report.seconds = steady_seconds() - start;
    return report;
}

}  // namespace quern::flow
