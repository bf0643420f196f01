#include "quern/data/plain_file.h"
#include "quern/data/source_format.h"

namespace quern::data {
namespace {

Result<Staged> stage_ndjson(StageRequest& request) {
    const project::Source& source = request.source;
    const auto plain =
        TRY(plain_file(request.path, request.name, request.folder,
                       {.compression = source.compression, .encoding = source.encoding}));
    return stage_json_lines(request, {plain.path, {}});
}

QUERN_REGISTER(SourceFormat)({
    .name = "ndjson",
    .summary = "One JSON object on each line; a broken line is quarantined. Types are found by "
               "reading, nested values become structs and lists.",
    .example = "file: logs/*.ndjson",
    .endings = {".ndjson", ".jsonl"},
    .stage = stage_ndjson,
});

}  // namespace
}  // namespace quern::data
