#include "quern/train/fit_model.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "quern/base/text.h"
#include "quern/evaluate/confusion.h"
#include "quern/evaluate/split.h"
#include "quern/score/learned.h"
#include "quern/score/models/linear.h"
#include "quern/score/scorer.h"
#include "quern/stats/distributions.h"
#include "quern/train/background.h"
#include "quern/train/cluster_quality.h"
#include "quern/train/matrix.h"
#include "quern/train/narrow.h"
#include "quern/train/outputs.h"
#include "quern/train/preparation.h"
#include "quern/train/rows.h"
#include "quern/train/written_columns.h"

namespace quern::train {
namespace {

struct Session {  // what stays the same for the model and its folds
    const TrainingRequest& request;
    const Learner& learner;
    const Rows& rows;
    double validation_share = 0;

    const project::Model& model() const { return *request.model; }
    bool is_cluster() const { return model().task == "cluster"; }
    uint64_t seed() const { return static_cast<uint64_t>(model().split.seed); }
};

struct Fit {
    score::Program program;
    Fitted fitted;
    std::vector<Written> written;    // bare ones where the user wrote none
    std::vector<MatrixPart> matrix;  // each column
    CrossFit cross;
    std::vector<FeatureReport> features;
    std::vector<ColumnFate> fates;  // of each column before any was taken out
    std::vector<std::string> notes;
};

evaluate::SplitRows split_rows(const Rows& rows, const std::vector<int32_t>& labels) {
    return {.row_count = rows.count(),
            .labels = labels,
            .groups = rows.groups,
            .times = rows.times,
            .keys = rows.keys,
            .class_names = rows.classes};
}

bool is_by_time(const Session& session) {
    const auto kind = session.model().split.kind;
    return evaluate::resolve(kind, split_rows(session.rows, {})) == evaluate::SplitKind::time;
}

template <class T>
std::vector<T> pick(const std::vector<T>& from, const std::vector<uint32_t>& rows) {
    std::vector<T> picked;
    if (from.empty()) return picked;
    picked.reserve(rows.size());
    for (const uint32_t row : rows) picked.push_back(from[row]);
    return picked;
}

// The rows of `all` that stand in `rows`, so that a part can be split again.
struct Part {
    std::vector<uint64_t> groups, keys;
    std::vector<double> times;
    std::vector<int32_t> labels;
    std::vector<uint32_t> rows;
    const std::vector<std::string>* class_names = nullptr;

