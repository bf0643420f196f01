#include "quern/data/landing.h"

#include <algorithm>

#include "quern/base/clock.h"
#include "quern/base/fault.h"
#include "quern/base/file.h"
#include "quern/base/hash.h"
#include "quern/base/text.h"
#include "quern/data/landed_columns.h"
#include "quern/data/landed_merge.h"
#include "quern/data/landed_sql.h"
#include "quern/data/landing_cursor.h"
#include "quern/data/landing_session.h"
#include "quern/data/load.h"
#include "quern/data/rows.h"

namespace quern::data {
namespace {

using project::LoadMode;
using store::BatchKind;
using store::LandedBatch;
using store::LandedSource;

constexpr std::string_view kPulled = "quern_pulled", kBad = "quern_bad_rows";

// Rows of the source in the session: what stands after FROM, and its columns.
struct Rows {
    std::string from_sql;
    frame::Schema columns;
    bool is_whole = false;  // of a relation: all that the source has
    std::string all_sql;    // as from_sql, before anything was left out
};

class Lander {
public:
    Lander(const LandRequest& request, LandingSession& landing)
        : request_(request),
          source_(request.source),
          loading_(request.source.loading),
          landing_(landing),
          session_(landing.session()),
          landed_(request.store) {}

    Status begin(const std::optional<LandedSource>& before, const std::string& identity) {
        const bool goes_on = before && before->identity == identity && !request_.reloads;
        if (goes_on) state_ = *before;
        state_.identity = identity;
        state_.is_kept = loading_.mode == LoadMode::snapshot || landing_.connector().is_stream;
        if (!goes_on || loading_.mode == LoadMode::full) {
            state_.pull = TRY(landed_.next_pull(source_.name));
            state_.position.clear();
            state_.watermark.clear();
        }
        is_new_ = !goes_on;
        next_id_ = TRY(landed_.next_id(source_.name));
        if (goes_on) earlier_ = TRY(landed_.batches(source_.name));
        return {};
    }

    Result<LandReport> run() {
        while (true) {
            const auto pulled = TRY(landing_.connection().pull(state_.position));
            fault_point("pulled");
            TRY(land(pulled));
            if (!pulled.has_more) break;
        }
        state_.pulled_ms = unix_ms_now();
        TRY(finish());
        return std::move(report_);
    }

    Result<frame::Batch> sample(int64_t row_count) {
        const auto pulled = TRY(landing_.connection().pull(state_.position));
        const Rows rows = TRY(rows_of(pulled));
        return session_.query_all("select " + names_of(columns_) + " from " + rows.from_sql +
                                  where(rows) + " limit " + std::to_string(row_count));
    }

private:
    bool is_full() const { return loading_.mode == LoadMode::full; }
    bool is_keyed() const { return !is_full() && loading_.mode != LoadMode::append; }

    Status land(const Pulled& pulled) {
        std::vector<LandedBatch> batches;
        if (!pulled.from_sql.empty() || !pulled.files.empty()) TRY(write_batches(pulled, batches));
        state_.position = pulled.position;
        for (auto& one : batches) pulled_.push_back(one);
        if (is_full()) return {};  // all of it counts at once, in finish()
        fault_point("before_landed");
        TRY(landed_.add(source_.name, state_, batches));
        fault_point("landed");
        if (is_keyed()) earlier_.insert(earlier_.end(), batches.begin(), batches.end());
        return landing_.connection().landed(state_.position);
    }

    Status write_batches(const Pulled& pulled, std::vector<LandedBatch>& batches) {
        rows_in_files_ = 0;
        const Rows rows = TRY(rows_of(pulled));
        LandedBatch batch;
        if (!rows.from_sql.empty()) batch = TRY(write(new_rows_sql(rows), BatchKind::rows));
        if (rows_in_files_ > 0)
            TRY(add_bad_rows("select file, line, reason, raw from " + bad_from_, batches));
        if (is_keyed()) TRY(settle_keys(batch, batches));
        report_.rows_read += rows.is_whole ? batch.row_count : rows_in_files_;
        report_.rows_new += batch.row_count;
        TRY(check_limits(batch));
        if (loading_.cursor && !request_.range) TRY(raise_watermark(batch));
        if (loading_.detects_deletes && !rows.from_sql.empty()) TRY(note_keys(rows));
        if (rows.is_whole) whole_ = {rows.all_sql, rows.columns, false, ""};
        if (batch.row_count > 0) batches.push_back(std::move(batch));
        return {};
    }

