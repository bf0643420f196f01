// How a source that lies in no file of the project is read, and how its rows come to those that are
// there already.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quern/base/tree.h"

namespace quern::project {

// Where rows come from that lie in no file of the project: `postgres: {...}`. What kinds there are
// and what their settings mean is judged by the registry of connectors.
struct Origin {
    Located kind;
    Tree settings;  // as written: a map, a text, or null
};

enum class LoadMode { full, append, upsert, snapshot };
enum class SchemaChange { evolve, ignore, fail };

// The column whose values grow: only rows from the highest one seen are asked for.
struct Cursor {
    Located column;
    std::string start;    // of the very first load; empty: everything
    std::string overlap;  // asked for again before it: "1 hour", or a number; empty: none
    Place place;
};

struct Freshness {
    int64_t within_us = 0;
    bool is_warning = false;
    Place place;
};

// How rows come to those that are there already.
struct Loading {
    LoadMode mode = LoadMode::full;
    std::vector<Located> key;
    std::optional<Cursor> cursor;
    bool detects_deletes = false;
    std::optional<Located> deleted;  // boolean column: true where the row is gone
    SchemaChange schema = SchemaChange::evolve;
    std::optional<int64_t> every_us;  // its source is not asked more often
    std::optional<Freshness> fresh;
    int64_t row_count_max = 0, byte_count_max = 0;  // of one load; 0: no limit
};

}  // namespace quern::project
