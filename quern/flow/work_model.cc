// Models and services.
#include <algorithm>

#include "quern/base/clock.h"
#include "quern/base/fault.h"
#include "quern/base/file.h"
#include "quern/base/progress.h"
#include "quern/base/text.h"
#include "quern/evaluate/gate.h"
#include "quern/flow/features.h"
#include "quern/flow/latency.h"
#include "quern/flow/lesson.h"
#include "quern/flow/model_facts.h"
#include "quern/flow/training_lookups.h"
#include "quern/flow/work.h"
#include "quern/score/artifact.h"
#include "quern/score/model.h"
#include "quern/sql/memory.h"
#include "quern/store/artifacts.h"
#include "quern/store/models.h"
#include "quern/store/snapshots.h"
#include "quern/train/load.h"
#include "quern/transform/physical.h"

namespace quern::flow {
namespace {

constexpr size_t kLatencyRows = 64;

struct Candidate {
    std::string artifact;  // sha256
    ModelFacts facts;
};

std::string from_of(const RunContext& context, const Step& step) {
    const auto& graph = context.prepared.graph;
    return transform::qualified(transform::kDataSchema,
                                context.physical[graph.from_of(context.node(step))]);
}

Result<ModelFeatures> compile(const RunContext& context, const Step& step,
                              const project::Model& model, sql::Session& session) {
    const auto& graph = context.prepared.graph;
    ModelColumns columns;
    columns.from = TRY(session.columns_of("from " + from_of(context, step)));
    for (const size_t lookup : graph.lookups_of(context.node(step))) {
        const size_t table = graph.nodes[lookup].inputs[0];
        columns.lookups.push_back(TRY(session.columns_of(
            "from " + transform::qualified(transform::kDataSchema, context.physical[table]))));
    }
    const auto typed = context.typed.models.find(context.node(step).id());
    if (typed != context.typed.models.end() && typed->second.columns == columns) {
        return typed->second.features;
    }
    auto catalog = TRY(sql::SchemaCatalog::open());
    TRY(catalog.add_table(model.from.text, columns.from));
    return compile_model_features(catalog, model, columns);
}

ModelFacts facts_of(const project::Model& model, const train::TrainedModel& trained) {
    ModelFacts facts;
    const auto& program = trained.program;
    facts.task = model.task == "cluster"                 ? "cluster"
                 : program.task == score::Task::classify ? "classify"
                                                         : "regress";
    facts.target = model.target.text;
    facts.from = model.from.text;
    facts.algorithm = trained.algorithm;
    facts.split = trained.split_kind;
    facts.engine = engine_text();
    facts.seed = model.split.seed;
    facts.rows_read = static_cast<int64_t>(trained.rows.read);
    facts.rows_dropped = static_cast<int64_t>(trained.rows.dropped);
    facts.rows_lesson = static_cast<int64_t>(trained.rows.lesson);
    facts.rows_validation = static_cast<int64_t>(trained.rows.validation);
    facts.rows_test = static_cast<int64_t>(trained.rows.test);
    for (const auto& [name, count] : trained.class_counts) {
        facts.classes.emplace_back(name, static_cast<int64_t>(count));
    }
    facts.estimates = trained.estimates;
    facts.fold_means = trained.fold_means;
    facts.confusion = trained.confusion;
    facts.importance = trained.importance;
    for (const auto& feature : program.features) facts.features.push_back(feature.name);
    facts.preparation = trained.features;
    facts.outputs = trained.outputs;
    facts.notes = trained.notes;
    facts.input_count = static_cast<int64_t>(program.asked().size());
    facts.iterations = trained.iterations;
    facts.best_iteration = trained.best_iteration;
    return facts;
}

// Says when the held-out rows do not show that the model knows more than a constant would.
void note_if_useless(ModelFacts& facts) {
    struct Floor {
        const char* metric;
        double value;  // a constant's
        const char* words;
    };
    if (facts.algorithm == "baseline") return;
    constexpr Floor kFloors[] = {{"roc_auc", 0.5, "guessing"}, {"r2", 0, "always saying the mean"}};
    for (const auto& floor : kFloors) {
        const auto found =
            std::ranges::find(facts.estimates, floor.metric, &evaluate::Estimate::metric);
        if (found == facts.estimates.end() || found->low > floor.value) continue;
        facts.notes.push_back("on the held-out rows this is not surely better than " +
                              std::string(floor.words) +
                              "; look at the features, or bring more rows");
    }
}

// Opens what was written as a server will, so that what is promoted is known to load.
Status measure(const std::string& path, store::Store& store, const frame::Batch& rows,
               ModelFacts& facts) {
    const auto opened = TRY(score::Scorer::open(path));
    const auto scorer = TRY(store::Snapshots(store).attach(opened));
    const auto latency = TRY(measure_latency(scorer, rows));
    facts.row_us = latency.row_us;
    facts.p99_us = latency.p99_us;
    facts.column_count = static_cast<int64_t>(scorer.matrix_column_count());
    const auto& model = scorer.program().model;
    const auto kind = Registry<score::ModelKind>::of_kind().find(model.kind);
    if (kind.ok()) facts.model_text = (*kind)->describe(model.learned);
    return {};
}

Result<Candidate> train(const RunContext& context, const Step& step, sql::Session& session) {
    const double start = steady_seconds();
    const auto& model = context.workspace.project.models[context.node(step).index];
    const auto* api = TRY(train::load_training());
    train::TrainingRequest request;
    request.model = &model;
    auto features = TRY(compile(context, step, model, session));
    request.features = std::move(features.compiled);
    request.written = std::move(features.written);
    auto columns = api->columns(model, request.features);
    const auto lookups = TRY(TrainingLookups::open(context, step, request.features));
    lookups.drop_looked_up(columns);
    auto lesson = TRY(Lesson::read(session, from_of(context, step), columns));
    request.schema = lesson.schema();
    request.scan = lesson.scan();
    TRY(lookups.add_to(request));
    request.threads = context.threads;
    request.watch.cancel = context.cancel;
    Progress progress("train " + model.name, 0);
    request.watch.progress = [&](int64_t done, int64_t) { progress.set(done); };
    sql::release_unused_memory();
    const auto trained = TRY(api->fit(request));
    sql::release_unused_memory();
    fault_point("model_trained");

    Candidate candidate;
    candidate.facts = facts_of(model, trained);
    note_if_useless(candidate.facts);
    const std::string bytes = TRY(score::artifact_bytes(trained.program));
    candidate.facts.size_bytes = static_cast<int64_t>(bytes.size());
    const auto& layout = context.store().layout();
    candidate.artifact = TRY(store::put_artifact(layout, bytes));
    const auto rows = TRY(lesson.first_rows(kLatencyRows));
    TRY(measure(store::artifact_path(layout, candidate.artifact), context.store(), rows,
                candidate.facts));
    TRY(lesson.drop());
    candidate.facts.seconds = steady_seconds() - start;
    return candidate;
}

// The version that was trained on the very same before, if its file is whole; then only the gates
// are looked at again.
Result<std::optional<Candidate>> known_candidate(const RunContext& context, const Node& node) {
    for (const auto& version : TRY(store::Models(context.store()).versions_of(node.name))) {
        if (version.fingerprint != node.content) continue;
        if (!store::read_artifact(context.store().layout(), version.artifact).ok()) break;
        return std::optional(Candidate{version.artifact, model_facts(version.metrics)});
    }
    return std::optional<Candidate>();
}

struct Judgement {
    bool has_passed = true;
    std::vector<std::string> failures;  // in words
};

Result<Judgement> judge(const RunContext& context, const Node& node, const Candidate& candidate) {
    const auto& model = context.workspace.project.models[node.index];
    const auto champion = TRY(store::Models(context.store()).champion(node.name));
    std::vector<evaluate::Estimate> champions;
    const bool is_itself = champion && champion->fingerprint == node.content;
    if (champion) champions = model_facts(champion->metrics).measured();
    const auto measured = candidate.facts.measured();
    Judgement judgement;
    for (const auto& text : model.gates) {
        const auto gate = TRY(evaluate::parse_gate(text.text));
        const auto result =
            evaluate::check_gate(gate, measured, champion && !is_itself ? &champions : nullptr);
        if (result.passed) continue;
        judgement.has_passed = false;
        judgement.failures.push_back(result.words);
    }
    return judgement;
}

std::string gate_words(const project::Model& model, const Judgement& judgement) {
    if (model.gates.empty()) return "";
    if (judgement.has_passed) return "; gates passed";
    return "; " + plural(static_cast<int64_t>(judgement.failures.size()), "gate") + " FAILED";
}

}  // namespace

Result<Work> train_node(const RunContext& context, const Step& step, sql::Session& session) {
    const Node& node = context.node(step);
    const auto& model = context.workspace.project.models[node.index];
    auto known = TRY(known_candidate(context, node));
    auto trained = known ? Result<Candidate>(*std::move(known)) : train(context, step, session);
    if (!trained.ok() && trained.status().where().empty())
        return std::move(trained).status().at(model.place.text());
    const Candidate candidate = TRY(std::move(trained));
    const Judgement judgement = TRY(judge(context, node, candidate));

    // Numbered now, outside of the last transaction, so that the message can name it; a kill in
    // between leaves a version that nobody points at, and the next run finds it again.
    store::Models models(context.store());
    const int64_t version = TRY(models.add({.model = node.name,
                                            .artifact = candidate.artifact,
                                            .fingerprint = node.content,
                                            .metrics = facts_json(candidate.facts),
                                            .gates_passed = judgement.has_passed,
                                            .run = context.run}));
    fault_point("model_added");
    Work work;
    work.physical = std::to_string(version);
    work.is_published = judgement.has_passed;
    work.outcome.state = judgement.has_passed ? store::RunState::done : store::RunState::failed;
    work.outcome.row_count = candidate.facts.rows_read;
    work.outcome.message =
        "v" + work.physical + ": " + metric_words(candidate.facts) + gate_words(model, judgement);
    work.outcome.details = judgement.failures;
    const auto& notes = candidate.facts.notes;
    work.outcome.details.insert(work.outcome.details.end(), notes.begin(), notes.end());
    if (judgement.has_passed) {
        work.record = [&store = context.store(), name = node.name, version] {
            return store::Models(store).promote(name, version);
        };
    }
    return work;
}

Result<Work> serve_node(const RunContext& context, const Step& step) {
    const auto& service = context.workspace.project.services[context.node(step).index];
    const std::string model = context.prepared.graph.nodes[context.node(step).inputs[0]].name;
    const auto version = TRY(store::Models(context.store()).find({model, service.alias, 0}));
    Work work;
    work.physical = std::to_string(version.version);
    work.outcome.message = service.alias + " is v" + work.physical;
    return work;
}

}  // namespace quern::flow
