// The model as one SELECT over a table or view named rows_to_score.
#include <algorithm>
#include <cmath>

#include "quern/base/json.h"
#include "quern/base/text.h"
#include "quern/score/exporter.h"
#include "quern/score/exporters/sql_text.h"
#include "quern/score/storage.h"

namespace quern::score::sql {

std::string number(Dialect dialect, double value) {
    const char* type = dialect == Dialect::duckdb ? "DOUBLE" : "float8";
    if (!std::isfinite(value))
        return std::string(std::isnan(value) ? "'NaN'"
                           : value > 0       ? "'Infinity'"
                                             : "'-Infinity'") +
               "::" + type;
    std::string text = json_number(value);
    if (value == 0 && std::signbit(value)) text = "-0.0";
    if (dialect == Dialect::postgresql) return "'" + text + "'::float8";
    // With an exponent it is no decimal.
    if (text.find('e') == std::string::npos) text += "e0";
    return text[0] == '-' ? "(" + text + ")" : text;
}

std::string type_name(Dialect dialect, const frame::Type& type) {
    using frame::TypeId;
    if (type.id == TypeId::other) return "";
    if (dialect == Dialect::duckdb) return type_text(type);
    switch (type.id) {
        case TypeId::boolean:
            return "boolean";
        case TypeId::tinyint:
        case TypeId::smallint:
        case TypeId::utinyint:
            return "smallint";
        case TypeId::integer:
        case TypeId::usmallint:
            return "integer";
        case TypeId::bigint:
        case TypeId::uinteger:
            return "bigint";
        case TypeId::real:
            return "real";
        case TypeId::float64:
            return "double precision";
        case TypeId::decimal:
            return "numeric(" + std::to_string(type.width) + "," + std::to_string(type.scale) + ")";
        case TypeId::varchar:
            return "text";
        case TypeId::date:
            return "date";
        case TypeId::time:
            return "time";
        case TypeId::timestamp:
            return "timestamp";
        default:
            return "";
    }
}

std::string exponential(Dialect dialect, const std::string& x) {
    if (dialect == Dialect::duckdb) return "exp(" + x + ")";
    const auto real = [&](double value) { return number(dialect, value); };
    return "CASE WHEN " + x + " < " + real(-708) + " THEN " + real(0) + " WHEN " + x + " = " +
           real(NAN) + " THEN " + real(NAN) + " WHEN " + x + " > " + real(709.782712893384) +
           " THEN " + real(INFINITY) + " ELSE exp(" + x + ") END";
}

namespace {

constexpr std::string_view kTable = "rows_to_score";

Result<Dialect> find_dialect(std::string_view name) {
    if (name.empty() || name == "duckdb") return Dialect::duckdb;
    if (name == "postgresql" || name == "postgres") return Dialect::postgresql;
    return unknown_name("dialect", name, std::vector<std::string_view>{"duckdb", "postgresql"});
}

std::string words_of(const Program& program, Dialect dialect) {
    std::string text = "-- The model '" + program.model_name + "', exported by quern for " +
                       (dialect == Dialect::duckdb ? "DuckDB" : "PostgreSQL 12 or newer") +
                       ". Rows come from the table or view\n-- " + std::string(kTable) +
                       " with the columns\n";
    const std::vector<bool> is_read = inputs_of_features(program);
    for (size_t i = 0; i < program.inputs.size(); ++i) {
        if (!is_read[i]) continue;
        const Input& input = program.inputs[i];
        std::string line = quote_identifier(input.name) + " " + type_name(dialect, input.type);
        std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\r'; }, ' ');
        text += "--   " + line + "\n";
    }
    return text +
           "-- and any others. A row whose features cannot be computed (the logarithm of 0) "
           "stops it.\n";
}

// A name for the outputs of a class.
std::string class_column(const Program& program, const char* what, size_t k) {
    return quote_identifier(what + program.classes[k]);
}

std::string outputs_of(const Program& program, Dialect dialect, const Steps& steps) {
    std::string text;
    const bool is_classifier = program.task == Task::classify;
    if (is_classifier) {
        text += ",\n  CASE " + steps.label;
        for (size_t k = 0; k < program.classes.size(); ++k) {
            const std::string at = number(dialect, static_cast<double>(k));
            text += k + 1 == program.classes.size() ? " ELSE " : " WHEN " + at + " THEN ";
            text += quote_literal(program.classes[k]);
        }
        text += " END AS prediction";
        for (size_t k = 0; k < steps.outputs.size(); ++k)
            text += ", " + steps.outputs[k] + " AS " + class_column(program, "probability_", k);
    } else {
        text += ",\n  " + steps.outputs[0] + " AS prediction";
    }
    for (size_t i = 0; i < steps.raw.size(); ++i)
        text += ", " + steps.raw[i] + " AS raw_score" + (i == 0 ? "" : "_" + std::to_string(i + 1));
    for (size_t i = 0; i < steps.region.size(); ++i)
        text += ", " + steps.region[i] + " AS " +
                (is_classifier ? class_column(program, "in_set_", i)
                 : i == 0      ? "low"
                               : "high");
    return text;
}

Result<Export> write(const Scorer& scorer, const ExportOptions& options) {
    const Program& program = scorer.program();
    const Dialect dialect = TRY(find_dialect(options.dialect));
    const Numbers numbers = TRY(lower_numbers(scorer));
    const std::string name = dialect == Dialect::duckdb ? "DuckDB" : "PostgreSQL";
    const auto refused = [&](const std::string& what, const Status& why) {
        return unimplemented(what + ": " + name + " export has no form for " +
                             std::string(why.message()))
            .hint("compute it in a table under tables/ and use its column, or export to C (.c)");
    };
    std::string columns;
    const std::vector<bool> is_read = inputs_of_features(program);
    for (size_t i = 0; i < program.inputs.size(); ++i) {
        if (!is_read[i]) continue;
        const Input& input = program.inputs[i];
        const std::string type = type_name(dialect, input.type);
        if (lower_ascii(input.name).starts_with("q_"))
            return invalid_argument("input '" + input.name +
                                    "': names that begin with q_ are this export's own")
                .hint("rename the column in a table under tables/");
        if (type.empty())
            return refused("input '" + input.name + "'", unimplemented(type_text(input.type)));
        const std::string column = quote_identifier(input.name);
        columns += ", CAST(" + column + " AS " + type + ") AS " + column;
    }
    for (const Feature& feature : program.features) {
        const auto text = expression_text(program, dialect, feature.expression);
        if (!text.ok()) return refused("feature '" + feature.name + "'", text.status());
    }
    auto steps = number_steps(program, dialect, numbers, "q0");
    if (!steps.ok()) return refused("model '" + program.model_name + "'", steps.status());
    Export made;
    made.bytes = words_of(program, dialect) + "WITH q0 AS (SELECT q AS q_row" + columns + " FROM " +
                 std::string(kTable) + " AS q)" + steps->ctes + "\nSELECT " +
                 (dialect == Dialect::duckdb ? "q_row.*" : "(q_row).*") +
                 outputs_of(program, dialect, *steps) + "\nFROM " + steps->last + ";\n";
    made.refused = numbers.refused;
    made.margin =
        std::max(1e-12, float_margin(program, numbers));  // log1p and expm1, which SQL lacks
    made.parity =
        dialect == Dialect::duckdb
            ? "the same operations on doubles, in the same order"
            : "the same operations on doubles, in the same order; a double that overflows "
              "or underflows stops PostgreSQL where quern goes on, and a row that fails "
              "in quern may have a score";
    if (numbers.adds_floats) made.parity += "; sums are of doubles where the model's are of floats";
    return made;
}

}  // namespace
}  // namespace quern::score::sql

namespace quern::score {

QUERN_REGISTER(Exporter)
({
    .name = "sql",
    .summary = "One SELECT that scores the rows of a table, for DuckDB or PostgreSQL.",
    .example = "quern export income -o income.sql --dialect postgresql",
    .ending = ".sql",
    .write = sql::write,
});

}  // namespace quern::score
