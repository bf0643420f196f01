// Row expressions as SQL. They came from DuckDB and go back to it by the names that its binder has;
// for PostgreSQL each is said in its own words, or refused.
#include <cmath>
#include <map>

#include "quern/base/text.h"
#include "quern/frame/batch.h"
#include "quern/score/exporters/sql_text.h"
#include "quern/score/storage.h"

namespace quern::score::sql {
namespace {

using frame::TypeId;

constexpr std::string_view kInfix[] = {"+",  "-",  "*",   "/",   "//",   "%",  "=",   "<>",  "<",
                                       "<=", ">",  ">=",  "&",   "|",    "<<", ">>",  "^",   "**",
                                       "||", "~~", "!~~", "~~*", "!~~*", "^@", "~~~", "and", "or"};

// What has a form of its own in the compiler and none by its name in SQL.
constexpr std::string_view kInternal[] = {
    "slice_text", "struct_extract", "struct_pack", "list_aggr",
    "map",        "list_value",     "!__postfix",  "normalized_interval"};

class Writer {
public:
    Writer(const Program& program, Dialect dialect) : program_(program), dialect_(dialect) {}

    Result<std::string> write(uint32_t index) {
        constexpr size_t kTextMax = 4 << 20;
        const Expression& node = program_.expressions[index];
        if (type_name(dialect_, node.type).empty())
            return refuse(node, "the type " + type_text(node.type));
        if (node.kind == Expression::Kind::input)
            return quote_identifier(program_.inputs[node.input].name);
        if (node.kind == Expression::Kind::constant) return constant(node.constant);
        std::vector<std::string> arguments;
        for (const uint32_t child : node.children) arguments.push_back(TRY(write(child)));
        size_ += node.function.size() + 20;
        if (size_ > kTextMax) return refuse(node, "an expression of this size");
        return call(node, arguments);
    }

private:
    using Arguments = std::vector<std::string>;

    static Status refuse(const Expression& node, const std::string& what) {
        (void)node;
        return unimplemented(what);
    }
    const frame::Type& type(const Expression& node, size_t argument) const {
        return program_.expressions[node.children[argument]].type;
    }
    bool is_postgresql() const { return dialect_ == Dialect::postgresql; }
    std::string cast(const std::string& value, const frame::Type& to) const {
        return "CAST(" + value + " AS " + type_name(dialect_, to) + ")";
    }

    std::string constant(const Constant& value) const {
        if (value.is_null) return cast("NULL", value.type);
        std::string_view text = value.text;
        frame::ColumnView column{value.type, value.bits.data(), nullptr, 1};
        if (storage_of(value.type) == Storage::text) column.data = &text;
        return cast(quote_literal(frame::value_text(column, 0)), value.type);
    }

    static std::string listed(const Arguments& arguments, size_t first = 0) {
        std::string text;
        for (size_t i = first; i < arguments.size(); ++i)
            text += (i == first ? "" : ", ") + arguments[i];
        return text;
    }

    Result<std::string> call(const Expression& node, const Arguments& a) {
        const std::string& name = node.function;
        if (name == "and then") return joined(a, " AND ");
        if (name == "or else") return joined(a, " OR ");
        if (name == "and") return joined(a, " AND ");
        if (name == "or") return joined(a, " OR ");
        if (name == "not") return "(NOT " + a[0] + ")";
        if (name == "is null") return "(" + a[0] + " IS NULL)";
        if (name == "is not null") return "(" + a[0] + " IS NOT NULL)";
        if (name == "in") return "(" + a[0] + " IN (" + listed(a, 1) + "))";
        if (name == "not in") return "(" + a[0] + " NOT IN (" + listed(a, 1) + "))";
        if (name == "is distinct from" || name == "is not distinct from")
            return "(" + a[0] + " " + name + " " + a[1] + ")";
        if (name == "coalesce") return "COALESCE(" + listed(a) + ")";
        if (name == "case") {
            std::string text = "CASE";
            for (size_t i = 0; i + 1 < a.size(); i += 2)
                text += " WHEN " + a[i] + " THEN " + a[i + 1];
            return text + " ELSE " + a.back() + " END";
        }
        return is_postgresql() ? postgresql(node, a) : duckdb(node, a);
    }

    static std::string joined(const Arguments& arguments, const std::string& word) {
        std::string text = "(";
        for (const std::string& argument : arguments)
            text += (text.size() > 1 ? word : "") + argument;
        return text + ")";
    }

    Result<std::string> duckdb(const Expression& node, const Arguments& a) {
        const std::string& name = node.function;
        for (const std::string_view internal : kInternal)
            if (name == internal) return refuse(node, "'" + name + "'");
        if (name == "cast") return cast(a[0], node.type);
        if (name == "try_cast") return "TRY_" + cast(a[0], node.type);
        if (name == "split_at") return "split_part(" + listed(a) + ")";
        if (name == "timezone" && a.size() == 3) return "timezone(" + a[0] + ", " + a[1] + ")";
        if (a.size() == 1 && (name == "-" || name == "+" || name == "~" || name == "@"))
            return "(" + name + a[0] + ")";
        for (const std::string_view infix : kInfix)
            if (name == infix && a.size() == 2) return "(" + a[0] + " " + name + " " + a[1] + ")";
        return quote_identifier(name) + "(" + listed(a) + ")";
    }

