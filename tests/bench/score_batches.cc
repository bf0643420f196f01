// How fast an artifact whose inputs are all DOUBLE scores on all processors: its model alone on a
// matrix, and the whole program on columns, as SQL brings them.
//
// Usage: score_batches ARTIFACT.qn ROW_COUNT
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <random>
#include <thread>

#include "quern/base/threads.h"
#include "quern/score/plan.h"
#include "quern/score/scorer.h"

namespace {

using namespace quern;

constexpr int kRounds = 10;
constexpr double kValuesEnd = 100;  // the bench's columns lie between 0 and this

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "score_batches: %s\n", what.c_str());
    std::exit(1);
}

// Rows a second, and a second of all processors' time together, each of its best round.
struct Rate {
    double wall = 0, processor = 0;
};

// Every thread scores its share in batches.
Rate rows_per_s(size_t row_count, const std::function<void(size_t, size_t)>& run) {
    const auto thread_count = static_cast<size_t>(available_threads());
    Rate best;
    for (int round = 0; round < kRounds; ++round) {
        const auto start = std::chrono::steady_clock::now();
        const std::clock_t start_ticks = std::clock();
        std::vector<std::thread> threads;
        for (size_t t = 0; t < thread_count; ++t)
            threads.emplace_back(run, row_count * t / thread_count,
                                 row_count * (t + 1) / thread_count);
        for (auto& thread : threads) thread.join();
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
        const auto ticks = static_cast<double>(std::clock() - start_ticks);
        const auto count = static_cast<double>(row_count);
        best.wall = std::max(best.wall, count / taken.count());
        best.processor = std::max(best.processor, count * CLOCKS_PER_SEC / ticks);
    }
    return best;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) fail("usage: score_batches ARTIFACT.qn ROW_COUNT");
    const auto scorer = score::Scorer::open(argv[1]);
    if (!scorer.ok()) fail(scorer.status().text());
    const size_t row_count = std::stoul(argv[2]), width = scorer->batch_inputs().size();
    const auto& model = scorer->plan().model;
    if (scorer->matrix_column_count() != width) fail("the model is one of plain numbers");
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> values(0, kValuesEnd);
    std::vector<double> matrix(row_count * width), columns(row_count * width);
    for (double& value : matrix) value = values(random);
    for (size_t row = 0; row < row_count; ++row)
        for (size_t c = 0; c < width; ++c) columns[c * row_count + row] = matrix[row * width + c];

    std::vector<double> raw(row_count * model.raw_count);
    const Rate kernel = rows_per_s(row_count, [&](size_t first, size_t last) {
        const auto scratch = make_model_scratch(model);
        for (size_t i = first; i < last; i += frame::kBatchRowsMax)
            model.score(model.prepared.get(), matrix.data() + i * width,
                        std::min(frame::kBatchRowsMax, last - i), raw.data() + i * model.raw_count,
                        scratch.get());
    });
    const Rate program = rows_per_s(row_count, [&](size_t first, size_t last) {
        score::Scratch scratch(*scorer);
        score::Predictions predictions;
        std::vector<frame::ColumnView> views(width);
        for (size_t i = first; i < last; i += frame::kBatchRowsMax) {
            const size_t count = std::min(frame::kBatchRowsMax, last - i);
            for (size_t c = 0; c < width; ++c)
                views[c] = {scorer->batch_inputs()[c].type, columns.data() + c * row_count + i,
                            nullptr, count};
            const Status status = scorer->score({views, count}, scratch, predictions);
            if (!status.ok()) fail(status.text());
            for (size_t row = 0; row < count; ++row)
                if (predictions.raw[row * model.raw_count] != raw[(i + row) * model.raw_count])
                    fail("the program and its model give other scores");
        }
    });
    std::printf("{\"kernel\": %.0f, \"kernel_processor\": %.0f, \"program\": %.0f}\n", kernel.wall,
                kernel.processor, program.wall);
}
