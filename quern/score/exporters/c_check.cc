#include "quern/score/exporters/c_check.h"

#include <cstring>

#include "quern/base/folder.h"
#include "quern/score/exporters/check_rows.h"

namespace quern::score::c {
namespace {

constexpr std::string_view kMain = R"(
static size_t different(const double *found, const uint64_t *wanted, size_t count, double *most) {
    size_t i, off = 0;
    for (i = 0; i < count; ++i) {
        double want;
        memcpy(&want, &wanted[i], sizeof(want));
        if (memcmp(&found[i], &want, sizeof(want)) == 0) continue;
        if (isnan(found[i]) && isnan(want)) continue;
        ++off;
        if (!(fabs(found[i] - want) <= *most)) *most = fabs(found[i] - want);
    }
    return off;
}

int main(void) {
    size_t i, off = 0, off_raw = 0, failed = 0;
    double most = 0, most_raw = 0;
    for (i = 0; i < ROWS; ++i) {
        MODEL_output out;
        const struct row *row = &rows[i];
        int is_failed = MODEL_score(&row->in, &out);
        size_t off_outputs = different(out.outputs, row->outputs, OUTPUTS, &most);
        off_raw += different(out.raw, row->raw, RAWS, &most_raw) > 0;
        failed += row->is_failed;
        off += off_outputs > 0 || is_failed != row->is_failed@MORE;
    }
    printf("{\"rows\": %d, \"failed\": %d, \"different\": %d, \"largest_difference\": %.17g, "
           "\"different_raw\": %d, \"largest_difference_raw\": %.17g}\n",
           ROWS, (int)failed, (int)off, most, (int)off_raw, most_raw);
    return off + off_raw == 0 ? 0 : 1;
}
)";

std::string bits_of(const double* values, size_t count) {
    std::string out = "{";
    for (size_t i = 0; i < count; ++i) {
        uint64_t bits;
        std::memcpy(&bits, &values[i], sizeof(bits));
        out += "UINT64_C(" + std::to_string(bits) + "),";
    }
    return out + (count == 0 ? "0}" : "}");
}

Constant value_at(const frame::Column& column, size_t row) {
    Constant value{column.type(), !column.is_valid(row), {}, {}};
    with_storage(storage_of(value.type), [&]<class T>(Tag<T>) {
        if constexpr (kIsText<T>) {
            if (!value.is_null) value.text = column.text(row);
        } else if (!value.is_null) {
            const T bits = column.value<T>(row);
            std::memcpy(value.bits.data(), &bits, sizeof(bits));
        }
    });
    return value;
}

std::string input_text(const Constant& value) {
    if (storage_of(value.type) != Storage::text) return constant(value);
    return "{" + text(value.text) + ", " + std::to_string(value.text.size()) + "}";
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
}

}  // namespace

Result<std::string> check_source(const Scorer& scorer, const Numbers& numbers,
                                 const std::string& prefix, const ExportOptions& options) {
    const CheckRows rows = TRY(check_rows(scorer));
    const Predictions& wanted = rows.wanted;
    const size_t raw_count = scorer.raw_count(), output_count = wanted.output_count;
    std::string out = "/* Scores rows by " + comment(options.file) +
                      " and compares every bit with what quern made of "
                      "them:\n *     cc -std=c99 -O2 " +
                      comment(file_stem(options.file)) +
                      "_check.c -lm && ./a.out\n */\n#include \"" + comment(options.file) +
                      "\"\n\n#include <stdio.h>\n\n"
                      "enum { ROWS = " +
                      std::to_string(rows.row_count()) +
                      ", OUTPUTS = " + std::to_string(output_count) +
                      ", RAWS = " + std::to_string(raw_count) +
                      " };\n\nstatic const struct row {\n    " + prefix +
                      "_input in;\n    int is_failed;\n    uint64_t outputs[OUTPUTS], raw[RAWS];\n"
                      "    unsigned label;\n} rows[ROWS] = {\n";
    for (size_t row = 0; row < rows.row_count(); ++row) {
        out += "    {{";
        for (const frame::Column& column : rows.inputs) {
            const Constant value = value_at(column, row);
            out += input_text(value) + (value.is_null ? ",false," : ",true,");
        }
        out += "false}," + std::to_string(wanted.is_failed[row]) + "," +
               bits_of(wanted.outputs.data() + row * output_count, output_count) + "," +
               bits_of(wanted.raw.data() + row * raw_count, raw_count) + "," +
               std::to_string(wanted.labels.empty() || wanted.is_failed[row] ? 0
                                                                             : wanted.labels[row]) +
               "},\n";
    }
    std::string main = std::string(kMain);
    replace_all(main, "MODEL", prefix);
    replace_all(main, "@MORE", numbers.label == UINT32_MAX ? "" : " || out.label != row->label");
    return out + "};\n" + main;
}

}  // namespace quern::score::c
