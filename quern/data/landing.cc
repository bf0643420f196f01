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

std::string list_of(const frame::Schema& columns, std::string_view table = "") {
    std::string list;
    for (const auto& column : columns) {
        list += (list.empty() ? "" : ", ") + std::string(table) + quote_identifier(column.name);
    }
    return list;
}

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
        return session_.query_all("select " + list_of(columns_) + " from " + rows.from_sql +
                                  where(rows) + " limit " + std::to_string(row_count));
    }

private:
    bool is_full() const { return loading_.mode == LoadMode::full; }
    bool is_keyed() const {
        return loading_.mode == LoadMode::upsert || loading_.mode == LoadMode::snapshot;
    }

    Status land(const Pulled& pulled) {
        std::vector<LandedBatch> batches;
        if (!pulled.from_sql.empty() || !pulled.files.empty()) TRY(write_batches(pulled, batches));
        state_.position = pulled.position;
        for (auto& one : batches) pulled_.push_back(one);
        if (is_full()) return {};  // all of it counts at once, in finish()
        fault_point("before_landed");
        TRY(landed_.add(source_.name, state_, batches));
        fault_point("landed");
        return landing_.connection().landed(state_.position);
    }

    Status write_batches(const Pulled& pulled, std::vector<LandedBatch>& batches) {
        rows_in_files_ = 0;
        const Rows rows = TRY(rows_of(pulled));
        LandedBatch batch;
        if (!rows.from_sql.empty()) batch = TRY(write(new_rows_sql(rows), BatchKind::rows));
        if (rows_in_files_ > 0) TRY(add_bad_rows("from " + std::string(kBad), batches));
        if (is_keyed()) TRY(set_keyless_aside(batch, batches));
        report_.rows_read += rows.is_whole ? batch.row_count : rows_in_files_;
        report_.rows_new += batch.row_count;
        TRY(check_limits(batch));
        if (loading_.cursor && !request_.range) TRY(raise_watermark(batch));
        if (loading_.detects_deletes && !rows.from_sql.empty()) TRY(note_keys(rows));
        if (batch.row_count > 0) batches.push_back(std::move(batch));
        return {};
    }

    // The batch as rows with the types of the columns to come, misfits set aside.
    Result<Rows> rows_of(const Pulled& pulled) {
        if (!pulled.files.empty()) return rows_of_files(pulled);
        auto found = TRY(session_.columns_of("from " + pulled.from_sql));
        for (auto& column : found) column.type = kept_type(column.type);
        TRY(take_columns(found));
        TRY(check_cursor());
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
        Rows judged = TRY(rows_of_files({.files = {std::string(kFile)}, .format = "parquet"}));
        judged.is_whole = true;
        judged.all_sql = rows.all_sql;
        return judged;
    }

    // A difference of texts means nothing, and their order surprises: '10' < '9'.
    Status check_cursor() {
        if (!loading_.cursor || !frame::is_text(cursor_type())) return {};
        const std::string& name = loading_.cursor->column.text;
        const std::string way = "declare its type: `columns: {" + name + ": BIGINT}`";
        if (!loading_.cursor->overlap.empty()) {
            return invalid_argument("'overlap' needs a number or a time, and column " + name +
                                    " is " + cursor_type().text())
                .at(loading_.cursor->place.text())
                .hint(way);
        }
        if (is_new_) {
            report_.notes.push_back("the cursor column " + name +
                                    " is text and is compared as text ('10' < '9'); if it holds "
                                    "numbers, " +
                                    way);
        }
        return {};
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

    Result<Rows> rows_of_files(const Pulled& pulled) {
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
        const auto loaded = TRY(load_source(session_, landing_.folder(), spooled, target));
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

    // The condition on the cursor column; only a relation can be asked for a part of its rows.
    std::string where(const Rows& rows) const {
        if (!loading_.cursor || !rows.is_whole) return "";
        const int index = frame::column_index(rows.columns, loading_.cursor->column.text);
        const bool is_cast = rows.columns[static_cast<size_t>(index)].type != cursor_type();
        std::string name = quote_identifier(loading_.cursor->column.text);
        const std::string plain = name;
        if (is_cast) name = "try_cast(" + name + " as " + cursor_type().text() + ")";
        std::string sql = request_.range ? range_sql(name, request_.range->from, request_.range->to,
                                                     cursor_type())
                                         : "";
        if (const std::string from = lower_bound(); !request_.range && !from.empty())
            sql = name + " >= " + from;
        if (sql.empty()) return "";
        // What is no value of its type must still come, to be quarantined.
        return is_cast ? " where coalesce(" + sql + ", " + plain + " is not null)"
                       : " where " + sql;
    }

    frame::Type cursor_type() const {
        const int index = frame::column_index(columns_, loading_.cursor->column.text);
        return columns_[static_cast<size_t>(std::max(index, 0))].type;
    }

    // Rows below it are not asked for; empty: all are.
    std::string lower_bound() const {
        const auto& cursor = *loading_.cursor;
        const std::string type = "::" + cursor_type().text();
        if (state_.watermark.empty()) {
            return cursor.start.empty() ? "" : quote_literal(cursor.start) + type;
        }
        const std::string mark = quote_literal(state_.watermark) + type;
        if (cursor.overlap.empty()) return mark;
        const bool is_time = frame::is_temporal(cursor_type());
        return "(" + mark + " - " + (is_time ? "interval " : "") + quote_literal(cursor.overlap) +
               (is_time ? "" : type) + ")" + type;
    }

    // What the batch adds: rows that are there already in the same number are left out.
    std::string new_rows_sql(const Rows& rows) const {
        std::string list;
        for (const auto& column : columns_) {
            const int index = frame::column_index(rows.columns, column.name);
            const std::string name = quote_identifier(column.name);
            list += (list.empty() ? "" : ", ") +
                    (index < 0 ? "null::" + column.type.text() + " as " + name
                               : name + "::" + column.type.text() + " as " + name);
        }
        std::string sql = "select " + list + " from " + rows.from_sql + where(rows);
        const bool asks_again = rows.is_whole || loading_.cursor;
        const bool compares = is_keyed() || (loading_.mode == LoadMode::append && asks_again);
        if (compares && !earlier_.empty()) {
            const Rows settled{"", columns_, rows.is_whole, ""};
            const std::string known =
                "(" + current_rows_sql(source_, state_, earlier_) + ")" + where(settled);
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

    std::string has_key() const {
        std::string sql;
        for (const auto& key : loading_.key) {
            sql += (sql.empty() ? "" : " and ") + quote_identifier(key.text) + " is not null";
        }
        return "(" + sql + ")";
    }

    Status check_limits(const LandedBatch& batch) {
        const bool too_many =
            loading_.row_count_max > 0 && report_.rows_new > loading_.row_count_max;
        byte_count_ += batch.size_bytes;
        const bool too_large = loading_.byte_count_max > 0 &&
                               byte_count_ > static_cast<uint64_t>(loading_.byte_count_max);
        if (!too_many && !too_large) return {};
        return resource_exhausted("source '" + source_.name + "' has more than " +
                                  (too_many
                                       ? plural(loading_.row_count_max, "new row")
                                       : size_text(static_cast<uint64_t>(loading_.byte_count_max)) +
                                             " of new rows"))
            .at(source_.place.text())
            .hint(std::string("raise `") + (too_many ? "rows_max" : "bytes_max") +
                  "`, or load only some of them with `cursor`");
    }

    // Rows of the future do not raise it: else what comes until then would never be asked for.
    Status raise_watermark(const LandedBatch& batch) {
        if (batch.row_count == 0) return {};
        const auto type = cursor_type();
        const std::string name = quote_identifier(loading_.cursor->column.text);
        std::string value = name;
        if (frame::is_temporal(type) && type.id != frame::TypeId::time) {
            value = "least(" + name + ", make_timestamptz(" + std::to_string(landed_ms_ * 1000) +
                    ")::" + type.text() + ")";
        }
        std::string sql = "max(" + value + ")";
        if (!state_.watermark.empty()) {
            sql = "greatest(" + sql + ", " + quote_literal(state_.watermark) + "::" + type.text() +
                  ")";
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
                                    list_of(columns_) + " from " + from + ") as r"));
        return rows[0][0] + ":" + rows[0][1];
    }

    Status add_bad_rows(const std::string& sql, std::vector<LandedBatch>& batches) {
        auto batch = TRY(write(sql, BatchKind::bad));
        if (batch.row_count == 0) return {};
        report_.rows_bad += batch.row_count;
        batches.push_back(std::move(batch));
        if (!source_.fails_on_bad_row) return {};
        return invalid_argument(report_.first_reason)
            .at(source_.place.text())
            .hint("set `on_bad_row: quarantine` to load the others");
    }

    // Rows that no key tells apart cannot be merged.
    Status set_keyless_aside(LandedBatch& batch, std::vector<LandedBatch>& batches) {
        if (batch.row_count == 0) return {};
        const std::string from = "read_parquet(" + quote_literal(batch.file) + ")";
        const std::string keyless =
            "select " + list_of(columns_) + " from " + from + " where not " + has_key();
        if (TRY(session_.query_int("select count(*) from (" + keyless + ")")) == 0) return {};
        if (report_.first_reason.empty())
            report_.first_reason = source_.name + ": the key is missing";
        TRY(add_bad_rows("select " + quote_literal(source_.name) +
                             " as file, null::bigint as line, 'the key is missing' as reason, "
                             "to_json(r)::varchar as raw from (" +
                             keyless + ") as r",
                         batches));
        batch = TRY(write("select " + list_of(columns_) + " from " + from + " where " + has_key(),
                          BatchKind::rows));
        return {};
    }

    Status note_keys(const Rows& rows) {
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
        std::string keys;
        for (const auto& key : loading_.key)
            keys += (keys.empty() ? "" : ", ") + quote_identifier(key.text);
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
            TRY(take_columns(known.empty() ? declared_columns() : known));
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

    frame::Schema declared_columns() const {
        frame::Schema columns;
        for (const auto& column : source_.columns) {
            if (column.type.empty()) return {};
            columns.push_back({column.name, frame::type_from_sql(column.type)});
        }
        return columns;
    }

    Status finish_full() {
        if (!is_new_ && landed_version(pulled_) == landed_version(earlier_)) {
            report_.rows_new = 0;
            auto kept = TRY(landed_.find(source_.name));
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
    LandReport report_;
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

}  // namespace

Result<LandReport> land_source(const LandRequest& request) {
    const std::string identity = TRY(landed_identity(request.source));
    const auto before = TRY(store::Landed(request.store).find(request.source.name));
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
