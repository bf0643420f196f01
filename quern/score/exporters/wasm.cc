// The model as a WebAssembly module, made by clang of the C export, and a page that runs it.
#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/process.h"
#include "quern/score/exporter.h"
#include "quern/score/exporters/c_source.h"
#include "quern/score/exporters/wasm_math.h"
#include "quern/score/exporters/wasm_page.h"

namespace quern::score::wasm {
namespace {

constexpr size_t kTextBytes = 1 << 16;  // of all texts of one row

// Setters by an input's position: JavaScript knows no structs.
std::string setters(const Program& program, const std::string& prefix) {
    const auto fields = c::fields(program);
    std::string nulls, numbers, wholes, texts;
    for (size_t i = 0; i < fields.size(); ++i) {
        const auto& [value, has] = fields[i];
        const Storage storage = storage_of(program.inputs[i].type);
        const std::string head = "    case " + std::to_string(i) + ": ";
        const std::string set = "q_row." + value + " = ",
                          there = "; q_row." + has + " = true; break;\n";
        nulls += head + "q_row." + has + " = false; break;\n";
        if (storage == Storage::text)
            texts += head + "q_row." + value + ".at = at; q_row." + value + ".size = size; q_row." +
                     has + " = true; break;\n";
        else if (storage == Storage::f32 || storage == Storage::f64)
            numbers += head + set + "(" + c::c_type(storage).name + ")value" + there;
        else
            wholes += head + set + "(" + c::c_type(storage).name + ")value" + there;
    }
    const auto setter = [](const char* name, const char* of, const std::string& cases) {
        return std::string("void ") + name + "(int input, " + of + ");\nvoid " + name +
               "(int input, " + of + ") {\n    switch (input) {\n" + cases +
               "    default: break;\n    }\n}\n";
    };
    std::string out = "\nstatic " + prefix + "_input q_row;\nstatic " + prefix +
                      "_output q_out;\nstatic char q_space[" + std::to_string(kTextBytes) + "];\n";
    out += setter("set_null", "int unused", "    (void)unused;\n" + nulls);
    out += setter("set_number", "double value", "    (void)value;\n" + numbers);
    out += setter("set_whole", "int64_t value", "    (void)value;\n" + wholes);
    out += setter("set_text", "const char *at, size_t size", "    (void)at; (void)size;\n" + texts);
    out +=
        "char *space(void);\nchar *space(void) { return q_space; }\n"
        "int score(void);\nint score(void) { return " +
        prefix +
        "_score(&q_row, &q_out); }\n"
        "double *outputs(void);\ndouble *outputs(void) { return q_out.outputs; }\n"
        "double *raw(void);\ndouble *raw(void) { return q_out.raw; }\n";
    return out;
}

// Whole words followed by a parenthesis.
std::string lacking_function(const std::string& source) {
    for (const std::string_view name : kLacking) {
        const std::string call = std::string(name) + "(";
        for (size_t at = 0; (at = source.find(call, at)) != std::string::npos; ++at) {
            const char before = at == 0 ? ' ' : source[at - 1];
            if (!std::isalnum(static_cast<unsigned char>(before)) && before != '_')
                return std::string(name);
        }
    }
    return "";
}

Result<std::string> compile(const std::string& source) {
    const auto folder = TRY(TemporaryFolder::create());
    const auto put = [&](const char* name, std::string_view bytes) {
        return write_file_durable(join_path(folder.path(), name), bytes);
    };
    TRY(put("math.h", "#include <stdint.h>\n" + std::string(kMathHeader)));
    TRY(put("string.h", "#include <stddef.h>\n" + std::string(kStringHeader)));
    TRY(put("model.c", source));
    std::vector<std::string> command = {"clang",
                                        "--target=wasm32",
                                        "-std=c99",
                                        "-O2",
                                        "-nostdlib",
                                        "-ffreestanding",
                                        "-mbulk-memory",
                                        "-Wno-unused-function",
                                        "-I",
                                        ".",
                                        "-Wl,--no-entry",
                                        "-Wl,--strip-all"};
    for (const char* name :
         {"set_null", "set_number", "set_whole", "set_text", "space", "score", "outputs", "raw"})
        command.push_back(std::string("-Wl,--export=") + name);
    command.insert(command.end(), {"-o", "model.wasm", "model.c"});
    constexpr const char* kHint =
        "install clang 14 or newer and lld (Debian: apt-get install clang lld)";
    constexpr int kCompileMs = 300'000;
    const auto made = run_process(command, {.folder = folder.path(), .timeout_ms = kCompileMs});
    if (!made.ok())
        return failed_precondition("a WebAssembly export is compiled by clang, which is not there")
            .hint(kHint);
    if (made->exit_code != 0)
        return failed_precondition("clang cannot make WebAssembly here: " +
                                   made->text.substr(0, made->text.find('\n')))
            .hint(kHint);
    return read_file(join_path(folder.path(), "model.wasm"));
}

Result<Export> write(const Scorer& scorer, const ExportOptions& options) {
    const Program& program = scorer.program();
    const Exporter* in_c = TRY(find_exporter("c", ""));
    Export made = TRY(in_c->write(scorer, {.file = "model.c", .dialect = ""}));
    const auto refused = [&](const std::string& what) {
        return unimplemented("model '" + program.model_name + "': WebAssembly export has no " +
                             what)
            .hint("compute it in a table under tables/ and use its column, or export to C (.c)");
    };
    if (made.bytes.find("__SIZEOF_INT128__") != std::string::npos)
        return refused(
            "integers of 128 bits, which HUGEINT, wide DECIMAL and DECIMAL times BIGINT "
            "need: cast to DOUBLE");
    if (const std::string name = lacking_function(made.bytes); !name.empty())
        return refused("function " + name);
    std::set<std::string> taken = {"q"};
    const std::string prefix = c::identifier(program.model_name, taken);
    made.bytes = TRY(compile(made.bytes + setters(program, prefix)));
    made.beside = {{file_stem(options.file) + ".html", TRY(page(scorer, made.bytes))}};
    // expf is made of exp.
    made.margin = program.link > Link::exponential ? 1e-6 : 1e-12;
    made.parity =
        "raw scores of trees are equal to the bit; exponentials and logarithms are within "
        "an ulp or two";
    return made;
}

}  // namespace
}  // namespace quern::score::wasm

namespace quern::score {

QUERN_REGISTER(Exporter)
({
    .name = "wasm",
    .summary = "A WebAssembly module, and a page that runs it in a browser; clang makes it.",
    .example = "quern export income -o income.wasm",
    .ending = ".wasm",
    .write = wasm::write,
});

}  // namespace quern::score
