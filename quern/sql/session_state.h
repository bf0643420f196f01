// What is behind Database, Session and Reader.
#pragma once

#include "quern/sql/duckdb_error.h"
#include "quern/sql/duckdb_handle.h"
#include "quern/sql/session.h"

namespace quern::sql {

struct Database::State {
    OwnedDatabase handle;
    std::string path, search_folder;
};

struct Session::State {
    std::shared_ptr<Database::State> database;  // destroyed after the connection
    OwnedConnection connection;
};

struct Reader::State {
    OwnedStatement statement;
    OwnedResult result;
    OwnedChunk chunk;
    frame::Schema schema;
    std::vector<std::vector<std::string_view>> texts;
    std::string sql;  // as it was asked
    PlaceOf place;
    size_t shift_bytes = 0;  // how far the SQL that runs moved it

    SqlOrigin origin() const { return {sql, &place, shift_bytes}; }
};

}  // namespace quern::sql
