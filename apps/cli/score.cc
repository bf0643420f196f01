// `quern score`: predictions for the rows of a file.

#include "quern/base/json.h"
#include "quern/base/text.h"
#include "quern/flow/score_file.h"
#include "quern/frame/display_width.h"

#include "apps/cli/command.h"
#include "apps/cli/output.h"
#include "apps/cli/workspace.h"

namespace quern::cli {
namespace {

constexpr size_t kClassesTold = 8;

std::string report_json(const flow::ScoreFileReport& report, const std::string& output) {
    JsonWriter json(2);
    json.begin_object().field("model", report.model).field("version", report.version);
    json.field("rows", report.row_count).field("bad_rows", report.bad_row_count);
    json.field("imputed_rows", report.imputed_row_count);
    json.field("output", output).field("seconds", report.seconds);
    json.key("predictions").begin_object();
    for (const auto& [name, count] : report.predictions) json.field(name, count);
    json.end_object().list("problems", report.bad_rows).list("notes", report.notes);
    json.field("missing_mark", report.missing_mark);
    return json.end_object().take() + "\n";
}

std::string report_text(const flow::ScoreFileReport& report, const std::string& output) {
    std::string text = "Scored " + plural(report.row_count, "row") + " with " + report.model +
                       " v" + std::to_string(report.version) + " in " +
                       duration_text(report.seconds) + "; wrote " + output + "\n";
    std::string classes;
    for (size_t i = 0; i < report.predictions.size() && i < kClassesTold; ++i) {
        const auto& [name, count] = report.predictions[i];
        classes += (classes.empty() ? "  " : ", ") + name + ": " + with_thousands(count);
    }
    if (!classes.empty()) text += classes + "\n";
    if (report.imputed_row_count > 0) {
        text += plural(report.imputed_row_count, "row") +
                " with imputed values, named in the column imputed\n";
    }
    if (report.bad_row_count > 0) {
        text += plural(report.bad_row_count, "row") + " without a prediction";
        if (!report.missing_mark.empty()) {
            text += " (if '" + report.missing_mark + "' means missing: --null '" +
                    report.missing_mark + "')";
        }
        text += ":\n";
    }
    for (const auto& row : report.bad_rows) text += "  " + frame::printable(row) + "\n";
    for (const auto& note : report.notes) text += frame::printable(note) + "\n";
    return text;
}

Result<bool> is_yes(const std::string& text) {
    if (text == "yes" || text == "no") return text == "yes";
    return invalid_argument("--header is yes or no, not '" + text + "'");
}

Result<int> score(const Invocation& invocation) {
    auto workspace = TRY(open_workspace(invocation));
    flow::ScoreFileRequest request;
    request.model = invocation.text("MODEL");
    request.file = invocation.text("FILE");
    request.output = invocation.text("output");
    if (invocation.has("null")) request.null_values.push_back(invocation.text("null"));
    request.names = invocation.comma_list("names");
    request.encoding = invocation.text("encoding");
    if (invocation.has("header")) request.has_header = TRY(is_yes(invocation.text("header")));
    request.is_explained = invocation.has("explain");
    request.has_interactions = invocation.has("interactions");
    const auto report = TRY(flow::score_file(workspace, request));
    TRY(print(invocation.is_json ? report_json(report, request.output)
                                 : report_text(report, request.output)));
    return 0;
}

}  // namespace

QUERN_REGISTER(Command)
({
    .name = "score",
    .summary = "Predict for the rows of a file",
    .example = "quern score income people.csv -o scores.csv",
    .arguments = {{.name = "MODEL", .doc = "its name, or name@3, or name@previous"},
                  {.name = "FILE", .doc = "csv, tsv, json, ndjson or parquet; .gz and .zst too"}},
    .options = {{.name = "-o,--output",
                 .value_name = "FILE",
                 .doc = "where to write; the ending says how",
                 .is_required = true},
                {.name = "--null",
                 .value_name = "TEXT",
                 .doc = "a text that reads as missing, beside the empty one"},
                {.name = "--explain",
                 .doc = "also write what each feature added to the score, and base_score"},
                {.name = "--interactions",
                 .doc = "also write what each two features added together, beyond each alone"},
                {.name = "--names",
                 .value_name = "LIST",
                 .doc = "of the columns, for a file without a header: a,b,c"},
                {.name = "--header",
                 .value_name = "yes|no",
                 .doc = "whether the file has one; without this it is found by reading"},
                {.name = "--encoding",
                 .value_name = "NAME",
                 .doc = "of the file, if it is not UTF-8: latin-1, utf-16"}},
    .run = score,
});

}  // namespace quern::cli