    bool is_double(const Expression& node, size_t i) const {
        return type(node, i).id == TypeId::float64;
    }
    bool is_whole(const frame::Type& of) const { return frame::is_integer(of); }
    bool is_decimal(const frame::Type& of) const { return of.id == TypeId::decimal; }

    Result<std::string> postgresql(const Expression& node, const Arguments& a) {
        const std::string& name = node.function;
        std::string text;
        if (a.size() == 2) text = of_two(node, a[0], a[1]);
        if (a.size() == 1) text = of_one(node, a[0]);
        if (name == "greatest" || name == "least") {
            const bool is_text = type(node, 0).id == TypeId::varchar;
            text = name + "(" + (is_text ? joined_with_order(a) : listed(a)) + ")";
        }
        if (name == "substring" || name == "substr") text = piece(node, a);
        if (name == "pi") text = number(dialect_, 3.141592653589793);
        if (!text.empty()) return text;
        return refuse(node, "'" + name + "'");
    }

    static std::string joined_with_order(const Arguments& a) {
        std::string text;
        for (const std::string& one : a)
            text += (text.empty() ? "" : ", ") + one + " COLLATE \"C\"";
        return text;
    }

    // Offsets below 1 are counted from the end by DuckDB alone.
    std::string piece(const Expression& node, const Arguments& a) const {
        for (size_t i = 1; i < a.size(); ++i) {
            const Expression& at = program_.expressions[node.children[i]];
            if (at.kind != Expression::Kind::constant || at.constant.is_null) return "";
            int64_t value = 0;
            __builtin_memcpy(&value, at.constant.bits.data(), sizeof(value));
            if (value < (i == 1 ? 1 : 0) || value > INT32_MAX) return "";
        }
        std::string text = "substr(" + a[0];
        for (size_t i = 1; i < a.size(); ++i) text += ", " + a[i] + "::integer";
        return text + ")";
    }

    std::string of_two(const Expression& node, const std::string& x, const std::string& y) const {
        const std::string& name = node.function;
        const frame::Type &a = type(node, 0), &b = type(node, 1);
        const auto infix = [&](const std::string& sign) {
            return "(" + x + " " + sign + " " + y + ")";
        };
        const bool are_numbers = frame::is_numeric(a) && frame::is_numeric(b);
        const bool are_texts = a.id == TypeId::varchar && b.id == TypeId::varchar;
        const bool is_date =
            a.id == TypeId::date && (b.id == TypeId::date || b.id == TypeId::integer);
        static const std::map<std::string_view, std::string_view> plain = {
            {"add", "+"}, {"subtract", "-"}, {"multiply", "*"}, {"mod", "%"}, {"divide", "//"}};
        const auto known = plain.find(name);
        const std::string sign = known == plain.end() ? name : std::string(known->second);
        if ((sign == "+" || sign == "-") && is_date) return cast(infix(sign), node.type);
        if ((sign == "+" || sign == "-" || sign == "*") && are_numbers) return infix(sign);
        if (sign == "/" && is_double(node, 0)) return quotient(x, y);
        if (sign == "//" && is_whole(a)) return "(" + x + " / NULLIF(" + y + ", 0))";
        if (sign == "%" && is_whole(a)) return "(" + x + " % NULLIF(" + y + ", 0))";
        if (name == "=" || name == "<>") return infix(name);
        if (name == "<" || name == "<=" || name == ">" || name == ">=")
            return are_texts ? "(" + x + " " + name + " " + y + " COLLATE \"C\")" : infix(name);
        if (are_texts) return of_texts(name, x, y);
        const bool are_doubles = is_double(node, 0) && is_double(node, 1);
        if (are_doubles && (name == "pow" || name == "power" || name == "^" || name == "**"))
            return "power(" + x + ", " + y + ")";
        if (are_doubles && name == "atan2") return "atan2(" + x + ", " + y + ")";
        if (name == "date_part" || name == "datepart") {
            const Constant& part = program_.expressions[node.children[0]].constant;
            return date_part(part.text, y, b);
        }
        return "";
    }

    static std::string of_texts(const std::string& name, const std::string& x,
                                const std::string& y) {
        if (name == "~~" || name == "!~~")
            return "(" + x + (name == "~~" ? " LIKE " : " NOT LIKE ") + y + " ESCAPE '')";
        if (name == "contains") return "(strpos(" + x + ", " + y + ") > 0)";
        if (name == "position" || name == "strpos" || name == "instr")
            return "strpos(" + x + ", " + y + ")::bigint";
        if (name == "starts_with" || name == "prefix" || name == "^@")
            return "starts_with(" + x + ", " + y + ")";
        if (name == "ends_with" || name == "suffix")
            return "(right(" + x + ", char_length(" + y + ")) = " + y + ")";
        return "";
    }

