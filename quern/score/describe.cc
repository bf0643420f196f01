#include "quern/score/describe.h"

#include <cctype>
#include <cstring>

#include "quern/base/text.h"
#include "quern/frame/batch.h"
#include "quern/score/functions/format.h"
#include "quern/score/model.h"
#include "quern/score/request.h"
#include "quern/score/storage.h"

namespace quern::score {
namespace {

// A program of a hostile size still gives a page, not a gigabyte.
constexpr int kDepthMax = 40;
constexpr size_t kExpressionTextMax = 2000;
constexpr size_t kValuesShown = 12;

std::string constant_text(const Constant& constant) {
    if (constant.is_null) return "NULL";
    if (storage_of(constant.type) == Storage::text) return quote_literal(constant.text);
    if (storage_of(constant.type) == Storage::interval) {
        Interval interval;
        std::memcpy(&interval, constant.bits.data(), sizeof(interval));
        std::string text = "interval '";
        if (interval.months != 0) text += std::to_string(interval.months) + " months ";
        if (interval.days != 0) text += std::to_string(interval.days) + " days ";
        return text + std::to_string(interval.micros) + " microseconds'";
    }
    std::string text = frame::value_text({constant.type, constant.bits.data(), nullptr, 1}, 0);
    if (!frame::is_temporal(constant.type)) return text;
    return lower_ascii(type_text(constant.type)) + " " + quote_literal(text);
}

// What is computed once and used more than once has a name: a feature's, or one of its own.
using SharedNames = std::vector<std::string>;

class ExpressionText {
public:
    ExpressionText(const Program& program, const SharedNames& names)
        : program_(program), names_(names) {}

    std::string of(uint32_t index) {
        add_whole(index, 0);
        return std::move(text_);
    }

private:
    bool has_name(uint32_t index) const { return index < names_.size() && !names_[index].empty(); }

    void add(uint32_t index, int depth) {
        if (has_name(index))
            text_ += names_[index];
        else
            add_whole(index, depth);
    }

    void add_whole(uint32_t index, int depth) {
        if (index >= program_.expressions.size() || depth > kDepthMax ||
            text_.size() > kExpressionTextMax) {
            text_ += "...";
            return;
        }
        const Expression& node = program_.expressions[index];
        switch (node.kind) {
            case Expression::Kind::input:
                text_ += program_.inputs[node.input].name;
                return;
            case Expression::Kind::constant:
                text_ += constant_text(node.constant);
                return;
            case Expression::Kind::call:
                add_call(node, depth);
                return;
        }
    }

    void add_call(const Expression& node, int depth) {
        const auto& children = node.children;
        const std::string& name = node.function;
        bool is_word = !name.empty() && (std::isalpha(static_cast<unsigned char>(name[0])) != 0);
        if (name == "case" && children.size() % 2 == 1) {
            add_case(children, depth);
        } else if ((name == "cast" || name == "try_cast") && children.size() == 1) {
            text_ += name + "(";
            add(children[0], depth + 1);
            text_ += " as " + lower_ascii(type_text(node.type)) + ")";
        } else if (name.starts_with("is ") && children.size() == 1) {
            add_operand(children[0], depth);
            text_ += " " + name;
        } else if (children.size() >= 2 && (name.starts_with("and") || name.starts_with("or"))) {
            join(children, name.starts_with("and") ? " and " : " or ", depth, true);
        } else if (children.size() == 2 && (!is_word || name.starts_with("is "))) {
            join(children, " " + name + " ", depth, true);
        } else if ((name == "in" || name == "not in") && children.size() >= 2) {
            add_operand(children[0], depth);
            text_ += " " + name + " (";
            join({children.begin() + 1, children.end()}, ", ", depth, false);
            text_ += ")";
        } else if (name == "timezone" && children.size() == 3) {  // its rules are for no reader
            add_operand(children[1], depth);
            text_ += " at time zone ";
            add_operand(children[0], depth);
        } else {
            text_ += name + "(";
            join(children, ", ", depth, false);
            text_ += ")";
        }
    }

