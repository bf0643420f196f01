// Any bytes at all as the file of a look-up table.
#include <cstdlib>
#include <cstring>
#include <memory>

#include "quern/score/lookup_table.h"

using namespace quern;

namespace {

// All that a table says of its rows; texts are read to their ends.
void read_rows(const score::LookupTable& table) {
    const score::LookupFacts& facts = table.facts();
    uint64_t sum = 0;
    for (uint32_t row = 0; row < facts.row_count; ++row) {
        if (facts.has_time) sum += static_cast<uint64_t>(table.time_of(row));
        for (size_t column = 0; column < facts.columns.size(); ++column) {
            alignas(16) std::array<std::byte, 16> value{};
            if (!table.value(column, row, value.data())) continue;
            if (!frame::is_text(facts.columns[column].type)) continue;
            std::string_view text;
            std::memcpy(&text, value.data(), sizeof(text));
            for (const char c : text) sum += static_cast<uint8_t>(c);
        }
    }
    if (sum == UINT64_MAX) std::abort();  // so that it is read
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    // Aligned, as a mapped file is.
    std::vector<uint64_t> words((size + 7) / 8);
    if (size > 0) std::memcpy(words.data(), data, size);
    const auto table = score::LookupTable::read(std::as_bytes(std::span(words)).first(size));
    if (!table.ok()) return 0;
    read_rows(**table);
    for (const std::string_view text : {"", "a", "b"}) {
        for (int64_t word = -1; word < 4; ++word) {
            score::LookupKey key;
            key.words.fill(word);
            key.texts.fill(text);
            for (const int64_t at_us : {INT64_MIN, int64_t{0}, int64_t{2}, INT64_MAX}) {
                const uint32_t row = (*table)->find(key, at_us);
                if (row != score::kNoRow && row >= (*table)->facts().row_count) std::abort();
            }
        }
    }
    return 0;
}
