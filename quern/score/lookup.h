// The step before a program's expressions: brings the looked-up inputs of a batch. Training runs
// it over its rows as of their own time, a scorer over what a request brought.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "quern/score/lookup_table.h"

namespace quern::score {

// A look-up's table as it stands now.
struct LookupSource {
    std::shared_ptr<const LookupTable> table;
    std::string snapshot;    // SHA-256 of its file
    int64_t checked_us = 0;  // when it was last known to be the newest
    bool operator==(const LookupSource&) const = default;
};

class LookupStage {
public:
    // `sources` stand in the order of the look-ups. Refuses tables that lack a key or a column, or
    // have it with another type, or with time where the look-up has none.
    static Result<std::shared_ptr<const LookupStage>> make(std::span<const Input> inputs,
                                                           std::span<const Lookup> lookups,
                                                           std::vector<LookupSource> sources);

    // The memory of one thread; allocated once.
    struct State {
        explicit State(const LookupStage& stage, size_t row_count_max);
        std::vector<frame::ColumnView> columns;  // all inputs of the program
        std::vector<uint64_t> failed;            // bit i: a look-up failed row i
        size_t row_count = 0;
        int64_t now_us = 0;

    private:
        friend class LookupStage;
        std::vector<std::unique_ptr<std::byte[]>> values;  // by looked-up input
        std::vector<std::vector<uint64_t>> valid;
        std::vector<uint32_t> rows;
    };

    // Points state.columns at the inputs that came and at those that were looked up. Rows whose
    // time is NULL are taken to be of `now_us`.
    void run(const frame::BatchView& asked, int64_t now_us, State& state) const;
    // Why a row of the last batch failed.
    Status row_error(size_t row, const State& state) const;

    size_t asked_count() const { return asked_count_; }
    const std::vector<Lookup>& lookups() const { return lookups_; }
    const std::vector<LookupSource>& sources() const { return sources_; }

private:
    LookupStage() = default;
    void find(size_t index, State& state) const;
    bool is_too_old(size_t index, uint32_t row, int64_t at_us, int64_t now_us) const;
    int64_t time_at(const Lookup& lookup, size_t row, const State& state) const;
    uint32_t row_of(size_t index, size_t row, const State& state, bool& is_old) const;

    std::vector<Input> inputs_;
    std::vector<Lookup> lookups_;
    std::vector<LookupSource> sources_;
    std::vector<std::vector<size_t>> columns_;  // by look-up: columns of its table
    size_t asked_count_ = 0;
};

}  // namespace quern::score
