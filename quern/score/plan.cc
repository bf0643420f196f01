#include "quern/score/plan.h"

#include <algorithm>
#include <map>

#include "quern/score/storage.h"
#include "quern/score/verify.h"

namespace quern::score {
namespace {

Result<Step> bind_step(const Program& program, uint32_t node) {
    const Expression& expression = program.expressions[node];
    Step step{node, {}, expression.children, {}};
    std::vector<const Constant*> constants;
    for (uint32_t child : expression.children) {
        const Expression& argument = program.expressions[child];
        step.types.push_back(argument.type);
        bool is_constant = argument.kind == Expression::Kind::constant;
        constants.push_back(is_constant ? &argument.constant : nullptr);
    }
    step.function =
        TRY(bind_function(expression.function, {step.types, expression.type, constants}));
    return step;
}

Status bind_expressions(Scorer::Plan& plan) {
    const auto& expressions = plan.program.expressions;
    for (uint32_t node = 0; node < expressions.size(); ++node)
        if (expressions[node].kind == Expression::Kind::call)
            plan.steps.push_back(TRY(bind_step(plan.program, node)));
    return {};
}

// The position of the first one.
Result<uint32_t> add_columns(Scorer::Plan& plan, const std::string& name,
                             const std::vector<std::string>& suffixes) {
    auto first = static_cast<uint32_t>(plan.columns.size());
    if (plan.columns.size() + suffixes.size() > kMatrixColumnsMax)
        return corrupt("the matrix has too many columns");
    for (const std::string& suffix : suffixes) plan.columns.push_back(name + suffix);
    return first;
}

Status bind_encoders(Scorer::Plan& plan) {
    const Program& program = plan.program;
    for (const FittedEncoder& fitted : program.encoders) {
        const Encoder* kind = TRY(Registry<Encoder>::of_kind().find(fitted.kind));
        const Feature& feature = program.features[fitted.feature];
        const frame::Type& type = program.expressions[feature.expression].type;
        if (!kind->takes(type)) {
            return corrupt("encoder '" + fitted.kind + "' cannot take feature '" + feature.name +
                           "' of type " + type_text(type));
        }
        BoundEncoder encoder = TRY(kind->bind(type, fitted.learned));
        const std::string& name = fitted.name.empty() ? feature.name : fitted.name;
        uint32_t first = TRY(add_columns(plan, name, encoder.columns));
        plan.encodes.push_back({std::move(encoder), feature.expression, first});
    }
    return {};
}

Status bind_stages(Scorer::Plan& plan) {
    for (const FittedStage& fitted : plan.program.stages) {
        const Stage* kind = TRY(Registry<Stage>::of_kind().find(fitted.kind));
        std::vector<std::string> from;
        if (fitted.columns.empty()) return corrupt("a stage reads no column");
        for (uint32_t column : fitted.columns) {
            if (column >= plan.columns.size()) return corrupt("a stage reads a column after it");
            from.push_back(plan.columns[column]);
        }
        BoundStage stage = TRY(kind->bind(from, fitted.learned));
        uint32_t first = TRY(add_columns(plan, fitted.name, stage.columns));
        plan.stages.push_back({std::move(stage), fitted.columns, first});
    }
    return {};
}

// Stages that only other stages read explain nothing by themselves.
void drop_inner_sources(Scorer::Plan& plan) {
    const size_t feature_count = plan.program.features.size();
    std::vector<std::string> kept(plan.sources.begin(),
                                  plan.sources.begin() + static_cast<long>(feature_count));
    std::map<uint32_t, uint32_t> moved;
    for (uint32_t& source : plan.column_sources) {
        if (source < feature_count) continue;
        const auto [at, is_new] = moved.try_emplace(source, static_cast<uint32_t>(kept.size()));
        if (is_new) kept.push_back(plan.sources[source]);
        source = at->second;
    }
    plan.sources = std::move(kept);
}

void name_sources(Scorer::Plan& plan) {
    const Program& program = plan.program;
    std::vector<uint32_t> sources(plan.number_count);
    for (const Feature& feature : program.features) plan.sources.push_back(feature.name);
    for (size_t i = 0; i < plan.encodes.size(); ++i)
        std::fill_n(sources.begin() + plan.encodes[i].first_column,
                    plan.encodes[i].encoder.columns.size(), program.encoders[i].feature);
    for (size_t i = 0; i < plan.stages.size(); ++i) {
        const StageStep& step = plan.stages[i];
        uint32_t source = sources[step.from.front()];
        for (uint32_t column : step.from)
            if (sources[column] != source) source = kNoPosition;
        const bool is_of_mixed = source >= program.features.size() && step.from.size() > 1;
        if (source == kNoPosition || is_of_mixed) {  // of several, or of what was made of several
            source = static_cast<uint32_t>(plan.sources.size());
            plan.sources.push_back(program.stages[i].name);
        }
        std::fill_n(sources.begin() + step.first_column, step.stage.columns.size(), source);
    }
    if (program.matrix.empty()) plan.column_sources = sources;
    for (uint32_t column : program.matrix) plan.column_sources.push_back(sources[column]);
    drop_inner_sources(plan);
}

// From all columns that were made to those that the model sees.
Status pick_matrix(Scorer::Plan& plan) {
    plan.number_count = plan.columns.size();
    plan.picked = plan.program.matrix;
    if (plan.picked.empty()) return {};
    std::vector<std::string> columns;
    for (uint32_t column : plan.picked) {
        if (column >= plan.columns.size()) return corrupt("the matrix names a column out of range");
        columns.push_back(plan.columns[column]);
    }
    plan.columns = std::move(columns);
    return {};
}

Status check_outputs(const Scorer::Plan& plan) {
    const Program& program = plan.program;
    size_t raw = plan.model.raw_count, outputs = program.output_count();
    const bool is_pair = is_sigmoid(program.link) && raw == 1;
    const bool fits = is_pair ? outputs == 2 && program.task == Task::classify
                              : raw == outputs && program.link != Link::float_sigmoid;
    if (fits) return {};
    return corrupt("the model gives " + std::to_string(raw) + " raw scores, which do not make " +
                   std::to_string(outputs) + " outputs");
}

Status bind_outputs(Scorer::Plan& plan) {
    const FittedCalibration& fitted = plan.program.calibration;
    plan.conformal = TRY(bind_conformal(plan.program));
    if (fitted.kind.empty()) {
        return fitted.learned.empty() ? Status() : corrupt("a calibration has no kind");
    }
    if (plan.program.task != Task::classify) return corrupt("a calibration of no classes");
    const auto* kind = TRY(Registry<Calibration>::of_kind().find(fitted.kind));
    plan.calibration = TRY(kind->bind(fitted.learned, plan.program.classes.size()));
    return {};
}

}  // namespace

Result<std::unique_ptr<Scorer::Plan>> make_plan(Program program) {
    TRY(verify(program));
    auto plan = std::make_unique<Scorer::Plan>();
    plan->program = std::move(program);
    TRY(bind_expressions(*plan));
    TRY(bind_encoders(*plan));
    TRY(bind_stages(*plan));
    TRY(pick_matrix(*plan));
    name_sources(*plan);
    const FittedModel& fitted = plan->program.model;
    const ModelKind* kind = TRY(Registry<ModelKind>::of_kind().find(fitted.kind));
    plan->model = TRY(kind->bind(fitted.learned, plan->columns.size()));
    TRY(check_outputs(*plan));
    TRY(bind_outputs(*plan));
    return plan;
}

}  // namespace quern::score
