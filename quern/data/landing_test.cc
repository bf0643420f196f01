// landing.cc with landing_session.cc, landing_cursor.cc, landed_sql.cc, landed_columns.cc,
// landed_merge.cc and store/landed.cc: a source whose answers the test writes down.
#include "quern/data/landing.h"

#include <gtest/gtest.h>

#include "quern/base/clock.h"
#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/text.h"
#include "quern/data/connector.h"
#include "quern/data/landed_merge.h"
#include "quern/data/landed_sql.h"
#include "quern/sql/session.h"

namespace quern::data {
namespace {

// What the next pulls answer: a SELECT, or the lines of an NDJSON file.
struct Answer {
    std::string select = {}, lines = {};
};
std::vector<Answer> answers;
std::vector<std::string> positions, told;  // that were asked for, that landed

class Written : public Connection {
public:
    explicit Written(const ConnectRequest& request)
        : session_(request.session), folder_(request.folder) {}

    Result<Pulled> pull(const std::string& position) override {
        positions.push_back(position);
        Pulled pulled{.position = std::to_string(position.empty() ? 1 : std::stoi(position) + 1)};
        const Answer answer = answers[index_++];
        if (!answer.select.empty()) {
            TRY(session_.execute("create or replace table origin as " + answer.select));
            pulled.from_sql = "origin";
        } else if (!answer.lines.empty()) {
            TRY(write_file_durable(folder_ + "/page.ndjson", answer.lines));
            pulled.files = {"page.ndjson"};
            pulled.format = "ndjson";
        }
        pulled.has_more = index_ < answers.size();
        return pulled;
    }
    Status landed(const std::string& position) override {
        told.push_back(position);
        return {};
    }

private:
    sql::Session& session_;
    std::string folder_;
    size_t index_ = 0;
};

struct WrittenSettings {
    std::string name = "x", password;
    static std::vector<Param> params() {
        return {param("name", &WrittenSettings::name, "Of the answers."),
                param("password", &WrittenSettings::password, "A secret.")};
    }
};

Result<std::unique_ptr<Connection>> connect(const ConnectRequest& request) {
    const auto settings = TRY(settings_of<WrittenSettings>(request));
    if (settings.name == "locked") {
        return permission_denied("the password " + settings.password + " is wrong");
    }
    return std::unique_ptr<Connection>(std::make_unique<Written>(request));
}

QUERN_REGISTER(Connector)
({
    .name = "written",
    .summary = "Answers of a test.",
    .example = "written: x\n",
    .params = WrittenSettings::params(),
    .short_for = "name",
    .secrets = {"password"},
    .connect = connect,
});

class Scene {
public:
    explicit Scene(const std::string& yaml) { write(yaml); }

    void write(const std::string& yaml) {
        const std::string root = folder_.path();
        EXPECT_TRUE(make_folders(root + "/sources").ok());
        EXPECT_TRUE(write_file_durable(root + "/quern.yml", "name: x").ok());
        EXPECT_TRUE(write_file_durable(root + "/sources/s.yml", yaml).ok());
        auto project = project::load_project(root);
        EXPECT_TRUE(project.ok()) << project.status().text();
        project_ = *std::move(project);
        if (!store_) store_ = std::move(store::Store::open(root)).value();
    }

    Result<LandReport> pull(std::vector<Answer> next, bool reloads = false,
                            std::optional<CursorRange> range = {}) {
        answers = std::move(next);
        positions.clear();
        told.clear();
        return land_source({.store = *store_,
                            .project = project_,
                            .source = project_.sources[0],
                            .reloads = reloads,
                            .range = std::move(range)});
    }
    // "new gone bad", or what was wrong.
    std::string counts(std::vector<Answer> next, bool reloads = false) {
        const auto report = pull(std::move(next), reloads);
        if (!report.ok()) return report.status().text();
        return std::to_string(report->rows_new) + " " + std::to_string(report->rows_gone) + " " +
               std::to_string(report->rows_bad);
    }

