// Loading with types, an own count and quarantine, beside DuckDB's bare read_csv of the same file.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>

#include "quern/base/folder.h"
#include "quern/data/load.h"
#include "quern/sql/session.h"

namespace quern::data {
namespace {

struct Bench {
    TemporaryFolder folder = TemporaryFolder::create().value();
    sql::Session session = sql::Database::open({}).value().connect().value();
    project::Source source;

    explicit Bench(bool is_broken) {
        source.name = "bench";
        source.files = {{.text = "x.csv"}};
        std::ofstream file(join_path(folder.path(), "x.csv"));
        file << "id,price,note,day,kind\n";
        for (int i = 0; i < 500'000; ++i) {
            file << i << ',' << i * 0.37 << ",\"plain, " << i << "\",2020-01-" << 10 + i % 20
                 << ",k" << i % 10 << '\n';
            if (is_broken && i % 1000 == 0) file << "1,2\n";
        }
    }
};

void load(benchmark::State& state, bool is_broken, bool is_declared) {
    Bench bench(is_broken);
    if (is_declared) {
        for (const auto& [name, type] : {std::pair("id", "BIGINT"),
                                         {"price", "DOUBLE"},
                                         {"note", "VARCHAR"},
                                         {"day", "DATE"},
                                         {"kind", "VARCHAR"}}) {
            bench.source.columns.push_back({.name = name, .type = type});
        }
    }
    for (auto _ : state) {
        const auto report = load_source(bench.session, bench.folder.path(), bench.source,
                                        {.table = "loaded", .quarantine = "bad"});
        if (!report.ok()) state.SkipWithError(report.status().text().c_str());
    }
}

void load_found(benchmark::State& state) { load(state, false, false); }
void load_declared(benchmark::State& state) { load(state, false, true); }
void load_broken(benchmark::State& state) { load(state, true, false); }
void bare_read_csv(benchmark::State& state) {
    Bench bench(false);
    const std::string path = join_path(bench.folder.path(), "x.csv");
    for (auto _ : state) {
        const auto done =
            bench.session.execute("create or replace table bare as from read_csv('" + path + "')");
        if (!done.ok()) state.SkipWithError(done.text().c_str());
    }
}

BENCHMARK(bare_read_csv)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(load_declared)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(load_found)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(load_broken)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace quern::data
