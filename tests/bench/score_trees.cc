// Scores rows with a model of LightGBM by quern, by LightGBM's own C interface, and by the peers
// that are given; checks that the answers are equal, and prints the times.
//
// Usage: score_trees FOLDER COLUMN_COUNT SCORES_OUT [NAME=LIBRARY...]
// FOLDER is what scorer_models.py made; SCORES_OUT receives quern's scores.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <numeric>
#include <optional>
#include <thread>

#include "quern/score/importers/lightgbm_trees.h"
#include "quern/score/models/tree_scorer.h"

#include "LightGBM/c_api.h"
#include "tests/bench/score_export.h"
#include "tests/bench/score_peers.h"

namespace {

using quern::score::BoundModel;

constexpr size_t kThreads = 2, kBatch = 2048, kSingleRows = 1000;
constexpr int kRounds = 5;              // at least, and as many as fit into the seconds:
constexpr double kRoundsSeconds = 0.5;  // what is over soon is disturbed more easily

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
    double best = HUGE_VAL, total = 0;
    for (int i = 0; i < kRounds || total < kRoundsSeconds; ++i) {
        const auto start = std::chrono::steady_clock::now();
        run();
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
        best = std::min(best, taken.count());
        total += taken.count();
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

// Peers compare in float32, or print what they compile: rows beside a threshold may fall elsewhere.
constexpr double kOddRowsShare = 0.01;

void check_equal(const std::string& peer, const std::vector<double>& a,
                 const std::vector<double>& b, double margin, double odd_rows_share = 0) {
    size_t odd_count = 0, odd = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        if (std::abs(a[i] - b[i]) <= margin * std::max(1.0, std::abs(a[i]))) continue;
        ++odd_count;
        odd = i;
    }
    if (static_cast<double>(odd_count) <= odd_rows_share * static_cast<double>(a.size())) return;
    fail(std::to_string(odd_count) + " rows differ, such as row " + std::to_string(odd) + ": " +
         std::to_string(a[odd]) + " wanted, " + peer + " says " + std::to_string(b[odd]));
}

// Contributions of all columns to some rows, by quern and by LightGBM: us a row of each. They must
// be equal but for rounding. LightGBM's leave the numbers where paths are long; nothing then.
struct Explained {
    double us = 0;
    std::optional<double> lightgbm_us;
};

Explained time_contributions(const BoundModel& model, const std::string& text, const Rows& rows,
                             const std::vector<double>& scores) {
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
    const auto explain = [&](size_t row_count) {
        check(LGBM_BoosterPredictForMat(booster, rows.values.data(), C_API_DTYPE_FLOAT64,
                                        static_cast<int>(row_count), static_cast<int>(width), 1,
                                        C_API_PREDICT_CONTRIB, 0, -1, "num_threads=1", &length,
                                        theirs.data()));
    };
    const double rows_per_us = static_cast<double>(count) / 1e6;
    const auto sum = [&](const std::vector<double>& parts) {
        const auto end = parts.begin() + static_cast<ptrdiff_t>(width + 1);
        return std::accumulate(parts.begin(), end, 0.0);
    };
    if (std::abs(sum(mine) - scores[0]) > 1e-9) fail("contributions do not add up");
    explain(1);
    if (std::abs(sum(theirs) - scores[0]) > 1e-6) return {my_seconds / rows_per_us, {}};
    const double their_seconds = best_seconds([&] { explain(count); });
    check_equal("LightGBM's contributions", mine, theirs, 1e-9);
    return {my_seconds / rows_per_us, their_seconds / rows_per_us};
}

Times time_peer(const Peer& peer, const Rows& rows, std::vector<double>& scores) {
    const auto some = [&](size_t first, size_t last) {
        peer.batch(rows.row(first), last - first, scores.data() + first);
    };
    Times times;
    times.batch_rows_per_s = static_cast<double>(rows.count()) / best_seconds([&] {
                                 if (peer.has_threads)
                                     some(0, rows.count());
                                 else
                                     side_by_side(rows.count(), some);
                             });
    const size_t count = std::min(kSingleRows, rows.count());
    times.row_us = 1e6 / static_cast<double>(count) * best_seconds([&] {
                       for (size_t i = 0; i < count; ++i)
                           peer.row(rows.row(i), 1, scores.data() + i);
                   });
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

// Of 8 bytes each.
std::vector<double> read_numbers(const std::string& path) {
    const std::string bytes = read_file(path.c_str());
    std::vector<double> numbers(bytes.size() / sizeof(double));
    std::copy_n(bytes.data(), numbers.size() * sizeof(double),
                reinterpret_cast<char*>(numbers.data()));
    return numbers;
}

// NAME=LIBRARY; what it loads lies in the folder.
void run_peer(const std::string& folder, const std::string& argument, const Rows& rows,
              const std::vector<double>& mine, std::vector<double>& theirs) {
    const size_t equals = argument.find('=');
    if (equals == std::string::npos) fail("a peer is NAME=LIBRARY, got " + argument);
    const std::string name = argument.substr(0, equals);
    const std::string model = name == "Treelite"  ? "model.txt"
                              : name == "XGBoost" ? "XGBoost.ubj"
                                                  : name + ".model";
    const Peer peer = open_peer(name, argument.substr(equals + 1), folder + "/" + model,
                                rows.column_count, kThreads);
    print(name.c_str(), time_peer(peer, rows, theirs));
    const auto wanted = peer.has_own_model ? read_numbers(folder + "/" + name + ".answers") : mine;
    check_equal(name, wanted, theirs, peer.margin, peer.margin < 1e-6 ? 0 : kOddRowsShare);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) fail("usage: score_trees FOLDER COLUMN_COUNT SCORES_OUT [NAME=LIBRARY...]");
    const std::string folder = argv[1], text = read_file((folder + "/model.txt").c_str());
    const Rows rows{read_numbers(folder + "/rows.bin"), std::stoul(argv[2])};
    const auto trees = quern::score::read_lightgbm_trees(text, 1);
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
    for (int i = 4; i < argc; ++i) run_peer(folder, argv[i], rows, mine, theirs);
    CompiledExport exported(*trees, rows.column_count);
    print("C export", time_export(exported, rows, theirs));
    check_equal("the C export", mine, theirs, 0);
    std::printf("\"export_size_bytes\": %ld, ", exported.object_size_bytes());
    if (model.explain != nullptr) {
        const auto [us, lightgbm_us] = time_contributions(model, text, rows, mine);
        std::printf("\"explain_us\": %.1f, ", us);
        if (lightgbm_us) std::printf("\"LightGBM_explain_us\": %.1f, ", *lightgbm_us);
    }
    std::printf("\"rows\": %zu}\n", rows.count());
    std::ofstream(argv[3], std::ios::binary)
        .write(reinterpret_cast<const char*>(mine.data()),
               static_cast<std::streamsize>(mine.size() * sizeof(double)));
}
