// Look-ups from the project's files to a served row: lookups.cc, work_lookup.cc,
// training_lookups.cc, and store/snapshots.cc.
#include <cstring>
#include <random>

#include "quern/flow/model_facts.h"
#include "quern/flow/test_project.h"
#include "quern/score/request.h"
#include "quern/score/scorer.h"
#include "quern/store/artifacts.h"
#include "quern/store/models.h"
#include "quern/store/snapshots.h"

namespace quern::flow {
namespace {

constexpr const char* kModel = R"(from: flights
target: delay
key: id
time: departs_at
algorithm: {gbdt: {num_iterations: 5}}
features: [distance, weather.wind * 2 as wind2, weather.cond, plane.seats]
lookup:
  weather: {key: {station: origin}, time: observed_at, known: published_at, max_age: 6 hours}
  plane: {table: planes, key: {tailnum: tail_number}, time: none}
)";

std::string time_text(int minutes) {
    const auto two = [](int number) {
        return std::string(number < 10 ? "0" : "") + std::to_string(number);
    };
    return "2024-01-" + two(1 + minutes / 1440) + " " + two(minutes / 60 % 24) + ":" +
           two(minutes % 60) + ":00";
}

class LookupTest : public testing::Test {
protected:
    TestProject project_;
    std::mt19937 random_{5};
    std::vector<std::string> weather_;

