#include "quern/score/artifact.h"

#include "quern/score/exporter.h"

namespace quern::score {

QUERN_REGISTER(Exporter)
({
    .name = "artifact",
    .summary = "The model's own file, for `libquern_score.so` and other quern projects.",
    .example = "quern export income -o income.qn",
    .ending = ".qn",
    .write = [](const Scorer& scorer, const ExportOptions&) -> Result<Export> {
        return Export{TRY(artifact_bytes(scorer.program())), {}, {}, 0, "the same program"};
    },
});

}  // namespace quern::score
