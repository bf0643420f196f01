// Scoring a row takes no memory from the heap once the scratch is warm. Covers row_program.cc.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

#include "tests/differential/row_program.h"

namespace {

std::atomic<size_t> allocation_count{0};

}  // namespace

// AddressSanitizer brings operators of its own; under it nothing is counted.
#ifndef __SANITIZE_ADDRESS__
void* operator new(size_t size) {
    ++allocation_count;
    if (void* bytes = std::malloc(size)) return bytes;
    throw std::bad_alloc();
}
void operator delete(void* bytes) noexcept { std::free(bytes); }
void operator delete(void* bytes, size_t) noexcept { std::free(bytes); }
#endif

namespace quern::score {
namespace {

TEST(RowProgram, scores_without_allocating) {
    const auto kept = std::make_unique<Oracle>();
    Oracle& oracle = *kept;
    make_plain_rows(oracle, 2048);
    auto scorer = Scorer::build(row_program(oracle));
    ASSERT_TRUE(scorer.ok()) << scorer.status().text();
    std::string names, error;
    for (const Input& input : scorer->program().inputs)
        names += (names.empty() ? "" : ", ") + input.name;
    const auto columns = oracle.query(plain_select(names), error);
    std::vector<frame::ColumnView> views;
    for (const Answers& column : columns) views.push_back(column.values.view());
    Scratch scratch(*scorer);
    Predictions predictions;
    for (size_t row_count : {1, 2048}) {
        ASSERT_TRUE(scorer->score({views, row_count}, scratch, predictions).ok());
        const size_t before = allocation_count;
        for (int i = 0; i < 10; ++i)
            ASSERT_TRUE(scorer->score({views, row_count}, scratch, predictions).ok());
        EXPECT_EQ(allocation_count - before, 0u) << "in batches of " << row_count;
    }
}

}  // namespace
}  // namespace quern::score
