// What every transform keeps, walked over the registry.
#include <gtest/gtest.h>

#include <cmath>

#include "quern/score/artifact.h"
#include "quern/score/models/linear.h"
#include "quern/score/scorer.h"
#include "quern/train/written_columns.h"

namespace quern::train {
namespace {

constexpr size_t kRows = 300;

frame::Type type_for(Takes takes) {
    switch (takes) {
        case Takes::numbers:
            return frame::type_from_sql("DOUBLE");
        case Takes::date:
            return frame::type_from_sql("TIMESTAMP");
        default:
            return frame::type_from_sql("VARCHAR");
    }
}

// Values with gaps, repeats and, where `is_hostile`, what training never saw.
frame::Column column_for(Takes takes, bool is_hostile) {
    frame::Column column(type_for(takes));
    constexpr const char* kTexts[] = {"red apple", "Green pear", "red PEAR, red",
                                      "",          "plum",       "été"};
    for (size_t row = 0; row < kRows; ++row) {
        const bool is_odd = is_hostile && row % 5 == 1;
        if (row % 7 == 3)
            column.append_null();
        else if (takes == Takes::numbers)
            column.append(!is_odd        ? std::sin(double(row)) * 100 + 200
                          : row % 2 == 0 ? INFINITY
                          : row % 3 == 0 ? -1e308
                                         : std::nan(""));
        else if (takes == Takes::date)
            column.append(is_odd ? INT64_MAX : static_cast<int64_t>(row) * 12'345'678'901);
        else if (is_odd)
            column.append_text(row % 2 == 0 ? std::string(5000, 'x') : "\xF0\x9F\x8D\x90 unseen");
        else
            column.append_text(kTexts[row % 6]);
    }
    return column;
}

struct Lesson {
    std::vector<double> targets;
    std::vector<std::string> classes = {"no", "yes"};
    Lesson() {
        for (size_t row = 0; row < kRows; ++row)
            targets.push_back(row % 3 == 0 || row % 10 == 7 ? 1 : 0);
    }
};

// Two features of the type, so that transforms of several columns have them.
score::Program program_for(Takes takes) {
    score::Program program;
    program.model_name = "m";
    program.target = "y";
    program.target_type = frame::type_from_sql("BOOLEAN");
    program.classes = {"no", "yes"};
    program.link = score::Link::sigmoid;
    for (const char* name : {"a", "b"}) {
        const auto index = static_cast<uint32_t>(program.inputs.size());
        program.inputs.push_back({.name = name, .type = type_for(takes)});
        program.expressions.push_back({.type = type_for(takes), .input = index});
        program.features.push_back({name, index});
    }
    return program;
}

Written written_for(const Transform& transform, Tree settings = {}) {
    Written written{.transform = std::string(transform.name),
                    .settings = std::move(settings),
                    .name = "t",
                    .place = "models/m.yml:3:5"};
    const uint32_t count = transform.is_of_columns() ? 2 : 1;
    for (uint32_t i = 0; i < count; ++i)
        written.arguments.push_back({.transform = {},
                                     .feature = i,
                                     .name = i == 0 ? "a" : "b",
                                     .place = "models/m.yml:3:9"});
    return written;
}

Result<score::Program> fit_program(const Transform& transform, Taste taste) {
    score::Program program = program_for(transform.takes);
    std::vector<frame::Column> columns;
    for (int i = 0; i < 2; ++i) columns.push_back(column_for(transform.takes, false));
    const std::vector<FeatureFacts> facts(2);
    const Lesson lesson;
    auto fitted = TRY(fit_columns(program, {written_for(transform)},
                                  {.facts = facts,
                                   .columns = columns,
                                   .targets = lesson.targets,
                                   .classes = lesson.classes,
                                   .taste = taste}));
    program.encoders = std::move(fitted.encoders);
    program.stages = std::move(fitted.stages);
    for (const auto& part : fitted.matrix) program.matrix.push_back(part.column);
    program.model = score::pack(score::Linear{
        .weights = std::vector<double>(program.matrix.size(), 0.25), .intercepts = {0}});
    return program;
}

std::vector<double> matrix_of(const score::Scorer& scorer, Takes takes, bool is_hostile,
                              size_t batch_rows) {
    const auto a = column_for(takes, is_hostile), b = column_for(takes, is_hostile);
    std::vector<double> matrix(kRows * scorer.matrix_column_count());
    score::Scratch scratch(scorer);
    for (size_t first = 0; first < kRows; first += batch_rows) {
        const size_t count = std::min(batch_rows, kRows - first);
        std::vector<frame::Column> rows;
        std::vector<frame::ColumnView> views;
        for (const auto* column : {&a, &b}) {
            rows.emplace_back(column->type());
            for (size_t row = 0; row < count; ++row)
                rows.back().append_from(column->view(), first + row);
        }
        for (const auto& column : rows) views.push_back(column.view());
        const auto status = scorer.features_matrix({views, count}, scratch,
                                                   &matrix[first * scorer.matrix_column_count()]);
        EXPECT_TRUE(status.ok()) << status.text();
    }
    return matrix;
}

bool is_same(const std::vector<double>& a, const std::vector<double>& b) {
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); ++i)
        if (a[i] != b[i] && !(std::isnan(a[i]) && std::isnan(b[i]))) return false;
    return true;
}

// f(transform) for each, with its name in what fails.
template <class F>
void for_all(F f) {
    ASSERT_GT(Registry<Transform>::of_kind().all().size(), 5);
    for (const auto& transform : Registry<Transform>::of_kind().all()) {
        SCOPED_TRACE(std::string(transform.name));
        f(transform);
    }
}

TEST(TransformContract, AllAreDocumented) {
    for_all([](const Transform& transform) {
        EXPECT_TRUE(transform.summary.ends_with(".")) << transform.summary;
        EXPECT_FALSE(transform.reference.empty());
        EXPECT_NE(transform.example.find(std::string(transform.name) + "("),
                  std::string_view::npos);
        for (const auto& param : transform.params) EXPECT_FALSE(param.doc.empty()) << param.name;
    });
}

TEST(TransformContract, DefaultsFitAndGiveTheSameColumnsAgain) {
    for_all([](const Transform& transform) {
        for (const Taste taste : {Taste::native, Taste::dense}) {
            const auto program = fit_program(transform, taste);
            ASSERT_TRUE(program.ok()) << program.status().text();
            EXPECT_TRUE(*program == *fit_program(transform, taste));
            const auto scorer = score::Scorer::build(*program);
            ASSERT_TRUE(scorer.ok()) << scorer.status().text();
            EXPECT_GT(scorer->matrix_column_count(), 0);
            const auto matrix = matrix_of(*scorer, transform.takes, false, kRows);
            bool is_moving = false;
            for (size_t i = 0; i < matrix.size(); ++i) {
                is_moving = is_moving || matrix[i] != matrix[i % scorer->matrix_column_count()];
                EXPECT_TRUE(taste == Taste::native || std::isfinite(matrix[i])) << i;
            }
            EXPECT_TRUE(is_moving);
        }
    });
}

TEST(TransformContract, SurvivesTheArtifact) {
    for_all([](const Transform& transform) {
        const auto program = fit_program(transform, Taste::dense);
        ASSERT_TRUE(program.ok());
        const auto file = score::artifact_bytes(*program);
        ASSERT_TRUE(file.ok()) << file.status().text();
        const auto again =
            score::read_artifact(std::as_bytes(std::span(file->data(), file->size())));
        ASSERT_TRUE(again.ok()) << again.status().text();
        EXPECT_TRUE(*again == *program);
        const auto before = score::Scorer::build(*program), after = score::Scorer::build(*again);
        ASSERT_TRUE(before.ok() && after.ok());
        EXPECT_EQ(before->matrix_columns(), after->matrix_columns());
        EXPECT_TRUE(is_same(matrix_of(*before, transform.takes, true, kRows),
                            matrix_of(*after, transform.takes, true, kRows)));
    });
}

TEST(TransformContract, ARowIsABatchOfOneAndNothingHostileBreaksIt) {
    for_all([](const Transform& transform) {
        const auto scorer = score::Scorer::build(*fit_program(transform, Taste::native));
        ASSERT_TRUE(scorer.ok());
        for (const bool is_hostile : {false, true}) {
            const auto whole = matrix_of(*scorer, transform.takes, is_hostile, kRows);
            for (const size_t rows : {1, 2, 63, 64, 65})
                EXPECT_TRUE(is_same(whole, matrix_of(*scorer, transform.takes, is_hostile, rows)))
                    << rows;
        }
    });
}

TEST(TransformContract, WrongSettingsAreRefusedAtTheirPlace) {
    for_all([](const Transform& transform) {
        const std::vector<frame::Type> types(2, type_for(transform.takes));
        EXPECT_TRUE(check_written(written_for(transform), types).ok());
        const auto refused = [&](const std::string& key, const std::string& value) {
            Tree::Entry entry{key, Tree::scalar(value), {}};
            entry.place.file = std::make_shared<std::string>("models/m.yml");
            entry.place.line = 3;
            entry.value.place = entry.place;
            const auto written = written_for(transform, Tree::map({std::move(entry)}));
            const auto status = check_written(written, types);
            EXPECT_FALSE(status.ok()) << key << " := " << value;
            EXPECT_EQ(status.where().substr(0, 14), "models/m.yml:3") << status.text();
        };
        refused("no_such_setting", "1");
        for (const auto& param : transform.params) {
            const bool takes_any_text =
                param.shape.choices.empty() &&
                (param.shape.type == "string" ||
                 (param.shape.type == "array" && param.shape.items[0].type == "string"));
            if (!takes_any_text) refused(param.name, "no such value");
            if (std::isfinite(param.shape.low))
                refused(param.name, std::to_string(param.shape.low - 1));
            if (std::isfinite(param.shape.high))
                refused(param.name, std::to_string(param.shape.high + 1));
        }
    });
}

TEST(TransformContract, OtherTypesAndNoArgumentsAreRefused) {
    for_all([](const Transform& transform) {
        const std::vector<frame::Type> blobs(2, frame::type_from_sql("BLOB"));
        EXPECT_EQ(check_written(written_for(transform), blobs).where(), "models/m.yml:3:9");
        Written empty = written_for(transform);
        empty.arguments.clear();
        EXPECT_EQ(check_written(empty, blobs).where(), "models/m.yml:3:5");
    });
}

TEST(TransformContract, RowsWithoutAnyValueDoNotBreakTheFit) {
    for_all([](const Transform& transform) {
        score::Program program = program_for(transform.takes);
        std::vector<frame::Column> columns;
        for (int i = 0; i < 2; ++i) {
            columns.emplace_back(type_for(transform.takes));
            for (int row = 0; row < 10; ++row) columns.back().append_null();
        }
        const std::vector<FeatureFacts> facts(2);
        const std::vector<double> targets = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1};
        const std::vector<std::string> classes = {"no", "yes"};
        const auto fitted = fit_columns(
            program, {written_for(transform)},
            {.facts = facts, .columns = columns, .targets = targets, .classes = classes});
        EXPECT_TRUE(fitted.ok() || fitted.status().where() == "models/m.yml:3:5");
    });
}

}  // namespace
}  // namespace quern::train
