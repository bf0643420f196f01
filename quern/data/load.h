// Sources: what a source's files hold, and loading them. After a load, loaded + quarantined ==
// read, or the load has failed and changed nothing that was published.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "quern/base/status.h"
#include "quern/data/quarantine.h"
#include "quern/data/record_scanner.h"
#include "quern/data/source_files.h"
#include "quern/frame/type.h"
#include "quern/project/project.h"

namespace quern::sql {
class Session;
}

namespace quern::data {

// A source as its table will be.
struct SourceShape {
    frame::Schema columns;
    std::string date_format, timestamp_format;  // as declared or found; empty: ISO 8601
    std::vector<std::string> notes;             // renamed columns, types kept as text, ...
    // Texts that look like numbers with a decimal comma, where the source declares none.
    std::vector<std::string> comma_columns;
    std::map<std::string, RecordCounts> counts;  // by path, of files that were seen to their end
};

// Looks at the first rows only (`sample_rows`, 64 MB a file). load_source() gives the same columns
// and types, because it finds them in the same way.
Result<SourceShape> describe_source(sql::Session& session, const std::string& root,
                                    const project::Source& source);

struct LoadReport {
    int64_t rows_read = 0, rows_loaded = 0, rows_quarantined = 0;
    std::vector<FileVersion> files;
    frame::Schema columns;
    std::vector<std::string> notes;
    std::vector<std::string> comma_columns;  // as SourceShape has them
    std::string first_reason;                // of the first quarantined row: "data/x.csv:7: ..."
};

struct LoadTarget {
    std::string table;       // quoted, made anew: quern_data."orders__3f2a..."
    std::string quarantine;  // quoted; replaced once all files are read, also when
                             // the rows are then refused: (file, line, reason, raw)
    // What describe_source() found in the same version of the files; null: it is found again.
    const SourceShape* shape = nullptr;
    // Called with the columns found, before any row is put in, to say those of the table. A load
    // with it may find bad rows only: then there is no table.
    std::function<Status(SourceShape& shape)> settle = {};
    // As StageRequest has it.
    const frame::Schema* settled = nullptr;
    // Of a line of the only file; quarantined rows are told by it.
    OriginOf origin_of = {};
};

// Refused: a file that cannot be read as a whole, one that changes meanwhile, a source none of
// whose rows fits, and any bad row where the source says `on_bad_row: fail`.
Result<LoadReport> load_source(sql::Session& session, const std::string& root,
                               const project::Source& source, const LoadTarget& target,
                               const HashLookup& known = {});

}  // namespace quern::data