    // The batch as rows with the types of the columns to come, misfits set aside.
    Result<Rows> rows_of(const Pulled& pulled) {
        if (!pulled.files.empty()) return rows_of_files(pulled, session_);
        auto found = TRY(session_.columns_of("from " + pulled.from_sql));
        for (auto& column : found) column.type = kept_type(column.type);
        TRY(take_columns(found));
        if (loading_.cursor) TRY(check_cursor(source_, cursor_type(), is_new_, report_.notes));
        const auto bounds = TRY(bounds_of(found));
        const std::string narrowed = TRY(landing_.connection().narrowed(pulled.from_sql, bounds));
        const Rows rows{narrowed, found, true, pulled.from_sql};
        return may_misfit(found) ? rows_by_way_of_a_file(rows) : Result<Rows>(rows);
    }

    // Whether some value may not be one of the type that its column is to have.
    bool may_misfit(const frame::Schema& found) const {
        return std::ranges::any_of(columns_, [&](const auto& column) {
            const int index = frame::column_index(found, column.name);
            return index >= 0 && !fits_always(found[static_cast<size_t>(index)].type, column.type);
        });
    }

    // Rows of a relation are then judged as those of files are.
    Result<Rows> rows_by_way_of_a_file(const Rows& rows) {
        constexpr std::string_view kFile = "relation.parquet";
        TRY(session_.execute("copy (select * from " + rows.from_sql + where(rows) + ") to " +
                             quote_literal(join_path(landing_.folder(), kFile)) +
                             std::string(kParquetOptions)));
        // In a session of its own, as a connector's may be within a transaction.
        auto session = TRY(landing_.second_session());
        Rows judged =
            TRY(rows_of_files({.files = {std::string(kFile)}, .format = "parquet"}, session));
        for (const auto name : {kPulled, kBad}) {
            if (judged.from_sql.empty() && name == kPulled) continue;
            const std::string file = join_path(landing_.folder(), std::string(name) + ".parquet");
            TRY(session.execute("copy (from " + std::string(name) + ") to " + quote_literal(file) +
                                std::string(kParquetOptions)));
            (name == kPulled ? judged.from_sql : bad_from_) =
                "read_parquet(" + quote_literal(literal_pattern(file)) + ")";
        }
        judged.is_whole = true;
        judged.all_sql = rows.all_sql;
        return judged;
    }

    std::string where(const Rows& rows) const {
        return rows.is_whole ? cursor_condition(condition_of(rows.columns)) : "";
    }
    std::string lower_bound() const { return cursor_lower_bound(condition_of(columns_)); }
    CursorCondition condition_of(const frame::Schema& rows) const {
        return {source_, columns_, rows, state_.watermark, request_.range};
    }

    // Only where the source's own values are compared as ours are.
    Result<CursorBounds> bounds_of(const frame::Schema& found) {
        CursorBounds bounds;
        const int index =
            loading_.cursor ? frame::column_index(found, loading_.cursor->column.text) : -1;
        if (index < 0 || found[static_cast<size_t>(index)].type != cursor_type()) return bounds;
        bounds.column = found[static_cast<size_t>(index)].name;
        if (request_.range) {
            bounds.from = request_.range->from;
            bounds.to = request_.range->to;
        } else if (const std::string from = lower_bound(); !from.empty()) {
            bounds.from = TRY(session_.query_text("select (" + from + ")::varchar")).value_or("");
        }
        return bounds;
    }

    // Before this pull, or as its batches so far have made it.
    frame::Schema known_columns() const {
        if (!columns_.empty()) return columns_;
        return is_new_ ? frame::Schema() : columns_from_json(state_.columns);
    }

    Status take_columns(const frame::Schema& found) {
        if (columns_.empty()) before_ = known_columns();
        auto evolved = TRY(evolve(source_, known_columns(), found));
        report_.has_changed_columns |= !evolved.notes.empty();
        for (auto& note : evolved.notes) report_.notes.push_back(std::move(note));
        const bool starts_afresh =
            is_full() && columns_.empty() && loading_.schema == project::SchemaChange::evolve;
        if (starts_afresh) evolved = TRY(evolve(source_, {}, found));
        columns_ = std::move(evolved.columns);
        state_.columns = columns_json(columns_);
        return {};
    }

