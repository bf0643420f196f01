#include "quern/data/source_format.h"

namespace quern::data {
namespace {

Result<Staged> stage_csv(StageRequest& request) { return stage_delimited(request, ""); }

QUERN_REGISTER(SourceFormat)({
    .name = "csv",
    .summary = "Text with a delimiter (comma, semicolon, tab or bar; found by reading), quotes as "
               "in RFC 4180, a header or `names:`. Types are found by reading.",
    .example = "file: data/orders/*.csv.gz",
    .endings = {".csv", ".txt", ".dat", ".data"},
    .stage = stage_csv,
});

}  // namespace
}  // namespace quern::data
