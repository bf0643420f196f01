// Row expressions as ONNX nodes, with DuckDB's three-valued logic. Numbers are doubles.
#include <cmath>
#include <cstring>

#include "quern/score/exporters/onnx_graph.h"
#include "quern/score/functions/number.h"
#include "quern/score/storage.h"

namespace quern::score::onnx {
namespace {

using frame::TypeId;

bool is_varchar(const frame::Type& type) { return type.id == TypeId::varchar; }
bool is_boolean(const frame::Type& type) { return type.id == TypeId::boolean; }
bool is_decimal(const frame::Type& type) { return type.id == TypeId::decimal; }
bool is_whole(const frame::Type& type) {
    return frame::is_integer(type) || type.id == TypeId::hugeint;
}
bool is_double(const frame::Type& type) { return type.id == TypeId::float64; }
double power_of(int scale) { return static_cast<double>(power_of_ten(scale)); }

double stored_number(const Constant& constant) {
    double found = 0;
    with_storage(storage_of(constant.type), [&]<class T>(Tag<T>) {
        if constexpr (kIsInteger<T> || kIsFloat<T> || std::is_same_v<T, bool>) {
            T value;
            std::memcpy(&value, constant.bits.data(), sizeof(value));
            found = static_cast<double>(value);
        }
    });
    return found;
}

}  // namespace

std::string Expressions::either(const std::string& a, const std::string& b) {
    return a.empty() || a == b ? b : b.empty() ? a : graph_.op("Or", a, b);
}
std::string Expressions::holds(const Value& a) {
    return a.null.empty() ? a.value : graph_.op("And", a.value, graph_.op("Not", a.null));
}
std::string Expressions::fails(const Value& a) {
    const std::string is_false = graph_.op("Not", a.value);
    return a.null.empty() ? is_false : graph_.op("And", is_false, graph_.op("Not", a.null));
}

Result<Value> Expressions::value(uint32_t index) {
    if (const auto found = made_.find(index); found != made_.end()) return found->second;
    const Value made = TRY(make(program_.expressions[index]));
    return made_[index] = made;
}

Result<std::string> Expressions::number(uint32_t index) {
    const frame::Type& type = program_.expressions[index].type;
    const Value of = TRY(value(index));
    std::string number = of.value;
    if (is_boolean(type)) number = graph_.cast(number, Element::float64);
    if (is_decimal(type) && type.scale > 0)
        number = graph_.op("Div", number, graph_.real(power_of(type.scale)));
    return of.null.empty() ? number : graph_.where(of.null, graph_.real(NAN), number);
}

Result<Value> Expressions::make(const Expression& node) {
    const bool is_known =
        is_varchar(node.type) || is_boolean(node.type) || frame::is_numeric(node.type);
    if (!is_known) return unimplemented("the type " + type_text(node.type));
    if (node.kind == Expression::Kind::input) return input(program_.inputs[node.input]);
    if (node.kind == Expression::Kind::constant) return constant(node.constant);
    Values arguments;
    for (const uint32_t child : node.children) arguments.push_back(TRY(value(child)));
    return call(node, arguments);
}

Result<Value> Expressions::input(const Input& input) {
    if (is_varchar(input.type)) return Value{input.name, input.name + "_is_null"};
    const std::string null = graph_.op("IsNaN", input.name);
    if (is_boolean(input.type))
        return Value{graph_.op("Not", graph_.op("Equal", input.name, graph_.real(0))), null};
    if (!is_decimal(input.type)) return Value{input.name, null};
    const std::string scaled =
        graph_.op("Mul", input.name, graph_.real(power_of(input.type.scale)));
    return Value{graph_.op("Round", scaled), null};
}

Result<Value> Expressions::constant(const Constant& constant) {
    const std::string null = constant.is_null ? graph_.flag(true) : "";
    if (is_varchar(constant.type)) return Value{graph_.text(constant.text), null};
    const double number = constant.is_null ? 0 : stored_number(constant);
    if (is_boolean(constant.type)) return Value{graph_.flag(number != 0), null};
    return Value{graph_.real(number), null};
}

Result<std::string> Expressions::equal(const frame::Type& type, const std::string& a,
                                       const std::string& b) {
    const std::string same = graph_.op("Equal", a, b);
    if (is_varchar(type) || is_boolean(type) || is_whole(type) || is_decimal(type)) return same;
    return graph_.op("Or", same, graph_.op("And", graph_.op("IsNaN", a), graph_.op("IsNaN", b)));
}

// NaN is greater than all else.
std::string Expressions::less(const std::string& a, const std::string& b) {
    const std::string is_number = graph_.op("Not", graph_.op("IsNaN", a));
    return graph_.pick(graph_.op("IsNaN", b), is_number, graph_.op("Less", a, b));
}

Result<Value> Expressions::logic(const Expression& node, const Values& a) {
    const std::string& name = node.function;
    const bool is_and = name == "and" || name == "and then";
    if (is_and || name == "or" || name == "or else") {
        std::string all, any;  // true in all, in any; for OR false in all
        for (const Value& one : a) {
            const std::string mine = is_and ? holds(one) : fails(one);
            const std::string decides = is_and ? fails(one) : holds(one);
            all = all.empty() ? mine : graph_.op("And", all, mine);
            any = any.empty() ? decides : graph_.op("Or", any, decides);
        }
        const std::string truth = is_and ? all : any;
        if (name == "and then" || name == "or else") return Value{truth, ""};
        return Value{truth, graph_.op("Not", graph_.op("Or", all, any))};
    }
    if (name == "not") return Value{graph_.op("Not", a[0].value), a[0].null};
    if (name == "is null" || name == "is not null") {
        const std::string null = a[0].null.empty() ? graph_.flag(false) : a[0].null;
        return Value{name == "is null" ? null : graph_.op("Not", null), ""};
    }
    if (name == "case" || name == "coalesce") {
        const auto choose = [&](const std::string& test, const Value& yes, const Value& no) {
            const auto null = [&](const Value& of) {
                return of.null.empty() ? graph_.flag(false) : of.null;
            };
            const bool has_null = !yes.null.empty() || !no.null.empty();
            const std::string chosen = is_boolean(node.type)
                                           ? graph_.pick(test, yes.value, no.value)
                                           : graph_.where(test, yes.value, no.value);
            return Value{chosen, has_null ? graph_.pick(test, null(yes), null(no)) : ""};
        };
        Value last = a.back();
        if (name == "coalesce") {
            for (size_t i = a.size() - 1; i-- > 0;)
                if (a[i].null.empty())
                    last = a[i];
                else
                    last = choose(a[i].null, last, a[i]);
        } else {
            for (size_t i = a.size() / 2; i-- > 0;)
                last = choose(holds(a[2 * i]), a[2 * i + 1], last);
        }
        return last;
    }
    return unimplemented("'" + name + "'");
}

Result<Value> Expressions::call(const Expression& node, const Values& a) {
    const std::string& name = node.function;
    if (auto made = logic(node, a); made.ok()) return made;
    std::string null;
    for (const Value& one : a) null = either(null, one.null);
    if (name == "cast") return cast(node, a[0]);
    if (name == "in" || name == "not in") {
        std::string found;
        for (size_t i = 1; i < a.size(); ++i) {
            const std::string same = TRY(equal(type(node, 0), a[0].value, a[i].value));
            const std::string is_it = holds({same, either(a[0].null, a[i].null)});
            found = found.empty() ? is_it : graph_.op("Or", found, is_it);
        }
        if (!null.empty()) null = graph_.op("And", null, graph_.op("Not", found));
        return Value{name == "in" ? found : graph_.op("Not", found), null};
    }
    if ((name == "greatest" || name == "least") && frame::is_numeric(node.type)) {
        Value best = a[0];
        for (size_t i = 1; i < a.size(); ++i) {
            const std::string is_better =
                name == "least" ? less(a[i].value, best.value) : less(best.value, a[i].value);
            std::string takes = holds({is_better, a[i].null});
            if (!best.null.empty()) takes = graph_.op("Or", best.null, takes);
            const std::string now = a[i].null.empty() ? takes : holds({takes, a[i].null});
            const bool can_be_null = !best.null.empty() && !a[i].null.empty();
            best = {graph_.where(now, a[i].value, best.value),
                    can_be_null ? graph_.op("And", best.null, a[i].null) : ""};
        }
        return best;
    }
    std::string made;
    if (a.size() == 2 && (name == "=" || name == "<>")) {
        const std::string same = TRY(equal(type(node, 0), a[0].value, a[1].value));
        return Value{name == "=" ? same : graph_.op("Not", same), null};
    }
    if (a.size() == 2 && (name == "//" || name == "divide" || name == "%" || name == "mod") &&
        is_whole(node.type)) {
        const std::string is_zero = graph_.op("Equal", a[1].value, graph_.real(0));
        const std::string by = graph_.where(is_zero, graph_.real(1), a[1].value);
        if (name == "%" || name == "mod") {
            made = graph_.node("Mod", {a[0].value, by}, {Graph::of_int("fmod", 1)});
        } else {
            const std::string ratio = graph_.op("Div", a[0].value, by);
            made = graph_.op("Mul", graph_.op("Sign", ratio),
                             graph_.op("Floor", graph_.op("Abs", ratio)));
        }
        return Value{made, either(null, is_zero)};
    }
    if (a.size() == 1) made = of_one(node, a[0].value);
    if (a.size() == 2) made = of_two(node, a[0].value, a[1].value);
    if (made.empty()) return unimplemented("'" + name + "'");
    return Value{made, null};
}

std::string Expressions::of_one(const Expression& node, const std::string& x) {
    const std::string& name = node.function;
    const frame::Type& from = type(node, 0);
    if (!frame::is_numeric(from)) return "";
    if (name == "-") return graph_.op("Neg", x);
    if (name == "+") return x;
    if (name == "abs" || name == "@") return graph_.op("Abs", x);
    const bool rounds = name == "floor" || name == "ceil" || name == "ceiling" || name == "round" ||
                        name == "trunc";
    if (is_whole(from)) return rounds ? x : "";
    if (!is_double(from)) return "";
    if (name == "floor") return graph_.op("Floor", x);
    if (name == "ceil" || name == "ceiling") return graph_.op("Ceil", x);
    if (name == "round" || name == "trunc") {
        const std::string size = graph_.op("Abs", x), below = graph_.op("Floor", size);
        std::string whole = below;
        if (name == "round") {  // halves go away from zero
            const std::string is_far =
                graph_.op("GreaterOrEqual", graph_.op("Sub", size, below), graph_.real(0.5));
            whole = graph_.where(is_far, graph_.op("Add", below, graph_.real(1)), below);
        }
        return graph_.where(graph_.op("Less", x, graph_.real(0)), graph_.op("Neg", whole), whole);
    }
    if (name == "sqrt") return graph_.op("Sqrt", x);
    if (name == "exp") return graph_.op("Exp", x);
    if (name == "ln") return graph_.op("Log", x);
    if (name == "isnan") return graph_.op("IsNaN", x);
    if (name == "isinf") return graph_.op("IsInf", x);
    if (name == "isfinite")
        return graph_.op("Not", graph_.op("Or", graph_.op("IsNaN", x), graph_.op("IsInf", x)));
    return "";
}

std::string Expressions::of_two(const Expression& node, const std::string& x,
                                const std::string& y) {
    const std::string& name = node.function;
    const frame::Type& from = type(node, 0);
    if (!frame::is_numeric(from) || !frame::is_numeric(type(node, 1))) return "";
    if (name == "<") return less(x, y);
    if (name == ">") return less(y, x);
    if (name == "<=") return graph_.op("Not", less(y, x));
    if (name == ">=") return graph_.op("Not", less(x, y));
    if (from.id == TypeId::real) return "";  // computed in float
    if (name == "+" || name == "add") return graph_.op("Add", x, y);
    if (name == "-" || name == "subtract") return graph_.op("Sub", x, y);
    if (name == "*" || name == "multiply") return graph_.op("Mul", x, y);
    if (name == "/" && is_double(from)) return graph_.op("Div", x, y);
    const bool is_power = name == "pow" || name == "power" || name == "^" || name == "**";
    return is_power && is_double(from) ? graph_.op("Pow", x, y) : "";
}

Result<Value> Expressions::cast(const Expression& node, const Value& a) {
    const frame::Type &from = type(node, 0), &to = node.type;
    const auto refused = unimplemented("a cast from " + type_text(from) + " to " + type_text(to));
    const bool are_numbers =
        (frame::is_numeric(from) || is_boolean(from)) && (frame::is_numeric(to) || is_boolean(to));
    if (from == to) return a;
    if (!are_numbers) return refused;
    if (is_boolean(to))
        return Value{graph_.op("Not", graph_.op("Equal", a.value, graph_.real(0))), a.null};
    if (is_boolean(from)) {
        if (is_decimal(to)) return refused;
        return Value{graph_.cast(a.value, Element::float64), a.null};
    }
    if (to.id == TypeId::real) return refused;
    const int up = (is_decimal(to) ? to.scale : 0) - (is_decimal(from) ? from.scale : 0);
    if (is_decimal(to) && (is_whole(from) || is_decimal(from)) && up >= 0)
        return up == 0 ? a : Value{graph_.op("Mul", a.value, graph_.real(power_of(up))), a.null};
    if (is_decimal(from) && is_double(to))
        return up == 0 ? a : Value{graph_.op("Div", a.value, graph_.real(power_of(-up))), a.null};
    if (is_decimal(from) || is_decimal(to)) return refused;
    if (is_whole(to) && !is_whole(from)) return Value{graph_.op("Round", a.value), a.null};
    return a;
}

}  // namespace quern::score::onnx
