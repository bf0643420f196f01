#include "tests/bench/score_export.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/process.h"
#include "quern/score/exporter.h"

namespace {

using namespace quern;

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "score_export: %s\n", what.c_str());
    std::exit(1);
}

score::Program program_of(const score::Trees& trees, size_t column_count) {
    score::Program program;
    program.model_name = "bench";
    program.task = score::Task::regress;
    program.target = "y";
    program.target_type = frame::type_from_sql("DOUBLE");
    for (uint32_t i = 0; i < column_count; ++i) {
        const std::string name = "x" + std::to_string(i);
        score::Input input;
        input.name = name;
        input.type = program.target_type;
        program.inputs.push_back(std::move(input));
        score::Expression expression;
        expression.type = program.target_type;
        expression.input = i;
        program.expressions.push_back(std::move(expression));
        program.features.push_back({name, i});
        program.encoders.push_back({.kind = "numeric", .feature = i, .learned = {}});
    }
    program.model = pack(trees);
    return program;
}

std::string run(const std::vector<std::string>& command) {
    const auto done = run_process(command, {.folder = "", .timeout_ms = 600'000});
    if (!done.ok()) fail(done.status().text());
    if (done->exit_code != 0) fail(command[0] + ": " + done->text);
    return done->text;
}

}  // namespace

CompiledExport::CompiledExport(const score::Trees& trees, size_t column_count)
    : inputs_((column_count + 1) * sizeof(Value), '\0'), column_count_(column_count) {
    const auto scorer = score::Scorer::build(program_of(trees, column_count));
    if (!scorer.ok()) fail(scorer.status().text());
    const auto made =
        (*score::find_exporter("c", ""))->write(*scorer, {.file = "bench.c", .dialect = ""});
    if (!made.ok()) fail(made.status().text());
    const auto folder = TemporaryFolder::create();
    if (!folder.ok()) fail(folder.status().text());
    const std::string source = join_path(folder->path(), "bench.c");
    const std::string object = join_path(folder->path(), "bench.o");
    const std::string library = join_path(folder->path(), "bench.so");
    if (!write_file_durable(source, made->bytes).ok()) fail("cannot write " + source);
    run({"gcc", "-std=c99", "-O2", "-fPIC", "-c", source, "-o", object});
    run({"gcc", "-shared", object, "-o", library, "-lm"});
    const std::string sizes = run({"size", object});
    char* at = nullptr;
    object_size_bytes_ = std::strtol(sizes.c_str() + sizes.find('\n'), &at, 10);
    object_size_bytes_ += std::strtol(at, nullptr, 10);
    void* loaded = dlopen(library.c_str(), RTLD_NOW);
    if (loaded == nullptr) fail(dlerror());
    score_ = reinterpret_cast<int (*)(const Value*, Output*)>(dlsym(loaded, "bench_score"));
    if (score_ == nullptr) fail("the library has no bench_score");
}

double CompiledExport::score(const double* row) {
    auto* values = reinterpret_cast<Value*>(inputs_.data());
    for (size_t i = 0; i < column_count_; ++i) values[i] = {row[i], true};
    Output output;
    score_(values, &output);
    return output.outputs[0];
}
