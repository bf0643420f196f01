// Any text at all as DuckDB's plan of the features: compiled, built into a program and run.
#include <string>

#include "quern/score/compile.h"
#include "quern/score/describe.h"
#include "quern/score/models/linear.h"

#include "tests/fuzz/score_rows.h"

using namespace quern;

namespace {

// "st" of the seeds is a look-up by "i", as of "ts".
score::LookupSpec lookup_spec() {
    score::LookupSpec spec;
    spec.lookup.name = "st";
    spec.lookup.table = "stats";
    spec.lookup.keys = {{"i", 0}};
    spec.keys = {{.name = "i", .type = frame::type_from_sql("INTEGER")}};
    spec.time = {.name = "ts", .type = frame::type_from_sql("TIMESTAMP")};
    return spec;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const score::LookupSpec spec = lookup_spec();
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto place = [](size_t) { return std::string(); };
    const auto zones = [](std::string_view name) -> Result<std::string> {
        if (name == "UTC") return std::string("0;;/////////////");
        return not_found("no such zone");
    };
    const bool looks_up = size % 2 == 0;  // so that mutations choose
    auto features = score::compile_features(text, place, zones, std::span(&spec, looks_up ? 1 : 0));
    if (!features.ok()) return 0;
    score::Program program;
    program.model_name = "fuzzed";
    program.task = score::Task::regress;
    program.target = "y";
    program.target_type = frame::type_from_sql("DOUBLE");
    program.inputs = std::move((*features).inputs);
    program.lookups = std::move((*features).lookups);
    program.expressions = std::move((*features).expressions);
    program.features = std::move((*features).features);
    program.model = score::pack(score::ConstantModel{{0.0}});
    score::describe(program).clear();
    fuzz::score_rows(std::move(program));
    return 0;
}