    Part(const Rows& all, std::vector<uint32_t> chosen)
        : groups(pick(all.groups, chosen)),
          keys(pick(all.keys, chosen)),
          times(pick(all.times, chosen)),
          rows(std::move(chosen)),
          class_names(&all.classes) {
        if (all.task == Task::classify) labels = pick(all.labels(), rows);
        // Without keys a row is known by its position in the whole.
        if (keys.empty()) keys.assign(rows.begin(), rows.end());
    }
    evaluate::SplitRows view() const {
        return {.row_count = rows.size(),
                .labels = labels,
                .groups = groups,
                .times = times,
                .keys = keys,
                .class_names = *class_names};
    }
};

// Sets a share of the lesson's rows aside, in the manner of the model's own split.
Status set_aside(const Session& session, double share, Role role, uint64_t seed, Roles& roles) {
    if (share <= 0) return {};
    const Part part(session.rows, roles.rows(Role::lesson));
    auto chosen = evaluate::hold_out(
        part.view(), {.kind = session.model().split.kind, .test = share, .seed = seed});
    // A class of one row cannot be split; it stays with the rows that teach.
    if (!chosen.ok() && session.rows.task == Task::classify) {
        chosen = evaluate::hold_out(
            part.view(), {.kind = project::SplitKind::random, .test = share, .seed = seed});
    }
    const auto is_chosen = TRY(std::move(chosen));
    for (size_t i = 0; i < part.rows.size(); ++i) {
        if (is_chosen[i] != 0) roles.of_row[part.rows[i]] = role;
    }
    return {};
}

// Rows for what stands after the model, then those for early stopping.
Status set_rows_aside(const Session& session, Roles& roles) {
    const OutputParts parts = output_parts(session.model());
    const double conformal = parts.conformal / (1 - parts.calibration);  // of what is left
    TRY(set_aside(session, parts.calibration, Role::calibration, session.seed() + 3, roles));
    TRY(set_aside(session, conformal, Role::conformal, session.seed() + 4, roles));
    return set_aside(session, session.validation_share, Role::validation, session.seed() + 1,
                     roles);
}

Status check_classes(const Session& session, const Roles& roles) {
    if (session.rows.task == Task::regress || session.is_cluster()) return {};
    std::vector<size_t> counts(session.rows.classes.size());
    for (const uint32_t row : roles.rows(Role::lesson)) {
        ++counts[static_cast<size_t>(session.rows.targets[row])];
    }
    for (size_t k = 0; k < counts.size(); ++k) {
        if (counts[k] > 0) continue;
        return failed_precondition("class '" + session.rows.classes[k] + "' of " +
                                   session.model().target.text + " has no row in the training part")
            .hint("filter the class out in the table's SQL, or choose another split")
            .at(session.model().split.place.text());
    }
    return {};
}

score::Program bare_program(const Session& session) {
    score::Program program;
    program.model_name = session.model().name;
    program.task = session.rows.task;
    program.target = session.is_cluster() ? "cluster" : session.model().target.text;
    program.target_type = session.rows.target_type;
    program.classes = session.rows.classes;
    program.inputs = session.request.features.inputs;
    program.lookups = session.request.features.lookups;
    program.expressions = session.request.features.expressions;
    program.features = session.request.features.features;
    program.threshold = session.model().threshold.value_or(0.5);
    const size_t class_count = program.classes.size();
    program.model =
        score::pack(score::ConstantModel{std::vector<double>(class_count > 2 ? class_count : 1)});
    program.link = class_count == 2  ? score::Link::sigmoid
                   : class_count > 2 ? score::Link::softmax
                                     : score::Link::identity;
    return program;
}

// Features that nobody wrote stand where the model does.
std::vector<Written> written_features(const Session& session) {
    if (!session.request.written.empty()) return session.request.written;
    std::vector<Written> written;
    const auto& features = session.request.features.features;
    for (uint32_t i = 0; i < features.size(); ++i) {
        const auto& listed = session.model().features;
        written.push_back(
            {.transform = {},
             .feature = i,
             .name = features[i].name,
             .place = (i < listed.size() ? listed[i].place : session.model().place).text()});
    }
    return written;
}

// A scorer for each fold of the lesson whose rows must not see their own target.
Result<std::vector<score::Scorer>> fold_scorers(const Fit& fit) {
    std::vector<score::Scorer> scorers;
    for (const auto& learned : fit.cross.learned) {
        score::Program program = fit.program;
        for (const auto& [encoder, buffers] : learned) program.encoders[encoder].learned = buffers;
        scorers.push_back(TRY(score::Scorer::build(std::move(program))));
    }
    return scorers;
}

const Selector* selector_of(const project::Model& model) {
    const auto found = Registry<Selector>::of_kind().find(model.select.method);
    return found.ok() ? *found : nullptr;  // check_algorithm told of a wrong one
}

// Chooses columns, and takes the others out of the program.
Result<std::vector<uint8_t>> choose_columns(const Session& session, const FitInput& input,
                                            Fit& fit) {
    const auto& model = session.model();
    std::vector<uint8_t> is_kept(fit.matrix.size(), 1);
    const Selector* selector = selector_of(model);
    if (selector == nullptr) return is_kept;
    const SelectorInput asked{input, session.learner, model.select.settings};
    auto selected = select(*selector, asked);
    if (!selected.ok()) return std::move(selected).status().at(model.select.place.text());
    is_kept = std::move(selected->is_kept);
    for (size_t i = 0; i < fit.fates.size(); ++i) {
        fit.fates[i].score = selected->scores[i];
        fit.fates[i].is_dropped = is_kept[i] == 0;
    }
    TRY(narrow(fit.program, is_kept));
    std::vector<MatrixPart> matrix;
    for (size_t i = 0; i < is_kept.size(); ++i)
        if (is_kept[i] != 0) matrix.push_back(fit.matrix[i]);
    fit.matrix = std::move(matrix);
    return is_kept;
}

// What no split reads need not be computed.
Status drop_unread(Fit& fit) {
    const auto is_read = columns_read(fit.program.model, fit.matrix.size());
    size_t next = 0;
    for (auto& fate : fit.fates)
        if (!fate.is_dropped) fate.is_read = is_read[next++] != 0;
    return narrow(fit.program, is_read);
}

// With the rows that explanations compare with, if the model asks for them.
Result<Fitted> fit_explained(const Session& session, const FitInput& input) {
    auto fitted = TRY(train::fit(session.learner, input));
    TRY(keep_background(session.model().explain, input, fitted.model));
    return fitted;
}

Status learn(const Session& session, const Roles& roles, Fit& fit) {
    const auto scorer = TRY(score::Scorer::build(fit.program));
    const auto of_fold = TRY(fold_scorers(fit));
    const auto matrix =
        TRY(build_matrix(session.request, session.rows, roles, {scorer, of_fold, fit.cross.fold}));
    std::vector<MatrixColumn> columns;
    for (size_t i = 0; i < fit.matrix.size(); ++i) {
        columns.push_back({scorer.matrix_columns()[i], fit.matrix[i].is_category});
        fit.fates.push_back({.name = columns[i].name, .written = fit.matrix[i].written});
    }
    const auto lesson_rows = roles.rows(Role::lesson);
    const auto validation_rows = roles.rows(Role::validation);
    const auto targets = pick(session.rows.targets, lesson_rows);
    const auto weights = pick(session.rows.weights, lesson_rows);
    const auto validation_targets = pick(session.rows.targets, validation_rows);
    const auto validation_weights = pick(session.rows.weights, validation_rows);
    const auto groups = pick(session.rows.groups, lesson_rows);
    const auto times =
        is_by_time(session) ? pick(session.rows.times, lesson_rows) : std::vector<double>();
    const double* validation = matrix.data() + lesson_rows.size() * columns.size();
    FitInput input{.task = session.rows.task,
                   .is_cluster = session.is_cluster(),
                   .class_count = static_cast<int32_t>(session.rows.classes.size()),
                   .lesson = {{lesson_rows.size(), columns, matrix.data()}, targets, weights},
                   .validation = {{validation_rows.size(), columns, validation},
                                  validation_targets,
                                  validation_weights},
                   .metric = session.model().metric,
                   .groups = groups,
                   .times = times,
                   .settings = session.model().algorithm.settings,
                   .seed = session.seed(),
                   .threads = session.request.threads,
                   .watch = session.request.watch};
    const auto is_kept = TRY(choose_columns(session, input, fit));
    if (fit.matrix.size() < is_kept.size()) {
        const NarrowInput narrowed(input, is_kept);
        fit.fitted = TRY(fit_explained(session, narrowed.input()));
    } else {
        fit.fitted = TRY(fit_explained(session, input));
    }
    fit.program.model = std::move(fit.fitted.model);
    fit.program.link = fit.fitted.link;
    fit.program.link_scale = fit.fitted.link_scale;
    if (session.is_cluster()) fit.program.classes = fit.fitted.classes;
    fit.notes.insert(fit.notes.end(), fit.fitted.notes.begin(), fit.fitted.notes.end());
    return drop_unread(fit);
}

// Encoders, stages and the columns that the learner sees.
Status fit_features(const Session& session, const Roles& roles, Fit& fit) {
    fit.written = written_features(session);
    const auto is_kept = features_of_transforms(fit.written, fit.program.features.size());
    const auto gathered =
        TRY(gather_features(session.request, session.rows, roles, fit.program, is_kept));
    const auto targets = pick(session.rows.targets, roles.rows(Role::lesson));
    auto columns = TRY(fit_columns(fit.program, fit.written,
                                   {.facts = gathered.facts,
                                    .columns = gathered.columns,
                                    .targets = targets,
                                    .task = session.rows.task,
                                    .classes = session.rows.classes,
                                    .taste = session.learner.taste,
                                    .seed = session.seed()}));
    fit.features = report_features(fit.written, columns, gathered.facts, session.learner.taste);
    fit.program.encoders = std::move(columns.encoders);
    fit.program.stages = std::move(columns.stages);
    if (session.is_cluster() && !columns.cross.fold.empty()) {
        return invalid_argument("a transform of model " + session.model().name +
                                " looks at the target, and a model whose task is cluster has none")
            .at(session.model().place.text());
    }
    bool is_all_in_order = fit.program.stages.empty();
    for (size_t i = 0; i < columns.matrix.size(); ++i)
        is_all_in_order = is_all_in_order && columns.matrix[i].column == i;
    if (!is_all_in_order)
        for (const auto& part : columns.matrix) fit.program.matrix.push_back(part.column);
    fit.matrix = std::move(columns.matrix);
    fit.cross = std::move(columns.cross);
    fit.notes.insert(fit.notes.end(), columns.notes.begin(), columns.notes.end());
    return {};
}

// Encoders and model, both from the lesson's rows alone.
Result<Fit> fit_once(const Session& session, const Roles& roles) {
    TRY(check_classes(session, roles));
    Fit fit{.program = bare_program(session)};
    TRY(fit_features(session, roles, fit));
    if (fit.program.encoders.empty()) {
        return failed_precondition("no feature of model " + session.model().name +
                                   " says anything: all are empty or the same in every row")
            .at(session.model().place.text());
    }
    prune(fit.program);
    TRY(learn(session, roles, fit));
    TRY(fit_outputs(session.request, session.rows, roles, fit.program));
    return fit;
}

std::vector<std::pair<std::string, double>> importance_by_feature(const Fit& fit) {
    std::vector<std::pair<std::string, double>> shares;
    std::map<uint32_t, size_t> places;  // of what was written, among the shares
    for (size_t column = 0; column < fit.matrix.size(); ++column) {
        const uint32_t written = fit.matrix[column].written;
        const auto [place, is_new] = places.emplace(written, shares.size());
        if (is_new) shares.emplace_back(fit.written[written].name, 0);
        if (column < fit.fitted.importance.size())
            shares[place->second].second += fit.fitted.importance[column];
    }
    std::ranges::stable_sort(shares,
                             [](const auto& a, const auto& b) { return a.second > b.second; });
    return shares;
}

std::vector<evaluate::Estimate> means_of(const std::vector<FoldScores>& folds) {
    std::vector<evaluate::Estimate> means;
    if (folds.empty()) return means;
    for (const auto& first : folds.front().estimates) {
        std::vector<double> values;
        for (const auto& fold : folds) {
            const auto found =
                std::ranges::find(fold.estimates, first.metric, &evaluate::Estimate::metric);
            if (found != fold.estimates.end()) values.push_back(found->value);
        }
        const auto mean = stats::weighted_mean(values, {});
        const double half = values.size() < 2 ? std::nan("")
                                              : stats::student_t_quantile(
                                                    0.975, static_cast<double>(values.size() - 1)) *
                                                    mean.standard_error;
        means.push_back({first.metric, mean.value, mean.value - half, mean.value + half, "folds"});
    }
    return means;
}

Status run_folds(const Session& session, const Roles& whole, TrainedModel& trained) {
    const auto& split = session.model().split;
    if (split.folds == 0) return {};
    std::vector<uint32_t> outside;
    for (uint32_t row = 0; row < whole.of_row.size(); ++row) {
        if (whole.of_row[row] != Role::test) outside.push_back(row);
    }
    const Part part(session.rows, std::move(outside));
    const auto folds = TRY(evaluate::make_folds(
        part.view(), {.kind = split.kind, .folds = split.folds, .seed = session.seed() + 2}));
    for (int32_t fold = 0; fold < folds.fold_count; ++fold) {
        Roles roles{std::vector<Role>(session.rows.count(), Role::none)};
        for (size_t i = 0; i < part.rows.size(); ++i) {
            if (folds.judges(fold, i))
                roles.of_row[part.rows[i]] = Role::test;
            else if (folds.teaches(fold, i))
                roles.of_row[part.rows[i]] = Role::lesson;
        }
        TRY(set_rows_aside(session, roles));
        const Fit fit = TRY(fit_once(session, roles));
        const auto scorer = TRY(score::Scorer::build(fit.program));
        const auto judgement =
            TRY(judge(session.request, session.rows, roles, scorer, Role::test, nullptr));
        FoldScores scores{roles.count(Role::lesson), roles.count(Role::test), {}};
        // The folds' spread is the interval that counts; none is made within a fold.
        scores.estimates =
            TRY(evaluate::estimate(judgement.view(), {}, {.replicate_count = 0}, nullptr));
        trained.folds.push_back(std::move(scores));
    }
    trained.fold_means = means_of(trained.folds);
    return {};
}

// Roles of all rows, and the kind of split that made them.
Result<Roles> first_roles(const Session& session, TrainedModel& trained) {
    const bool has_labels = session.rows.task == Task::classify && !session.is_cluster();
    const auto labels = has_labels ? session.rows.labels() : std::vector<int32_t>();
    const auto all = split_rows(session.rows, labels);
    const auto& split = session.model().split;
    trained.split_kind = evaluate::name_of(evaluate::resolve(split.kind, all));
    auto held_out =
        evaluate::hold_out(all, {.kind = split.kind, .test = split.test, .seed = session.seed()});
    if (!held_out.ok()) return std::move(held_out).status().at(split.place.text());
    Roles roles{std::vector<Role>(session.rows.count(), Role::lesson)};
    for (size_t row = 0; row < roles.of_row.size(); ++row) {
        if ((*held_out)[row] != 0) roles.of_row[row] = Role::test;
    }
    TRY(set_rows_aside(session, roles));
    return roles;
}

// Of the rows held out, by their numbers alone.
Status measure_clusters(const Session& session, const Roles& roles, const score::Scorer& scorer,
                        const Judgement& judgement, TrainedModel& trained) {
    Roles test = roles;
    for (Role& role : test.of_row) role = role == Role::test ? Role::lesson : Role::none;
    const std::vector<score::Scorer> no_scorers;
    const std::vector<uint8_t> no_folds;
    const auto values =
        TRY(build_matrix(session.request, session.rows, test, {scorer, no_scorers, no_folds}));
    const auto* centers = score::find_buffer<double>(scorer.program().model.learned, "centers");
    if (centers == nullptr) return internal("clusters without centers");
    trained.estimates =
        cluster_quality(values, judgement.predicted, *centers, scorer.matrix_column_count());
    trained.class_counts.clear();
    for (const auto& name : scorer.program().classes) trained.class_counts.emplace_back(name, 0);
    for (const int32_t cluster : judgement.predicted)
        ++trained.class_counts[static_cast<size_t>(cluster)].second;
    trained.program.metadata["task"] = "cluster";
    return {};
}

Status measure(const Session& session, const Roles& roles, TrainedModel& trained) {
    const auto scorer = TRY(score::Scorer::build(trained.program));
    const auto judgement =
        TRY(judge(session.request, session.rows, roles, scorer, Role::test, &trained.program));
    if (session.is_cluster()) return measure_clusters(session, roles, scorer, judgement, trained);
    trained.outputs =
        TRY(describe_outputs(session.request, session.rows, roles, trained.program, judgement));
    trained.estimates =
        TRY(evaluate::estimate(judgement.view(), {}, {.seed = session.seed()}, &trained.notes));
    if (session.rows.task == Task::classify) {
        trained.confusion = evaluate::confusion_matrix(judgement.view()).counts;
    }
    return {};
}

Status check_task(const Learner& learner, const project::Model& model, Task task) {
    if (model.task == "cluster") {
        if (learner.is_for_cluster) return {};
        return invalid_argument("algorithm '" + std::string(learner.name) + "' does not cluster")
            .at(model.algorithm.place.text())
            .hint("use k_means");
    }
    if (learner.fits(task)) return {};
    const bool is_classify = task == Task::classify;
    return invalid_argument("algorithm '" + std::string(learner.name) + "' does not " +
                            (is_classify ? "classify" : "regress") + ", and target " +
                            model.target.text + " is " + (is_classify ? "a class" : "a number"))
        .at(model.algorithm.place.text())
        .hint(is_classify ? "use gbdt or logistic" : "use gbdt or linear");
}

Result<const Learner*> learner_of(const project::Model& model) {
    const bool is_usual = model.algorithm.name == "auto" && model.task == "cluster";
    auto found = find_learner(is_usual ? "k_means" : model.algorithm.name);
    if (!found.ok()) return std::move(found).status().at(model.algorithm.place.text());
    return found;
}

Status check_request(const Learner& learner, const project::Model& model, const Rows& rows) {
    TRY(check_task(learner, model, rows.task));
    if ((!model.threshold && !model.threshold_rule) ||
        (rows.task == Task::classify && rows.classes.size() == 2))
        return {};
    return invalid_argument("`threshold` is for two classes").at(model.place.text());
}

}  // namespace

Status check_algorithm(const project::Model& model) {
    const Learner& learner = *TRY(learner_of(model));
    if (!model.task.empty()) {
        const bool is_regress = model.task == "regress";
        TRY(check_task(learner, model, is_regress ? Task::regress : Task::classify));
    }
    TRY(check_outputs(model));
    if (!model.select.method.empty()) {
        TRY(check_select(model.select.method, model.select.settings, model.task == "regress")
                .at(model.select.place.text()));
    }
    return learner.check_settings(model.algorithm.settings).at(model.algorithm.place.text());
}

Result<TrainedModel> fit_model(const TrainingRequest& request) {
    const project::Model& model = *request.model;
    const Learner& learner = *TRY(learner_of(model));
    double validation_share = 0;
    if (learner.validation_share != nullptr) {
        validation_share = TRY(learner.validation_share(model.algorithm.settings));
    }
    const Rows rows = TRY(read_rows(request));
    TRY(check_request(learner, model, rows));
    const Session session{request, learner, rows, validation_share};
    TrainedModel trained;
    const Roles roles = TRY(first_roles(session, trained));
    Fit fit = TRY(fit_once(session, roles));
    trained.algorithm = learner.name;
    trained.rows = {.read = rows.position.size(),
                    .dropped = rows.dropped_count,
                    .lesson = roles.count(Role::lesson),
                    .validation = roles.count(Role::validation),
                    .test = roles.count(Role::test)};
    for (size_t k = 0; k < rows.classes.size(); ++k) {
        trained.class_counts.emplace_back(rows.classes[k], rows.class_counts[k]);
    }
    trained.notes = rows.notes;
    trained.notes.insert(trained.notes.end(), fit.notes.begin(), fit.notes.end());
    trained.importance = importance_by_feature(fit);
    const Selector* selector = selector_of(model);
    report_fates(fit.fates, selector, fit.features);
    trained.features = std::move(fit.features);
    trained.iterations = fit.fitted.iterations;
    trained.best_iteration = fit.fitted.best_iteration;
    trained.curve = std::move(fit.fitted.curve);
    trained.program = std::move(fit.program);
    auto& metadata = trained.program.metadata;
    metadata["algorithm"] = trained.algorithm;
    metadata["lesson_rows"] = std::to_string(trained.rows.lesson);
    metadata["seed"] = std::to_string(model.split.seed);
    metadata["split"] = trained.split_kind;
    TRY(measure(session, roles, trained));
    if (selector != nullptr)
        trained.outputs.emplace(trained.outputs.begin(), "select",
                                selection_words(fit.fates, *selector));
    TRY(run_folds(session, roles, trained));
    return trained;
}

std::vector<std::string> columns_to_read(const project::Model& model,
                                         const score::CompiledFeatures& features) {
    std::vector<std::string> names;
    std::set<std::string> seen;
    const auto add = [&](const std::string& name) {
        if (!name.empty() && seen.insert(lower_ascii(name)).second) names.push_back(name);
    };
    for (const auto& input : features.inputs) add(input.name);
    add(model.target.text);
    for (const auto& key : model.key) add(key.text);
    if (model.time) add(model.time->text);
    if (model.weight) add(model.weight->text);
    add(model.split.group.text);
    return names;
}

}  // namespace quern::train
