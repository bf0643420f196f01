// What every learner is tested for by being in the registry.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>

#include "quern/score/artifact.h"
#include "quern/score/scorer.h"
#include "quern/train/sample_for_test.h"

namespace quern::train {
namespace {

struct Case {
    Task task;
    int32_t class_count;
};

std::vector<Case> cases_of(const Learner& learner) {
    std::vector<Case> cases;
    if (learner.is_for_classify) cases = {{Task::classify, 2}, {Task::classify, 4}};
    if (learner.is_for_regress) cases.push_back({Task::regress, 0});
    return cases;
}

bool is_slow(const Learner& learner) {
    return learner.name == "blend" || learner.name == "mlp" || learner.name == "stack";
}

Sample sample_for(const Learner& learner, Case of) {
    const size_t rows = is_slow(learner) ? 150 : 600;
    return mixed_sample(of.task, of.class_count, rows, learner.taste == Taste::dense);
}

void for_each(const std::function<void(const Learner&, const Sample&)>& check) {
    for (const auto& learner : Registry<Learner>::of_kind().all()) {
        for (const Case of : cases_of(learner)) {
            SCOPED_TRACE(std::string(learner.name) + " with " + std::to_string(of.class_count) +
                         " classes");
            check(learner, sample_for(learner, of));
        }
    }
}

Status status_of(const Learner& learner, const FitInput& input) {
    auto fitted = fit(learner, input);
    return fitted.ok() ? Status() : std::move(fitted).status();
}

TEST(LearnerContract, AllAreThere) {
    for (const auto* name : {"baseline", "blend", "gbdt", "k_means", "k_nearest", "linear",
                             "logistic", "mlp", "stack"}) {
        EXPECT_TRUE(find_learner(name).ok()) << name;
    }
    EXPECT_EQ(find_learner("auto").value()->name, "gbdt");
}

TEST(LearnerContract, IsDocumented) {
    for (const auto& learner : Registry<Learner>::of_kind().all()) {
        SCOPED_TRACE(learner.name);
        EXPECT_TRUE(learner.summary.ends_with('.'));
        EXPECT_FALSE(learner.source.empty());
        EXPECT_TRUE(learner.is_for_classify || learner.is_for_regress || learner.is_for_cluster);
        for (const auto& param : learner.params) {
            EXPECT_TRUE(param.doc.ends_with('.')) << param.name;
            EXPECT_FALSE(param.default_text.empty()) << param.name;
        }
    }
}

TEST(LearnerContract, ExampleRuns) {
    for_each([](const Learner& learner, const Sample& sample) {
        const Tree model = settings_of(std::string(learner.example));
        const Tree* algorithm = model.find("algorithm");
        ASSERT_NE(algorithm, nullptr);
        const bool is_bare = algorithm->is_scalar();
        EXPECT_EQ(is_bare ? algorithm->text : algorithm->entries[0].key, learner.name);
        FitInput input = sample.input(is_bare ? Tree() : algorithm->entries[0].value);
        input.validation = input.lesson;
        EXPECT_TRUE(fit(learner, input).ok());
    });
}

TEST(LearnerContract, DefaultsFitAndBeatChanceUnlessBaseline) {
    for_each([](const Learner& learner, const Sample& sample) {
        const auto fitted = fit(learner, sample.input());
        ASSERT_TRUE(fitted.ok());
        EXPECT_EQ(fitted->importance.size(), sample.columns.size());
        auto raw = raw_scores(*fitted, sample.lesson().matrix);
        EXPECT_TRUE(std::ranges::all_of(raw, [](double score) { return std::isfinite(score); }));
        if (sample.class_count > 2) return;
        if (raw.size() > sample.targets.size()) {  // a score each class: the positive one's
            for (size_t i = 0; i < sample.targets.size(); ++i) raw[i] = raw[2 * i + 1];
            raw.resize(sample.targets.size());
        }
        double mean = 0, score_mean = 0, together = 0;
        const auto count = static_cast<double>(raw.size());
        for (size_t i = 0; i < raw.size(); ++i) {
            mean += sample.targets[i] / count;
            score_mean += raw[i] / count;
        }
        for (size_t i = 0; i < raw.size(); ++i) {
            together += (raw[i] - score_mean) * (sample.targets[i] - mean);
        }
        if (learner.name == "baseline")
            EXPECT_NEAR(together, 0, 1e-9);
        else
            EXPECT_GT(together, static_cast<double>(raw.size()) / 60);
    });
}

TEST(LearnerContract, RefusesUnknownSettings) {
    for_each([](const Learner& learner, const Sample& sample) {
        const auto status = status_of(learner, sample.input(settings_of("no_such_setting: 1")));
        EXPECT_EQ(status.code(), Code::invalid_argument);
        EXPECT_NE(status.text().find("no_such_setting"), std::string::npos) << status.text();
        EXPECT_NE(status.text().find("models/x.yml:1"), std::string::npos) << status.text();
        EXPECT_EQ(learner.check_settings(settings_of("no_such_setting: 1")).text(), status.text());
        EXPECT_TRUE(learner.check_settings(Tree()).ok());
    });
}

TEST(LearnerContract, RefusesSettingsOutOfRangeByTheDeclaredRange) {
    for_each([](const Learner& learner, const Sample& sample) {
        for (const auto& param : learner.params) {
            if (param.shape.type == "array" || param.shape.type == "any") continue;
            std::vector<std::string> bad = {"[1, 2]", "{a: 1}"};
            if (param.shape.type != "string") bad.push_back("lots");
            if (std::isfinite(param.shape.low)) {
                bad.push_back(detail::show_value(param.shape.low - 1));
                if (param.shape.low_is_open) bad.push_back(detail::show_value(param.shape.low));
            }
            if (std::isfinite(param.shape.high)) {
                bad.push_back(detail::show_value(param.shape.high * 2 + 1));
            }
            for (const auto& value : bad) {
                const auto settings = settings_of(param.name + ": " + value);
                EXPECT_EQ(status_of(learner, sample.input(settings)).code(), Code::invalid_argument)
                    << param.name << ": " << value;
            }
        }
    });
}

TEST(LearnerContract, RefusesEmptyAndBrokenInput) {
    for_each([](const Learner& learner, const Sample& sample) {
        Sample empty = sample;
        empty.values.clear();
        empty.targets.clear();
        EXPECT_EQ(status_of(learner, empty.input()).code(), Code::failed_precondition);
        Sample no_columns = sample;
        no_columns.columns.clear();
        EXPECT_EQ(status_of(learner, no_columns.input()).code(), Code::failed_precondition);
        Sample odd_target = sample;
        odd_target.targets[7] = std::nan("");
        EXPECT_EQ(status_of(learner, odd_target.input()).code(), Code::invalid_argument);
        Sample negative = sample;
        negative.weights.assign(sample.targets.size(), 1);
        negative.weights[3] = -1;
        EXPECT_EQ(status_of(learner, negative.input()).code(), Code::invalid_argument);
        Sample one_class = sample;
        one_class.class_count = 1;
        one_class.targets.assign(sample.targets.size(), 0);
        if (sample.task == Task::classify) {
            EXPECT_EQ(status_of(learner, one_class.input()).code(), Code::failed_precondition);
        }
        Sample infinite = sample;
        infinite.values[4] = INFINITY;
        const auto want = learner.taste == Taste::dense ? Code::invalid_argument : Code::ok;
        EXPECT_EQ(status_of(learner, infinite.input()).code(), want);
    });
}

TEST(LearnerContract, RefusesTheOtherTask) {
    for (const auto& learner : Registry<Learner>::of_kind().all()) {
        if (learner.is_for_classify && learner.is_for_regress) continue;
        const Task other = learner.is_for_classify ? Task::regress : Task::classify;
        const Sample sample = mixed_sample(other, 2, 100, true);
        EXPECT_EQ(status_of(learner, sample.input()).code(), Code::invalid_argument)
            << learner.name;
    }
}

TEST(LearnerContract, SameSeedSameModelAtAnyNumberOfThreads) {
    for_each([](const Learner& learner, const Sample& sample) {
        FitInput input = sample.input();
        const auto first = fit(learner, input).value().model;
        EXPECT_EQ(first, fit(learner, input).value().model);
        for (const int threads : {2, 3}) {
            input.threads = threads;
            EXPECT_EQ(first, fit(learner, input).value().model) << threads;
        }
    });
}

TEST(LearnerContract, WeightsOfTwoAreRowsTwice) {
    for_each([](const Learner& learner, const Sample& sample) {
        if (learner.counts_rows) return;
        Sample weighted = sample, doubled = sample;
        weighted.weights.assign(sample.targets.size(), 1);
        for (size_t row = 0; row < 100; ++row) {
            weighted.weights[row] = 2;
            const double* values = sample.lesson().matrix.row(row);
            doubled.values.insert(doubled.values.end(), values, values + sample.columns.size());
            doubled.targets.push_back(sample.targets[row]);
        }
        const auto a = raw_scores(fit(learner, weighted.input()).value(), sample.lesson().matrix);
        const auto b = raw_scores(fit(learner, doubled.input()).value(), sample.lesson().matrix);
        for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-4);
    });
}

// A program around the model, its columns straight from inputs.
score::Program program_around(const Learner& learner, const Sample& sample) {
    auto fitted = fit(learner, sample.input()).value();
    score::Program program{.model_name = "m", .task = sample.task, .target = "t"};
    const frame::Type number{.id = frame::TypeId::float64, .sql_name = {}};
    program.target_type = number;
    for (int32_t k = 0; k < sample.class_count; ++k) program.classes.push_back(std::to_string(k));
    for (uint32_t i = 0; i < sample.columns.size(); ++i) {
        program.inputs.push_back({.name = sample.columns[i].name, .type = number});
        program.expressions.push_back({.type = number, .input = i});
        program.features.push_back({sample.columns[i].name, i});
        program.encoders.push_back({.kind = "numeric", .feature = i, .learned = {}});
    }
    program.model = std::move(fitted.model);
    program.link = fitted.link;
    program.link_scale = fitted.link_scale;
    return program;
}

std::vector<double> outputs_of(const score::Scorer& scorer, const Sample& sample) {
    std::vector<frame::Column> columns;
    std::vector<frame::ColumnView> views;
    for (size_t j = 0; j < sample.columns.size(); ++j) {
        columns.emplace_back(scorer.program().inputs[j].type);
        for (size_t row = 0; row < sample.targets.size(); ++row) {
            columns.back().append(sample.lesson().matrix.row(row)[j]);
        }
    }
    for (const auto& column : columns) views.push_back(column.view());
    score::Scratch scratch(scorer);
    score::Predictions predictions;
    EXPECT_TRUE(scorer.score({views, sample.targets.size()}, scratch, predictions).ok());
    return predictions.outputs;
}

TEST(LearnerContract, SavedAndLoadedScoresTheSame) {
    for_each([](const Learner& learner, const Sample& sample) {
        const auto program = program_around(learner, sample);
        const auto bytes = score::artifact_bytes(program).value();
        const auto span = std::as_bytes(std::span(bytes.data(), bytes.size()));
        const auto again = score::read_artifact(span).value();
        EXPECT_EQ(program, again);
        const auto first = outputs_of(score::Scorer::build(program).value(), sample);
        EXPECT_EQ(first, outputs_of(score::Scorer::build(again).value(), sample));
        if (sample.task == Task::regress) return;
        for (size_t row = 0; row < sample.targets.size(); ++row) {
            double sum = 0;
            for (int32_t k = 0; k < sample.class_count; ++k) {
                sum +=
                    first[row * static_cast<size_t>(sample.class_count) + static_cast<size_t>(k)];
            }
            ASSERT_NEAR(sum, 1, 1e-12);
        }
    });
}

TEST(LearnerContract, ObeysCancel) {
    for_each([](const Learner& learner, const Sample& sample) {
        std::atomic<bool> cancel = true;
        FitInput input = sample.input();
        input.watch.cancel = &cancel;
        EXPECT_EQ(status_of(learner, input).code(), Code::cancelled);
    });
}

TEST(LearnerContract, ObeysCancelInTheMiddle) {
    for (const char* name : {"gbdt", "logistic"}) {
        std::atomic<bool> cancel = false;
        const Sample sample = mixed_sample(Task::classify, 2, 600, name[0] == 'l');
        FitInput input = sample.input();
        int64_t last = 0;
        input.watch.cancel = &cancel;
        input.watch.progress = [&](int64_t done, int64_t) {
            last = done;
            cancel = done >= 2;
        };
        EXPECT_EQ(status_of(*find_learner(name).value(), input).code(), Code::cancelled) << name;
        EXPECT_EQ(last, 2) << name;
    }
}

}  // namespace
}  // namespace quern::train
