// Scores rows with a model of LightGBM by quern, by LightGBM's own C interface, and, if given, by
// a library that TL2cgen made of it; checks that the answers are equal, and prints the times.
//
// Usage: score_trees MODEL.txt ROWS COLUMN_COUNT SCORES_OUT [TL2CGEN.so]
// ROWS holds float64 values, row after row; SCORES_OUT receives quern's scores.
#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>

#include "quern/score/models/tree_scorer.h"
#include "quern/train/lightgbm_text.h"

#include "LightGBM/c_api.h"
#include "tests/bench/score_export.h"

namespace {

using quern::score::BoundModel;

constexpr size_t kThreads = 2, kBatch = 2048, kSingleRows = 1000;
constexpr int kRounds = 5;

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "score_trees: %s\n", what.c_str());
    std::exit(1);
}

std::string read_file(const char* path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) fail(std::string("cannot read ") + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct Rows {
    std::vector<double> values;
    size_t column_count = 0;
    size_t count() const { return values.size() / column_count; }
    const double* row(size_t i) const { return values.data() + i * column_count; }
};

double best_seconds(const std::function<void()>& run) {
    double best = HUGE_VAL;
    for (int i = 0; i < kRounds; ++i) {
        const auto start = std::chrono::steady_clock::now();
        run();
        best = std::min(
            best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return best;
}

// Every thread takes its share of the rows.
void side_by_side(size_t row_count, const std::function<void(size_t, size_t)>& run) {
    std::vector<std::thread> threads;
    for (size_t t = 0; t < kThreads; ++t)
        threads.emplace_back(run, row_count * t / kThreads, row_count * (t + 1) / kThreads);
    for (auto& thread : threads) thread.join();
}

struct Times {
    double batch_rows_per_s = 0, row_us = 0;
};

Times time_quern(const BoundModel& model, const Rows& rows, std::vector<double>& scores) {
    const auto score = [&](size_t first, size_t last) {
        const auto scratch = quern::score::make_model_scratch(model);
        for (size_t i = first; i < last; i += kBatch)
            model.score(model.prepared.get(), rows.row(i), std::min(kBatch, last - i),
                        scores.data() + i, scratch.get());
    };
    Times times;
    times.batch_rows_per_s = static_cast<double>(rows.count()) /
                             best_seconds([&] { side_by_side(rows.count(), score); });
    const auto scratch = quern::score::make_model_scratch(model);
    const size_t count = std::min(kSingleRows, rows.count());
    times.row_us =
        1e6 / static_cast<double>(count) * best_seconds([&] {
            for (size_t i = 0; i < count; ++i)
                model.score(model.prepared.get(), rows.row(i), 1, scores.data() + i, scratch.get());
        });
    return times;
}

void check(int code) {
    if (code != 0) fail(LGBM_GetLastError());
}

Times time_lightgbm(const std::string& text, const Rows& rows, std::vector<double>& scores) {
    BoosterHandle booster;
    int iterations = 0;
    check(LGBM_BoosterLoadModelFromString(text.c_str(), &iterations, &booster));
    const auto column_count = static_cast<int>(rows.column_count);
    int64_t length = 0;
    Times times;
    times.batch_rows_per_s =
        static_cast<double>(rows.count()) / best_seconds([&] {
            check(LGBM_BoosterPredictForMat(booster, rows.values.data(), C_API_DTYPE_FLOAT64,
                                            static_cast<int>(rows.count()), column_count, 1,
                                            C_API_PREDICT_RAW_SCORE, 0, -1, "num_threads=2",
                                            &length, scores.data()));
        });
    FastConfigHandle fast;
    check(LGBM_BoosterPredictForMatSingleRowFastInit(booster, C_API_PREDICT_RAW_SCORE, 0, -1,
                                                     C_API_DTYPE_FLOAT64, column_count,
                                                     "num_threads=1", &fast));
    const size_t count = std::min(kSingleRows, rows.count());
    times.row_us = 1e6 / static_cast<double>(count) * best_seconds([&] {
                       for (size_t i = 0; i < count; ++i)
                           check(LGBM_BoosterPredictForMatSingleRowFast(fast, rows.row(i), &length,
                                                                        scores.data() + i));
                   });
    return times;
}

void check_equal(const char* peer, const std::vector<double>& a, const std::vector<double>& b,
                 double margin) {
    for (size_t i = 0; i < a.size(); ++i)
        if (!(std::abs(a[i] - b[i]) <= margin * std::max(1.0, std::abs(a[i]))))
            fail("row " + std::to_string(i) + ": quern says " + std::to_string(a[i]) + ", " + peer +
                 " " + std::to_string(b[i]));
}

// Contributions of all columns to some rows, by quern and by LightGBM: us a row of each. They must
// be equal but for rounding.
std::pair<double, double> time_contributions(const BoundModel& model, const std::string& text,
                                             const Rows& rows) {
    constexpr size_t kExplained = 50;
    const size_t count = std::min(kExplained, rows.count()), width = rows.column_count;
    std::vector<double> mine(count * (width + 1)), theirs(mine.size());
    const auto scratch = quern::score::make_model_scratch(model);
    const double my_seconds = best_seconds([&] {
        for (size_t i = 0; i < count; ++i) {
            double* to = mine.data() + i * (width + 1);
            model.explain(model.prepared.get(), rows.row(i), to, scratch.get());
            to[width] = model.expected[0];
        }
    });
    BoosterHandle booster;
    int iterations = 0;
    int64_t length = 0;
    check(LGBM_BoosterLoadModelFromString(text.c_str(), &iterations, &booster));
    const double their_seconds = best_seconds([&] {
        check(LGBM_BoosterPredictForMat(booster, rows.values.data(), C_API_DTYPE_FLOAT64,
                                        static_cast<int>(count), static_cast<int>(width), 1,
                                        C_API_PREDICT_CONTRIB, 0, -1, "num_threads=1", &length,
                                        theirs.data()));
    });
    check_equal("LightGBM's contributions", mine, theirs, 1e-9);
    const double rows_per_us = static_cast<double>(count) / 1e6;
    return {my_seconds / rows_per_us, their_seconds / rows_per_us};
}

union Entry {
    int missing;
    double value;
    int bin;
};

Times time_tl2cgen(const char* path, const Rows& rows, std::vector<double>& scores) {
    void* library = dlopen(path, RTLD_NOW);
    if (library == nullptr) fail(dlerror());
    auto* predict = reinterpret_cast<void (*)(Entry*, int, double*)>(dlsym(library, "predict"));
    if (predict == nullptr) fail("the library has no predict");
    const auto score = [&](size_t first, size_t last) {
        std::vector<Entry> entries(rows.column_count);
        for (size_t i = first; i < last; ++i) {
            for (size_t c = 0; c < rows.column_count; ++c) {
                const double value = rows.row(i)[c];
                if (std::isnan(value))
                    entries[c].missing = -1;
                else
                    entries[c].value = value;
            }
            scores[i] = 0;
            predict(entries.data(), 1, &scores[i]);
        }
    };
    Times times;
    times.batch_rows_per_s = static_cast<double>(rows.count()) /
                             best_seconds([&] { side_by_side(rows.count(), score); });
    const size_t count = std::min(kSingleRows, rows.count());
    times.row_us = 1e6 / static_cast<double>(count) * best_seconds([&] { score(0, count); });
    return times;
}

// One row after the other, as where such code runs.
Times time_export(CompiledExport& model, const Rows& rows, std::vector<double>& scores) {
    for (size_t i = 0; i < rows.count(); ++i) scores[i] = model.score(rows.row(i));
    const size_t count = std::min(kSingleRows, rows.count());
    const double seconds = best_seconds([&] {
        for (size_t i = 0; i < count; ++i) scores[i] = model.score(rows.row(i));
    });
    return {static_cast<double>(count) / seconds, 1e6 / static_cast<double>(count) * seconds};
}

void print(const char* name, const Times& times) {
    std::printf("\"%s\": {\"batch\": %.0f, \"row_us\": %.3f}, ", name, times.batch_rows_per_s,
                times.row_us);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) fail("usage: score_trees MODEL.txt ROWS COLUMN_COUNT SCORES_OUT [TL2CGEN.so]");
    const std::string text = read_file(argv[1]), bytes = read_file(argv[2]);
    Rows rows;
    rows.column_count = std::stoul(argv[3]);
    rows.values.resize(bytes.size() / sizeof(double));
    std::copy_n(bytes.data(), rows.values.size() * sizeof(double),
                reinterpret_cast<char*>(rows.values.data()));
    const auto trees = quern::train::read_lightgbm_text(text, 1);
    if (!trees.ok()) fail(trees.status().text());
    const auto start = std::chrono::steady_clock::now();
    const BoundModel model = quern::score::bind_fastest(*trees, rows.column_count);
    const std::chrono::duration<double> bind = std::chrono::steady_clock::now() - start;

    std::vector<double> mine(rows.count()), theirs(rows.count());
    std::printf("{\"kernel\": \"%s\", \"bind_ms\": %.1f, ", model.kernel.c_str(),
                bind.count() * 1e3);
    print("quern", time_quern(model, rows, mine));
    print("LightGBM", time_lightgbm(text, rows, theirs));
    check_equal("LightGBM", mine, theirs, 0);
    if (argc > 5) {
        print("TL2cgen", time_tl2cgen(argv[5], rows, theirs));
        check_equal("TL2cgen", mine, theirs, 1e-9);
    }
    CompiledExport exported(*trees, rows.column_count);
    print("C export", time_export(exported, rows, theirs));
    check_equal("the C export", mine, theirs, 0);
    std::printf("\"export_size_bytes\": %ld, ", exported.object_size_bytes());
    if (model.explain != nullptr) {
        const auto [my_us, their_us] = time_contributions(model, text, rows);
        std::printf("\"explain_us\": %.1f, \"LightGBM_explain_us\": %.1f, ", my_us, their_us);
    }
    std::printf("\"rows\": %zu}\n", rows.count());
    std::ofstream(argv[4], std::ios::binary)
        .write(reinterpret_cast<const char*>(mine.data()),
               static_cast<std::streamsize>(mine.size() * sizeof(double)));
}
