// A published table as an index by key: one immutable file that training and every scorer read. A
// key has one row, or, where the table has a time, its rows in order of that.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quern/frame/batch.h"
#include "quern/score/program.h"

namespace quern::score {

constexpr uint64_t kLookupRowsMax = uint64_t{1} << 31;
constexpr size_t kLookupColumnsMax = 4096;
constexpr uint32_t kNoRow = UINT32_MAX;

struct LookupFacts {
    std::string table;
    frame::Schema keys, columns;
    bool has_time = false, has_known = false;
    size_t key_count = 0, row_count = 0;
};

// The key of one row; of each part either the word or the text counts, by its type.
struct LookupKey {
    std::array<int64_t, kLookupKeysMax> words;
    std::array<std::string_view, kLookupKeysMax> texts;
};

bool is_key_type(const frame::Type& type);
// Whether values of the two can be compared as keys: equal types, or two integers.
bool are_key_types(const frame::Type& a, const frame::Type& b);
bool is_time_type(const frame::Type& type);
// DATE and TIMESTAMP fit each other; a time with a zone only another one.
bool are_time_types(const frame::Type& a, const frame::Type& b);

// The value, not NULL, of a fixed-size key type, and of a time type in microseconds since 1970.
int64_t key_word(const frame::ColumnView& column, size_t row);
int64_t time_us(const frame::ColumnView& column, size_t row);
// Of the values of a key, as text for messages.
uint64_t hash_key(const LookupKey& key, const std::vector<uint8_t>& is_text);

class LookupTable {
public:
    // Maps the file and checks all of it: sizes, orders, offsets, texts.
    static Result<std::shared_ptr<const LookupTable>> open(const std::string& path);
    // The same of bytes that outlive it.
    static Result<std::shared_ptr<const LookupTable>> read(std::span<const std::byte> bytes);
    ~LookupTable();

    const LookupFacts& facts() const;
    // The row that was known of the key at a time: of those with time and known time no later, the
    // one with the latest time. Tables without time have one at all times.
    uint32_t find(const LookupKey& key, int64_t at_us) const;
    int64_t time_of(uint32_t row) const;       // of a table that has a time
    std::optional<int64_t> newest_us() const;  // of all rows
    // Writes the value to where values of the column's type stand; false: it is NULL. Texts point
    // into the table.
    bool value(size_t column, uint32_t row, std::byte* out) const;

private:
    struct State;
    explicit LookupTable(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// Makes the file of a table whose rows come in order: by keys, time, known time, then by all
// columns. Of rows that are equal up to the known time the last one stays.
class LookupBuilder {
public:
    explicit LookupBuilder(LookupFacts facts);  // its counts are not read
    ~LookupBuilder();

    // Columns: the keys, the time, the known time, then the table's columns; no NULL but in these.
    Status add(const frame::BatchView& batch);
    size_t replaced_count() const;  // rows that one of the same key and times stands for
    Result<std::string> finish();
    LookupFacts facts() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace quern::score
