#include "quern/flow/import_model.h"

#include "quern/base/clock.h"
#include "quern/base/hash.h"
#include "quern/flow/import_check.h"
#include "quern/flow/import_process.h"
#include "quern/flow/model_facts.h"
#include "quern/project/names.h"
#include "quern/score/artifact.h"
#include "quern/score/model.h"
#include "quern/store/artifacts.h"
#include "quern/store/models.h"

namespace quern::flow {
namespace {

Status check_request(const Workspace& workspace, const ImportRequest& request) {
    TRY(project::check_name("model", request.name));
    if (const auto* model = workspace.project.find_model(request.name))
        return already_exists("model '" + request.name + "' is trained by this project")
            .at(model->place.text())
            .hint("import it under another name: --as " + request.name + "_imported");
    if (request.rows.empty() != request.expect.empty())
        return invalid_argument("--rows and --expect go together")
            .hint("as in --rows rows.csv --expect score");
    return {};
}

std::string model_text(const score::Program& program) {
    const auto kind = Registry<score::ModelKind>::of_kind().find(program.model.kind);
    return kind.ok() ? (*kind)->describe(program.model.learned) : "";
}

ModelFacts facts_of(const score::Scorer& scorer, const ImportReport& report, uint64_t size_bytes) {
    const auto& program = scorer.program();
    ModelFacts facts;
    facts.task = program.task == score::Task::classify ? "classify" : "regress";
    facts.target = program.target;
    facts.algorithm = report.source;
    facts.engine = "import";
    for (const auto& name : program.classes) facts.classes.emplace_back(name, 0);
    for (const auto& feature : program.features) facts.features.push_back(feature.name);
    facts.notes = report.notes;
    facts.input_count = std::ssize(program.inputs);
    facts.column_count = static_cast<int64_t>(scorer.matrix_column_count());
    facts.model_text = report.model_text;
    facts.size_bytes = static_cast<int64_t>(size_bytes);
    return facts;
}

}  // namespace

Result<ImportReport> import_model(Workspace& workspace, const ImportRequest& request) {
    const double start = steady_seconds();
    TRY(check_request(workspace, request));
    auto imported = TRY(read_model(request.file, request.options));
    const std::string sha256 = TRY(sha256_file(request.file));
    score::Program& program = imported.program;
    program.model_name = request.name;
    program.metadata = {{"imported_from", imported.source}, {"imported_sha256", sha256}};
    ImportReport report;
    report.source = imported.source;
    report.notes = imported.notes;
    report.model_text = model_text(program);
    report.feature_count = program.features.size();
    report.class_count = program.classes.size();
    if (request.rows.empty())
        TRY(add_plain_golden_rows(program));
    else
        TRY(check_import(workspace, request, program, report));
    const std::string bytes = TRY(score::artifact_bytes(program));
    const auto& layout = workspace.store->layout();
    const std::string artifact = TRY(store::put_artifact(layout, bytes));
    const auto scorer = TRY(score::Scorer::open(store::artifact_path(layout, artifact)));
    ModelFacts facts = facts_of(scorer, report, bytes.size());
    facts.seconds = steady_seconds() - start;
    store::Models models(*workspace.store);
    report.version = TRY(models.add({.model = request.name,
                                     .artifact = artifact,
                                     .fingerprint = artifact,
                                     .metrics = facts_json(facts),
                                     .gates_passed = true}));
    TRY(models.promote(request.name, report.version));
    return report;
}

}  // namespace quern::flow