    LandedRelation relation() {
        store::Landed landed(*store_);
        const auto& source = project_.sources[0];
        return landed_relation(source, landed.find(source.name)->value(),
                               landed.batches(source.name).value());
    }
    // Sorted, "a|b;a|b".
    std::string rows(const std::string& columns = "*") {
        const auto relation = this->relation();
        return texts("select " + columns + " from (" + relation.select_sql + ") order by all");
    }
    std::string bad_rows() { return texts("select reason, raw from (" + relation().bad_sql + ")"); }
    std::string version() { return landed_version(store::Landed(*store_).batches("s").value()); }
    void merge(const MergeLimits& limits) {
        auto session = connect();
        const auto folder = TemporaryFolder::create(store_->layout().temporary).value();
        const Status status = merge_small_batches(session, *store_, "s", folder.path(), limits);
        EXPECT_TRUE(status.ok()) << status.text();
    }
    store::LandedSource state() { return store::Landed(*store_).find("s")->value(); }
    size_t file_count() {
        EXPECT_TRUE(store::Landed(*store_).sweep({}).ok());
        return list_files(store_->layout().landing)->size();
    }

private:
    sql::Session connect() {
        const auto database =
            sql::Database::open({.threads = 1, .search_folder = store_->layout().landing});
        return database->connect().value();
    }
    std::string texts(const std::string& sql) {
        auto session = connect();
        auto batch = session.query_all("select columns(*)::varchar from (" + sql + ")");
        EXPECT_TRUE(batch.ok()) << batch.status().text() << sql;
        std::string text;
        for (size_t row = 0; row < batch->row_count; ++row) {
            if (row > 0) text += ";";
            for (size_t i = 0; i < batch->columns.size(); ++i) {
                const auto& column = batch->columns[i];
                text += (i > 0 ? "|" : "") +
                        (column.is_valid(row) ? std::string(column.text(row)) : "-");
            }
        }
        return text;
    }