    void SetUp() override {
        for (const std::string name : {"flights", "weather", "planes"})
            project_.write("sources/" + name + ".yml", "file: " + name + ".csv\n");
        project_.write("models/delays.yml", kModel);
        std::string flights = "id,origin,tail_number,departs_at,distance,delay\n";
        for (int i = 0; i < 400; ++i) {
            flights += std::to_string(i) + "," + "abz"[random_() % 3] + ",N" +
                       std::to_string(random_() % 30) + "," + time_text(number(8000)) + "," +
                       std::to_string(number(3000)) + "," + std::to_string(number(90)) + "\n";
        }
        project_.write("flights.csv", flights);
        std::string planes = "tailnum,seats\n";
        for (int i = 0; i < 25; ++i)
            planes += "N" + std::to_string(i) + "," + std::to_string(90 + 3 * i) + "\n";
        project_.write("planes.csv", planes);
        for (int i = 0; i < 120; ++i) add_weather(number(8000), number(600));
        write_weather();
    }
    int number(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
    void add_weather(int observed, int late_by) {
        weather_.push_back(std::string(1, "ab"[random_() % 2]) + "," + time_text(observed) + "," +
                           time_text(observed + late_by) + "," + std::to_string(number(40)) + "," +
                           (random_() % 4 == 0   ? ""
                            : random_() % 2 == 0 ? "fog"
                                                 : "sun"));
    }
    void write_weather() {
        std::string text = "station,observed_at,published_at,wind,cond\n";
        for (const auto& line : weather_) text += line + "\n";
        project_.write("weather.csv", text);
    }
    void write_model(const std::string& from, const std::string& to) {
        std::string text = kModel;
        const size_t at = text.find(from);
        ASSERT_NE(at, std::string::npos) << from;
        project_.write("models/delays.yml", text.replace(at, from.size(), to));
    }
    store::ModelVersion champion() {
        auto workspace = open_workspace(project_.folder()).value();
        return *store::Models(*workspace.store).champion("delays").value();
    }
    double metric(std::string_view name) {
        return model_facts(champion().metrics).find(name)->value;
    }
};

std::vector<double> matrix_of(const score::Scorer& scorer, const frame::Batch& rows) {
    std::vector<double> matrix(rows.row_count * scorer.matrix_column_count());
    const auto map = scorer.map_inputs(rows.schema).value();
    std::vector<frame::ColumnView> views;
    for (const auto& column : rows.columns) views.push_back(column.view());
    score::Scratch scratch(scorer);
    EXPECT_TRUE(scorer.features_matrix({views, rows.row_count}, map, scratch, matrix.data()).ok());
    return matrix;
}

// The rows as requests brought them, all values as texts, read and scored again.
std::vector<double> replayed_matrix(const score::Scorer& scorer, const frame::Batch& rows) {
    const auto& inputs = scorer.batch_inputs();
    score::RowReader reader(scorer.program(), {.is_all_text = true});
    for (size_t row = 0; row < rows.row_count; ++row) {
        EXPECT_TRUE(reader.begin_row());
        for (const score::Input& input : inputs) {
            const int at = frame::column_index(rows.schema, input.name);
            const frame::ColumnView column = rows.columns[static_cast<size_t>(at)].view();
            const std::string text = column.is_valid(row) ? frame::value_text(column, row) : "";
            reader.field(input.name, score::FieldValue::of(std::string_view(text)));
        }
        reader.end_row();
    }
    EXPECT_TRUE(reader.errors().empty()) << reader.status().text();
    std::vector<double> matrix(rows.row_count * scorer.matrix_column_count());
    score::Scratch scratch(scorer);
    EXPECT_TRUE(scorer.features_matrix(reader.view(), scratch, matrix.data()).ok());
    return matrix;
}

// DuckDB says what each row could see; the scorer with the snapshots must see the same, also when
// the rows come out of the log of the requests.
TEST_F(LookupTest, AServedRowHasTheFeaturesThatItHadInTraining) {
    const auto report = project_.run().value();
    ASSERT_TRUE(report.is_good()) << report.fault().text();
    auto workspace = open_workspace(project_.folder()).value();
    const auto warehouse = Warehouse::open_for_reading(workspace).value();
    auto session = warehouse.connect().value();
    const std::string seen =
        " from weather w where station = origin and observed_at <= departs_at and published_at <= "
        "departs_at and departs_at - observed_at <= interval 6 hours "
        "order by observed_at desc, published_at desc, wind desc, cond desc nulls last limit 1)";
    const auto rows =
        session
            .query_all("select *, (select wind" + seen + " as \"weather.wind\", (select cond" +
                       seen +
                       " as \"weather.cond\", (select seats from planes where tailnum = "
                       "tail_number) as \"plane.seats\" from flights order by id")
            .value();
    ASSERT_EQ(rows.row_count, 400);
    const auto path = store::artifact_path(workspace.store->layout(), champion().artifact);
    const auto bare = score::Scorer::open(path).value();
    const auto served = store::Snapshots(*workspace.store).attach(bare).value();
    EXPECT_EQ(bare.batch_inputs().size(), 7);
    EXPECT_EQ(served.batch_inputs().size(), 4);
    const auto trained = matrix_of(bare, rows), replayed = matrix_of(served, rows);
    ASSERT_EQ(trained.size(), replayed.size());
    EXPECT_EQ(std::memcmp(trained.data(), replayed.data(), trained.size() * sizeof(double)), 0);
    const auto logged = replayed_matrix(served, rows);
    ASSERT_EQ(trained.size(), logged.size());
    EXPECT_EQ(std::memcmp(trained.data(), logged.data(), trained.size() * sizeof(double)), 0);
    const auto count = [&](const char* column) {
        return project_.query("select count(*)::varchar from (select (select " +
                              std::string(column) + seen + " as x from flights) where x is null");
    };
    EXPECT_NE(count("wind"), "400") << "some rows find their weather";
    EXPECT_NE(count("wind"), "0") << "and some do not";
}

TEST_F(LookupTest, LateAndShuffledRowsLeaveThePastAsItWas) {
    write_model("max_age: 6 hours", "retrain: true");
    ASSERT_TRUE(project_.run().value().is_good());
    const auto before = champion();
    const double error = metric("mae");
    for (int i = 0; i < 100; ++i) add_weather(number(8000), 8000);  // known after all flights
    std::ranges::shuffle(weather_, random_);
    write_weather();
    ASSERT_TRUE(project_.run().value().is_good());
    EXPECT_EQ(champion().version, before.version + 1) << "trained again";
    EXPECT_EQ(metric("mae"), error) << "on the very same values";
    add_weather(10, 0);
    for (int i = 0; i < 100; ++i) add_weather(number(8000), 0);  // known at once
    write_weather();
    ASSERT_TRUE(project_.run().value().is_good());
    EXPECT_NE(metric("mae"), error) << "what was known in time does change it";
}

TEST_F(LookupTest, NewDataRefreshesTheSnapshotAndLeavesTheModel) {
    ASSERT_TRUE(project_.run().value().is_good());
    EXPECT_EQ(project_.run_text(), "");
    add_weather(100, 5);
    write_weather();
    EXPECT_EQ(project_.plan_text(), "weather: its files changed | delays.weather: weather changes");
    EXPECT_EQ(project_.run().value().outcomes.size(), 2);
    EXPECT_EQ(champion().version, 1);
    write_model("station: origin", "station: tail_number");
    EXPECT_EQ(project_.plan_text(), "delays: its settings changed");
    write_model("known: published_at, ", "");
    EXPECT_EQ(project_.plan_text(),
              "delays.weather: its settings changed | "
              "delays: its settings changed; delays.weather changes");
}

TEST_F(LookupTest, ALostSnapshotIsMadeAgain) {
    ASSERT_TRUE(project_.run().value().is_good());
    ASSERT_TRUE(remove_tree(project_.path(".quern/snapshots")).ok());
    EXPECT_EQ(project_.plan_text(),
              "delays.weather: its snapshot is gone or damaged | "
              "delays.plane: its snapshot is gone or damaged");
    ASSERT_TRUE(project_.run().value().is_good());
    EXPECT_EQ(project_.run_text(), "");
}

TEST_F(LookupTest, RefusesWithThePlaceAndTheWayOut) {
    const auto check = [&](const std::string& from, const std::string& to,
                           const std::vector<std::string>& wanted) {
        write_model(from, to);
        const std::string text = project_.plan_text();
        for (const auto& want : wanted)
            EXPECT_NE(text.find(want), std::string::npos) << to << "\n" << text;
    };
    check("table: planes", "table: plane", {"models/delays.yml:9:18", "plane"});
    check("weather.cond", "weather.conds", {"models/delays.yml:6:", "conds", "cond"});
    check("weather.cond", "wether.cond", {"models/delays.yml:6:", "wether"});
    check("weather.cond", "weather", {"models/delays.yml:6:", "write weather.COLUMN"});
    check("station: origin", "staton: origin", {"models/delays.yml:8:19", "station"});
    check("station: origin", "station: orign", {"models/delays.yml:8:28", "origin"});
    check("station: origin", "station: distance", {"delays.yml:8:28", "cannot match", "cast"});
    check("station: origin", "wind: origin", {"cannot match"});
    check("observed_at", "cond", {"models/delays.yml:8:43", "DATE or TIMESTAMP"});
    check(", time: none", "", {"models/delays.yml:9:3", "needs `time`", "`time: none`"});
    check("time: departs_at\n", "", {"models/delays.yml:7:43", "the model has none"});
    check("6 hours", "6 parsecs", {"models/delays.yml:8:", "max_age: 3 hours"});
    check("time: observed_at, ", "time: none, ", {"`known` but no `time`"});
    check("plane: {table", "origin: {table", {"'origin' is a look-up and a column"});
    check(", plane.seats", "", {"no feature reads the look-up 'plane'", "plane.COLUMN"});
}

TEST_F(LookupTest, RefusesTwoRowsOfOneKey) {
    project_.write("planes.csv", "tailnum,seats\nN1,1\nN2,2\nN1,3\n");
    const std::string text = project_.run_text();
    EXPECT_NE(text.find("'planes' has more than one row of tailnum = N1"), std::string::npos)
        << text;
    EXPECT_NE(text.find("delays: skipped"), std::string::npos) << text;
}

TEST_F(LookupTest, AMissingRowMayBeRefused) {
    write_model("table: planes,", "table: planes, missing: error,");
    const std::string text = project_.run_text();
    EXPECT_NE(text.find("look-up 'plane' has no row for tailnum = N2"), std::string::npos) << text;
}

}  // namespace
}  // namespace quern::flow
