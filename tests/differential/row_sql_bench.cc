// Fifteen expressions over rows, compiled and in DuckDB, one thread each; answers compared first.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>

#include "tests/differential/row_program.h"

namespace quern::score {
namespace {

// Ten passes make ten million rows.
constexpr size_t kRows = 1'000'000 / frame::kBatchRowsMax * frame::kBatchRowsMax;

struct Bench {
    Oracle oracle;
    Scorer scorer = make();  // encodes too
    Scorer expressions = without_encoders();
    std::vector<Answers> columns = read();

    Scorer make() {
        make_plain_rows(oracle, kRows);
        oracle.run("pragma enable_optimizer");
        return Scorer::build(row_program(oracle)).value();
    }
    Scorer without_encoders() {
        Program program = row_program(oracle);
        program.encoders.clear();
        return Scorer::build(std::move(program)).value();
    }
    std::vector<Answers> read() {
        std::string names, error;
        for (const Input& input : scorer.program().inputs)
            names += (names.empty() ? "" : ", ") + input.name;
        return oracle.query(plain_select(names), error);
    }
    std::vector<frame::ColumnView> rows_from(size_t first) const {
        std::vector<frame::ColumnView> views;
        for (const Answers& column : columns) {
            frame::ColumnView view = column.values.view();
            view.data = view.values<char>() + first * frame::value_size_bytes(view.type);
            view.validity += first / 64;
            view.row_count -= first;
            views.push_back(std::move(view));
        }
        return views;
    }
    size_t count_differences() {
        std::string error;
        const auto want = oracle.query(plain_select("") + " limit 20480", error);
        Scratch scratch(scorer);
        Predictions predictions;
        size_t differences = want.empty();
        for (size_t first = 0; first < 20480; first += frame::kBatchRowsMax) {
            const auto views = rows_from(first);
            scorer.score({views, frame::kBatchRowsMax}, scratch, predictions).ignore("counted");
            for (size_t i = 0; i < want.size(); ++i) {
                Answers found{frame::Column(want[i].values.type()), {}};
                found.failed.assign(frame::kBatchRowsMax, false);
                for (size_t row = 0; row < frame::kBatchRowsMax; ++row)
                    found.values.append_from(scorer.feature(i, scratch), row);
                for (size_t row = 0; row < frame::kBatchRowsMax; ++row)
                    differences += !is_same(want[i], first + row, found, row);
            }
        }
        return differences;
    }
};

Bench& bench() {
    static Bench& the_one = *new Bench;
    return the_one;
}

void run_compiled(benchmark::State& state, const Scorer& scorer) {
    Scratch scratch(scorer);
    std::vector<double> matrix(frame::kBatchRowsMax * scorer.matrix_column_count());
    for (auto _ : state)
        for (size_t first = 0; first < kRows; first += frame::kBatchRowsMax) {
            const auto views = bench().rows_from(first);
            const frame::BatchView batch{views, frame::kBatchRowsMax};
            if (!scorer.features_matrix(batch, scratch, matrix.data()).ok())
                return state.SkipWithError("a row failed");
        }
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kRows));
}

void compiled(benchmark::State& state) {
    if (bench().count_differences() > 0) return state.SkipWithError("answers differ");
    run_compiled(state, bench().expressions);
}

void compiled_and_encoded(benchmark::State& state) { run_compiled(state, bench().scorer); }

void duckdb(benchmark::State& state) {
    bench();
    for (auto _ : state)
        if (bench().oracle.stream(plain_select("")) != kRows)
            return state.SkipWithError("rows are missing");
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kRows));
}

void duckdb_scan_alone(benchmark::State& state) {
    bench();
    for (auto _ : state) benchmark::DoNotOptimize(bench().oracle.stream("select * from plain"));
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kRows));
}

void one_row(benchmark::State& state) {
    Scratch scratch(bench().scorer, 1);
    Predictions predictions;
    const auto views = bench().rows_from(0);
    std::vector<double> ns;
    for (auto _ : state) {
        const auto start = std::chrono::steady_clock::now();
        bench().scorer.score({views, 1}, scratch, predictions).ignore("timed");
        ns.push_back(
            std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start)
                .count());
    }
    std::sort(ns.begin(), ns.end());
    state.counters["p50_ns"] = ns[ns.size() / 2];
    state.counters["p99_ns"] = ns[ns.size() * 99 / 100];
}

BENCHMARK(compiled)->Unit(benchmark::kMillisecond);
BENCHMARK(compiled_and_encoded)->Unit(benchmark::kMillisecond);
BENCHMARK(duckdb)->Unit(benchmark::kMillisecond);
BENCHMARK(duckdb_scan_alone)->Unit(benchmark::kMillisecond);
BENCHMARK(one_row);

}  // namespace
}  // namespace quern::score
