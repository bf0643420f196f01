// Any bytes at all as a model file.
#include <cstdlib>

#include "quern/base/status.h"
#include "quern/score/artifact.h"
#include "quern/score/describe.h"
#include "quern/score/verify.h"

#include "tests/fuzz/score_rows.h"

using namespace quern;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    auto program = score::read_artifact(std::as_bytes(std::span(data, size)));
    if (!program.ok()) return 0;
    if (score::verify(*program).ok()) score::describe(*program).clear();
    // What was read is written to the same program.
    const auto again = score::artifact_bytes(*program);
    if (again.ok()) {
        const auto copy = score::read_artifact(std::as_bytes(std::span(*again)));
        if (!copy.ok()) std::abort();
    }
    fuzz::score_rows(std::move(*program));
    return 0;
}
