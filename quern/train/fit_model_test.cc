#include "quern/train/fit_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "quern/score/artifact.h"
#include "quern/score/scorer.h"
#include "quern/train/table_for_test.h"

namespace quern::train {
namespace {

using frame::TypeId;

double wave(size_t row, double period) {
    return std::sin(static_cast<double>(row) * 2.399963 / period);
}

// 600 loans: numbers with gaps, a text, a boolean, a date, a column that says nothing.
Table loans(size_t row_count = 600) {
    Table table{.row_count = row_count, .schema = {}, .columns = {}};
    table.add("id", TypeId::bigint,
              [](size_t row, auto& c) { c.append(static_cast<int64_t>(row * 17)); });
    table.add("income", TypeId::float64, [](size_t row, auto& c) {
        if (row % 9 == 0)
            c.append_null();
        else
            c.append(5000 + 4000 * wave(row, 1));
    });
    table.add("town", TypeId::varchar, [](size_t row, auto& c) {
        if (row % 31 == 0)
            c.append_null();
        else
            c.append_text(row % 3 == 0 ? "Paris" : row % 3 == 1 ? "Lyon" : "Nantes");
    });
    table.add("is_owner", TypeId::boolean,
              [](size_t row, auto& c) { c.append(static_cast<uint8_t>(row % 4 == 0)); });
    table.add("born", TypeId::date,
              [](size_t row, auto& c) { c.append(static_cast<int32_t>(row * 11 % 15'000)); });
    table.add("country", TypeId::varchar, [](size_t, auto& c) { c.append_text("FR"); });
    table.add("empty", TypeId::integer, [](size_t, auto& c) { c.append_null(); });
    table.add("repaid", TypeId::varchar, [](size_t row, auto& c) {
        const double income = row % 9 == 0 ? 4000 : 5000 + 4000 * wave(row, 1);
        const double score = income + (row % 3 == 0 ? 1500 : 0) + 800 * wave(row, 0.37);
        c.append_text(score > 5500 ? "yes" : "no");
    });
    table.add("amount", TypeId::float64, [](size_t row, auto& c) {
        const double income = row % 9 == 0 ? 4000 : 5000 + 4000 * wave(row, 1);
        c.append(income * 3 + (row % 4 == 0 ? 2000 : 0) + 300 * wave(row, 0.37));
    });
    table.add("grade", TypeId::integer, [](size_t row, auto& c) {
        c.append(static_cast<int32_t>(std::floor(2.5 + 2 * wave(row, 1))));
    });
    table.add("weight", TypeId::float64, [](size_t row, auto& c) { c.append(1.0 + row % 2); });
    table.add("town_group", TypeId::integer,
              [](size_t row, auto& c) { c.append(static_cast<int32_t>(row / 20)); });
    return table;
}

Place at_line(int line) {
    return {.file = std::make_shared<std::string>("models/loan.yml"), .line = line, .column = 1};
}

project::Model model_of(const std::string& target, const std::string& algorithm = "auto") {
    project::Model model;
    model.name = "loan";
    model.from = {"loans", at_line(1)};
    model.target = {target, at_line(2)};
    model.algorithm = {algorithm, {}, at_line(3)};
    model.split.place = at_line(4);
    model.place = at_line(1);
    return model;
}

const std::vector<std::string> kNotFeatures = {"id",    "repaid", "amount",
                                               "grade", "weight", "town_group"};

Result<TrainedModel> train_on(const Table& table, const project::Model& model) {
    return fit_model(table.request(model, kNotFeatures));
}

double value_of(const std::vector<evaluate::Estimate>& estimates, const std::string& metric) {
    const auto found = std::ranges::find(estimates, metric, &evaluate::Estimate::metric);
    EXPECT_NE(found, estimates.end()) << metric;
    return found == estimates.end() ? std::nan("") : found->value;
}

void check_fault(const Result<TrainedModel>& trained, std::string_view message,
                 std::string_view where) {
    ASSERT_FALSE(trained.ok()) << message;
    Result<TrainedModel> copy = trained;
    const Status status = std::move(copy).status();
    EXPECT_EQ(status.message(), message);
    EXPECT_EQ(status.where(), where);
}

TEST(FitModel, ClassifiesWithEveryLearner) {
    const Table table = loans();
    for (const char* algorithm : {"auto", "gbdt", "logistic"}) {
        SCOPED_TRACE(algorithm);
        const auto trained = train_on(table, model_of("repaid", algorithm));
        ASSERT_TRUE(trained.ok());
        EXPECT_EQ(trained->program.classes, (std::vector<std::string>{"no", "yes"}));
        EXPECT_EQ(trained->rows.lesson + trained->rows.test, 600);
        EXPECT_EQ(trained->rows.test, 120);
        EXPECT_EQ(trained->split_kind, "stratified");
        EXPECT_GT(value_of(trained->estimates, "roc_auc"), 0.95);
        EXPECT_EQ(trained->confusion.size(), 4);
        EXPECT_EQ(trained->importance[0].first, "income");
        EXPECT_EQ(trained->program.golden.size(), 16);
    }
    const auto baseline = train_on(table, model_of("repaid", "baseline"));
    ASSERT_TRUE(baseline.ok());
    EXPECT_EQ(value_of(baseline->estimates, "roc_auc"), 0.5);
}

TEST(FitModel, RegressesWithEveryLearner) {
    const Table table = loans();
    for (const char* algorithm : {"gbdt", "linear", "baseline"}) {
        SCOPED_TRACE(algorithm);
        const auto trained = train_on(table, model_of("amount", algorithm));
        ASSERT_TRUE(trained.ok());
        EXPECT_EQ(trained->program.task, Task::regress);
        EXPECT_EQ(trained->split_kind, "random");
        const double r2 = value_of(trained->estimates, "r2");
        if (std::string_view(algorithm) == "baseline")
            EXPECT_NEAR(r2, 0, 0.1);
        else
            EXPECT_GT(r2, 0.9);
    }
}

TEST(FitModel, WholeNumbersAreClassesAndThatIsSaid) {
    const auto trained = train_on(loans(), model_of("grade"));
    ASSERT_TRUE(trained.ok());
    EXPECT_EQ(trained->program.classes, (std::vector<std::string>{"0", "1", "2", "3", "4"}));
    EXPECT_TRUE(std::ranges::any_of(trained->notes, [](const std::string& note) {
        return note.find("write `task: regress`") != std::string::npos;
    }));
    project::Model model = model_of("grade");
    model.task = "regress";
    EXPECT_EQ(train_on(loans(), model)->program.task, Task::regress);
}

TEST(FitModel, SaysWhichFeaturesAreLeftOutAndNeedNotBeSent) {
    const auto trained = train_on(loans(), model_of("repaid"));
    ASSERT_TRUE(trained.ok());
    for (const auto& input : trained->program.inputs) {
        const bool is_left_out = input.name == "country" || input.name == "empty";
        if (is_left_out) {
            EXPECT_TRUE(input.is_nullable);
        }
    }
    EXPECT_EQ(trained->program.features.size(), 4);
    EXPECT_EQ(trained->notes, (std::vector<std::string>{
                                  "feature country left out: it is the same in every training row",
                                  "feature empty left out: it is NULL in every training row"}));
}

TEST(FitModel, InputsKnowWhatTrainingSaw) {
    const auto trained = train_on(loans(), model_of("repaid")).value();
    const auto& inputs = trained.program.inputs;
    EXPECT_EQ(inputs[0].name, "income");
    EXPECT_TRUE(inputs[0].is_nullable);
    EXPECT_GE(*inputs[0].low, 1000);
    EXPECT_LE(*inputs[0].high, 9000);
    EXPECT_EQ(inputs[1].categories, (std::vector<std::string>{"Lyon", "Nantes", "Paris"}));
    EXPECT_FALSE(inputs[2].is_nullable);
}

TEST(FitModel, SameRowsAndSeedGiveTheSameBytesAtAnyNumberOfThreads) {
    const Table table = loans();
    for (const char* algorithm : {"gbdt", "logistic"}) {
        const project::Model model = model_of("repaid", algorithm);
        auto request = table.request(model, kNotFeatures);
        const auto first = score::artifact_bytes(fit_model(request)->program).value();
        request.threads = 2;
        EXPECT_EQ(first, score::artifact_bytes(fit_model(request)->program).value());
        project::Model other = model;
        other.split.seed = 2;
        request.model = &other;
        EXPECT_NE(first, score::artifact_bytes(fit_model(request)->program).value());
    }
}

TEST(FitModel, KeysMakeTheSplitIndependentOfTheRowsOrder) {
    project::Model model = model_of("amount", "linear");
    model.key = {{"id", at_line(5)}};
    Table table = loans();
    const auto first = train_on(table, model).value();
    Table turned{.row_count = table.row_count, .schema = table.schema, .columns = {}};
    for (const auto& column : table.columns) {
        turned.columns.emplace_back(column.type());
        for (size_t row = table.row_count; row-- > 0;) {
            turned.columns.back().append_from(column.view(), row);
        }
    }
    const auto second = train_on(turned, model).value();
    EXPECT_NEAR(value_of(first.estimates, "rmse"), value_of(second.estimates, "rmse"), 1e-6);
    model.key.clear();
    const auto third = train_on(turned, model).value();
    EXPECT_GT(std::abs(value_of(first.estimates, "rmse") - value_of(third.estimates, "rmse")),
              1e-6);
}

TEST(FitModel, PositiveClassIsTheLastUnlessNamed) {
    project::Model model = model_of("repaid");
    model.positive = Located{"no", at_line(6)};
    EXPECT_EQ(train_on(loans(), model)->program.classes, (std::vector<std::string>{"yes", "no"}));
    model.positive->text = "maybe";
    check_fault(train_on(loans(), model), "class of repaid 'maybe' is not known",
                "models/loan.yml:6:1");
}

TEST(FitModel, FoldsAreMeasured) {
    project::Model model = model_of("repaid");
    model.split.folds = 4;
    const auto trained = train_on(loans(), model).value();
    ASSERT_EQ(trained.folds.size(), 4);
    for (const auto& fold : trained.folds) {
        EXPECT_EQ(fold.test_count, 120);
        EXPECT_EQ(fold.lesson_count, 360);
    }
    const auto& means = trained.fold_means;
    const auto auc = std::ranges::find(means, "roc_auc", &evaluate::Estimate::metric);
    ASSERT_NE(auc, means.end());
    EXPECT_GT(auc->value, 0.95);
    EXPECT_LT(auc->low, auc->value);
    EXPECT_EQ(auc->interval_method, "folds");
}

TEST(FitModel, StopsEarlyOnRowsOfItsOwn) {
    project::Model model = model_of("repaid", "gbdt");
    model.algorithm.settings =
        parse_yaml({.text = "{num_iterations: 400, early_stopping_rounds: 5}", .file = "m.yml"})
            .value();
    const auto trained = train_on(loans(), model).value();
    EXPECT_EQ(trained.rows.lesson + trained.rows.validation, 480);
    EXPECT_EQ(trained.rows.validation, 48);
    EXPECT_LT(trained.iterations, 400);
    EXPECT_EQ(trained.curve.size(), static_cast<size_t>(trained.iterations));
}

TEST(FitModel, TimeAndGroupSplits) {
    project::Model model = model_of("repaid");
    model.time = Located{"born", at_line(7)};
    EXPECT_EQ(train_on(loans(), model)->split_kind, "time");
    model.time.reset();
    model.split.kind = project::SplitKind::group;
    model.split.group = {"town_group", at_line(8)};
    const auto trained = train_on(loans(), model).value();
    EXPECT_EQ(trained.rows.test, 120);
    model.split.group = {"no_such", at_line(8)};
    check_fault(train_on(loans(), model), "the group column 'no_such' is not in the table",
                "models/loan.yml:8:1");
    model.split.group = {};
    check_fault(train_on(loans(), model), "a group split needs `group: COLUMN`",
                "models/loan.yml:4:1");
    model.split.kind = project::SplitKind::time;
    check_fault(train_on(loans(), model), "a time split needs `time: COLUMN` in the model",
                "models/loan.yml:4:1");
}

TEST(FitModel, WeightsCount) {
    project::Model model = model_of("amount", "linear");
    const auto plain = train_on(loans(), model).value();
    model.weight = Located{"weight", at_line(9)};
    const auto weighted = train_on(loans(), model).value();
    EXPECT_NE(plain.program.model, weighted.program.model);
    model.weight = Located{"income", at_line(9)};  // has NULLs
    check_fault(train_on(loans(), model),
                "weight 'income' is NULL in a row; weights are numbers of at least 0",
                "models/loan.yml:9:1");
}

Table with_target(TypeId id, size_t rows,
                  const std::function<void(size_t row, frame::Column& column)>& fill) {
    Table table = loans(rows);
    table.add("t", id, fill);
    return table;
}

Result<TrainedModel> train_target(const Table& table, const std::string& task = "") {
    project::Model model = model_of("t");
    model.task = task;
    return train_on(table, model);
}

TEST(Target, RowsWithoutItAreLeftOutAndCounted) {
    const auto trained = train_target(with_target(TypeId::boolean, 600, [](size_t row, auto& c) {
        if (row % 10 == 3)
            c.append_null();
        else
            c.append(static_cast<uint8_t>(wave(row, 1) > 0));
    }));
    ASSERT_TRUE(trained.ok());
    EXPECT_EQ(trained->rows.read, 600);
    EXPECT_EQ(trained->rows.dropped, 60);
    EXPECT_EQ(trained->notes[0], "60 rows left out: t is NULL");
    EXPECT_EQ(trained->program.classes, (std::vector<std::string>{"false", "true"}));
}

TEST(Target, BadOnesAreNamed) {
    const auto check = [](TypeId id, size_t rows, const std::string& task, auto fill,
                          std::string_view message) {
        check_fault(train_target(with_target(id, rows, fill), task), message,
                    "models/loan.yml:2:1");
    };
    check(
        TypeId::varchar, 50, "", [](size_t, auto& c) { c.append_null(); },
        "target 't' is NULL in every row");
    check(
        TypeId::varchar, 50, "", [](size_t, auto& c) { c.append_text("a"); },
        "target 't' is 'a' in every row; there is nothing to learn");
    check(
        TypeId::float64, 50, "regress", [](size_t, auto& c) { c.append(2.0); },
        "target 't' is 2.0 in every row; there is nothing to learn");
    check(
        TypeId::varchar, 50, "",
        [](size_t row, auto& c) { c.append_text("a" + std::to_string(row)); },
        "target 't' has 50 different values in 50 rows; that is an id, not a class");
    check(
        TypeId::varchar, 50, "regress", [](size_t, auto& c) { c.append_text("1"); },
        "target 't' is VARCHAR; to regress it must be a number");
    check(
        TypeId::date, 50, "", [](size_t, auto& c) { c.append(int32_t{3}); },
        "target 't' is DATE; a target is text, boolean or a number");
    check(
        TypeId::float64, 50, "",
        [](size_t row, auto& c) { c.append(row == 3 ? INFINITY : static_cast<double>(row)); },
        "target 't' is infinite or NaN in 1 row");
    check(TypeId::float64, 0, "", [](size_t, auto&) {}, "table loans has no rows to learn from");
}

TEST(Target, AClassOfOneRowIsRefusedByTheSplit) {
    const Table table = with_target(TypeId::varchar, 60, [](size_t row, auto& c) {
        c.append_text(row == 7 ? "rare" : row % 2 == 0 ? "a" : "b");
    });
    check_fault(train_target(table), "class 'rare' has 1 row; a stratified split needs 2 or more",
                "models/loan.yml:4:1");
}

TEST(FitModel, RefusesWhatDoesNotFit) {
    const Table table = loans();
    check_fault(train_on(table, model_of("no_such")),
                "the target column 'no_such' is not in the table", "models/loan.yml:2:1");
    check_fault(train_on(table, model_of("repaid", "linear")),
                "algorithm 'linear' does not classify, and target repaid is a class",
                "models/loan.yml:3:1");
    check_fault(train_on(table, model_of("repaid", "gbtd")), "algorithm 'gbtd' is not known",
                "models/loan.yml:3:1");
    Table ids = loans();
    ids.add("name", TypeId::varchar,
            [](size_t row, auto& c) { c.append_text("name " + std::to_string(row)); });
    check_fault(train_on(ids, model_of("repaid")),
                "feature 'name' holds 480 different texts in 480 rows; that is too many for "
                "categories",
                "models/loan.yml:1:1");
    Table infinite = loans();
    infinite.add("ratio", TypeId::float64, [](size_t row, auto& c) {
        c.append(row % 50 == 0 ? INFINITY : static_cast<double>(row));
    });
    EXPECT_TRUE(train_on(infinite, model_of("repaid")).ok());
    EXPECT_EQ(train_on(infinite, model_of("repaid", "logistic")).status().code(),
              Code::invalid_argument);
    Table nothing{.row_count = 100, .schema = {}, .columns = {}};
    nothing.add("same", TypeId::integer, [](size_t, auto& c) { c.append(int32_t{1}); });
    nothing.add("repaid", TypeId::integer,
                [](size_t row, auto& c) { c.append(static_cast<int32_t>(row % 2)); });
    check_fault(train_on(nothing, model_of("repaid")),
                "no feature of model loan says anything: all are empty or the same in every row",
                "models/loan.yml:1:1");
}

TEST(FitModel, TakesTenThousandColumns) {
    Table table{.row_count = 300, .schema = {}, .columns = {}};
    table.add("repaid", TypeId::integer,
              [](size_t row, auto& c) { c.append(static_cast<int32_t>(row % 2)); });
    for (size_t j = 0; j < 10'000; ++j) {
        table.add("c" + std::to_string(j), TypeId::integer, [&](size_t row, auto& c) {
            c.append(static_cast<int32_t>(row % 2 * (j == 77) + row * (j + 3) % 11));
        });
    }
    const auto trained = train_on(table, model_of("repaid"));
    ASSERT_TRUE(trained.ok());
    const auto left_out = std::ranges::count(trained->features, "left out", &FeatureReport::how);
    EXPECT_EQ(left_out, 909);                          // every eleventh is constant
    EXPECT_LT(trained->program.features.size(), 100);  // that a split reads
    EXPECT_EQ(trained->rows.test, 60);
}

TEST(FitModel, ObeysCancel) {
    const Table table = loans();
    const project::Model model = model_of("repaid");
    auto request = table.request(model, kNotFeatures);
    std::atomic<bool> cancel = true;
    request.watch.cancel = &cancel;
    EXPECT_EQ(fit_model(request).status().code(), Code::cancelled);
}

TEST(FitModel, ATableThatChangesMeanwhileIsAnError) {
    const Table table = loans(), longer = loans(700);
    const project::Model model = model_of("repaid");
    auto request = table.request(model, kNotFeatures);
    int scans = 0;
    request.scan = [&](const Visit& visit) { return (++scans == 1 ? table : longer).scan(visit); };
    EXPECT_EQ(fit_model(request).status().message(),
              "the table changed while it was read; run it again");
}

TEST(FitModel, TheProgramJudgedIsTheProgramGiven) {
    const auto trained = train_on(loans(), model_of("repaid", "logistic")).value();
    const auto bytes = score::artifact_bytes(trained.program).value();
    const auto again =
        score::read_artifact(std::as_bytes(std::span(bytes.data(), bytes.size()))).value();
    EXPECT_EQ(again.metadata.at("algorithm"), "logistic");
    EXPECT_EQ(again.metadata.at("lesson_rows"), "480");
    EXPECT_TRUE(score::Scorer::build(again).ok());  // its golden rows come out the same
}

// The lesson's rows alone choose: what the others hold changes nothing.
TEST(FitModel, SelectsOnTheRowsThatTeach) {
    const auto table = [](bool is_spoilt) {
        Table rows{.row_count = 400, .schema = {}, .columns = {}};
        rows.add("t", TypeId::integer,
                 [](size_t row, auto& c) { c.append(static_cast<int32_t>(row)); });
        rows.add("truth", TypeId::float64, [](size_t row, auto& c) { c.append(wave(row, 1)); });
        rows.add("later", TypeId::float64, [&](size_t row, auto& c) {
            const bool is_judge = row >= 300;  // the last rows judge
            c.append(is_judge && is_spoilt ? 1000 * wave(row, 1) : wave(row, 0.37));
        });
        rows.add("noise", TypeId::float64, [](size_t row, auto& c) { c.append(wave(row, 0.71)); });
        rows.add("y", TypeId::float64, [](size_t row, auto& c) { c.append(3 * wave(row, 1)); });
        return rows;
    };
    for (const char* method : {"anova", "mutual_information", "importance"}) {
        SCOPED_TRACE(method);
        auto model = model_of("y");
        model.time = Located{"t", at_line(5)};
        model.split.test = 0.25;
        model.select = {method, parse_yaml({.text = "keep: 2", .file = "m.yml"}).value(),
                        at_line(6)};
        model.algorithm.settings =
            parse_yaml({.text = "num_iterations: 5", .file = "m.yml"}).value();
        model.algorithm.name = "gbdt";
        const auto select = [&](bool is_spoilt) {
            const auto rows = table(is_spoilt);
            const auto trained = fit_model(rows.request(model, {"t"}));
            EXPECT_TRUE(trained.ok()) << trained.status().text();
            return trained->outputs.at(0);
        };
        const auto clean = select(false);
        EXPECT_EQ(clean.first, "select");
        EXPECT_TRUE(clean.second.find("keeps 2 of 3 columns") != std::string::npos) << clean.second;
        EXPECT_EQ(clean, select(true));
    }
}

TEST(FitModel, TellsWhatBecameOfEachFeatureAndWhy) {
    auto model = model_of("repaid");
    model.select = {"anova", parse_yaml({.text = "keep: 2", .file = "m.yml"}).value(), at_line(6)};
    const auto trained = train_on(loans(), model);
    ASSERT_TRUE(trained.ok()) << trained.status().text();
    const auto& program = trained->program;
    EXPECT_LE(program.features.size(), 2);
    size_t dropped = 0;
    for (const auto& one : trained->features) {
        EXPECT_FALSE(one.how.empty() || one.why.empty()) << one.name;
        dropped += one.fate.find("dropped by anova: F ") != std::string::npos ? 1 : 0;
    }
    EXPECT_EQ(trained->features[0].name, "income");
    EXPECT_EQ(trained->features[0].how, "as it is");
    EXPECT_EQ(trained->features[0].why, "a number with gaps, which trees split as it is");
    EXPECT_EQ(trained->features[1].why,
              "a text of 3 values with gaps, 3 of them in 2 rows or more");
    EXPECT_EQ(trained->features[4].how, "left out");
    EXPECT_GT(dropped, 0);
}

TEST(FitModel, RefusesASelectionThatItDoesNotKnow) {
    auto model = model_of("repaid");
    model.select = {"anovva", {}, at_line(6)};
    EXPECT_EQ(check_algorithm(model).where(), "models/loan.yml:6:1");
    model.select = {"chi_square", {}, at_line(6)};
    model.task = "regress";
    EXPECT_EQ(check_algorithm(model).message(), "`select` by chi_square is for classes");
}

}  // namespace
}  // namespace quern::train