    Result<Rows> rows_of_files(const Pulled& pulled, sql::Session& session) {
        bad_from_ = kBad;
        project::Source spooled = source_;
        spooled.origin.reset();
        spooled.format = pulled.format;
        for (const auto& file : pulled.files) spooled.files.push_back({file, source_.place});
        const auto settle = [&](SourceShape& shape) { return settle_columns(pulled, shape); };
        const auto settled =
            settled_columns(source_, is_full() ? columns_ : known_columns(), pulled.columns);
        const LoadTarget target{.table = std::string(kPulled),
                                .quarantine = std::string(kBad),
                                .settle = settle,
                                .settled = pulled.is_spool ? &settled : nullptr,
                                .origin_of = pulled.origin_of};
        const auto loaded = TRY(load_source(session, landing_.folder(), spooled, target));
        rows_in_files_ = loaded.rows_read;
        if (report_.first_reason.empty()) report_.first_reason = loaded.first_reason;
        if (loaded.columns.empty()) return Rows{};
        return Rows{std::string(kPulled), loaded.columns, false, std::string(kPulled)};
    }

    // A column that no row of these files has is not gone; what is settled stays as it is, so what
    // does not fit is quarantined.
    Status settle_columns(const Pulled& pulled, SourceShape& shape) {
        for (auto& column : shape.columns) {
            const int index = frame::column_index(pulled.columns, column.name);
            if (index >= 0) column.type = pulled.columns[static_cast<size_t>(index)].type;
            column.type = kept_type(column.type);
        }
        const auto may_lack = [&](const frame::Schema& columns) {
            for (const auto& column : columns) {
                if (frame::column_index(shape.columns, column.name) < 0)
                    shape.columns.push_back(column);
            }
        };
        may_lack(is_full() ? columns_ : known_columns());
        for (const auto& column : source_.columns) {
            if (!column.type.empty()) {
                may_lack({{column.name, frame::type_from_sql(column.type)}});
            }
        }
        TRY(take_columns(shape.columns));
        shape.columns = columns_;
        return {};
    }

    frame::Type cursor_type() const {
        const int index = frame::column_index(columns_, loading_.cursor->column.text);
        return columns_[static_cast<size_t>(std::max(index, 0))].type;
    }

    // What the batch adds: rows that are there already in the same number are left out.
    std::string new_rows_sql(const Rows& rows) const {
        std::string sql = "select " + columns_sql(columns_, rows.columns, true) + " from " +
                          rows.from_sql + where(rows);
        const bool asks_again = rows.is_whole || loading_.cursor;
        // Of a stream the later message is the newer one, whatever there was.
        const bool is_told_in_order = landing_.connector().is_stream && !loading_.cursor;
        const bool compares =
            (is_keyed() && !is_told_in_order) || (loading_.mode == LoadMode::append && asks_again);
        if (compares && !earlier_.empty()) {
            const Rows settled{"", columns_, rows.is_whole && !(is_keyed() && request_.range), ""};
            const std::string known =
                "(" + current_rows_sql(source_, state_, earlier_) + ")" + where(settled);
            if (is_keyed()) sql = newest_of_keys_sql(source_, columns_, sql);
            if (is_keyed() && loading_.cursor)
                sql = without_older_sql(source_, columns_, sql, known);
            sql = rows_added_sql(columns_, common_columns(rows), sql, known);
        }
        if (loading_.row_count_max > 0) {
            sql = "from (" + sql + ") limit " + std::to_string(loading_.row_count_max + 1);
        }
        return sql;
    }

    // Those that rows had before and have now: one that came or went makes no new rows of old ones.
    frame::Schema common_columns(const Rows& rows) const {
        frame::Schema common;
        for (const auto& column : columns_) {
            const bool is_in_both = frame::column_index(rows.columns, column.name) >= 0 &&
                                    frame::column_index(before_, column.name) >= 0;
            if (is_keyed() || is_in_both) common.push_back(column);
        }
        return common;
    }

    Status check_limits(const LandedBatch& batch) {
        const int64_t rows_max = loading_.row_count_max;
        const auto bytes_max = static_cast<uint64_t>(loading_.byte_count_max);
        byte_count_ += batch.size_bytes;
        const bool too_many = rows_max > 0 && report_.rows_new > rows_max;
        if (!too_many && (bytes_max == 0 || byte_count_ <= bytes_max)) return {};
        const auto limit =
            too_many ? plural(rows_max, "new row") : size_text(bytes_max) + " of rows";
        return resource_exhausted("source '" + source_.name + "' has more than " + limit)
            .at(source_.place.text())
            .hint(std::string("raise `") + (too_many ? "rows_max" : "bytes_max") +
                  "`, or load only some of them with `cursor`");
    }

