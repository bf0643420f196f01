#include "quern/train/outputs.h"

#include <cmath>
#include <cstdio>

#include "quern/base/text.h"
#include "quern/evaluate/metric.h"
#include "quern/score/calibration.h"
#include "quern/score/conformal.h"
#include "quern/train/threshold.h"

namespace quern::train {
namespace {

std::string printed(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.4g", value);
    return text;
}

std::string rows_text(const Roles& roles, Role role) {
    return plural(static_cast<int64_t>(roles.count(role)), "row") + " set aside";
}

// What the program as it stands says of the rows of one role.
Result<Judgement> look(const TrainingRequest& request, const Rows& rows, const Roles& roles,
                       const score::Program& program, Role role) {
    const auto scorer = TRY(score::Scorer::build(program));
    return judge(request, rows, roles, scorer, role, nullptr);
}

// [row][output], as a scorer gives them.
std::vector<double> outputs_of(const Judgement& judgement) {
    if (judgement.task == Task::regress) return judgement.values;
    if (judgement.class_count > 2) return judgement.probabilities;
    std::vector<double> outputs;
    for (const double p : judgement.probabilities) outputs.insert(outputs.end(), {1 - p, p});
    return outputs;
}

Result<const score::Calibration*> calibration_of(const project::Model& model) {
    return Registry<score::Calibration>::of_kind().find(model.calibrate.method);
}

Result<const score::ConformalMethod*> conformal_of(const project::Model& model, Task task) {
    std::string name = model.conformal.method;
    if (name == "auto") name = task == Task::regress ? "split" : "lac";
    const auto* method = TRY(Registry<score::ConformalMethod>::of_kind().find(name));
    if (method->task == task) return method;
    return invalid_argument("conformal method '" + name + "' is for " +
                            (task == Task::regress ? "classes" : "numbers"));
}

Status calibrate(const project::Model& model, const Judgement& judgement, score::Program& program) {
    const auto* calibration = TRY(calibration_of(model));
    const auto outputs = outputs_of(judgement);
    const score::CalibrationRows rows{.class_count = program.classes.size(),
                                      .outputs = outputs,
                                      .labels = judgement.labels,
                                      .weights = judgement.weights};
    program.calibration = {std::string(calibration->name), TRY(calibration->fit(rows))};
    return {};
}

Status fit_conformal_part(const project::Model& model, const Judgement& judgement,
                          score::Program& program) {
    const auto* method = TRY(conformal_of(model, program.task));
    const auto outputs = outputs_of(judgement);
    std::vector<double> targets = judgement.targets;
    if (program.task == Task::classify)
        targets.assign(judgement.labels.begin(), judgement.labels.end());
    const score::ConformalRows rows{
        .output_count = program.output_count(), .outputs = outputs, .targets = targets};
    program.conformal = TRY(score::fit_conformal(*method, rows, model.conformal.coverage));
    return {};
}

// "Brier 0.0871 -> 0.0868, log loss 0.281 -> 0.279"
Result<std::string> gain_text(const Judgement& before, const Judgement& after) {
    std::string text;
    for (const auto& [name, title] :
         {std::pair{"brier", "Brier"}, {"log_loss", "log loss"}, {"ece", "ECE"}}) {
        const auto metric = Registry<evaluate::Metric>::of_kind().find(name);
        if (!metric.ok()) continue;
        const double was = TRY((*metric)->compute(before.view()));
        const double is = TRY((*metric)->compute(after.view()));
        text += (text.empty() ? "" : ", ") + std::string(title) + " " + printed(was) + " -> " +
                printed(is);
    }
    return text;
}

// How often the truth lies in the region, and how large it is.
std::string coverage_text(const Judgement& judgement) {
    const bool is_regress = judgement.task == Task::regress;
    const size_t count = is_regress ? judgement.targets.size() : judgement.labels.size();
    const size_t size = is_regress ? 2 : static_cast<size_t>(judgement.class_count);
    double hits = 0, extent = 0;
    for (size_t row = 0; row < count; ++row) {
        const double* region = judgement.regions.data() + row * size;
        if (is_regress) {
            const double truth = judgement.targets[row];
            hits += truth >= region[0] && truth <= region[1] ? 1 : 0;
            extent += region[1] - region[0];
        } else {
            hits += region[judgement.labels[row]];
            for (size_t k = 0; k < size; ++k) extent += region[k];
        }
    }
    const auto rows = static_cast<double>(count);
    return printed(hits / rows) + " of the held-out rows covered, " +
           (is_regress ? "width " : "classes in a set ") + printed(extent / rows);
}

std::string rule_text(const project::ThresholdRule& rule) {
    using Kind = project::ThresholdRule::Kind;
    if (rule.kind == Kind::best) return "best " + rule.metric;
    if (rule.kind == Kind::rate) return "at most " + printed(rule.rate) + " of the rows positive";
    return "least cost, " + printed(rule.false_positive) + " a false positive and " +
           printed(rule.false_negative) + " a false negative";
}

}  // namespace

OutputParts output_parts(const project::Model& model) {
    OutputParts parts;
    if (!model.calibrate.method.empty())
        parts.calibration = model.calibrate.part;
    else if (model.threshold_rule)
        parts.calibration = project::kOutputPart;
    if (model.conformal.coverage > 0) parts.conformal = model.conformal.part;
    return parts;
}

Status check_outputs(const project::Model& model) {
    Status faults;
    if (!model.calibrate.method.empty())
        faults.also(calibration_of(model).status().at(model.calibrate.place.text()));
    if (model.threshold_rule) faults.also(check_threshold_rule(*model.threshold_rule));
    if (model.conformal.coverage > 0 && model.conformal.method != "auto") {
        auto method = Registry<score::ConformalMethod>::of_kind().find(model.conformal.method);
        faults.also(std::move(method).status().at(model.conformal.place.text()));
    }
    return faults;
}

Status fit_outputs(const TrainingRequest& request, const Rows& rows, const Roles& roles,
                   score::Program& program) {
    const project::Model& model = *request.model;
    const bool is_calibrated = !model.calibrate.method.empty();
    if (is_calibrated && program.task == Task::regress) {
        return invalid_argument("`calibrate` is for classes").at(model.calibrate.place.text());
    }
    if (is_calibrated) {
        const auto judgement = TRY(look(request, rows, roles, program, Role::calibration));
        TRY(calibrate(model, judgement, program).at(model.calibrate.place.text()));
    }
    if (model.threshold_rule) {
        const auto judgement = TRY(look(request, rows, roles, program, Role::calibration));
        program.threshold = TRY(choose_threshold(judgement.view(), *model.threshold_rule));
    }
    if (model.conformal.coverage > 0) {
        const auto judgement = TRY(look(request, rows, roles, program, Role::conformal));
        TRY(fit_conformal_part(model, judgement, program).at(model.conformal.place.text()));
    }
    return {};
}

Result<std::vector<std::pair<std::string, std::string>>> describe_outputs(
    const TrainingRequest& request, const Rows& rows, const Roles& roles,
    const score::Program& program, const Judgement& judgement) {
    const project::Model& model = *request.model;
    std::vector<std::pair<std::string, std::string>> lines;
    if (!program.calibration.kind.empty()) {
        score::Program bare = program;
        bare.golden.clear();
        bare.calibration = {};
        bare.conformal = {};
        const auto before = TRY(look(request, rows, roles, bare, Role::test));
        lines.emplace_back("calibrate", program.calibration.kind + " on " +
                                            rows_text(roles, Role::calibration) + ": " +
                                            TRY(gain_text(before, judgement)));
    }
    if (model.threshold_rule) {
        lines.emplace_back("threshold", printed(program.threshold) + ": " +
                                            rule_text(*model.threshold_rule) + ", on " +
                                            rows_text(roles, Role::calibration));
    }
    if (!program.conformal.kind.empty()) {
        lines.emplace_back("conformal", program.conformal.kind + " at " +
                                            printed(program.conformal.coverage) + ", on " +
                                            rows_text(roles, Role::conformal) + ": " +
                                            coverage_text(judgement));
    }
    if (program.model.learned.contains("background"))
        lines.emplace_back("explain", "interventional, beside " +
                                          plural(model.explain.background, "row") +
                                          " of the training at most");
    return lines;
}

}  // namespace quern::train