    void add_case(const std::vector<uint32_t>& children, int depth) {
        text_ += "case";
        for (size_t i = 0; i + 1 < children.size(); i += 2) {
            text_ += " when ";
            add(children[i], depth + 1);
            text_ += " then ";
            add(children[i + 1], depth + 1);
        }
        text_ += " else ";
        add(children.back(), depth + 1);
        text_ += " end";
    }

    void join(const std::vector<uint32_t>& children, std::string_view between, int depth,
              bool are_operands) {
        for (size_t i = 0; i < children.size(); ++i) {
            if (i > 0) text_ += between;
            if (are_operands)
                add_operand(children[i], depth);
            else
                add(children[i], depth + 1);
        }
    }

    // In parentheses when it is made of operators itself.
    void add_operand(uint32_t index, int depth) {
        bool is_call = index < program_.expressions.size() &&
                       program_.expressions[index].kind == Expression::Kind::call &&
                       !has_name(index);
        if (is_call) text_ += "(";
        add(index, depth + 1);
        if (is_call) text_ += ")";
    }

    const Program& program_;
    const SharedNames& names_;
    std::string text_;
};

SharedNames shared_names(const Program& program) {
    std::vector<uint32_t> uses(program.expressions.size());
    for (const Expression& node : program.expressions)
        for (uint32_t child : node.children) ++uses[child];
    for (const Feature& feature : program.features) ++uses[feature.expression];
    SharedNames names(uses.size());
    const auto is_shared = [&](uint32_t node) {
        return uses[node] > 1 && program.expressions[node].kind == Expression::Kind::call &&
               names[node].empty();
    };
    for (const Feature& feature : program.features)
        if (is_shared(feature.expression)) names[feature.expression] = feature.name;
    size_t count = 0;
    for (uint32_t node = 0; node < uses.size(); ++node)
        if (is_shared(node)) names[node] = "shared_" + std::to_string(++count);
    return names;
}

std::string features_text(const Program& program) {
    const SharedNames names = shared_names(program);
    std::string text = "\nfeatures\n";
    for (uint32_t node = 0; node < names.size(); ++node)
        if (names[node].starts_with("shared_"))
            text += "  " + names[node] + " = " + ExpressionText(program, names).of(node) + "\n";
    for (const Feature& feature : program.features) {
        const std::string& name = names[feature.expression];
        const bool is_said = !name.empty() && name != feature.name;
        text += "  " + feature.name + " = " +
                (is_said ? name : ExpressionText(program, names).of(feature.expression)) + "  " +
                type_text(program.expressions[feature.expression].type) + "\n";
    }
    return text;
}

std::string number_text(double value) {
    char buffer[kValueTextMax];
    return std::string(format_float(value, buffer));
}

template <class T>
std::string values_text(const std::vector<T>& values) {
    std::string text;
    for (size_t i = 0; i < values.size() && i < kValuesShown; ++i) {
        if (i > 0) text += ", ";
        if constexpr (std::is_same_v<T, std::string>)
            text += quote_literal(values[i]);
        else if constexpr (std::is_same_v<T, double>)
            text += number_text(values[i]);
        else
            text += std::to_string(values[i]);
    }
    if (values.size() > kValuesShown)
        text += ", ... " + with_thousands(static_cast<int64_t>(values.size())) + " in all";
    return text;
}

std::string input_line(const Program& program, const Input& input) {
    std::string line = "  " + input.name + "  " + type_text(input.type);
    if (!input.is_nullable) line += ", never null";
    if (input.low && input.high)
        line += ", seen " + number_text(*input.low) + " to " + number_text(*input.high);
    if (!input.categories.empty()) line += ", seen " + values_text(input.categories);
    const auto typical = program.metadata.find(std::string(kTypicalKey) + input.name);
    if (typical != program.metadata.end()) line += ", typically " + typical->second;
    return line + "\n";
}

std::string model_line(const Program& program) {
    std::string line = program.model.kind;
    auto kind = Registry<ModelKind>::of_kind().find(program.model.kind);
    if (kind.ok()) line += ": " + (*kind)->describe(program.model.learned);
    return line;
}

std::string conformal_text(const Program& program) {
    if (program.conformal.kind.empty()) return "";
    return std::string("  ") + (program.task == Task::regress ? "interval" : "set of classes") +
           " for " + number_text(program.conformal.coverage) + " of all rows, by " +
           program.conformal.kind + "  " + learned_text(program.conformal.learned) + "\n";
}

std::string outputs_text(const Program& program) {
    constexpr std::string_view kLinks[] = {
        "as they are",          "by sigmoid",           "by softmax",      "by exp",
        "by sigmoid of floats", "by softmax of floats", "by exp of floats"};
    std::string text =
        "outputs: raw scores " + std::string(kLinks[static_cast<size_t>(program.link)]) + "\n";
    if (program.task == Task::regress)
        return text + "  value of " + program.target + "\n" + conformal_text(program);
    text += "  probability of " + values_text(program.classes) + "\n";
    if (!program.calibration.kind.empty())
        text += "  calibrated by " + program.calibration.kind + "  " +
                learned_text(program.calibration.learned) + "\n";
    if (program.classes.size() == 2)
        text += "  " + quote_literal(program.classes[1]) + " when its probability is at least " +
                number_text(program.threshold) + "\n";
    return text + conformal_text(program);
}

// Where looked-up inputs come from.
std::string lookup_text(const Program& program, const Lookup& lookup) {
    std::string text = "\nlook-up " + lookup.name + " of " + lookup.table;
    for (size_t i = 0; i < lookup.keys.size(); ++i) {
        text += (i == 0 ? " where " : " and ") + lookup.keys[i].column + " = " +
                program.inputs[lookup.keys[i].input].name;
    }
    if (lookup.time) text += ", as of " + program.inputs[*lookup.time].name;
    if (lookup.max_age_us)
        text +=
            ", at most " + duration_text(static_cast<double>(*lookup.max_age_us) / 1e6) + " old";
    text += lookup.fails_if_missing ? ", else refused\n" : "\n";
    for (const auto& column : lookup.columns)
        text += input_line(program, program.inputs[column.input]);
    return text;
}

}  // namespace

std::string expression_text(const Program& program, uint32_t expression) {
    return ExpressionText(program, {}).of(expression);
}

std::string learned_text(const Buffers& learned) {
    std::string text;
    for (const auto& [name, buffer] : learned) {
        std::string values = std::visit([](const auto& list) { return values_text(list); }, buffer);
        text += (text.empty() ? "" : "; ") + name + " " + values;
    }
    return text;
}

std::string describe(const Program& program) {
    std::string text = program.model_name + ": " +
                       (program.task == Task::classify ? "classify " : "regress ") +
                       program.target + "\n\ninputs\n";
    for (const Input& input : program.asked()) text += input_line(program, input);
    for (const Lookup& lookup : program.lookups) text += lookup_text(program, lookup);
    text += features_text(program);
    text += "\ncolumns\n";
    for (const FittedEncoder& encoder : program.encoders) {
        std::string learned = learned_text(encoder.learned);
        text += "  " + encoder.kind + "(" + program.features[encoder.feature].name + ")" +
                (learned.empty() ? "" : "  " + learned) + "\n";
    }
    for (const FittedStage& stage : program.stages) {
        text += "  " + stage.name + " = " + stage.kind + " of " +
                plural(std::ssize(stage.columns), "column") + "  " + learned_text(stage.learned) +
                "\n";
    }
    if (!program.matrix.empty())
        text += "  the model sees " + plural(std::ssize(program.matrix), "column") + " of these\n";
    text += "\nmodel\n  " + model_line(program) + "\n\n" + outputs_text(program);
    if (!program.golden.empty())
        text += "\n" + plural(std::ssize(program.golden), "golden row") + ", checked at load\n";
    return text;
}

}  // namespace quern::score