    // Rows of the future and infinite ones do not raise it: else what comes below would never be
    // asked for.
    Status raise_watermark(const LandedBatch& batch) {
        if (batch.row_count == 0) return {};
        const auto type = cursor_type();
        const std::string name = quote_identifier(loading_.cursor->column.text);
        std::string sql = "max(" + name + ")";
        if (frame::is_temporal(type) && type.id != frame::TypeId::time) {
            sql += " filter (" + name + " <= make_timestamptz(" +
                   std::to_string(landed_ms_ * 1000) + ")::" + type.text() + ")";
        } else if (type.id == frame::TypeId::float64 || type.id == frame::TypeId::real) {
            sql += " filter (isfinite(" + name + "))";
        }
        if (!state_.watermark.empty()) {
            const std::string mark = quote_literal(state_.watermark) + "::" + type.text();
            sql = "greatest(coalesce(" + sql + ", " + mark + "), " + mark + ")";
        }
        if (state_.watermark.empty()) TRY(note_missing(name, batch));
        const auto mark = TRY(session_.query_text(
            "select (" + sql + ")::varchar from read_parquet(" + quote_literal(batch.file) + ")"));
        if (mark) state_.watermark = *mark;
        return {};
    }

    // Rows without a value come with the first load only: no later one asks for them.
    Status note_missing(const std::string& name, const LandedBatch& batch) {
        const int64_t count =
            TRY(session_.query_int("select count(*) from read_parquet(" +
                                   quote_literal(batch.file) + ") where " + name + " is null"));
        if (count == 0) return {};
        report_.notes.push_back(plural(count, "row") + (count == 1 ? " has" : " have") + " no " +
                                loading_.cursor->column.text +
                                ": a later load does not see such rows");
        return {};
    }

    // Writes, names by content and puts in place; a batch without rows leaves no file.
    Result<LandedBatch> write(const std::string& sql, BatchKind kind) {
        LandedBatch batch;
        batch.id = next_id_++;
        batch.pull = state_.pull;
        batch.kind = kind;
        batch.landed_ms = landed_ms_;
        batch.columns = state_.columns;
        const std::string path = join_path(landing_.folder(), "batch.parquet");
        TRY(session_.execute("copy (select *, " + std::to_string(batch.id) + "::bigint as " +
                             std::string(kBatchColumn) + ", make_timestamptz(" +
                             std::to_string(landed_ms_ * 1000) + ") as " +
                             std::string(kLandedColumn) + " from (" + sql + ")) to " +
                             quote_literal(path) + std::string(kParquetOptions)));
        const std::string from = "read_parquet(" + quote_literal(literal_pattern(path)) + ")";
        batch.row_count = TRY(session_.query_int("select count(*) from " + from));
        if (batch.row_count == 0) {
            TRY(remove_file(path));
            return batch;
        }
        const bool is_digested = is_full() && kind == BatchKind::rows;
        const std::string sha256 = TRY(sha256_file(path));
        batch.version = is_digested ? TRY(digest_of(from)) : sha256;
        batch.size_bytes = TRY(file_facts(path)).size_bytes;
        batch.file = source_.name + "/" + sha256 + ".parquet";
        const std::string place = join_path(request_.store.layout().landing, batch.file);
        TRY(make_folders(folder_of(place)));
        TRY(rename_durable(path, place));
        return batch;
    }

    // Of the rows, in whatever order they came: a source that did not change changes nothing.
    Result<std::string> digest_of(const std::string& from) {
        const auto rows = TRY(
            text_rows(session_, "select count(*)::varchar, sum(hash(r))::varchar from (select " +
                                    names_of(columns_) + " from " + from + ") as r"));
        return rows[0][0] + ":" + rows[0][1];
    }

    Status add_bad_rows(const std::string& sql, std::vector<LandedBatch>& batches) {
        const std::string known = bad_rows_sql(earlier_);
        auto batch = TRY(write(known.empty() ? sql : "(" + sql + ") except all (" + known + ")",
                               BatchKind::bad));
        if (batch.row_count == 0) return {};
        report_.rows_bad += batch.row_count;
        batches.push_back(std::move(batch));
        if (!source_.fails_on_bad_row) return {};
        return invalid_argument(report_.first_reason)
            .at(source_.place.text())
            .hint("set `on_bad_row: quarantine` to load the others");
    }

