// Looking up one row's values by key, as a request does, in tables that do not fit in a cache.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>

#include "quern/score/lookup.h"

namespace quern::score {
namespace {

using frame::TypeId;

constexpr size_t kChunk = 100'000;

frame::Type type_of(TypeId id) { return {id, 0, 0, ""}; }

// Keys are the even numbers, so that half of all look-ups find nothing.
std::string file_of(size_t key_count) {
    LookupFacts facts;
    facts.table = "stats";
    facts.keys = {{"id", type_of(TypeId::bigint)}};
    facts.columns = {{"a", type_of(TypeId::float64)}, {"b", type_of(TypeId::integer)}};
    LookupBuilder builder(facts);
    for (size_t first = 0; first < key_count; first += kChunk) {
        frame::Column id(facts.keys[0].type), a(facts.columns[0].type), b(facts.columns[1].type);
        const size_t end = std::min(first + kChunk, key_count);
        for (size_t i = first; i < end; ++i) {
            id.append(static_cast<int64_t>(2 * i));
            a.append(static_cast<double>(i));
            b.append(static_cast<int32_t>(i));
        }
        const std::vector<frame::ColumnView> views = {id.view(), a.view(), b.view()};
        builder.add({views, end - first}).ignore("every key comes once");
    }
    return builder.finish().value();
}

Input input_of(std::string name, TypeId id) {
    Input input;
    input.name = std::move(name);
    input.type = type_of(id);
    return input;
}

void look_up(benchmark::State& state) {
    const auto key_count = static_cast<size_t>(state.range(0));
    const std::string file = file_of(key_count);
    const auto start = std::chrono::steady_clock::now();
    const auto table = LookupTable::read(std::as_bytes(std::span(file))).value();
    const std::chrono::duration<double> opened = std::chrono::steady_clock::now() - start;
    const std::vector<Input> inputs = {input_of("id", TypeId::bigint),
                                       input_of("s.a", TypeId::float64),
                                       input_of("s.b", TypeId::integer)};
    Lookup lookup;
    lookup.name = "s";
    lookup.table = "stats";
    lookup.keys = {{"id", 0}};
    lookup.columns = {{"a", 1}, {"b", 2}};
    const auto stage = LookupStage::make(inputs, {&lookup, 1}, {{table, "", 0}}).value();
    LookupStage::State scratch(*stage, 1);
    std::vector<double> nanos;
    uint64_t random = 1;
    int64_t id = 0;
    const frame::ColumnView view{inputs[0].type, &id, nullptr, 1};
    for (auto _ : state) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        id = static_cast<int64_t>((random >> 20) % (2 * key_count));
        const auto before = std::chrono::steady_clock::now();
        stage->run({{&view, 1}, 1}, 0, scratch);
        const std::chrono::duration<double, std::nano> took =
            std::chrono::steady_clock::now() - before;
        benchmark::DoNotOptimize(scratch.columns[1]);
        nanos.push_back(took.count());
    }
    std::ranges::sort(nanos);
    state.counters["p50_ns"] = nanos[nanos.size() / 2];
    state.counters["p99_ns"] = nanos[nanos.size() * 99 / 100];
    state.counters["open_s"] = opened.count();
    state.counters["bytes_per_key"] = static_cast<double>(file.size() / key_count);
}
BENCHMARK(look_up)->Arg(1000)->Arg(10'000'000)->Iterations(1'000'000);

}  // namespace
}  // namespace quern::score
