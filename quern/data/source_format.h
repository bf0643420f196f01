// A kind of data file. Each is one file of this folder that registers itself.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/registry.h"
#include "quern/base/status.h"
#include "quern/data/record_scanner.h"
#include "quern/frame/type.h"
#include "quern/project/project.h"

namespace quern::sql {
class Session;
}

namespace quern::data {

class Quarantine;

// A file made ready: a relation whose rows are sound, and how many it must yield. The count is made
// without DuckDB, so a row that gets lost on the way is seen.
struct Staged {
    std::string name;           // of the file, as messages show it
    std::string from_sql = {};  // what stands after FROM; yields `relation`
    frame::Schema relation = {};
    frame::Schema schema = {};  // the same columns with the types the values have
    std::string date_format = {}, timestamp_format = {};  // as found; empty: ISO 8601
    std::vector<std::string> comma_columns = {};          // texts like "13,2" throughout
    int64_t row_count = 0;
    int64_t rejected_count = 0;  // rows kept out before, because they have no sound structure
    std::optional<RecordCounts> counts = {};  // when the file was gone through to its end

    struct Origin {
        int64_t line = 0;  // 0: rows of this format have no lines
        std::string raw;
    };
    // Where the rows with these numbers (from 1, ascending) stand in the file.
    std::function<Result<std::vector<Origin>>(const std::vector<int64_t>& row_numbers)> locate = {};
};

struct StageRequest {
    sql::Session& session;
    const project::Source& source;
    std::string path;                  // to open
    std::string name;                  // to show
    std::string folder;                // for temporary files, which must live as long as the Staged
    bool is_sample = false;            // only as many rows as types are found from
    bool finds_types = true;           // else `schema` may equal `relation`
    bool wants_copy = false;           // of the sound rows, even if the file looks fine to us
    Quarantine* quarantine = nullptr;  // takes unsound rows; null when only looking
    // Of lines that we wrote ourselves: the columns as they are so far; null for others' files.
    const frame::Schema* settled = nullptr;
    const RecordCounts* known = nullptr;  // of the same version of the file
    std::vector<std::string>& notes;
};

struct SourceFormat {
    static constexpr std::string_view kind = "source format";
    std::string_view name, summary, example;
    std::vector<std::string_view> endings;  // ".csv", before .gz and .zst; none: it must be said
    Result<Staged> (*stage)(StageRequest& request);
};

// By `format:` of the source, else by the file's ending.
Result<const SourceFormat*> format_of(const project::Source& source, const std::string& file);

// Where to write what a file needs said: in the source, or on the command line that names the file.
std::string encoding_hint(const project::Source& source, const std::string& encoding);

// The source says the type of each of these columns, so none needs to be found.
bool declares_all(const project::Source& source, const std::vector<std::string>& names);

// What csv and tsv share; `delimiter` is "" where it is to be found.
Result<Staged> stage_delimited(StageRequest& request, const std::string& delimiter);
// What json and ndjson share: one JSON object on each line of the file at `path`.
struct JsonLines {
    std::string path;
    std::vector<int64_t> lines;  // of each record in the user's file; empty: its own line
};
Result<Staged> stage_json_lines(StageRequest& request, JsonLines lines);

}  // namespace quern::data