    // Of each key one row; rows that no key tells apart cannot be merged.
    Status settle_keys(LandedBatch& batch, std::vector<LandedBatch>& batches) {
        if (batch.row_count == 0) return {};
        const std::string from = "read_parquet(" + quote_literal(batch.file) + ")";
        if (TRY(session_.query_int("select count(*) - count(distinct (" + keys_of(source_) +
                                   ")) from " + from + " where " + has_key_sql(source_))) > 0) {
            batch = TRY(write(newest_of_keys_sql(source_, columns_,
                                                 "select " + names_of(columns_) + " from " + from),
                              BatchKind::rows));
            return settle_keys(batch, batches);
        }
        const std::string keyless =
            "select " + names_of(columns_) + " from " + from + " where not " + has_key_sql(source_);
        if (TRY(session_.query_int("select count(*) from (" + keyless + ")")) == 0) return {};
        if (report_.first_reason.empty())
            report_.first_reason = source_.name + ": the key is missing";
        TRY(add_bad_rows("select " + quote_literal(source_.name) +
                             " as file, null::bigint as line, 'the key is missing' as reason, "
                             "to_json(r)::varchar as raw from (" +
                             keyless + ") as r",
                         batches));
        batch = TRY(write(
            "select " + names_of(columns_) + " from " + from + " where " + has_key_sql(source_),
            BatchKind::rows));
        return {};
    }

    Status note_keys(const Rows& rows) {
        if (!rows.is_whole && (loading_.cursor || landing_.connector().is_stream)) {
            return invalid_argument(
                       "'deletes: detect' needs all keys, and only new rows are asked for")
                .at(source_.place.text())
                .hint("leave out `cursor`, or let a column say it: `deleted: is_deleted`");
        }
        std::string keys;
        for (const auto& key : loading_.key) {
            const int index = frame::column_index(columns_, key.text);
            const auto& column = columns_[static_cast<size_t>(index)];
            keys += (keys.empty() ? "" : ", ") + std::string("try_cast(") +
                    quote_identifier(key.text) + " as " + column.type.text() + ") as " +
                    quote_identifier(column.name);
        }
        const std::string verb =
            has_keys_ ? "insert into quern_keys " : "create temp table quern_keys as ";
        has_keys_ = true;
        return session_.execute(verb + "select " + keys + " from " + rows.all_sql);
    }

    // Rows that were taken for deleted and are there again, as they were: the cursor passes them
    // by.
    Status find_returned() {
        const bool has_deletes = std::ranges::any_of(
            earlier_, [](const auto& batch) { return batch.kind == BatchKind::deletes; });
        if (!has_deletes || !loading_.cursor || whole_.from_sql.empty()) return {};
        const std::string keys = keys_of(source_);
        const std::string missing = "(select " + keys + " from quern_keys) except (select " + keys +
                                    " from (" + current_rows_sql(source_, state_, earlier_) + "))";
        const std::string rows =
            "select * from (select " + columns_sql(columns_, whole_.columns, true) + " from " +
            whole_.from_sql + ") semi join (" + missing + ") using (" + keys + ")";
        auto batch = TRY(write(newest_of_keys_sql(source_, columns_, rows), BatchKind::rows));
        if (batch.row_count == 0) return {};
        report_.rows_new += batch.row_count;
        earlier_.push_back(batch);
        pulled_.push_back(batch);
        return landed_.add(source_.name, state_, {batch});
    }

    // Keys that were there and are gone now.
    Status find_deletes() {
        if (earlier_.empty()) return {};
        const int64_t seen = TRY(session_.query_int("select count(*) from quern_keys"));
        if (seen == 0) {
            return failed_precondition("source '" + source_.name +
                                       "' has no rows at all: they are not taken for deleted")
                .at(source_.place.text())
                .hint("if it is empty indeed, run `quern run " + source_.name + " --reload`");
        }
        TRY(find_returned());
        const std::string keys = keys_of(source_);
        const std::string gone = "(select " + keys + " from (" +
                                 current_rows_sql(source_, state_, earlier_) +
                                 ")) except (select " + keys + " from quern_keys)";
        auto batch = TRY(write(gone, BatchKind::deletes));
        report_.rows_gone = batch.row_count;
        if (batch.row_count == 0) return {};
        frame::Schema columns;
        for (const auto& key : loading_.key) {
            const int index = frame::column_index(columns_, key.text);
            columns.push_back(columns_[static_cast<size_t>(index)]);
        }
        batch.columns = columns_json(columns);
        return landed_.add(source_.name, state_, {batch});
    }

