// A kind of place that rows come from and that is no file of the project: a database, an API, a
// stream. Each is one file of `connectors/` that registers itself.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/params.h"
#include "quern/base/registry.h"
#include "quern/base/status.h"
#include "quern/data/quarantine.h"
#include "quern/frame/type.h"
#include "quern/project/project.h"

namespace quern::sql {
class Session;
}

namespace quern::data {

// All that a connection may use; it lives as long as the connection.
struct ConnectRequest {
    // A DuckDB of its own in memory, which nothing of the project lies in. Extensions are loaded
    // here only.
    sql::Session& session;
    const project::Source& source;
    std::string root;      // of the project; paths are relative to it
    const Tree& settings;  // a map with the connector's own params; secrets are filled in
    std::string folder;    // for temporary files
    const std::atomic<bool>* cancel = nullptr;
    std::vector<std::string> secrets = {};  // what was filled in: never to be written anywhere
    // Hosts that the project may talk to; none: those that the source itself names.
    std::optional<std::vector<std::string>> egress = {};
    bool is_sample = false;  // only the first rows are wanted
};

// One batch of rows: either a relation or files.
struct Pulled {
    // What stands after FROM in the session. The columns wanted and the condition on the cursor
    // column are put around it, so it should push both down. It holds all rows there are.
    std::string from_sql = {};
    // Names of files in the request's folder, of a registered SourceFormat: typed and judged as the
    // project's own files are.
    std::vector<std::string> files = {};
    std::string format = {};
    // Of columns in the files whose types are known; the others are found by reading.
    frame::Schema columns = {};
    bool is_spool = false;  // the files are those of a Spool: lines of JSON, none of them odd
    // Where a line of the only file comes from.
    OriginOf origin_of = {};
    // Where the next pull goes on, in the connector's own words. It is kept in one transaction with
    // the batch.
    std::string position = {};
    bool has_more = false;  // pull again at once
};

// Which rows of a relation are wanted, by the values of one of its columns as text; an empty one is
// no limit, and without a column all rows are.
struct CursorBounds {
    std::string column, from, to;  // from <= value < to
};

class Connection {
public:
    virtual ~Connection() = default;
    // `position`: what came with the last batch that landed; empty at the very beginning.
    virtual Result<Pulled> pull(const std::string& position) = 0;
    // The relation that is read in place of `from_sql`, right before it is. Rows outside of the
    // bounds may be in it, and are left out later; columns and their types are the same.
    virtual Result<std::string> narrowed(const std::string& from_sql,
                                         const CursorBounds& /*bounds*/) {
        return from_sql;
    }
    // What went wrong while its rows were read, in words that help.
    virtual Status explained(Status status) const { return status; }
    // The batch has landed for good: brokers may be told.
    virtual Status landed(const std::string& /*position*/) { return {}; }
};

struct Connector {
    static constexpr std::string_view kind = "kind of source";
    std::string_view name, summary, example;  // the example is a whole source in YAML
    std::vector<Param> params;
    std::string_view short_for;             // the setting that a plain text stands for
    std::vector<std::string_view> secrets;  // settings that are never written down as they are
    // Settings that say which rows come: when one changes, loading begins anew. Empty: all but the
    // secrets.
    std::vector<std::string_view> identity;
    bool is_stream = false;  // what was read may be gone from its source
    Result<std::unique_ptr<Connection>> (*connect)(const ConnectRequest& request);
};

// The connector of a source with its settings as a map, checked, secrets not yet filled in.
struct Connecting {
    const Connector* connector = nullptr;
    Tree settings;
};
Result<Connecting> connecting(const project::Source& source);

// Where its rows come from and how they are kept, in short: loading begins anew when it changes.
Result<std::string> landed_identity(const project::Source& source);

// What people read of it, as Markdown: meaning, example, settings.
std::string page_of(const Connector& connector);

// The settings as a struct with `params()`, as each connector reads them.
template <class P>
Result<P> settings_of(const ConnectRequest& request) {
    return parse_params<P>(request.settings, request.source.origin->kind.text);
}

}  // namespace quern::data
