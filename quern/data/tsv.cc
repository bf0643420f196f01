#include "quern/data/source_format.h"

namespace quern::data {
namespace {

Result<Staged> stage_tsv(StageRequest& request) { return stage_delimited(request, "\t"); }

QUERN_REGISTER(SourceFormat)({
    .name = "tsv",
    .summary = "Text with tabs between the fields; else as csv.",
    .example = "file: data/genes.tsv",
    .endings = {".tsv", ".tab"},
    .stage = stage_tsv,
});

}  // namespace
}  // namespace quern::data
