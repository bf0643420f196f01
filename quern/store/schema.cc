#include "quern/store/schema.h"

#include <span>

namespace quern::store {
namespace {

// Element i brings a file from version i to i + 1. Never edit one that was released: add one.
constexpr const char* kMigrations[] = {R"sql(
create table meta (name text primary key, value text not null) strict;

create table runs (
    id integer primary key autoincrement,
    command text not null,
    engine text not null,
    pid integer not null,
    state text not null,             -- running, done, failed, cancelled, killed
    started_ms integer not null,
    finished_ms integer,
    message text not null default ''
) strict;

create table node_runs (
    id integer primary key autoincrement,
    run integer not null references runs (id),
    node text not null,              -- kind:name
    fingerprint text not null,
    state text not null,             -- running, done, failed, skipped, cancelled, killed
    started_ms integer not null,
    finished_ms integer,
    row_count integer,
    message text not null default ''
) strict;
create index node_runs_of_node on node_runs (node, id);

create table published (
    node text primary key,           -- kind:name
    version integer not null,
    fingerprint text not null,
    parts text not null,             -- JSON: what the fingerprint was made of
    physical text not null,          -- table in the warehouse, or version of a model
    row_count integer not null,
    facts text not null,             -- JSON: shown by `quern show`
    seconds real not null,
    published_ms integer not null,
    previous_version integer,
    previous_fingerprint text,
    previous_parts text,
    previous_physical text,
    previous_row_count integer,
    held_fingerprint text            -- rolled back from this one: not published again
) strict;

create table model_versions (
    model text not null,
    version integer not null,
    artifact text not null,          -- sha256 of the file
    fingerprint text not null,
    metrics text not null,           -- JSON
    gates_passed integer not null,
    run integer,
    created_ms integer not null,
    primary key (model, version),
    unique (model, fingerprint)
) strict;

create table aliases (
    model text not null,
    alias text not null,             -- champion, previous
    version integer not null,
    changed_ms integer not null,
    primary key (model, alias),
    foreign key (model, version) references model_versions (model, version)
) strict;

create table tokens (
    id text primary key,
    hash text not null unique,       -- HMAC-SHA-256 under the server's key
    role text not null,
    created_ms integer not null,
    revoked_ms integer
) strict;

create table file_hashes (
    path text primary key,
    size_bytes integer not null,
    modified_ns integer not null,
    sha256 text not null
) strict;

create table check_results (
    run integer not null references runs (id),
    node text not null,
    check_name text not null,
    column_name text not null,
    severity text not null,
    state text not null,             -- passed, warned, failed
    failing_count integer not null,
    row_count integer not null,
    message text not null,
    checked_ms integer not null
) strict;
create index check_results_of_node on check_results (node, run);

create table parsed_sql (
    text_hash text primary key,      -- of the text and the engine's version
    facts text not null,             -- JSON
    used_ms integer not null
) strict;
)sql",
                                       R"sql(
alter table published add column previous_facts text;
)sql",
                                       R"sql(
create table landed_sources (
    source text primary key,
    identity text not null,          -- hash of where its rows come from and how
    pull integer not null,           -- whose batches count
    position text not null,          -- in the connector's words: where the next pull goes on
    watermark text not null,         -- highest value of the cursor column
    columns text not null,           -- JSON: names and types
    pulled_ms integer not null,
    is_kept integer not null         -- also when the source is gone: nobody can give it again
) strict;

create table landed_batches (
    source text not null,
    id integer not null,             -- grows with each batch of a source
    pull integer not null,
    kind integer not null,           -- 0 rows, 1 deletes, 2 bad rows
    version text not null,
    file text not null,              -- below landing/; batches that were merged share one
    row_count integer not null,
    size_bytes integer not null,
    columns text not null,           -- JSON: names and types
    landed_ms integer not null,
    primary key (source, id)
) strict;
)sql"};

Result<int64_t> pragma_value(Database& database, const std::string& name) {
    const auto rows = TRY(database.rows("pragma " + name));
    return rows.empty() ? 0 : rows[0].integer(0);
}

}  // namespace

int64_t schema_version() { return static_cast<int64_t>(std::size(kMigrations)); }

Status migrate(Database& database) {
    const int64_t known = schema_version();
    if (TRY(pragma_value(database, "user_version")) == known &&
        TRY(pragma_value(database, "application_id")) == kApplicationId) {
        return {};
    }
    return database.transaction([&]() -> Status {
        const int64_t found = TRY(pragma_value(database, "user_version"));
        const int64_t application = TRY(pragma_value(database, "application_id"));
        const auto tables = TRY(database.rows("select count(*) from sqlite_master"));
        if (application != kApplicationId && tables[0].integer(0) > 0) {
            return failed_precondition(database.path() + " was not made by quern");
        }
        if (found > known) {
            return failed_precondition(database.path() + " has format " + std::to_string(found) +
                                       "; this quern knows formats up to " + std::to_string(known))
                .hint("use the newer quern that wrote it");
        }
        for (int64_t version = found; version < known; ++version) {
            TRY(database.run_script(kMigrations[version]));
        }
        return database.run_script("pragma application_id = " + std::to_string(kApplicationId) +
                                   "; pragma user_version = " + std::to_string(known));
    });
}

}  // namespace quern::store