    // A double divided by zero stops PostgreSQL.
    std::string quotient(const std::string& x, const std::string& y) const {
        const std::string nan = number(dialect_, NAN), inf = number(dialect_, INFINITY);
        return "CASE WHEN " + y + " <> 0 THEN " + x + " / " + y + " WHEN " + x + " = 0 OR " + x +
               " = " + nan + " THEN " + nan + " WHEN (" + x + " < 0) = (" + y +
               "::text = '-0') THEN " + inf + " WHEN " + x + " IS NOT NULL AND " + y +
               " IS NOT NULL THEN -" + inf + " END";
    }

    std::string date_part(const std::string& part, const std::string& x,
                          const frame::Type& of) const {
        static const std::map<std::string_view, std::string_view> parts = {
            {"year", "year"},       {"month", "month"}, {"day", "day"},       {"dayofmonth", "day"},
            {"quarter", "quarter"}, {"hour", "hour"},   {"minute", "minute"}, {"second", "second"},
            {"dayofweek", "dow"},   {"weekday", "dow"}, {"dow", "dow"},       {"isodow", "isodow"},
            {"dayofyear", "doy"},   {"doy", "doy"}};
        const auto found = parts.find(part);
        const bool is_moment = of.id == TypeId::date || of.id == TypeId::timestamp;
        if (found == parts.end() || !is_moment) return "";
        const std::string extracted =
            "extract(" + std::string(found->second) + " FROM " + x + "::timestamp)";
        return "CASE WHEN isfinite(" + x + ") THEN floor(" + extracted + ")::bigint END";
    }

    std::string of_one(const Expression& node, const std::string& x) const {
        const std::string& name = node.function;
        const frame::Type& a = type(node, 0);
        const bool is_real = is_double(node, 0);
        if (name == "cast") return cast_of(x, a, node.type);
        if (name == "-" && frame::is_numeric(a)) return "(-" + x + ")";
        if (name == "+" && frame::is_numeric(a)) return x;
        if ((name == "abs" || name == "@") && frame::is_numeric(a)) return "abs(" + x + ")";
        if (name == "sign" && is_real)
            return "CASE WHEN " + x + " = " + number(dialect_, NAN) + " THEN 0 ELSE sign(" + x +
                   ") END::smallint";
        if (is_real) return of_double(name, x);
        if (a.id == TypeId::varchar) {
            if (name == "length" || name == "len" || name == "char_length" ||
                name == "character_length")
                return "char_length(" + x + ")::bigint";
            if (name == "strlen" || name == "octet_length")
                return "octet_length(" + x + ")::bigint";
            return "";
        }
        const bool is_rounding = name == "floor" || name == "ceil" || name == "ceiling" ||
                                 name == "round" || name == "trunc";
        if (is_whole(a) && is_rounding) return x;
        return date_part(name, x, a);
    }

    std::string of_double(const std::string& name, const std::string& x) const {
        const std::string nan = number(dialect_, NAN), inf = number(dialect_, INFINITY);
        if (name == "exp") return exponential(dialect_, x);
        if (name == "log" || name == "log10") return "log(" + x + ")";
        if (name == "ln" || name == "sqrt" || name == "cbrt" || name == "floor" || name == "ceil" ||
            name == "ceiling" || name == "trunc" || name == "sin" || name == "cos" ||
            name == "tan" || name == "asin" || name == "acos" || name == "atan" || name == "tanh" ||
            name == "asinh")
            return name + "(" + x + ")";
        if (name == "round")  // halves go away from zero
            return "CASE WHEN abs(" + x + " - trunc(" + x + ")) >= 0.5 THEN trunc(" + x +
                   ") + sign(" + x + ") ELSE trunc(" + x + ") END";
        if (name == "isnan") return "(" + x + " = " + nan + ")";
        if (name == "isinf") return "(abs(" + x + ") = " + inf + ")";
        if (name == "isfinite") return "(abs(" + x + ") < " + inf + ")";
        return "";
    }

    std::string cast_of(const std::string& x, const frame::Type& from,
                        const frame::Type& to) const {
        if (from.id == TypeId::boolean && (is_whole(to) || is_float(to)))
            return cast("CASE " + x + " WHEN true THEN 1 WHEN false THEN 0 END", to);
        if (to.id == TypeId::boolean && frame::is_numeric(from)) return "(" + x + " <> 0)";
        const bool are_numbers = frame::is_numeric(from) && frame::is_numeric(to);
        // Its numeric takes 15 digits of a double.
        const bool loses = is_float(from) && is_decimal(to);
        const bool are_moments = (from.id == TypeId::date && to.id == TypeId::timestamp) ||
                                 (from.id == TypeId::timestamp && to.id == TypeId::date);
        return (are_numbers && !loses) || are_moments ? cast(x, to) : "";
    }
    static bool is_float(const frame::Type& type) {
        return type.id == TypeId::real || type.id == TypeId::float64;
    }

    const Program& program_;
    Dialect dialect_;
    size_t size_ = 0;
};

}  // namespace

Result<std::string> expression_text(const Program& program, Dialect dialect, uint32_t index) {
    return Writer(program, dialect).write(index);
}

}  // namespace quern::score::sql
