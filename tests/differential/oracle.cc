#include "tests/differential/oracle.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>

#include "quern/base/text.h"
#include "quern/score/compile.h"
#include "quern/score/models/linear.h"
#include "quern/score/plan.h"
#include "quern/score/scorer.h"
#include "quern/sql/catalog.h"

namespace quern::score {

const std::vector<TestColumn> kTestColumns = {
    {"ti", "TINYINT"},       {"si", "SMALLINT"},     {"i", "INTEGER"},      {"j", "INTEGER"},
    {"b", "BIGINT"},         {"h", "HUGEINT"},       {"ut", "UTINYINT"},    {"us", "USMALLINT"},
    {"ui", "UINTEGER"},      {"ub", "UBIGINT"},      {"f", "FLOAT"},        {"x", "DOUBLE"},
    {"y", "DOUBLE"},         {"m", "DECIMAL(10,2)"}, {"n", "DECIMAL(4,1)"}, {"q", "DECIMAL(9,4)"},
    {"w", "DECIMAL(38,10)"}, {"s", "VARCHAR"},       {"p", "VARCHAR"},      {"bl", "BLOB"},
    {"d", "DATE"},           {"e", "DATE"},          {"ts", "TIMESTAMP"},   {"tu", "TIMESTAMP"},
    {"tm", "TIME"},          {"ok", "BOOLEAN"},      {"no", "BOOLEAN"},     {"tn", "TIME"},
    {"tz", "TIMESTAMPTZ"},   {"ty", "TIMESTAMPTZ"},  {"iv", "VARCHAR"},     {"mo", "VARCHAR"},
    {"js", "VARCHAR"},
};

namespace {

// Held as JSON by the scorer; an ENUM as text.
const std::vector<TestColumn> kNestedColumns = {
    {"li", "INTEGER[]"},
    {"lx", "DOUBLE[]"},
    {"ls", "VARCHAR[]"},
    {"ll", "INTEGER[][]"},
    {"st", "STRUCT(a INTEGER, B VARCHAR, d DATE, \"in\" STRUCT(x DOUBLE, t TIMESTAMP))"},
    {"sl", "STRUCT(n DECIMAL(6,2), ok BOOLEAN)[]"},
    {"mp", "MAP(VARCHAR, INTEGER)"},
    {"en", "ENUM('low', 'mid', 'high')"},
    {"eo", "ENUM('low', 'mid', 'high')"},
};

std::vector<TestColumn> all_columns() {
    std::vector<TestColumn> all = kTestColumns;
    all.insert(all.end(), kNestedColumns.begin(), kNestedColumns.end());
    return all;
}

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
    for (const TestColumn& column : all_columns()) {
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

std::string columns_sql() {
    std::string sql;
    for (const TestColumn& column : all_columns())
        sql +=
            (sql.empty() ? "" : ", ") + std::string(column.name) + " " + std::string(column.type);
    return sql;
}

frame::Type type_of(duckdb_logical_type type) {
    static const std::map<duckdb_type, std::string_view> names = {
        {DUCKDB_TYPE_BOOLEAN, "BOOLEAN"},
        {DUCKDB_TYPE_TINYINT, "TINYINT"},
        {DUCKDB_TYPE_SMALLINT, "SMALLINT"},
        {DUCKDB_TYPE_INTEGER, "INTEGER"},
        {DUCKDB_TYPE_BIGINT, "BIGINT"},
        {DUCKDB_TYPE_UTINYINT, "UTINYINT"},
        {DUCKDB_TYPE_USMALLINT, "USMALLINT"},
        {DUCKDB_TYPE_UINTEGER, "UINTEGER"},
        {DUCKDB_TYPE_UBIGINT, "UBIGINT"},
        {DUCKDB_TYPE_HUGEINT, "HUGEINT"},
        {DUCKDB_TYPE_FLOAT, "FLOAT"},
        {DUCKDB_TYPE_DOUBLE, "DOUBLE"},
        {DUCKDB_TYPE_VARCHAR, "VARCHAR"},
        {DUCKDB_TYPE_BLOB, "BLOB"},
        {DUCKDB_TYPE_DATE, "DATE"},
        {DUCKDB_TYPE_TIME, "TIME"},
        {DUCKDB_TYPE_TIMESTAMP, "TIMESTAMP"},
        {DUCKDB_TYPE_TIMESTAMP_TZ, "TIMESTAMP WITH TIME ZONE"},
    };
    const duckdb_type id = duckdb_get_type_id(type);
    if (id == DUCKDB_TYPE_DECIMAL)
        return frame::type_from_sql("DECIMAL(" + std::to_string(duckdb_decimal_width(type)) + "," +
                                    std::to_string(duckdb_decimal_scale(type)) + ")");
    auto name = names.find(id);
    return frame::type_from_sql(name == names.end() ? "UNKNOWN" : name->second);
}

void append_value(frame::Column& column, const void* data, size_t row) {
    const auto take = [&]<class T>(T) { column.append(static_cast<const T*>(data)[row]); };
    if (frame::is_text(column.type())) {
        duckdb_string_t text = static_cast<const duckdb_string_t*>(data)[row];
        return column.append_text({duckdb_string_t_data(&text), duckdb_string_t_length(text)});
    }
    switch (frame::value_size_bytes(column.type())) {
        case 1:
            return take(uint8_t{});
        case 2:
            return take(uint16_t{});
        case 4:
            return take(uint32_t{});
        case 8:
            return take(uint64_t{});
        default:
            return take(frame::int128{});
    }
}

// try(struct_pack(v := expression)) is NULL where the expression fails.
Answers read_column(const std::vector<duckdb_data_chunk>& chunks, size_t index) {
    duckdb_logical_type type =
        duckdb_vector_get_column_type(duckdb_data_chunk_get_vector(chunks[0], index));
    const bool is_wrapped = duckdb_get_type_id(type) == DUCKDB_TYPE_STRUCT;
    duckdb_logical_type inner =
        is_wrapped ? duckdb_struct_type_child_type(type, 0) : duckdb_logical_type{};
    Answers answers{frame::Column(type_of(is_wrapped ? inner : type)), {}};
    if (is_wrapped) duckdb_destroy_logical_type(&inner);
    duckdb_destroy_logical_type(&type);
    for (duckdb_data_chunk chunk : chunks) {
        duckdb_vector outer = duckdb_data_chunk_get_vector(chunk, index);
        duckdb_vector vector = is_wrapped ? duckdb_struct_vector_get_child(outer, 0) : outer;
        uint64_t *there = duckdb_vector_get_validity(outer),
                 *valid = duckdb_vector_get_validity(vector);
        const auto holds = [](uint64_t* bits, size_t row) {
            return bits == nullptr || (bits[row / 64] >> (row % 64) & 1) != 0;
        };
        for (size_t row = 0; row < duckdb_data_chunk_get_size(chunk); ++row) {
            answers.failed.push_back(is_wrapped && !holds(there, row));
            const bool is_known = answers.values.type().id != frame::TypeId::other;
            if (answers.failed.back() || !holds(valid, row) || !is_known)
                answers.values.append_null();
            else
                append_value(answers.values, duckdb_vector_get_data(vector), row);
        }
    }
    return answers;
}

}  // namespace

Oracle::Oracle() {
    if (duckdb_open(nullptr, &database_) != DuckDBSuccess ||
        duckdb_connect(database_, &connection_) != DuckDBSuccess)
        std::abort();
    run("set timezone = 'UTC'");
    run("create table t(" + columns_sql() + ")");
    run("pragma disable_optimizer");
    run("set threads = 1");
    std::mt19937 random(7);
    for (size_t part = 0; part < kPartCount; ++part) {
        std::string name = "part_" + std::to_string(part), rows;
        run("create table " + name + "(" + columns_sql() + ")");
        for (size_t i = 0; i < kPartRows; ++i) rows += (i > 0 ? ", " : "") + row_sql(random);
        run("insert into " + name + " values " + rows);
        run("insert into t from " + name);
    }
    read_table();
}

Oracle::~Oracle() {
    duckdb_disconnect(&connection_);
    duckdb_close(&database_);
}

void Oracle::keep_huge_texts() {
    run("delete from t where rowid % 64 <> 0 or coalesce(s, '') = ''");
    run("update t set s = repeat(s, (1048576 // strlen(s))::int)");
    read_table();
}

void Oracle::read_table() {
    std::string error;
    std::string list;
    for (const TestColumn& column : kTestColumns) list += std::string(column.name) + ", ";
    for (const TestColumn& column : kNestedColumns) {
        const std::string name(column.name);
        list += (column.type.starts_with("ENUM") ? name : "to_json(" + name + ")") + "::varchar, ";
    }
    table_ = query("select " + list + " from t", error);
}

void Oracle::run(const std::string& sql) {
    std::string error;
    query(sql, error);
    if (error.empty()) return;
    std::fprintf(stderr, "%s\n%s\n", error.c_str(), sql.substr(0, 500).c_str());
    std::abort();
}

std::vector<Answers> Oracle::query(const std::string& sql, std::string& error) {
    std::vector<Answers> columns;
    duckdb_result result;
    if (duckdb_query(connection_, sql.c_str(), &result) != DuckDBSuccess) {
        error = duckdb_result_error(&result);
    } else {
        std::vector<duckdb_data_chunk> chunks;
        while (duckdb_data_chunk chunk = duckdb_fetch_chunk(result)) chunks.push_back(chunk);
        for (size_t i = 0; !chunks.empty() && i < duckdb_column_count(&result); ++i)
            columns.push_back(read_column(chunks, i));
        for (duckdb_data_chunk& chunk : chunks) duckdb_destroy_data_chunk(&chunk);
    }
    duckdb_destroy_result(&result);
    return columns;
}

size_t Oracle::stream(const std::string& sql) {
    size_t row_count = 0;
    duckdb_prepared_statement statement;
    duckdb_pending_result pending;
    duckdb_result result;
    bool is_done = duckdb_prepare(connection_, sql.c_str(), &statement) == DuckDBSuccess &&
                   duckdb_pending_prepared_streaming(statement, &pending) == DuckDBSuccess &&
                   duckdb_execute_pending(pending, &result) == DuckDBSuccess;
    if (!is_done) std::abort();
    while (duckdb_data_chunk chunk = duckdb_fetch_chunk(result)) {
        row_count += duckdb_data_chunk_get_size(chunk);
        duckdb_destroy_data_chunk(&chunk);
    }
    duckdb_destroy_result(&result);
    duckdb_destroy_pending(&pending);
    duckdb_destroy_prepare(&statement);
    return row_count;
}

std::string Oracle::plan_of(const std::string& select) {
    std::string error;
    auto plan = query("select json_serialize_plan(" + quote_literal(select) + ")", error);
    return plan.empty() ? error : std::string(plan[0].values.text(0));
}

namespace {

bool is_nan(const frame::ColumnView& column, size_t row) {
    if (column.type.id == frame::TypeId::float64) return std::isnan(column.values<double>()[row]);
    return column.type.id == frame::TypeId::real && std::isnan(column.values<float>()[row]);
}

std::string outcome_text(const frame::ColumnView& column, size_t row, bool is_failed) {
    if (is_failed) return "failed";
    if (!column.is_valid(row)) return "NULL";
    std::string text = frame::value_text(column, row);
    if (text.size() > 200) text = text.substr(0, 200) + "... " + plural(std::ssize(text), "byte");
    return "value " + text;
}

constexpr size_t kNoSuchRow = SIZE_MAX;

// The first row that differs, or kNoSuchRow.
size_t compare_rows(const Answers& want, const Answers& found, Comparison& out) {
    size_t first = kNoSuchRow;
    for (size_t row = 0; row < found.failed.size(); ++row) {
        ++out.row_count;
        if (is_same(want, row, found, row)) continue;
        ++out.difference_count;
        first = std::min(first, row);
    }
    if (first == kNoSuchRow) return first;
    const auto text = [first](const Answers& answers) {
        const frame::ColumnView view = answers.values.view();
        return view.type.text() + " " + outcome_text(view, first, answers.failed[first]);
    };
    out.first_difference = "\n  DuckDB: " + text(want) + "\n  scorer: " + text(found);
    return first;
}

std::string select_of(std::span<const std::string> expressions, std::string_view before,
                      std::string_view after, std::string_view table) {
    std::string sql = "select ";
    for (size_t i = 0; i < expressions.size(); ++i)
        sql += (i > 0 ? ", " : "") + std::string(before) + expressions[i] + std::string(after) +
               " as f" + std::to_string(i + 1);
    return sql + " from " + std::string(table);
}

}  // namespace

Result<std::string> zone_rules(std::string_view name) {
    static std::map<std::string, std::string, std::less<>> known;
    auto found = known.find(name);
    if (found != known.end()) return found->second;
    auto catalog = TRY(sql::SchemaCatalog::open());
    std::string rules = TRY(catalog.time_zone(name));
    return known.emplace(name, rules).first->second;
}

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

namespace {

// The sign of a NaN that came of two NaNs is a matter of the processor, yet texts show it.
std::string without_signs_of_nan(std::string_view text) {
    std::string out(text);
    for (size_t at = 0; (at = out.find("-nan", at)) != out.npos;) out.erase(at, 1);
    return out;
}

}  // namespace

bool is_same(const Answers& a, size_t row_a, const Answers& b, size_t row_b) {
    const frame::ColumnView x = a.values.view(), y = b.values.view();
    if (!(x.type == y.type) || a.failed[row_a] != b.failed[row_b]) return false;
    if (x.is_valid(row_a) != y.is_valid(row_b)) return false;
    if (!x.is_valid(row_a)) return true;
    using Text = std::string_view;
    if (frame::is_text(x.type)) {
        const Text one = x.values<Text>()[row_a], other = y.values<Text>()[row_b];
        return one == other || without_signs_of_nan(one) == without_signs_of_nan(other);
    }
    if (is_nan(x, row_a) && is_nan(y, row_b)) return true;
    const size_t size = frame::value_size_bytes(x.type);
    return std::memcmp(x.values<char>() + row_a * size, y.values<char>() + row_b * size, size) == 0;
}

Result<std::vector<Answers>> score_rows(const Oracle& oracle, const Scorer& scorer,
                                        size_t first_row, size_t row_count, size_t batch_rows) {
    const Program& program = scorer.program();
    std::vector<Answers> out;
    for (const Feature& feature : program.features)
        out.push_back({frame::Column(program.expressions[feature.expression].type), {}});
    Scratch scratch(scorer, batch_rows);
    Predictions predictions;
    for (size_t done = 0; done < row_count; done += batch_rows) {
        const size_t count = std::min(batch_rows, row_count - done);
        std::vector<frame::Column> columns;
        std::vector<frame::ColumnView> views;
        for (const Input& input : program.inputs)
            columns.push_back(oracle.input_rows(input.name, first_row + done, count));
        for (const frame::Column& column : columns) views.push_back(column.view());
        TRY(scorer.score({views, count}, scratch, predictions));
        for (size_t i = 0; i < out.size(); ++i) {
            const Vector& vector = scratch.state().vectors[program.features[i].expression];
            const frame::ColumnView values = scorer.feature(i, scratch);
            for (size_t row = 0; row < count; ++row) {
                out[i].failed.push_back(vector.is_failed(row));
                if (vector.is_failed(row))
                    out[i].values.append_null();
                else
                    out[i].values.append_from(values, row);
            }
        }
    }
    return out;
}

// Some expressions over some rows.
struct Oracle::Work {
    std::span<const std::string> expressions;
    std::string table;
    size_t first_row, row_count, batch_rows;
};

Comparison Oracle::compare(const std::string& expression, size_t batch_rows) {
    Comparison out;
    compare({{&expression, 1}, "t", 0, row_count(), batch_rows}, {&out, 1});
    return out;
}

std::vector<Comparison> Oracle::compare(std::span<const std::string> expressions, size_t part) {
    std::vector<Comparison> out(expressions.size());
    part %= kPartCount;
    compare({expressions, "part_" + std::to_string(part), part * kPartRows, kPartRows, kPartRows},
            out);
    return out;
}

void Oracle::compare(const Work& work, std::span<Comparison> out) {
    // One that is invalid or refused spoils all: then each half has its turn.
    const auto halve = [&] {
        const size_t half = work.expressions.size() / 2;
        Work first = work, second = work;
        first.expressions = work.expressions.first(half);
        second.expressions = work.expressions.subspan(half);
        compare(first, out.first(half));
        compare(second, out.subspan(half));
    };
    const bool is_one = work.expressions.size() == 1;
    const std::string plan = plan_of(select_of(work.expressions, "", "", "t"));
    if (!plan.starts_with("{\"error\":false")) {
        if (!is_one) return halve();
        out[0].is_invalid = true;
        out[0].why = plan;
        return;
    }
    auto compiled = compile_features(plan, {}, zone_rules);
    if (!compiled.ok()) {
        if (!is_one) return halve();
        out[0].is_refused = true;
        out[0].why = std::string(compiled.status().message());
        return;
    }
    std::string error;
    auto want =
        query(select_of(work.expressions, "try(struct_pack(v := ", "))", work.table), error);
    if (!error.empty()) {
        if (!is_one) return halve();
        out[0].is_invalid = true;
        out[0].why = error;
        return;
    }
    compare_values(work, program_of(std::move(compiled).value()), want, out);
}

void Oracle::compare_values(const Work& work, Program program, const std::vector<Answers>& want,
                            std::span<Comparison> out) {
    auto scorer = Scorer::build(std::move(program));
    if (!scorer.ok()) {
        out[0].difference_count = 1;
        out[0].first_difference = work.expressions[0] + ": " + scorer.status().text();
        return;
    }
    for (const Expression& expression : scorer->program().expressions) ++seen_[expression.function];
    auto found = score_rows(*this, *scorer, work.first_row, work.row_count, work.batch_rows);
    if (!found.ok()) {
        out[0].difference_count = 1;
        out[0].first_difference = work.expressions[0] + ": " + found.status().text();
        return;
    }
    for (size_t i = 0; i < out.size(); ++i) {
        const size_t row = compare_rows(want[i], (*found)[i], out[i]);
        if (row == kNoSuchRow) continue;
        out[i].first_difference = work.expressions[i] +
                                  row_text(scorer->program(), work.first_row + row) +
                                  out[i].first_difference;
    }
}

frame::Column Oracle::input_rows(std::string_view name, size_t first, size_t count) const {
    size_t index = 0;
    static const std::vector<TestColumn> columns = all_columns();
    while (columns[index].name != name) ++index;
    const frame::ColumnView all = table_[index].values.view();
    frame::Column rows(all.type);
    for (size_t row = first; row < first + count; ++row) rows.append_from(all, row % row_count());
    return rows;
}

std::string Oracle::row_text(const Program& program, size_t row) const {
    std::string text = "\n  with";
    for (const Input& input : program.inputs) {
        const frame::Column value = input_rows(input.name, row, 1);
        text += " " + input.name + "=" +
                (value.is_valid(0) ? quote_literal(frame::value_text(value.view(), 0)) : "NULL");
    }
    return text;
}

}  // namespace quern::score
