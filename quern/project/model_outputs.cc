// Keys of models/*.yml that speak of what stands after the model.
#include "quern/project/keys.h"

namespace quern::project {
namespace {

constexpr double kCostMax = 1e12;

Status read_costs(const Tree& value, ThresholdRule& rule) {
    const std::vector<Param> params = {
        param("false_positive", &ThresholdRule::false_positive, "Cost of a wrong positive.")
            .in(0, kCostMax),
        param("false_negative", &ThresholdRule::false_negative, "Cost of a wrong negative.")
            .in(0, kCostMax),
        param("fp", &ThresholdRule::false_positive, "Short for false_positive.").in(0, kCostMax),
        param("fn", &ThresholdRule::false_negative, "Short for false_negative.").in(0, kCostMax),
    };
    TRY(read_params(params, value, &rule, "cost"));
    if (rule.false_positive + rule.false_negative > 0) return {};
    return invalid_argument("one of the costs must be above 0").at(value.place.text());
}

Status read_threshold(Model& model, const Tree& value) {
    Shape number = detail::Typed<double>::shape();
    number.low = 0;
    number.high = 1;
    if (!value.is_map()) return detail::read_value(value, number, "threshold", model.threshold);
    ThresholdRule rule;
    rule.place = value.place;
    const std::string kind = value.entries.size() == 1 ? value.entries[0].key : "";
    const Tree* inner = value.entries.empty() ? nullptr : &value.entries[0].value;
    if (kind == "cost") {
        rule.kind = ThresholdRule::Kind::cost;
        TRY(read_costs(*inner, rule));
    } else if (kind == "rate") {
        rule.kind = ThresholdRule::Kind::rate;
        TRY(detail::read_value(*inner, number, "rate", rule.rate));
    } else if (kind == "best") {
        rule.kind = ThresholdRule::Kind::best;
        TRY(detail::read_value(*inner, detail::Typed<std::string>::shape(), "best", rule.metric));
    } else {
        return invalid_argument("'threshold' must be a number, or one of cost, rate and best")
            .at(value.place.text())
            .hint(
                "write `threshold: {cost: {false_positive: 1, false_negative: 5}}`, "
                "`{rate: 0.05}` or `{best: f1}`");
    }
    model.threshold_rule = rule;
    return {};
}

Status read_calibrate(Model& model, const Tree& value) {
    model.calibrate.place = value.place;
    if (!value.is_map()) {
        return detail::read_value(value, detail::Typed<std::string>::shape(), "calibrate",
                                  model.calibrate.method);
    }
    return read_params({param("method", &Calibrate::method, "The calibration's name.").required(),
                        param("part", &Calibrate::part, "Of the training rows, set aside.")
                            .range(0, 0.5, true, false)},
                       value, &model.calibrate, "calibrate");
}

Status read_conformal(Model& model, const Tree& value) {
    model.conformal.place = value.place;
    if (!value.is_map()) {
        Shape coverage = detail::Typed<double>::shape();
        coverage.low = 0.01;
        coverage.high = 0.9999;
        return detail::read_value(value, coverage, "conformal", model.conformal.coverage);
    }
    return read_params({param("coverage", &Conformal::coverage, "How often the truth is inside.")
                            .in(0.01, 0.9999)
                            .required(),
                        param("method", &Conformal::method, "The method's name."),
                        param("part", &Conformal::part, "Of the training rows, set aside.")
                            .range(0, 0.4, true, false)},
                       value, &model.conformal, "conformal");
}

Status read_explain(Model& model, const Tree& value) {
    Explain& explain = model.explain;
    explain.place = value.place;
    if (!value.is_map()) {
        TRY(detail::read_value(value, detail::Typed<std::string>::shape(), "explain",
                               explain.kind));
    } else {
        TRY(read_params(
            {param("kind", &Explain::kind, "path_dependent or interventional.").required(),
             param("background", &Explain::background,
                   "Training rows that interventional explanations compare with.")
                 .in(1, 1000)},
            value, &explain, "explain"));
    }
    if (explain.kind == "path_dependent" || explain.kind == "interventional") return {};
    return invalid_argument("'explain' must be path_dependent or interventional, got '" +
                            explain.kind + "'")
        .at(value.place.text());
}

}  // namespace

std::vector<Param> output_keys() {
    return {
        custom_param<Model>("threshold", detail::plain_shape("any"),
                            "Probability from which on the positive class is predicted; default: "
                            "0.5. Or chosen on rows set aside: `{cost: {false_positive: 1, "
                            "false_negative: 5}}`, `{rate: 0.05}`, `{best: f1}`.",
                            &read_threshold),
        custom_param<Model>("calibrate", detail::plain_shape("any"),
                            "platt, isotonic, temperature or beta, fitted on rows set aside; with "
                            "their part: `{method: isotonic, part: 0.2}`.",
                            &read_calibrate),
        custom_param<Model>("conformal", detail::plain_shape("any"),
                            "How often an interval (numbers) or a set (classes) must hold the "
                            "truth: `0.9`, or `{coverage: 0.9, method: aps, part: 0.2}`.",
                            &read_conformal),
        custom_param<Model>("explain", detail::plain_shape("any"),
                            "What explanations of trees compare a row with: path_dependent, the "
                            "shares of training rows at each split; or interventional, training "
                            "rows kept with the model: `{kind: interventional, background: 100}`.",
                            &read_explain),
    };
}

}  // namespace quern::project