    TemporaryFolder folder_ = TemporaryFolder::create().value();
    project::Project project_;
    std::unique_ptr<store::Store> store_;
};

std::string values(const std::string& rows, const std::string& names = "k, v") {
    return "select * from (values " + rows + ") t(" + names + ")";
}

TEST(Landing, FullReplacesInOneStep) {
    Scene scene("written: x");
    EXPECT_EQ(scene.counts({{values("(1, 'a'), (2, 'b')")}, {values("(3, 'c')")}}), "3 0 0");
    EXPECT_EQ(scene.rows(), "1|a;2|b;3|c");
    const auto version = scene.version();
    EXPECT_EQ(scene.counts({{values("(2, 'b'), (1, 'a')")}, {values("(3, 'c')")}}), "0 0 0");
    EXPECT_EQ(scene.version(), version) << "another order is no change";
    EXPECT_EQ(scene.counts({{values("(4, 'd')")}}), "1 0 0");
    EXPECT_EQ(scene.rows(), "4|d");
    EXPECT_EQ(scene.file_count(), 1u);
    EXPECT_EQ(positions, std::vector<std::string>{""}) << "from the beginning each time";
    EXPECT_EQ(scene.counts({{values("(4, 'd')") + " limit 0"}}), "0 0 0");
    EXPECT_EQ(scene.rows(), "");
}

TEST(Landing, AppendAddsWhatIsNewInItsNumber) {
    Scene scene("written: x\nload: append");
    EXPECT_EQ(scene.counts({{values("(1, 'a'), (1, 'a'), (2, NULL)")}}), "3 0 0");
    EXPECT_EQ(scene.counts({{values("(1, 'a'), (1, 'a'), (1, 'a'), (2, NULL), (3, 'c')")}}),
              "2 0 0");
    EXPECT_EQ(scene.rows(), "1|a;1|a;1|a;2|-;3|c");
    EXPECT_EQ(positions, std::vector<std::string>{"1"}) << "where the last pull ended";
    EXPECT_EQ(told, std::vector<std::string>{"2"});
}

TEST(Landing, AppendFromACursorOnKeepsLateRowsWithinTheOverlap) {
    Scene scene("written: x\nload: append\ncursor: {column: k, start: 2, overlap: 2}");
    EXPECT_EQ(scene.counts({{values("(1, 'before the start'), (2, 'a'), (9, 'b')")}}), "2 0 0");
    EXPECT_EQ(scene.state().watermark, "9");
    EXPECT_EQ(
        scene.counts({{values("(2, 'a'), (6, 'too late'), (8, 'late'), (9, 'b'), (9, 'b')")}}),
        "2 0 0");
    EXPECT_EQ(scene.rows(), "2|a;8|late;9|b;9|b");
}

TEST(Landing, RowsOfTheFutureDoNotHideThoseOfTomorrow) {
    Scene scene("written: x\nload: append\ncursor: k");
    const FakeClock clock(1'700'000'000'000);  // 2023-11-14
    EXPECT_EQ(scene.counts({{values("(timestamp '2099-01-01', 'far')")}}), "1 0 0");
    EXPECT_EQ(scene.counts({{values("(timestamp '2099-01-01', 'far'), "
                                    "(timestamp '2024-01-01', 'next')")}}),
              "1 0 0");
}

TEST(Landing, ARangeIsLoadedWithoutMovingTheCursor) {
    Scene scene("written: x\nload: append\ncursor: {column: k, start: 5}");
    const std::string all = values("(1, 'a'), (2, 'b'), (5, 'c')");
    EXPECT_EQ(scene.counts({{all}}), "1 0 0");
    const auto report = scene.pull({{all}}, false, CursorRange{"2", "5"});
    EXPECT_EQ(report->rows_new, 1);
    EXPECT_EQ(scene.rows(), "2|b;5|c");
    EXPECT_EQ(scene.state().watermark, "5");
}

TEST(Landing, UpsertShowsTheNewestRowOfEachKey) {
    Scene scene("written: x\nload: upsert\nkey: k\ndeletes: detect");
    EXPECT_EQ(scene.counts({{values("(1, 'a'), (2, 'b'), (3, 'c')")}}), "3 0 0");
    EXPECT_EQ(scene.counts({{values("(1, 'a'), (2, 'B'), (4, 'd')")}}), "2 1 0");
    EXPECT_EQ(scene.rows(), "1|a;2|B;4|d");
    const auto version = scene.version();
    EXPECT_EQ(scene.counts({{values("(4, 'd'), (1, 'a'), (2, 'B')")}}), "0 0 0");
    EXPECT_EQ(scene.version(), version);
    EXPECT_EQ(scene.counts({{values("(1, 'a'), (2, 'B'), (3, 'again'), (4, 'd')")}}), "1 0 0");
    EXPECT_EQ(scene.rows(), "1|a;2|B;3|again;4|d");
}

TEST(Landing, DeletesAreFoundBesideACursorAndACast) {
    Scene scene(
        "written: x\nload: upsert\nkey: k\ncursor: k\ndeletes: detect\ncolumns: {k: BIGINT}");
    EXPECT_EQ(scene.counts({{values("('1', 'a'), ('2', 'b'), ('3', 'c')")}}), "3 0 0");
    EXPECT_EQ(scene.counts({{values("('1', 'a'), ('3', 'c'), ('4', 'd')")}}), "1 1 0");
    EXPECT_EQ(scene.rows(), "1|a;3|c;4|d");
}

TEST(Landing, OneRowAKeyHoweverOftenItComes) {
    for (const auto* cursor : {"", "cursor: v\n", "cursor: {column: v, overlap: 100}\n"}) {
        for (const std::string mode : {"upsert", "snapshot"}) {
            Scene scene("written: x\nload: " + mode + "\nkey: k\n" + cursor);
            EXPECT_EQ(scene.counts({{values("(1, 10), (1, 20), (2, 5)")}}), "2 0 0") << mode;
            EXPECT_EQ(scene.counts({{values("(1, 10), (1, 20), (2, 5)")}}), "0 0 0") << mode;
            EXPECT_EQ(scene.rows("k, v"), "1|20;2|5") << mode << cursor;
        }
    }
}

TEST(Landing, ALateRowIsNoNewerOne) {
    Scene scene("written: x\nload: snapshot\nkey: k\ncursor: {column: v, overlap: 100}");
    EXPECT_EQ(scene.counts({{values("(1, 20)")}}), "1 0 0");
    EXPECT_EQ(scene.counts({{values("(1, 15)")}}), "0 0 0");
    ASSERT_TRUE(scene.pull({{values("(1, 15)")}}, false, CursorRange{"0", "16"}).ok());
    EXPECT_EQ(scene.rows("k, v, valid_to is null"), "1|20|true");
}

TEST(Landing, ARowThatIsThereAgainComesBack) {
    Scene scene("written: x\nload: upsert\nkey: k\ncursor: v\ndeletes: detect");
    EXPECT_EQ(scene.counts({{values("(1, 1), (2, 2)")}}), "2 0 0");
    EXPECT_EQ(scene.counts({{values("(2, 2)")}}), "0 1 0");
    EXPECT_EQ(scene.counts({{values("(1, 1), (2, 2)")}}), "1 0 0");
    EXPECT_EQ(scene.rows(), "1|1;2|2");
    EXPECT_EQ(scene.counts({{values("(1, 1), (2, 2)")}}), "0 0 0");
}

TEST(Landing, AnInfiniteValueDoesNotMoveTheCursor) {
    Scene scene("written: x\nload: append\ncursor: v");
    EXPECT_EQ(scene.counts({{values("(1, 1.5::double), (2, 'inf'::double)")}}), "2 0 0");
    EXPECT_EQ(scene.counts({{values("(2, 'inf'::double), (3, 2.5::double)")}}), "1 0 0");
}

TEST(Landing, WideNumbersKeepTheirDigits) {
    Scene scene("written: x\nload: upsert\nkey: k");
    EXPECT_EQ(scene.counts({{"select 9007199254740993 as k"}}), "1 0 0");
    EXPECT_EQ(scene.counts({{"select 1.5::double as k union all select 7"}}), "1 0 1");
    EXPECT_EQ(scene.rows(), "7;9007199254740993");
}

TEST(Landing, NamesOfItsOwnAreRefused) {
    EXPECT_EQ(Scene("written: x").counts({{"select 1 as _QUERN_gone"}}).substr(0, 65),
              "sources/s.yml: column '_QUERN_gone' has a name of quern's own\n  g");
    EXPECT_EQ(Scene("written: x").counts({{"select 1 as valid_from"}}), "1 0 0");
    EXPECT_NE(
        Scene("written: x\nload: snapshot\nkey: k").counts({{"select 1 as k, 2 as valid_to"}}),
        "1 0 0");
}

TEST(Landing, HistoryIsNotThrownAway) {
    Scene scene("written: x\nload: snapshot\nkey: k");
    EXPECT_EQ(scene.counts({{values("(1, 'a')")}}), "1 0 0");
    EXPECT_NE(scene.counts({{values("(1, 'b')")}}, true).find("cannot be asked for again"),
              std::string::npos);
    scene.write("written: y\nload: snapshot\nkey: k");
    EXPECT_EQ(scene.counts({{values("(1, 'b')")}}), "1 0 0");
    EXPECT_EQ(scene.rows("count(*)"), "2") << "it goes on from another place";
}

TEST(Landing, AnEmptyTableGetsItsNewColumn) {
    Scene scene("written: x");
    EXPECT_EQ(scene.counts({{"select 1 as k limit 0"}}), "0 0 0");
    EXPECT_EQ(scene.counts({{"select 1 as k, 2 as b limit 0"}}), "0 0 0");
    EXPECT_EQ(scene.relation().columns.size(), 2u);
}

TEST(Landing, RowsWithoutAKeyAreSetAside) {
    Scene scene("written: x\nload: upsert\nkey: k");
    EXPECT_EQ(scene.counts({{values("(1, 'a'), (NULL, 'b')")}}), "1 0 1");
    EXPECT_EQ(scene.rows(), "1|a");
    EXPECT_EQ(scene.bad_rows(), "the key is missing|{\"k\":null,\"v\":\"b\"}");
    Scene strict("written: x\nload: upsert\nkey: k\non_bad_row: fail");
    EXPECT_EQ(strict.counts({{values("(1, 'a'), (NULL, 'b')")}}),
              "sources/s.yml: s: the key is missing\n"
              "  set `on_bad_row: quarantine` to load the others");
}

TEST(Landing, AnEmptySourceIsNotTakenForDeleted) {
    Scene scene("written: x\nload: upsert\nkey: k\ndeletes: detect");
    EXPECT_EQ(scene.counts({{values("(1, 'a')")}}), "1 0 0");
    EXPECT_EQ(scene.counts({{values("(1, 'a')") + " limit 0"}}),
              "sources/s.yml: source 's' has no rows at all: they are not taken for deleted\n"
              "  if it is empty indeed, run `quern run s --reload`");
    EXPECT_EQ(scene.rows(), "1|a");
    EXPECT_EQ(scene.counts({{values("(1, 'a')") + " limit 0"}}, true), "0 0 0");
    EXPECT_EQ(scene.rows(), "");
}

TEST(Landing, ADeletedColumnHidesRows) {
    Scene scene("written: x\nload: upsert\nkey: k\ndeleted: gone");
    EXPECT_EQ(scene.counts({{values("(1, false), (2, false)", "k, gone")}}), "2 0 0");
    EXPECT_EQ(scene.counts({{values("(1, true), (2, NULL)", "k, gone")}}), "2 0 0");
    EXPECT_EQ(scene.rows("k"), "2");
    EXPECT_EQ(scene.counts({{values("(1, true), (2, NULL)", "k, gone")}}), "0 0 0");
}

TEST(Landing, ASnapshotKeepsEveryVersion) {
    Scene scene("written: x\nload: snapshot\nkey: k\ndeletes: detect");
    {
        const FakeClock clock(1'000);
        EXPECT_EQ(scene.counts({{values("(1, 'a'), (2, 'b')")}}), "2 0 0");
    }
    {
        const FakeClock clock(2'000);
        EXPECT_EQ(scene.counts({{values("(1, 'A')")}}), "1 1 0");
    }
    EXPECT_EQ(scene.rows("k, v, epoch_ms(valid_from), epoch_ms(valid_to), is_current"),
              "1|A|2000|-|true;1|a|1000|2000|false;2|b|1000|2000|false");
}

TEST(Landing, ASnapshotTakesTheTimeOfItsCursor) {
    Scene scene("written: x\nload: snapshot\nkey: k\ncursor: day");
    EXPECT_EQ(scene.counts({{values("(1, date '2024-01-01')", "k, day")}}), "1 0 0");
    EXPECT_EQ(scene.counts({{values("(1, date '2024-03-01')", "k, day")}}), "1 0 0");
    EXPECT_EQ(scene.rows("k, valid_from, valid_to"),
              "1|2024-01-01 00:00:00+00|2024-03-01 00:00:00+00;1|2024-03-01 00:00:00+00|-");
}

TEST(Landing, ColumnsComeAndGoAndWiden) {
    Scene scene("written: x\nload: append");
    EXPECT_EQ(scene.counts({{"select 1 as k, 1::smallint as n, 'a' as old"}}), "1 0 0");
    const auto report = scene.pull({{"select 2 as k, 2.5::double as n, 'new' as fresh"}});
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_EQ(report->notes,
              (std::vector<std::string>{
                  "column n was SMALLINT and is DOUBLE: the earlier rows are read as "
                  "DOUBLE",
                  "column old is gone: it reads as NULL from now on",
                  "column fresh is new: it is NULL in the earlier rows"}));
    EXPECT_EQ(scene.rows(), "1|1.0|a|-;2|2.5|-|new");
}

TEST(Landing, ColumnsCanBeHeldAsTheyAre) {
    Scene ignore("written: x\nload: append\nschema: ignore");
    EXPECT_EQ(ignore.counts({{"select 1 as k"}}), "1 0 0");
    EXPECT_EQ(ignore.counts({{"select 2 as k, 3 as more"}}), "1 0 0");
    EXPECT_EQ(ignore.rows(), "1;2");
    Scene fail("written: x\nload: append\nschema: fail");
    EXPECT_EQ(fail.counts({{"select 1 as k"}}), "1 0 0");
    EXPECT_EQ(fail.counts({{"select 2 as k, 3 as more"}}),
              "sources/s.yml: source 's': column more is new\n"
              "  write `schema: evolve` to take it, or `schema: ignore`");
    EXPECT_EQ(fail.rows(), "1");
}

TEST(Landing, FilesAreTypedAndMisfitsQuarantined) {
    Scene scene("written: x\nload: append");
    EXPECT_EQ(scene.counts({{.lines = "{\"k\": 1, \"v\": \"a\"}\n{\"k\": 2, \"v\": null}\n"}}),
              "2 0 0");
    EXPECT_EQ(scene.counts({{.lines = "{\"k\": 3, \"v\": \"a\"}\n{\"k\": \"x\"}\n{broken\n"},
                            {.lines = "{\"k\": 4, \"v\": \"d\"}\n"}}),
              "2 0 2");
    EXPECT_EQ(scene.rows(), "1|a;2|-;3|a;4|d");
    EXPECT_NE(scene.bad_rows().find("is not BIGINT"), std::string::npos) << scene.bad_rows();
    EXPECT_NE(scene.bad_rows().find("{broken"), std::string::npos);
    EXPECT_EQ(told, (std::vector<std::string>{"2", "3"}));
}

TEST(Landing, ManySmallBatchesBecomeOneFile) {
    Scene scene("written: x\nload: append");
    for (int i = 1; i <= 40; ++i)
        EXPECT_EQ(scene.counts({{values("(" + std::to_string(i) + ", 'x')")}}), "1 0 0");
    EXPECT_LE(scene.file_count(), 10u);
    EXPECT_EQ(scene.rows("count(*), sum(k)"), "40|820");
}

TEST(Landing, MergingChangesNeitherRowsNorVersion) {
    Scene scene("written: x\nload: upsert\nkey: k\ndeletes: detect");
    for (const auto* rows :
         {"(1, 'a'), (2, 'b'), (NULL, 'x')", "(1, 'A'), (NULL, 'y')", "(1, 'A'), (2, 'again')"})
        ASSERT_TRUE(scene.pull({{values(rows)}}).ok());
    const auto version = scene.version();
    scene.merge({.file_count_min = 2});
    EXPECT_EQ(scene.version(), version);
    EXPECT_EQ(scene.rows(), "1|A;2|again");
    EXPECT_EQ(scene.file_count(), 3u) << "rows, deletes and bad rows";
    EXPECT_EQ(scene.bad_rows(),
              "the key is missing|{\"k\":null,\"v\":\"x\"};"
              "the key is missing|{\"k\":null,\"v\":\"y\"}");
    EXPECT_EQ(scene.counts({{values("(1, 'A'), (2, 'again'), (3, 'c')")}}), "1 0 0");
}

TEST(Landing, DeclaredTypesWin) {
    Scene scene("written: x\nload: append\ncolumns: {v: \"DECIMAL(9,2)\"}");
    EXPECT_EQ(scene.counts({{values("(1, '1.5'), (2, '2.25')")}}), "2 0 0");
    EXPECT_EQ(scene.rows(), "1|1.50;2|2.25");
    Scene unknown("written: x\ncolumns: {w: DATE}");
    EXPECT_EQ(unknown.counts({{values("(1, 'a')")}}).substr(0, 43),
              "sources/s.yml:2:11: column 'w' is not known");
}

TEST(Landing, RowsOfARelationThatDoNotFitAreQuarantined) {
    Scene scene("written: x\nload: upsert\nkey: k\ncursor: k\ncolumns: {k: BIGINT, v: INTEGER}");
    EXPECT_EQ(scene.counts({{values("('9', '1'), ('10', '2'), ('11', 'many')")}}), "2 0 1");
    EXPECT_EQ(scene.state().watermark, "10");
    EXPECT_EQ(scene.bad_rows(), "v: 'many' is not INTEGER|{\"k\":\"11\",\"v\":\"many\"}");
    EXPECT_EQ(scene.counts({{values("('9', 'unasked'), ('10', '2'), ('12', '3')")}}), "1 0 0");
    EXPECT_EQ(scene.rows(), "9|1;10|2;12|3");
}

TEST(Landing, ACursorOfTextsIsWarnedOf) {
    Scene scene("written: x\nload: append\ncursor: v");
    const auto report = scene.pull({{values("(1, 'a')")}});
    ASSERT_EQ(report->notes.size(), 1u);
    EXPECT_EQ(report->notes[0].substr(0, 41), "the cursor column v is text and is compar");
    Scene overlap("written: x\nload: append\ncursor: {column: v, overlap: 5}");
    EXPECT_EQ(overlap.counts({{values("(1, 'a')")}}),
              "sources/s.yml:3:9: 'overlap' needs a number or a time, and column v is VARCHAR\n"
              "  declare its type: `columns: {v: BIGINT}`");
}

TEST(Landing, KeepsWhatParquetHasNoTypeFor) {
    Scene scene("written: x");
    EXPECT_EQ(scene.counts({{"select 99999999999999999999::hugeint as h, interval '1 month 2 days' "
                             "as i, '101'::bit as b, [1, NULL] as l, {'a': 1} as s, "
                             "'infinity'::date as d, 'nan'::double as n, "
                             "18446744073709551615::ubigint as u"}}),
              "1 0 0");
    EXPECT_EQ(scene.rows(),
              "99999999999999999999|1 month 2 days|101|[1, NULL]|{'a': 1}|infinity|"
              "nan|18446744073709551615");
}

TEST(Landing, BeginsAnewWhenItsOriginChanges) {
    Scene scene("written: x\nload: append");
    EXPECT_EQ(scene.counts({{values("(1, 'a')")}}), "1 0 0");
    scene.write("written: {name: y, password: \"${PATH}\"}\nload: append");
    EXPECT_EQ(scene.counts({{values("(2, 'b')")}}), "1 0 0");
    EXPECT_EQ(scene.rows(), "2|b");
    scene.write("written: {name: y, password: \"${HOME}\"}\nload: append");
    EXPECT_EQ(scene.counts({{values("(2, 'b'), (3, 'c')")}}), "1 0 0") << "a secret is no origin";
    EXPECT_EQ(scene.counts({{values("(9, 'z')")}}, true), "1 0 0");
    EXPECT_EQ(scene.rows(), "9|z");
}

TEST(Landing, ASourceWithoutRowsNeedsDeclaredColumns) {
    Scene scene("written: x\nload: append");
    EXPECT_EQ(scene.counts({{}}),
              "sources/s.yml: source 's' has no rows yet, so its columns are not known\n"
              "  declare them: `columns: {id: BIGINT, ...}`");
    scene.write("written: x\nload: append\ncolumns: {k: BIGINT, v: VARCHAR}");
    EXPECT_EQ(scene.counts({{}}), "0 0 0");
    EXPECT_EQ(scene.rows(), "");
    EXPECT_EQ(scene.relation().columns.size(), 2u);
}

TEST(Landing, ObeysItsLimits) {
    Scene rows("written: x\nrows_max: 2");
    EXPECT_EQ(rows.counts({{values("(1, 'a'), (2, 'b'), (3, 'c')")}}),
              "sources/s.yml: source 's' has more than 2 new rows\n"
              "  raise `rows_max`, or load only some of them with `cursor`");
    Scene bytes("written: x\nbytes_max: 500");
    EXPECT_NE(bytes.counts({{"select hash(i) as k from range(10000) r(i)"}}).find("more than 500"),
              std::string::npos);
}

TEST(Landing, IsNotAskedMoreOftenThanItSays) {
    Scene scene("written: x\nevery: 1 hour");
    FakeClock clock(1'700'000'000'000);
    EXPECT_TRUE(scene.pull({{values("(1, 'a')")}})->is_asked);
    clock.advance_ms(3'599'000);
    EXPECT_FALSE(scene.pull({})->is_asked);
    clock.advance_ms(2'000);
    EXPECT_TRUE(scene.pull({{values("(1, 'a')")}})->is_asked);
}

TEST(Landing, NeverTellsASecret) {
    ::setenv("QUERN_TEST_SECRET", "p%ss word", 1);
    Scene scene("written: {name: locked, password: \"${QUERN_TEST_SECRET}\"}");
    EXPECT_EQ(scene.counts({}), "sources/s.yml:1:1: the password *** is wrong");
    scene.write("written: {name: locked, password: hunter2}");
    EXPECT_EQ(scene.counts({}),
              "sources/s.yml: 'password' in line 1 must not be written down here\n"
              "  name where it is: `password: ${NAME}` of the environment, or "
              "`${file:/run/secrets/name}`");
    scene.write("written: {password: \"${QUERN_TEST_NO_SUCH}\"}");
    EXPECT_EQ(scene.counts({}).substr(0, 77),
              "sources/s.yml:1:21: the environment variable QUERN_TEST_NO_SUCH is not set\n  ");
}

TEST(Landing, SaysWhatIsWrongWithAKindOrASetting) {
    EXPECT_EQ(Scene("writen: x").counts({}),
              "sources/s.yml:1:1: kind of source 'writen' is not known\n  did you mean 'written'?");
    EXPECT_EQ(Scene("written: {nam: x}").counts({}),
              "sources/s.yml:1:11: setting of written 'nam' is not known\n  did you mean 'name'?");
    EXPECT_EQ(Scene("written: x\nload: append\ncursor: w").counts({{values("(1, 'a')")}}),
              "sources/s.yml:3:9: column 'w' is not known\n  did you mean 'k'?");
}

}  // namespace
}  // namespace quern::data
