#include "quern/sql/duckdb_error.h"

#include <gtest/gtest.h>

namespace quern::sql {
namespace {

TEST(DuckdbError, KeepsTheCodeTheWordsAndTheHint) {
    const auto check = [](std::string_view text, Code code, std::string_view want) {
        const Status status = duckdb_status(text);
        EXPECT_EQ(status.code(), code) << text;
        EXPECT_EQ(status.text(), want) << text;
    };
    check("Binder Error: no such thing\n\nLINE 1: select x\n               ^",
          Code::invalid_argument, "no such thing");
    check("IO Error: Could not write: No space left on device", Code::resource_exhausted,
          "Could not write: No space left on device\n"
          "  free some space; nothing published was changed");
    check("FATAL Error: Failed: the last checkpoint: No space left on device",
          Code::resource_exhausted,
          "Failed: the last checkpoint: No space left on device\n"
          "  free some space; nothing published was changed");
    check("Conversion Error: No space left on device", Code::invalid_argument,
          "No space left on device");
    check("INTERRUPT Error: Interrupted!", Code::cancelled, "Interrupted!");
    check("Out of Memory Error: could not allocate", Code::resource_exhausted,
          "could not allocate");
    check("words without a kind", Code::invalid_argument, "words without a kind");
    check("Binder Error: {broken", Code::invalid_argument, "{broken");
    check("", Code::invalid_argument, "");
    check("Parser Error: memory exhausted at or near \"(\"", Code::invalid_argument,
          "the SQL is nested too deeply");
    check(R"(Catalog Error: {"exception_type":"Catalog","exception_message":"Table \"t\" already )"
          R"(exists!"})",
          Code::already_exists, "Table \"t\" already exists!");
    check(R"(Binder Error: {"exception_type":"Binder","exception_message":"No function\n\tCandi)"
          R"(date functions","error_subtype":"NO_MATCHING_FUNCTION","name":"f",)"
          R"("candidates":"f(A, B) -> C,f(D) -> E"})",
          Code::invalid_argument, "No function\n  there are: f(A, B) -> C, f(D) -> E");
}

TEST(DuckdbError, CountsCharactersForTheParserAndBytesElse) {
    const std::string sql = "é 🍰 x";
    const PlaceOf place = [](size_t offset) { return "q:" + std::to_string(offset); };
    const auto check = [&](const DuckdbError& error, size_t shift_bytes, std::string_view want) {
        EXPECT_EQ(duckdb_status(error, {sql, &place, shift_bytes}).where(), want);
    };
    check({.kind = "parser", .position = "4"}, 0, "q:8");
    check({.kind = "Parser", .position = "400"}, 0, "q:9");
    check({.kind = "binder", .position = "4"}, 0, "q:4");
    check({.kind = "binder", .position = "14"}, 10, "q:4");
    check({.kind = "binder", .position = "4"}, 10, "q:0");
    check({.kind = "binder", .position = "none"}, 0, "q:0");
    check({.kind = "binder"}, 0, "q:0");
}

}  // namespace
}  // namespace quern::sql
