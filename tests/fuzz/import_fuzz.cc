// Any bytes at all as a model of another program.
#include <string_view>

#include "quern/score/importer.h"

#include "tests/fuzz/score_rows.h"

using namespace quern;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    auto imported = score::import_model(bytes, {});
    if (imported.ok()) fuzz::score_rows(std::move(imported->program));
    return 0;
}
