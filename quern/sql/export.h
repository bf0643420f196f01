// The rows of a query as a file or a stream.
#pragma once

#include <string>
#include <string_view>

#include "quern/frame/row_text.h"
#include "quern/sql/session.h"

namespace quern::sql {

// By the ending: .csv .tsv .json .ndjson .jsonl .parquet, the texts also with .gz or .zst behind.
// The file is whole or as it was before. Gives the number of rows.
Result<int64_t> export_query(Session& session, std::string_view sql, const std::string& path,
                             const PlaceOf& place = {});

// To standard output, a socket: rows as they come.
Result<int64_t> stream_query(Session& session, std::string_view sql, frame::RowFormat format,
                             const frame::RowWriter::Sink& sink, const PlaceOf& place = {});

}  // namespace quern::sql
