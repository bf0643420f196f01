// `quern export`: a model in a form that other programs run.

#include "quern/base/file.h"
#include "quern/base/json.h"
#include "quern/score/exporter.h"
#include "quern/store/artifacts.h"
#include "quern/store/models.h"

#include "apps/cli/command.h"
#include "apps/cli/output.h"
#include "apps/cli/workspace.h"

namespace quern::cli {
namespace {

Result<int> export_model(const Invocation& invocation) {
    auto workspace = TRY(open_workspace(invocation));
    const std::string output = invocation.text("output");
    const auto* exporter = TRY(score::find_exporter(invocation.text("to"), output));
    const auto name = TRY(store::parse_model_name(invocation.text("MODEL")));
    const auto version = TRY(store::Models(*workspace.store).find(name));
    const auto path = store::artifact_path(workspace.store->layout(), version.artifact);
    const auto scorer = TRY(score::Scorer::open(path));
    const std::string bytes = TRY(exporter->write(scorer));
    TRY(write_file_durable(output, bytes));
    if (invocation.is_json) {
        JsonWriter json;
        json.begin_object().field("model", name.model).field("version", version.version);
        json.field("form", exporter->name).field("file", output);
        json.field("size_bytes", bytes.size()).end_object();
        TRY(print(json.take() + "\n"));
        return 0;
    }
    TRY(print(name.model + " v" + std::to_string(version.version) + " as " +
              std::string(exporter->name) + ": " + output + ", " + std::to_string(bytes.size()) +
              " bytes\n"));
    return 0;
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
                 .doc = "the form, whatever the ending; see `quern reference`"}},
    .run = export_model,
});

}  // namespace quern::cli
