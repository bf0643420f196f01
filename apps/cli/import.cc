// `quern import`: a model of another program becomes one of this project.

#include <charconv>
#include <cmath>

#include "quern/base/json.h"
#include "quern/base/text.h"
#include "quern/flow/import_model.h"

#include "apps/cli/command.h"
#include "apps/cli/output.h"
#include "apps/cli/workspace.h"

namespace quern::cli {
namespace {

std::string report_json(const flow::ImportReport& report, const flow::ImportRequest& request) {
    JsonWriter json(2);
    json.begin_object().field("model", request.name).field("version", report.version);
    json.field("file", request.file).field("source", report.source);
    json.field("contents", report.model_text).field("features", report.feature_count);
    json.field("classes", report.class_count);
    json.key("check").begin_object().field("rows", report.row_count);
    json.field("largest_difference", report.largest_difference).end_object();
    return json.list("notes", report.notes).end_object().take() + "\n";
}

std::string report_text(const flow::ImportReport& report, const flow::ImportRequest& request) {
    std::string text = request.name + " v" + std::to_string(report.version) + ": " + report.source +
                       "; " + report.model_text + ", " +
                       plural(static_cast<int64_t>(report.feature_count), "feature") + "\n";
    for (const auto& note : report.notes) text += "  note: " + note + "\n";
    if (report.row_count == 0)
        return text + "  its scores were not checked; do it with --rows FILE --expect COLUMN\n";
    return text + "  scores of " + plural(report.row_count, "row") + " checked: " +
           (report.largest_difference == 0
                ? "all equal"
                : "at most " + json_number(report.largest_difference) + " apart") +
           "\n";
}

Result<double> margin_of(const Invocation& invocation, double fallback) {
    if (!invocation.has("margin")) return fallback;
    const std::string text = invocation.text("margin");
    double margin = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), margin);
    if (fault == std::errc() && end == text.data() + text.size() && margin >= 0 &&
        std::isfinite(margin))
        return margin;
    return invalid_argument("--margin must be a number from 0 on, got '" + text + "'");
}

Result<int> import(const Invocation& invocation) {
    if (const std::string what = invocation.text("WHAT"); what != "model")
        return invalid_argument("'" + what + "' cannot be imported")
            .hint("models can: quern import model FILE --as NAME");
    auto workspace = TRY(open_workspace(invocation));
    flow::ImportRequest request;
    request.file = invocation.text("FILE");
    request.name = invocation.text("as");
    request.options.format = invocation.text("from");
    request.options.names = invocation.comma_list("names");
    request.options.target = invocation.text("target");
    request.rows = invocation.text("rows");
    request.expect = invocation.comma_list("expect");
    request.margin = TRY(margin_of(invocation, request.margin));
    const auto report = TRY(flow::import_model(workspace, request));
    TRY(print(invocation.is_json ? report_json(report, request) : report_text(report, request)));
    return 0;
}

}  // namespace

QUERN_REGISTER(Command)
({
    .name = "import",
    .summary = "Bring in a model that another program trained",
    .example = "quern import model model.txt --as churn --rows rows.csv --expect score",
    .arguments = {{.name = "WHAT", .doc = "model"},
                  {.name = "FILE", .doc = "as the other program saved it"}},
    .options = {{.name = "--as",
                 .value_name = "NAME",
                 .doc = "what the model is called from now on",
                 .is_required = true},
                {.name = "--rows",
                 .value_name = "FILE",
                 .doc = "rows to check its scores on; csv, parquet, ..."},
                {.name = "--expect",
                 .value_name = "COLUMN",
                 .doc = "of the rows: the score there; of more than two classes a list, one each"},
                {.name = "--margin",
                 .value_name = "NUMBER",
                 .doc = "how far a score may be off, of itself or of 1; default 1e-6"},
                {.name = "--from",
                 .value_name = "KIND",
                 .doc = "of the file, instead of finding out; see `quern reference imports`"},
                {.name = "--names",
                 .value_name = "LIST",
                 .doc = "of the features: a,b,c; without it those of the file, or x0, x1, ..."},
                {.name = "--target",
                 .value_name = "NAME",
                 .doc = "what the model predicts, for people"}},
    .run = import,
});

}  // namespace quern::cli
