// Any text at all as DuckDB's plan of the features: compiled, built into a program and run.
#include <string>

#include "quern/score/compile.h"
#include "quern/score/describe.h"
#include "quern/score/models/linear.h"

#include "tests/fuzz/score_null_row.h"

using namespace quern;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    auto features = score::compile_features(text, [](size_t) { return std::string(); });
    if (!features.ok()) return 0;
    score::Program program;
    program.model_name = "fuzzed";
    program.task = score::Task::regress;
    program.target = "y";
    program.target_type = frame::type_from_sql("DOUBLE");
    program.inputs = std::move((*features).inputs);
    program.expressions = std::move((*features).expressions);
    program.features = std::move((*features).features);
    program.model = score::pack(score::ConstantModel{{0.0}});
    score::describe(program).clear();
    fuzz::score_null_row(std::move(program));
    return 0;
}
