#include "tests/differential/oracle.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <random>

#include "quern/base/text.h"
#include "quern/frame/batch.h"
#include "quern/score/compile.h"
#include "quern/score/function.h"
#include "quern/score/models/linear.h"
#include "quern/score/request.h"
#include "quern/score/scorer.h"
#include "quern/sql/catalog.h"

namespace quern::score {

const std::vector<TestColumn> kTestColumns = {
    {"ti", "TINYINT"},      {"si", "SMALLINT"},    {"i", "INTEGER"},        {"j", "INTEGER"},
    {"b", "BIGINT"},        {"h", "HUGEINT"},      {"ut", "UTINYINT"},      {"ui", "UINTEGER"},
    {"ub", "UBIGINT"},      {"f", "FLOAT"},        {"x", "DOUBLE"},         {"y", "DOUBLE"},
    {"m", "DECIMAL(10,2)"}, {"n", "DECIMAL(4,1)"}, {"w", "DECIMAL(38,10)"}, {"s", "VARCHAR"},
    {"p", "VARCHAR"},       {"d", "DATE"},         {"e", "DATE"},           {"ts", "TIMESTAMP"},
    {"tu", "TIMESTAMP"},    {"ok", "BOOLEAN"},     {"no", "BOOLEAN"},       {"tm", "TIME"},
    {"tn", "TIME"},         {"tz", "TIMESTAMPTZ"}, {"ty", "TIMESTAMPTZ"},   {"iv", "VARCHAR"},
    {"mo", "VARCHAR"},      {"js", "VARCHAR"},
};

namespace {

constexpr size_t kRows = 160;

using Values = std::map<std::string, std::vector<std::string>, std::less<>>;

// What breaks things, by type: lines of type, tab, value.
Values read_hostile_values() {
    Values values;
    std::ifstream file("tests/differential/hostile_values.txt");
    for (std::string line; std::getline(file, line);) {
        size_t tab = line.find('\t');
        values[line.substr(0, tab)].push_back(line.substr(tab + 1));
    }
    return values;
}

const std::vector<std::string>& hostile_values(std::string_view type) {
    static const Values values = read_hostile_values();
    return values.find(type)->second;
}

// Some texts are there to be patterns, intervals and moments.
std::string_view kind_of(const TestColumn& column) {
    if (column.name == "p") return "PATTERN";
    if (column.name == "iv") return "INTERVAL";
    if (column.name == "js") return "JSON";
    return column.name == "mo" ? "MOMENT" : column.type;
}

std::string row_sql(std::mt19937& random) {
    std::string row = "(";
    for (const TestColumn& column : kTestColumns) {
        if (row.size() > 1) row += ", ";
        const auto& values = hostile_values(kind_of(column));
        size_t choice = random() % (values.size() + 1);  // the last is NULL
        if (choice == values.size())
            row += "NULL";
        else
            row += quote_literal(values[choice]) + "::" + std::string(column.type);
    }
    return row + ")";
}

std::string columns_sql(bool has_types) {
    std::string sql;
    for (const TestColumn& column : kTestColumns) {
        if (!sql.empty()) sql += ", ";
        sql += std::string(column.name) + (has_types ? " " + std::string(column.type) : "");
    }
    return sql;
}

// As a project's own plans get them.
Result<std::string> zone_rules(std::string_view name) {
    static std::map<std::string, std::string, std::less<>> known;
    auto found = known.find(name);
    if (found != known.end()) return found->second;
    auto catalog = TRY(sql::SchemaCatalog::open());
    std::string rules = TRY(catalog.time_zone(name));
    return known.emplace(name, rules).first->second;
}

// DuckDB prints the sign of a NaN, which means nothing.
std::string plain_nan(std::string text) { return text == "-nan" ? "nan" : text; }

}  // namespace

// The rows as the scorer reads them.
struct Oracle::Table {
    frame::Schema schema;
    std::vector<std::vector<Outcome>> rows;
};

Oracle::Oracle() {
    if (duckdb_open(nullptr, &database_) != DuckDBSuccess ||
        duckdb_connect(database_, &connection_) != DuckDBSuccess)
        std::abort();
    run("set timezone = 'UTC'");
    run("create table t(" + columns_sql(true) + ")");
    run("pragma disable_optimizer");
    std::mt19937 random(7);
    std::string insert = "insert into t values ";
    for (size_t i = 0; i < kRows; ++i) insert += (i > 0 ? ", " : "") + row_sql(random);
    run(insert);
    read_table();
}

Oracle::~Oracle() {
    delete table_;
    duckdb_disconnect(&connection_);
    duckdb_close(&database_);
}

void Oracle::run(const std::string& sql) {
    std::string error;
    query(sql, error);
    if (!error.empty()) {
        std::fprintf(stderr, "%s\n%s\n", error.c_str(), sql.substr(0, 500).c_str());
        std::abort();
    }
}

std::vector<std::vector<Outcome>> Oracle::query(const std::string& sql, std::string& error) {
    std::vector<std::vector<Outcome>> rows;
    duckdb_result result;
    if (duckdb_query(connection_, sql.c_str(), &result) != DuckDBSuccess) {
        error = duckdb_result_error(&result);
    } else {
        rows.resize(duckdb_row_count(&result));
        for (size_t row = 0; row < rows.size(); ++row) {
            for (size_t column = 0; column < duckdb_column_count(&result); ++column) {
                Outcome& cell = rows[row].emplace_back();
                if (duckdb_value_is_null(&result, column, row)) continue;
                duckdb_string text = duckdb_value_string(&result, column, row);
                cell = {Outcome::value, std::string(text.data, text.size)};
                duckdb_free(text.data);
            }
        }
    }
    duckdb_destroy_result(&result);
    return rows;
}

void Oracle::read_table() {
    table_ = new Table;
    std::string error, list;
    for (const TestColumn& column : kTestColumns) {
        table_->schema.push_back({std::string(column.name), frame::type_from_sql(column.type)});
        list += (list.empty() ? "" : ", ") + std::string(column.name) + "::varchar";
    }
    table_->rows = query("select " + list + " from t", error);
}

namespace {

// A program whose only work is its features.
Program program_of(CompiledFeatures compiled) {
    Program program;
    program.task = Task::regress;
    program.target = "none";
    program.target_type = frame::type_from_sql("DOUBLE");
    program.inputs = std::move(compiled.inputs);
    program.expressions = std::move(compiled.expressions);
    program.features = std::move(compiled.features);
    program.model = pack(ConstantModel{{0}});
    return program;
}

std::vector<Outcome> outcomes_of(const Scorer& scorer, const Scratch& scratch,
                                 const Predictions& predictions) {
    std::vector<Outcome> outcomes;
    frame::ColumnView values = scorer.feature(0, scratch);
    for (size_t row = 0; row < values.row_count; ++row) {
        if (predictions.is_failed[row] != 0)
            outcomes.push_back({Outcome::failed, ""});
        else if (!values.is_valid(row))
            outcomes.push_back({Outcome::null, ""});
        else
            outcomes.push_back({Outcome::value, plain_nan(frame::value_text(values, row))});
    }
    return outcomes;
}

Comparison broken(std::string why) {
    Comparison out;
    out.difference_count = 1;
    out.first_difference = std::move(why);
    return out;
}

}  // namespace

// Rows [first, first + count) of the table, with the columns that the program reads.
void Oracle::feed(const Program& program, size_t first, size_t count, RowReader& reader) const {
    reader.clear();
    for (size_t row = first; row < first + count; ++row) {
        reader.begin_row();
        for (const Input& input : program.inputs) {
            const Outcome& cell = cell_of(input.name, row);
            reader.field(input.name, cell.kind == Outcome::null
                                         ? FieldValue::null()
                                         : FieldValue::of(std::string_view(cell.text)));
        }
        reader.end_row();
    }
}

const Outcome& Oracle::cell_of(std::string_view column, size_t row) const {
    return table_->rows[row][static_cast<size_t>(frame::column_index(table_->schema, column))];
}

std::string Oracle::difference_text(const Program& program, size_t row, const Outcome& want,
                                    const Outcome& found) const {
    constexpr std::string_view kKinds[] = {"value ", "NULL", "failed"};
    std::string text = "\n  with";
    for (const Input& input : program.inputs) {
        const Outcome& cell = cell_of(input.name, row);
        text += " " + input.name + "=" +
                (cell.kind == Outcome::null ? "NULL" : quote_literal(cell.text));
    }
    return text + "\n  DuckDB: " + std::string(kKinds[want.kind]) + want.text +
           "\n  scorer: " + std::string(kKinds[found.kind]) + found.text;
}

// What DuckDB makes of every row.
std::vector<Outcome> Oracle::wanted(const std::string& expression, std::string& error) {
    std::vector<Outcome> outcomes;
    for (auto& cells : query("select try((" + expression + ")::varchar), try((" + expression +
                                 ") is null)::varchar from t",
                             error)) {
        if (cells[1].kind == Outcome::null)
            outcomes.push_back({Outcome::failed, ""});
        else if (cells[1].text == "true")
            outcomes.push_back({Outcome::null, ""});
        else
            outcomes.push_back({Outcome::value, plain_nan(cells[0].text)});
    }
    return outcomes;
}

std::string Oracle::plan_of(const std::string& select) {
    std::string error;
    auto rows = query("select json_serialize_plan(" + quote_literal(select) + ")", error);
    return rows.empty() ? error : rows[0][0].text;
}

Comparison Oracle::compare(const std::string& expression, size_t batch_rows) {
    Comparison out;
    auto plan = query("select json_serialize_plan(" +
                          quote_literal("select " + expression + " as f from t") + ")",
                      out.why);
    out.is_invalid = !out.why.empty() || plan[0][0].text.starts_with("{\"error\":true");
    if (out.is_invalid) return out;
    auto compiled = compile_features(plan[0][0].text, {}, zone_rules);
    if (!compiled.ok()) {
        out.is_refused = true;
        out.why = std::string(compiled.status().message());
        return out;
    }
    auto want = wanted(expression, out.why);
    out.is_invalid = !out.why.empty();
    if (out.is_invalid) return out;
    auto scorer = Scorer::build(program_of(std::move(compiled).value()));
    if (!scorer.ok()) return broken(expression + ": " + scorer.status().text());
    Scratch scratch(*scorer);
    Predictions predictions;
    const Program& program = scorer->program();
    RowReader reader(program, {.is_all_text = true, .is_empty_null = false});
    for (size_t first = 0; first < want.size(); first += batch_rows) {
        feed(program, first, std::min(batch_rows, want.size() - first), reader);
        Status status = reader.status();
        if (status.ok()) status = scorer->score(reader.view(), scratch, predictions);
        if (!status.ok()) return broken(expression + ": " + status.text());
        auto found = outcomes_of(*scorer, scratch, predictions);
        for (size_t row = 0; row < found.size(); ++row) {
            ++out.row_count;
            if (found[row] == want[first + row] || out.difference_count++ > 0) continue;
            out.first_difference =
                expression + difference_text(program, first + row, want[first + row], found[row]);
        }
    }
    return out;
}

}  // namespace quern::score
