// The row expressions as C: straight lines in the program's own order, each with a value and a
// state, as the scorer computes them.
#include "quern/score/exporters/c_call.h"

namespace quern::score::c {
namespace {

Status refuse(const Program& program, size_t index, std::string why, std::string hint) {
    // The first feature that needs it, for the place.
    std::string name;
    std::vector<bool> is_needed(program.expressions.size());
    for (const Feature& feature : program.features) {
        std::fill(is_needed.begin(), is_needed.end(), false);
        is_needed[feature.expression] = true;
        for (size_t i = program.expressions.size(); i-- > 0;)
            if (is_needed[i])
                for (const uint32_t child : program.expressions[i].children)
                    is_needed[child] = true;
        if (is_needed[index]) {
            name = feature.name;
            break;
        }
    }
    return unimplemented("feature '" + name + "': " + std::move(why)).hint(std::move(hint));
}

const NamedForm* find_form(std::string_view name) {
    for (const auto forms :
         {number_forms(), cast_forms(), logic_forms(), math_forms(), text_forms(), date_forms()})
        for (const NamedForm& form : forms)
            if (form.name == name) return &form;
    return nullptr;
}

Status write_call(Source& source, size_t index) {
    const Program& program = source.program();
    const Expression& call = program.expressions[index];
    CallSite site{source, call, {}, "v" + std::to_string(index), "s" + std::to_string(index),
                  {},     {}};
    for (const uint32_t child : call.children) {
        site.arguments.push_back(&program.expressions[child]);
        site.values.push_back("v" + std::to_string(child));
        site.states.push_back("s" + std::to_string(child));
    }
    const NamedForm* form = find_form(call.function);
    if (form != nullptr && form->form(site)) return {};
    std::string types;
    for (const Expression* argument : site.arguments)
        types += (types.empty() ? "" : ", ") + type_text(argument->type);
    return refuse(
        program, index,
        "'" + call.function + "' of (" + types + ") cannot be said in C without a library",
        "compute it in a table under tables/ and use its column, or run the model with "
        "libquern_score.so (quern export MODEL -o FILE.qn)");
}

}  // namespace

std::string CallSite::joined_states() const {
    std::string out;
    for (const std::string& one : states) out += (out.empty() ? "" : " | ") + one;
    return out.empty() ? "0" : out;
}

std::string CallSite::listed_values() const {
    std::string out;
    for (const std::string& one : values) out += (out.empty() ? "" : ", ") + one;
    return out;
}

void CallSite::map(const std::string& function) const {
    source.line(state + " = " + joined_states() + ";");
    source.line("if (" + state + " == 0) " + state + " = " + function + "(" + listed_values() +
                ", &" + value + ");");
}

void CallSite::assign(const std::string& expression) const {
    source.line(state + " = " + joined_states() + ";");
    source.line("if (" + state + " == 0) " + value + " = " + expression + ";");
}

Status write_expressions(Source& source, std::span<const Field> fields) {
    const Program& program = source.program();
    for (size_t i = 0; i < program.expressions.size(); ++i) {
        const Expression& expression = program.expressions[i];
        const Storage storage = storage_of(expression.type);
        const std::string at = std::to_string(i);
        if (storage == Storage::interval || expression.type.id == frame::TypeId::other)
            return refuse(program, i, "C99 export has no " + type_text(expression.type),
                          "compute it in a table under tables/ and use its column");
        if (storage == Storage::i128) source.use_wide();
        if (storage == Storage::text) source.use_texts();
        const bool is_input = expression.kind == Expression::Kind::input;
        const bool is_constant = expression.kind == Expression::Kind::constant;
        const std::string value = is_input      ? "in->" + fields[expression.input].value
                                  : is_constant ? constant(expression.constant)
                                  : storage == Storage::text ? "{\"\", 0}"
                                                             : "0";
        const std::string state = is_input      ? "in->" + fields[expression.input].has + " ? 0 : 1"
                                  : is_constant ? std::to_string(expression.constant.is_null)
                                                : "0";
        const std::string fixed = is_constant ? "const " : "";
        source.line(fixed + c_type(storage).name + " v" + at + " = " + value + ";");
        source.line(fixed + "int s" + at + " = " + state + ";");
        if (expression.kind == Expression::Kind::call) TRY(write_call(source, i));
    }
    return {};
}

}  // namespace quern::score::c
