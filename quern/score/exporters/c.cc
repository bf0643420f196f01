// The model as one C99 source: features, matrix, model, outputs. No allocation, no library but
// libm, constant tables, one function.
#include "quern/base/folder.h"
#include "quern/base/text.h"
#include "quern/score/exporter.h"
#include "quern/score/exporters/c_check.h"
#include "quern/score/exporters/c_source.h"

namespace quern::score::c {
namespace {

std::string header(const Program& program, const std::string& prefix,
                   const ExportOptions& options) {
    return "/* The model '" + comment(program.model_name) +
           "', exported by quern. Compile with a C99 compiler "
           "and -lm:\n *     cc -std=c99 -O2 -c " +
           comment(options.file) +
           "\n * Other sources "
           "declare it by\n *     #define " +
           prefix + "_DECLARATIONS\n *     #include \"" + comment(options.file) +
           "\"\n * Doubles are computed as written: no -ffast-math, no "
           "excess precision, no fused operations.\n * Answers equal quern's own to the bit where "
           "libm's "
           "exp and log do.\n */\n";
}

std::string meaning(const frame::Type& type) {
    switch (type.id) {
        case frame::TypeId::date:
            return "days since 1970-01-01; INT32_MAX and -INT32_MAX are the infinities";
        case frame::TypeId::time:
            return "microseconds since midnight";
        case frame::TypeId::timestamp:
            return "microseconds since 1970-01-01 00:00:00; INT64_MAX and -INT64_MAX are the "
                   "infinities";
        case frame::TypeId::timestamptz:
            return "microseconds since 1970-01-01 00:00:00 UTC";
        case frame::TypeId::decimal:
            return type_text(type) + ": times 10^" + std::to_string(type.scale);
        case frame::TypeId::varchar:
            return "UTF-8";
        default:
            return type_text(type);
    }
}

std::string declarations(const Source& source, const Numbers& numbers,
                         std::span<const Field> fields) {
    const Program& program = source.program();
    const std::string& prefix = source.prefix();
    std::string out;
    bool has_texts = false;
    for (const Input& input : program.inputs)
        has_texts = has_texts || storage_of(input.type) == Storage::text;
    if (source.is_wide())
        out +=
            "#ifndef __SIZEOF_INT128__\n#error \"this model's features need integers of 128 "
            "bits: use a 64-bit target, or cast DECIMAL and HUGEINT to DOUBLE in its features\"\n"
            "#endif\n__extension__ typedef __int128 " +
            prefix + "_wide;\n\n";
    if (has_texts || source.has_texts())
        out += "/* A text need not end with a zero byte. */\ntypedef struct " + prefix +
               "_text {\n    const char *at;\n    size_t size; /* bytes */\n} " + prefix +
               "_text;\n\n";
    out +=
        "/* A row. Set all to zero first: a value whose has_... is false is NULL. */\n"
        "typedef struct " +
        prefix + "_input {\n";
    for (size_t i = 0; i < program.inputs.size(); ++i) {
        const Input& input = program.inputs[i];
        const Storage storage = storage_of(input.type);
        const std::string type = storage == Storage::text   ? prefix + "_text"
                                 : storage == Storage::i128 ? prefix + "_wide"
                                                            : c_type(storage).name;
        out += "    " + type + " " + fields[i].value + "; /* " + comment(input.name) + ": " +
               meaning(input.type) + " */\n    bool " + fields[i].has + ";\n";
    }
    out += "    bool unused;\n} " + prefix + "_input;\n\ntypedef struct " + prefix + "_output {\n";
    const bool is_classifier = program.task == Task::classify;
    out += "    double outputs[" + std::to_string(numbers.outputs.size()) + "]; /* " +
           (is_classifier ? "the probability of each of " + prefix + "_classes"
                          : comment(program.target)) +
           " */\n    double raw[" + std::to_string(numbers.raw.size()) +
           "]; /* the model's own scores */\n";
    if (!numbers.region.empty())
        out += "    double region[" + std::to_string(numbers.region.size()) + "]; /* " +
               (is_classifier ? "1 for each class of the set that holds the truth"
                              : "low and high of the interval that holds the truth") +
               " in " + number(program.conformal.coverage) + " of all rows */\n";
    if (is_classifier) out += "    unsigned label; /* which class is predicted */\n";
    out += "} " + prefix + "_output;\n\n";
    if (is_classifier)
        out += "extern const char *const " + prefix + "_classes[" +
               std::to_string(program.classes.size()) + "];\n";
    return out +
           "/* 0, or 1 where the row's features cannot be computed: then all numbers are NaN. */\n"
           "int " +
           prefix + "_score(const " + prefix + "_input *in, " + prefix + "_output *out);\n";
}

std::string definitions(const Source& source) {
    const std::string& prefix = source.prefix();
    std::string out;
    if (source.has_texts()) out += "typedef " + prefix + "_text q_text;\n";
    if (source.is_wide())
        out += "typedef " + prefix +
               "_wide q_wide;\n__extension__ typedef unsigned __int128 q_uwide;\n"
               "#define Q_WIDE_MIN ((q_wide)((q_uwide)1 << 127))\n"
               "#define Q_WIDE_MAX ((q_wide)~((q_uwide)1 << 127))\n";
    return out;
}

// Trees of plain leaves always have a score; other models lose it where features are too large or
// infinite.
std::string lost_score(const Program& program, const Numbers& numbers) {
    if (program.model.kind == "trees" && !has_linear_leaves(numbers.trees)) return "";
    const size_t raw_count = numbers.raw.size();
    std::string is_lost;
    for (size_t i = 0; i < raw_count; ++i)
        is_lost += (i == 0 ? "" : " || ") +
                   ("out->raw[" + std::to_string(i) + "] != out->raw[" + std::to_string(i) + "]");
    return "    if (" + is_lost + ") {\n        q_fail(out);\n        return 1;\n    }\n";
}

std::string function(const Source& source, const Numbers& numbers) {
    const Program& program = source.program();
    const std::string& prefix = source.prefix();
    std::string out;
    if (program.task == Task::classify) {
        out += "\nconst char *const " + prefix + "_classes[" +
               std::to_string(program.classes.size()) + "] = {";
        for (const std::string& name : program.classes) out += "\n    " + text(name) + ",";
        out += "\n};\n";
    }
    out += "\nstatic void q_fail(" + prefix + "_output *out) {\n    size_t i;\n";
    const auto fill = [&](const char* field, size_t count) {
        if (count > 0)
            out += "    for (i = 0; i < " + std::to_string(count) + "; ++i) out->" + field +
                   "[i] = NAN;\n";
    };
    fill("outputs", numbers.outputs.size());
    fill("raw", numbers.raw.size());
    fill("region", numbers.region.size());
    if (program.task == Task::classify) out += "    out->label = 0;\n";
    std::string failed;
    for (const Feature& feature : program.features)
        failed += (failed.empty() ? "" : " | ") + ("s" + std::to_string(feature.expression));
    const std::string body = source.body();
    const std::string mark = "    /* numbers */\n";
    const size_t split = body.find(mark);
    return out + "}\n\nint " + prefix + "_score(const " + prefix + "_input *in, " + prefix +
           "_output *out) {\n" + body.substr(0, split) +
           (program.inputs.empty() ? "    (void)in;\n" : "") + "    if ((" +
           (failed.empty() ? "0" : failed) +
           ") & 2) {\n        q_fail(out);\n        return 1;\n    }\n" +
           body.substr(split + mark.size()) + lost_score(program, numbers) + "    return 0;\n}\n";
}

Result<Export> write(const Scorer& scorer, const ExportOptions& options) {
    const Program& program = scorer.program();
    std::set<std::string> taken = {"q"};  // of helpers
    const std::string prefix = identifier(program.model_name, taken);
    Source source(scorer, prefix);
    const std::vector<Field> names = fields(program);
    const Numbers numbers = TRY(lower_numbers(scorer));
    TRY(write_expressions(source, names));
    source.line("/* numbers */");
    TRY(write_numbers(source, numbers));
    Export made;
    made.bytes =
        header(program, prefix, options) + "#ifndef " + prefix + "_DECLARED\n#define " + prefix +
        "_DECLARED\n#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n\n" +
        declarations(source, numbers, names) + "#endif\n\n#ifndef " + prefix +
        "_DECLARATIONS\n#include <float.h>\n#include <math.h>\n#include <string.h>\n\n"
        "#if defined(__FAST_MATH__) || (defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0)\n"
        "#error \"compile without -ffast-math and, on x86, with -msse2 -mfpmath=sse\"\n"
        "#endif\n#if defined(__clang__)\n#pragma STDC FP_CONTRACT OFF\n"
        "#elif defined(__GNUC__) && !defined(__STRICT_ANSI__)\n"
        "#pragma GCC optimize(\"-ffp-contract=off\")\n#endif\n\n" +
        definitions(source) + source.helpers() + function(source, numbers) + "#endif\n";
    made.beside.push_back({file_stem(options.file) + "_check.c",
                           TRY(check_source(scorer, numbers, prefix, options))});
    made.refused = numbers.refused;
    made.parity = "every double is computed as quern computes it; exp and log are the platform's";
    return made;
}

}  // namespace
}  // namespace quern::score::c

namespace quern::score {

QUERN_REGISTER(Exporter)
({
    .name = "c",
    .summary = "One C99 source without allocation or libraries, and a program that checks it.",
    .example = "quern export income -o income.c",
    .ending = ".c",
    .write = c::write,
});

}  // namespace quern::score
