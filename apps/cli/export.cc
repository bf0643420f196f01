// `quern export`: a model in a form that other programs run, and a report of how near it comes.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "quern/base/file.h"
#include "quern/base/json.h"
#include "quern/base/text.h"
#include "quern/flow/model_facts.h"
#include "quern/score/exporter.h"
#include "quern/score/exporters/check_rows.h"
#include "quern/score/exporters/smaller.h"
#include "quern/store/artifacts.h"
#include "quern/store/models.h"

#include "apps/cli/command.h"
#include "apps/cli/export_check.h"
#include "apps/cli/export_loss.h"
#include "apps/cli/output.h"
#include "apps/cli/workspace.h"

namespace quern::cli {
namespace {

std::string beside(const std::string& file, const std::string& name) {
    return file.substr(0, file.rfind('/') + 1) + name;
}

// Every fact of the export, for the file FILE.parity.json and for --json.
std::string report(const store::ModelVersion& version, std::string_view form,
                   const std::string& file, const score::Export& made, const ExportCheck& check,
                   const ExportLoss* loss) {
    JsonWriter json(2);
    json.begin_object().field("model", version.model).field("version", version.version);
    json.field("artifact", version.artifact).field("form", form).field("file", file);
    json.field("size_bytes", made.bytes.size()).field("parity", made.parity);
    json.list("left_out", made.refused);
    json.key("check").begin_object();
    if (check.by.empty()) {
        json.field("not_run", check.not_run);
    } else {
        json.field("by", check.by)
            .field("rows", check.row_count)
            .field("failed", check.failed_count);
        json.field("different", check.different_count);
        json.field("largest_difference", check.largest_difference);
        json.field("largest_difference_raw", check.largest_difference_raw);
        if (check.object_size_bytes > 0) {
            json.field("object_size_bytes", check.object_size_bytes);
            json.field("stack_size_bytes", check.stack_size_bytes);
        }
    }
    json.end_object();
    if (loss != nullptr) {
        json.key("loss").begin_object().field("rows_of", loss->rows_of);
        json.field("rows", loss->row_count)
            .field("mean", loss->mean)
            .field("largest", loss->largest);
        json.field("other_labels", loss->label_count).field("leaves_before", loss->leaves_before);
        json.field("leaves", loss->leaves).end_object();
    }
    return json.end_object().take() + "\n";
}

std::string loss_text(const ExportLoss& loss) {
    const std::string what =
        loss.leaves_before == 0
            ? "weights of 8 bits"
            : with_thousands(loss.leaves) + " of " + with_thousands(loss.leaves_before) + " leaves";
    return "  smaller: " + what + "; on " + plural(loss.row_count, "row") + " of " + loss.rows_of +
           " outputs move by " + json_number(loss.mean) + " on average and " +
           json_number(loss.largest) + " at most, " + plural(loss.label_count, "label") +
           " changed\n";
}

Result<score::SmallerOptions> smaller_options(const Invocation& invocation) {
    score::SmallerOptions options{.quantizes = invocation.has("quantize")};
    if (!invocation.has("prune")) return options;
    const std::string text = invocation.text("prune");
    const auto [end, fault] =
        std::from_chars(text.data(), text.data() + text.size(), options.prune);
    const bool is_number = fault == std::errc() && end == text.data() + text.size();
    if (!is_number || !(options.prune > 0) || !std::isfinite(options.prune))
        return invalid_argument("--prune must be a number above 0, got '" + text + "'")
            .hint("it is how far a leaf may lie from the mean that replaces it: --prune 0.01");
    return options;
}

// NaN is not near.
bool is_near(const ExportCheck& check, double margin) {
    if (margin == 0) return check.different_count == 0;
    return check.largest_difference <= margin && check.largest_difference_raw <= margin;
}

std::string check_text(const ExportCheck& check) {
    if (check.by.empty()) return "  not run here: " + check.not_run + "\n";
    std::string text = "  " + plural(check.row_count, "row") + " scored by " + check.by + ": " +
                       (check.different_count == 0
                            ? "every bit equal"
                            : plural(check.different_count, "row") + " differ, by at most " +
                                  json_number(check.largest_difference)) +
                       "\n";
    if (check.object_size_bytes > 0)
        text += "  object " + size_text(static_cast<uint64_t>(check.object_size_bytes)) +
                ", stack " + size_text(static_cast<uint64_t>(check.stack_size_bytes)) + "\n";
    return text;
}

Result<int> export_model(const Invocation& invocation) {
    auto workspace = TRY(open_workspace(invocation));
    const std::string output = invocation.text("output");
    const auto* exporter = TRY(score::find_exporter(invocation.text("to"), output));
    const auto name = TRY(store::parse_model_name(invocation.text("MODEL")));
    const auto version = TRY(store::Models(*workspace.store).find(name));
    const auto path = store::artifact_path(workspace.store->layout(), version.artifact);
    const auto original = TRY(score::Scorer::open(path));
    const auto smaller = TRY(smaller_options(invocation));
    score::Program program = TRY(score::make_smaller(original.program(), smaller));
    const auto scorer = TRY(score::Scorer::build(std::move(program)));
    const std::string file = output.substr(output.rfind('/') + 1);
    const score::ExportOptions options{.file = file, .dialect = invocation.text("dialect")};
    const score::Export made = TRY(exporter->write(scorer, options));
    TRY(write_file_durable(output, made.bytes));
    for (const score::ExportFile& more : made.beside)
        TRY(write_file_durable(beside(output, more.name), more.bytes));
    if (invocation.has("rows")) {
        const auto rows = TRY(score::check_rows(scorer));
        TRY(write_file_durable(invocation.text("rows"), score::check_rows_json(scorer, rows)));
    }
    std::string shown = name.model + " v" + std::to_string(version.version) + " as " +
                        std::string(exporter->name) + ": " + output + ", " +
                        std::to_string(made.bytes.size()) + " bytes\n";
    std::string facts;
    int exit_code = 0;
    std::optional<ExportLoss> loss;
    if (smaller.changes()) {
        loss =
            TRY(measure_loss(workspace, flow::model_facts(version.metrics).from, original, scorer));
        shown += loss_text(*loss);
    }
    if (exporter->name != "artifact") {
        const ExportCheck check = TRY(check_export(exporter->name, output, scorer, options));
        if (!is_near(check, made.margin)) exit_code = kCheckFailed;
        facts = report(version, exporter->name, output, made, check, loss ? &*loss : nullptr);
        TRY(write_file_durable(output + ".parity.json", facts));
        for (const std::string& part : made.refused) shown += "  left out: " + part + "\n";
        shown += check_text(check);
    }
    if (facts.empty()) {
        JsonWriter json;
        json.begin_object().field("model", name.model).field("version", version.version);
        json.field("form", exporter->name).field("file", output);
        facts = json.field("size_bytes", made.bytes.size()).end_object().take() + "\n";
    }
    TRY(print(invocation.is_json ? facts : shown));
    return exit_code;
}

}  // namespace

QUERN_REGISTER(Command)
({
    .name = "export",
    .summary = "Write a model in a form that other programs run",
    .example = "quern export income -o income.qn",
    .arguments = {{.name = "MODEL", .doc = "its name, or name@3, or name@previous"}},
    .options = {{.name = "-o,--output",
                 .value_name = "FILE",
                 .doc = "where to write; the ending says how",
                 .is_required = true},
                {.name = "--to",
                 .value_name = "FORM",
                 .doc = "the form, whatever the ending; see `quern reference`"},
                {.name = "--dialect",
                 .value_name = "NAME",
                 .doc = "of SQL: duckdb (default) or postgresql"},
                {.name = "--quantize",
                 .value_name = "",
                 .doc =
                     "leaf values in 16 bits, thresholds as floats, a network's weights in 8 bits; "
                     "the loss is told"},
                {.name = "--prune",
                 .value_name = "NUMBER",
                 .doc = "join branches whose leaves lie so near to their mean; the loss is told"},
                {.name = "--rows",
                 .value_name = "FILE",
                 .doc = "write rows to check the export on, with their scores: JSON, one a line"}},
    .run = export_model,
});

}  // namespace quern::cli
