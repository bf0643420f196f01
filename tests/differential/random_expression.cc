#include "tests/differential/random_expression.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "quern/base/text.h"
#include "quern/score/function.h"

#include "tests/differential/oracle.h"

namespace quern::score {
namespace {

// What stands for a type in a form: $i for an integer of any width and so on.
std::string_view kind_of(std::string_view type) {
    static const std::map<std::string_view, std::string_view> kinds = {
        {"TINYINT", "integer"},
        {"SMALLINT", "integer"},
        {"INTEGER", "integer"},
        {"BIGINT", "integer"},
        {"HUGEINT", "integer"},
        {"UTINYINT", "integer"},
        {"USMALLINT", "integer"},
        {"UINTEGER", "integer"},
        {"UBIGINT", "integer"},
        {"FLOAT", "number"},
        {"DOUBLE", "number"},
        {"VARCHAR", "text"},
        {"BLOB", "blob"},
        {"DATE", "date"},
        {"TIMESTAMP", "timestamp"},
        {"TIME", "time"},
        {"INTERVAL", "interval"},
        {"TIMESTAMPTZ", "instant"},
        {"TIMESTAMP WITH TIME ZONE", "instant"},
        {"BOOLEAN", "boolean"},
        {"DECIMAL", "decimal"},
    };
    auto kind = kinds.find(type.substr(0, type.find('(')));
    return kind == kinds.end() ? std::string_view() : kind->second;
}

const std::map<char, std::string_view> kLetters = {
    {'i', "integer"}, {'x', "number"},    {'m', "decimal"}, {'s', "text"},
    {'d', "date"},    {'t', "timestamp"}, {'b', "boolean"}, {'l', "blob"},
    {'c', "time"},    {'z', "instant"},   {'v', "interval"}};

std::vector<std::string> split(std::string_view list, char separator) {
    std::vector<std::string> parts;
    while (!list.empty()) {
        const size_t end = std::min(list.find(separator), list.size());
        parts.emplace_back(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return parts;
}

// Types that stand for a parameter of any type.
constexpr std::string_view kAnyTypes[] = {"INTEGER", "DOUBLE", "VARCHAR",      "DATE",
                                          "HUGEINT", "FLOAT",  "DECIMAL(9,4)", "BLOB",
                                          "BOOLEAN", "BIGINT", "TIMESTAMP"};

}  // namespace

RandomExpression::RandomExpression(uint32_t seed, Oracle& oracle) : random_(seed) {
    read_forms();
    add_signatures(oracle);
}

// Lines of kind, tab, form; "leaf KIND" and "by hand" for the others.
void RandomExpression::read_forms() {
    std::ifstream file("tests/differential/forms.txt");
    if (!file.is_open()) std::abort();
    for (std::string line; std::getline(file, line);) {
        const size_t tab = line.find('\t');
        if (tab == std::string::npos) continue;
        const std::string kind = line.substr(0, tab), form = line.substr(tab + 1);
        if (kind == "by hand")
            by_hand_.push_back(form);
        else if (kind.starts_with("leaf "))
            leaves_[kind.substr(5)].push_back(form);
        else
            forms_[kind].push_back(form);
    }
}

void RandomExpression::add_signatures(Oracle& oracle) {
    std::string error;
    const auto columns = oracle.query(
        "select distinct function_name, array_to_string(parameter_types, ';'), "
        "coalesce(varargs, ''), coalesce(return_type, '') from duckdb_functions() where "
        "function_type = 'scalar' order by all",
        error);
    const auto& all = Registry<RowFunction>::of_kind();
    for (size_t row = 0; row < columns[0].values.row_count(); ++row) {
        const std::string_view name = columns[0].values.text(row);
        if (!all.find(name).ok() || std::ranges::count(by_hand_, name) > 0) continue;
        add_signature(name, columns[1].values.text(row), columns[2].values.text(row),
                      columns[3].values.text(row));
    }
}

void RandomExpression::add_signature(std::string_view name, std::string_view parameters,
                                     std::string_view varargs, std::string_view result) {
    auto types = split(parameters, ';');
    if (!varargs.empty())
        for (int i = 0; i < 2; ++i) types.emplace_back(varargs);
    const auto is_any = [](std::string_view type) { return type == "ANY" || type == "T"; };
    const bool has_any = std::ranges::any_of(types, is_any);
    for (std::string_view any : has_any ? std::span(kAnyTypes) : std::span(kAnyTypes).first(1)) {
        const auto concrete = [&](std::string_view type) { return is_any(type) ? any : type; };
        const std::string_view kind = kind_of(concrete(result));
        std::string form = "\"" + std::string(name) + "\"(";
        bool is_known = !kind.empty();
        for (size_t i = 0; i < types.size(); ++i) {
            is_known = is_known && !kind_of(concrete(types[i])).empty();
            form += (i > 0 ? ", {" : "{") + std::string(concrete(types[i])) + "}";
        }
        if (is_known) forms_[std::string(kind)].push_back(form + ")");
    }
}

std::string RandomExpression::next() {
    auto kind = std::next(forms_.begin(), static_cast<long>(pick(forms_.size())));
    constexpr int kDepths[] = {1, 1, 2, 2, 3};
    std::string expression = of(kind->first, kDepths[pick(std::size(kDepths))]);
    // No feature is an interval.
    return kind->first == "interval" ? expression + "::varchar" : expression;
}

std::string RandomExpression::of(std::string_view kind, int depth) {
    const auto& list = (depth == 0 ? leaves_ : forms_).find(kind)->second;
    const std::string& form = list[pick(list.size())];
    return depth == 0 ? form : "(" + fill(form, depth - 1) + ")";
}

// A value of exactly this type: a column, or an expression that is cast.
std::string RandomExpression::argument(std::string_view type, int depth) {
    std::vector<std::string_view> columns;
    for (const TestColumn& column : kTestColumns)
        if (column.type == type || (type == "DECIMAL" && column.type.starts_with(type)) ||
            (kind_of(type) == "instant" && kind_of(column.type) == "instant"))
            columns.push_back(column.name);
    const std::string_view kind = kind_of(type);
    if (!columns.empty() && pick(3) > 0) return std::string(columns[pick(columns.size())]);
    std::string value = of(kind, pick(3) == 0 ? 0 : depth);
    if (kind != "integer" && kind != "number") return value;
    return "try_cast(" + value + " as " + std::string(type) + ")";
}

std::string RandomExpression::fill(std::string_view form, int depth) {
    std::string out;
    for (size_t at = 0; at < form.size(); ++at) {
        if (form[at] == '{') {
            const size_t end = form.find('}', at);
            out += argument(form.substr(at + 1, end - at - 1), depth);
            at = end;
        } else if (form[at] == '$' && kLetters.contains(form[at + 1])) {
            const bool is_leaf = pick(3) == 0;
            out += of(kLetters.at(form[++at]), is_leaf ? 0 : depth);
        } else {
            out += form[at];
        }
    }
    return out;
}

}  // namespace quern::score