    Status finish() {
        if (columns_.empty()) {
            const auto known = known_columns();
            TRY(take_columns(known.empty() ? declared_columns(source_) : known));
        }
        if (columns_.empty()) {
            return failed_precondition("source '" + source_.name +
                                       "' has no rows yet, so its columns are not known")
                .at(source_.place.text())
                .hint("declare them: `columns: {id: BIGINT, ...}`");
        }
        if (is_full()) return finish_full();
        if (loading_.detects_deletes) TRY(find_deletes());
        TRY(landed_.add(source_.name, state_, {}));
        if (is_new_) TRY(landed_.replace(source_.name, state_));
        if (pulled_.empty()) return {};
        return merge_small_batches(session_, request_.store, source_.name, landing_.folder());
    }

    Status finish_full() {
        auto kept = TRY(landed_.find(source_.name));
        if (!is_new_ && kept->columns == state_.columns &&
            landed_version(pulled_) == landed_version(earlier_)) {
            report_.rows_new = 0;
            kept->pulled_ms = state_.pulled_ms;
            return landed_.add(source_.name, *kept, {});
        }
        fault_point("before_landed");
        // In one transaction with the move of the state to the new pull.
        const auto move = [&]() -> Status {
            TRY(landed_.add(source_.name, state_, pulled_));
            return landed_.replace(source_.name, state_);
        };
        TRY(request_.store.database().transaction(move));
        fault_point("landed");
        return landing_.connection().landed(state_.position);
    }

    const LandRequest& request_;
    const project::Source& source_;
    const project::Loading& loading_;
    LandingSession& landing_;
    sql::Session& session_;
    store::Landed landed_;
    LandedSource state_;
    std::vector<LandedBatch> earlier_, pulled_;
    frame::Schema columns_;  // of the source as far as it is known now
    frame::Schema before_;   // before this pull
    Rows whole_;             // all that a relation has
    LandReport report_;
    std::string bad_from_;  // the rows that did not fit
    int64_t landed_ms_ = unix_ms_now(), next_id_ = 1, rows_in_files_ = 0;
    uint64_t byte_count_ = 0;
    bool is_new_ = true, has_keys_ = false;
};

bool is_asked_too_early(const LandRequest& request, const std::optional<LandedSource>& before,
                        const std::string& identity) {
    const auto& every = request.source.loading.every_us;
    if (!every || request.reloads || request.range) return false;
    return before && before->identity == identity &&
           unix_ms_now() < before->pulled_ms + *every / 1000;
}

// What cannot be asked for, or would lose what no source gives again.
Status check_asked(const LandRequest& request, const std::optional<LandedSource>& before) {
    const auto& source = request.source;
    const auto refuse = [&](const std::string& why, const std::string& way) {
        return invalid_argument("source '" + source.name + "' " + why)
            .at(source.place.text())
            .hint(way);
    };
    if (request.range && !source.loading.cursor) {
        return refuse("has no cursor, so there is no range of it", "write `cursor: COLUMN`");
    }
    const bool has_history =
        source.loading.mode == LoadMode::snapshot && before && before->pulled_ms > 0;
    if (!has_history || !request.reloads) return {};
    return refuse("is a snapshot: its history cannot be asked for again",
                  "to begin a new one, give the source another name");
}

}  // namespace

Result<LandReport> land_source(const LandRequest& request) {
    const std::string identity = TRY(landed_identity(request.source));
    const auto before = TRY(store::Landed(request.store).find(request.source.name));
    TRY(check_asked(request, before));
    if (is_asked_too_early(request, before, identity)) return LandReport{.is_asked = false};
    const auto landing =
        TRY(LandingSession::open(request.store, request.project, request.source, request.cancel));
    Lander lander(request, *landing);
    TRY(lander.begin(before, identity));
    auto report = lander.run();
    if (!report.ok()) return landing->told(std::move(report).status());
    return report;
}

Result<frame::Batch> sample_source(const LandRequest& request, int64_t row_count) {
    const auto landing = TRY(
        LandingSession::open(request.store, request.project, request.source, request.cancel, true));
    Lander lander(request, *landing);
    TRY(lander.begin(std::nullopt, ""));
    auto rows = lander.sample(row_count);
    if (!rows.ok()) return landing->told(std::move(rows).status());
    return rows;
}

}  // namespace quern::data
