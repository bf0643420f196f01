// A source: where rows come from and how they are written there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quern/base/tree.h"
#include "quern/project/loading.h"

namespace quern::project {

struct SourceColumn {
    std::string name;
    std::string type;  // SQL's name for it; empty: found by reading
    bool is_nullable = true;
    bool is_personal = false;  // `pii: true`
    std::string description;
    Place place;
};

struct Source {
    std::string name;
    Place place;
    std::string description;
    std::vector<Located> files;    // paths and globs as written, relative to the project's root
    std::optional<Origin> origin;  // instead of files
    Loading loading;
    std::string format;       // a SourceFormat's name; empty: by the file's ending
    std::string compression;  // none gzip zstd; empty: by the file's ending
    std::string encoding = "utf-8";
    std::string delimiter;           // empty: found by reading
    std::string quote = "\"";        // empty: no quoting
    std::string escape = "\"";       // before a quote inside quotes
    std::string comment;             // lines that begin with it are skipped; empty: none
    std::optional<bool> has_header;  // absent: found by reading
    int64_t skip_lines = 0;
    std::string sheet;               // of a spreadsheet; empty: the first that is shown
    int64_t header_rows = 0;         // of a spreadsheet; 0: found by reading
    std::vector<std::string> names;  // of the columns, for files without a header
    std::vector<std::string> null_values = {""};
    std::string date_format, timestamp_format;  // strptime's letters; empty: ISO 8601
    std::string decimal_separator = ".";
    bool fails_on_bad_row = false;  // else quarantined
    Located pattern;                // of the lines of a log: a regular expression
    int64_t line_bytes_max = 16 << 20;
    int64_t sample_rows = 1'000'000;    // read to find types
    std::vector<SourceColumn> columns;  // as written; further ones are found by reading
};

}  // namespace quern::project
