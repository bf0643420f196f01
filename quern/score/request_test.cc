// Covers request.cc, field.cc and the parsing of texts (parse_number.cc, parse_date.cc).
#include "quern/score/request.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "quern/frame/batch.h"
#include "quern/score/lookup_inputs.h"
#include "quern/score/sample_program.h"

namespace quern::score {
namespace {

Program program_with(std::string_view type, bool is_nullable = true) {
    Program program = sample_program();
    program.inputs.resize(1);
    program.inputs[0].name = "value";
    program.inputs[0].type = frame::type_from_sql(type);
    program.inputs[0].is_nullable = is_nullable;
    for (auto& expression : program.expressions) expression.input = 0;
    return program;
}

// The value as it arrives in a column of this type, or the error.
void check(std::string_view type, const FieldValue& value, std::string_view want,
           ReadOptions options = {}) {
    Program program = program_with(type);
    RowReader reader(program, options);
    reader.begin_row();
    reader.field("value", value);
    reader.end_row();
    std::string found = reader.errors().empty() ? frame::value_text(reader.view().columns[0], 0)
                                                : reader.errors()[0].message;
    EXPECT_EQ(found, want) << type;
}

FieldValue text(std::string_view value) { return FieldValue::of(value); }
FieldValue whole(int64_t value) { return FieldValue::of(value); }
FieldValue number(double value) { return FieldValue::of(value); }

TEST(RowReader, takes_json_values_by_type) {
    check("INTEGER", whole(7), "7");
    check("INTEGER", number(7.0), "7");
    check("INTEGER", number(7.5), "7.5 is not a value of type INTEGER");
    check("INTEGER", whole(3'000'000'000), "3000000000 is out of the range of INTEGER");
    check("INTEGER", number(1e300), "1e+300 is out of the range of INTEGER");
    check("INTEGER", text("7"), "'7' is not a value of type INTEGER");
    check("UBIGINT", FieldValue::of(uint64_t{18446744073709551615u}), "18446744073709551615");
    check("UBIGINT", whole(-1), "-1 is out of the range of UBIGINT");
    check("BIGINT", text("9223372036854775807"), "9223372036854775807");
    check("DOUBLE", whole(3), "3.0");
    check("DOUBLE", FieldValue::of(true), "true is not a value of type DOUBLE");
    check("FLOAT", number(1e300), "1e+300 is out of the range of FLOAT");
    check("BOOLEAN", FieldValue::of(true), "true");
    check("BOOLEAN", whole(1), "1 is not a value of type BOOLEAN");
    check("VARCHAR", text("né"), "né");
    check("VARCHAR", text("\xFF"), "this text is not UTF-8");
    check("VARCHAR", whole(1), "1 is not a value of type VARCHAR");
    check("DECIMAL(6,2)", number(12.345), "12.35");
    check("DECIMAL(6,2)", text("12.3"), "12.30");
    check("DECIMAL(6,2)", whole(10000), "10000 is out of the range of DECIMAL(6,2)");
    check("DATE", text("2024-02-29"), "2024-02-29");
    check("DATE", text("2023-02-29"), "'2023-02-29' is not a value of type DATE");
    check("DATE", whole(5), "5 is not a value of type DATE");
    check("TIMESTAMP", text("2024-02-29T10:20:30"), "2024-02-29 10:20:30");
    check("DOUBLE", FieldValue::null(), "NULL");
}

TEST(RowReader, takes_texts_for_everything_when_all_is_text) {
    ReadOptions csv{.is_all_text = true};
    check("INTEGER", text("7"), "7", csv);
    check("DOUBLE", text("1e3"), "1000.0", csv);
    check("BOOLEAN", text("yes"), "true", csv);
    check("INTEGER", text(""), "NULL", csv);
    check("VARCHAR", text(""), "NULL", csv);
    check("VARCHAR", text(""), "", {.is_all_text = true, .is_empty_null = false});
    check("INTEGER", text("7.0"), "7", csv);
    check("INTEGER", text("7.5"), "'7.5' is not a value of type INTEGER", csv);
    check("INTEGER", text("5e-1"), "'5e-1' is not a value of type INTEGER", csv);
    check("INTEGER", text("seven"), "'seven' is not a value of type INTEGER", csv);
}

std::string errors_of(const std::function<void(RowReader&)>& fill, ReadOptions options = {}) {
    Program program = program_with("INTEGER", false);
    RowReader reader(program, options);
    reader.begin_row();
    fill(reader);
    reader.end_row();
    return std::string(reader.status().message());
}

TEST(RowReader, holds_rows_to_the_contract) {
    EXPECT_EQ(errors_of([](RowReader&) {}), "field 'value': this field is missing");
    EXPECT_EQ(errors_of([](RowReader& r) { r.field("value", FieldValue::null()); }),
              "field 'value': this field must not be null");
    EXPECT_EQ(errors_of([](RowReader& r) {
                  r.field("value", whole(1));
                  r.field("value", whole(2));
              }),
              "field 'value': this field comes twice");
    auto extra = [](RowReader& r) {
        r.field("VALUE", whole(1));
        r.field("valu", whole(1));
    };
    EXPECT_EQ(errors_of(extra), "") << "every field came";
    const auto mistyped = [](RowReader& r) { r.field("valu", whole(1)); };
    EXPECT_EQ(errors_of(mistyped),
              "field 'valu': the model has no such field; did you mean 'value'?");
    EXPECT_EQ(errors_of(mistyped, {.extra_fields = ReadOptions::Extra::ignore}),
              "field 'value': this field is missing");
}

TEST(RowReader, a_mistyped_optional_field_is_no_null) {
    Program program = program_with("INTEGER");
    RowReader reader(program);
    reader.begin_row();
    reader.field("valu", whole(1));
    reader.end_row();
    ASSERT_EQ(reader.errors().size(), 2u);
    EXPECT_EQ(reader.errors()[0].field, "valu");
    EXPECT_EQ(reader.errors()[1].field, "value");
    reader.clear();
    reader.begin_row();
    reader.end_row();
    EXPECT_TRUE(reader.errors().empty()) << "what the row before brought is forgotten";
}

TEST(RowReader, names_the_row_of_a_fault_and_keeps_only_so_many) {
    Program program = program_with("INTEGER");
    RowReader reader(program, {.errors_max = 2});
    for (int i = 0; i < 5; ++i) {
        reader.begin_row();
        reader.field("value", i == 0 ? whole(1) : text("x"));
        reader.end_row();
    }
    EXPECT_EQ(reader.errors().size(), 2u);
    EXPECT_EQ(reader.errors()[0].row, 1u);
    EXPECT_EQ(reader.status().message(),
              "row 2, field 'value': 'x' is not a value of type INTEGER");
}

TEST(RowReader, fields_in_any_order_and_rows_up_to_the_limit) {
    Program program = sample_program();
    RowReader reader(program, {.row_count_max = 2});
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(reader.begin_row());
        reader.field("city", text("Rome"));
        reader.field("income", number(i));
        reader.end_row();
    }
    EXPECT_FALSE(reader.begin_row());
    EXPECT_EQ(frame::value_text(reader.view().columns[0], 1), "1.0");
    EXPECT_EQ(frame::value_text(reader.view().columns[1], 1), "Rome");
    reader.clear();
    EXPECT_EQ(reader.row_count(), 0u);
    EXPECT_TRUE(reader.begin_row());
}

// The input as a list of the program, as JSON that it reads, or as text.
void check_nested(std::string_view function, std::string_view type, const FieldValue& value,
                  std::string_view want) {
    Program program = program_with("VARCHAR");
    program.expressions.resize(2);
    program.expressions[0] = {.type = program.inputs[0].type};
    program.expressions[1] = {.kind = Expression::Kind::call,
                              .type = frame::type_from_sql(type),
                              .function = std::string(function),
                              .children = {0}};
    RowReader reader(program);
    reader.begin_row();
    reader.field("value", value);
    reader.end_row();
    EXPECT_EQ(reader.errors().empty() ? frame::value_text(reader.view().columns[0], 0)
                                      : reader.errors()[0].message,
              want);
}

TEST(RowReader, takes_objects_and_lists_where_the_program_reads_them) {
    check_nested("cast", "INTEGER[]", FieldValue::json("[1, 2]"), "[1, 2]");
    check_nested("cast", "INTEGER[]", text("[1, 2]"), "[1, 2]");
    check_nested("cast", "INTEGER[]", text("one"), "'one' is no JSON");
    check_nested("cast", "INTEGER[]", FieldValue::json("[1}"), "'[1}' is no JSON");
    check_nested("->>", "VARCHAR", FieldValue::json("{\"a\": 1}"), "{\"a\": 1}");
    check_nested("->>", "VARCHAR", text("one"), "one");
    check_nested("lower", "VARCHAR", FieldValue::json("[1]"),
                 "must be a plain value, not an object or a list");
}

TEST(RowReader, texts_are_limited_together) {
    Program program = program_with("VARCHAR");
    RowReader reader(program, {.text_bytes_max = 100'000});
    std::string long_text(90'000, 'x');
    for (int i = 0; i < 3; ++i) {
        reader.begin_row();
        reader.field("value", text(long_text));
        reader.end_row();
    }
    ASSERT_FALSE(reader.errors().empty());
    EXPECT_EQ(reader.errors()[0].message, "the texts of this request are too long together");
}

// age 18 to 77, median 40, never NULL; city of three, sometimes NULL; born as a date.
Program contract_program() {
    Program program = sample_program();
    program.expressions.clear();
    program.inputs.clear();
    program.inputs.push_back({.name = "age",
                              .type = frame::type_from_sql("INTEGER"),
                              .is_nullable = false,
                              .low = 18,
                              .high = 77});
    program.inputs.push_back({.name = "city",
                              .type = frame::type_from_sql("VARCHAR"),
                              .categories = {"Bonn", "Kiel", "Ulm"}});
    program.inputs.push_back({.name = "born",
                              .type = frame::type_from_sql("DATE"),
                              .is_nullable = false,
                              .low = 0,
                              .high = 100});
    program.inputs.push_back({.name = "land",
                              .type = frame::type_from_sql("VARCHAR"),
                              .is_nullable = false,
                              .categories = {"A", "B"}});
    for (uint32_t i = 0; i < 4; ++i)
        program.expressions.push_back({.type = program.inputs[i].type, .input = i});
    program.metadata = {{"typical.age", "40"},
                        {"typical.city", "Ulm"},
                        {"typical.born", "1970-02-03"},
                        {"typical.land", "B"}};
    return program;
}

struct Row {
    FieldValue age = whole(50), city = text("Bonn"), born = text("1970-01-05"), land = text("A");
};

// "50 Bonn 1970-01-05 A": the row as it is scored, with ~ before an imputed value, or the errors.
std::string outcome(const Row& row, const project::Contract& contract) {
    const Program program = contract_program();
    RowReader reader(program, {.contract = contract});
    reader.begin_row();
    for (const auto& [name, value] :
         {std::pair{"age", row.age}, {"city", row.city}, {"born", row.born}, {"land", row.land}})
        reader.field(name, value);
    reader.end_row();
    std::string words;
    for (const auto& error : reader.errors())
        words += (words.empty() ? "" : "; ") + error.field + ": " + error.message;
    if (!words.empty()) return words;
    const auto view = reader.view();
    for (uint32_t i = 0; i < 4; ++i) {
        const bool is_imputed = std::ranges::count(reader.imputed(), ImputedField{0, i}) > 0;
        words += (i == 0 ? "" : " ") + std::string(is_imputed ? "~" : "") +
                 (view.columns[i].is_valid(0) ? frame::value_text(view.columns[i], 0) : "NULL");
    }
    return words;
}

TEST(Contract, each_kind_of_violation_by_each_policy) {
    using enum project::OnViolation;
    constexpr project::Contract kAllow{.null = allow}, kImpute{impute, impute, impute, impute},
        kError{error, error, error, error}, kDefault{};
    const auto check_row = [](const Row& row, const project::Contract& contract,
                              std::string_view want) { EXPECT_EQ(outcome(row, contract), want); };
    for (const auto& contract : {kAllow, kImpute, kError, kDefault})
        check_row({}, contract, "50 Bonn 1970-01-05 A");

    const Row null{
        .age = FieldValue::null(), .city = FieldValue::null(), .land = FieldValue::null()};
    check_row(null, kAllow, "NULL NULL 1970-01-05 NULL");
    check_row(null, kImpute, "~40 NULL 1970-01-05 ~B");
    check_row(null, kError, "age: this field must not be null; land: this field must not be null");

    const Row type{.age = text("old"), .city = whole(7), .born = text("soon")};
    check_row(type, kImpute, "~40 ~NULL ~1970-02-03 A");
    check_row(type, kAllow,
              "age: 'old' is not a value of type INTEGER; city: 7 is not a value of type VARCHAR; "
              "born: 'soon' is not a value of type DATE");

    const Row low{.age = whole(-5), .born = text("1969-12-31")};
    check_row(low, kDefault, "-5 Bonn 1969-12-31 A");
    check_row(low, kImpute, "~18 Bonn ~1970-01-01 A");
    check_row(low, kError,
              "age: -5 is below what training saw; born: 1969-12-31 is below what training saw");
    const Row high{.age = whole(78), .born = text("2000-01-01")};
    check_row(high, kImpute, "~77 Bonn ~1970-04-11 A");
    check_row({.age = whole(18), .born = text("1970-04-11")}, kError, "18 Bonn 1970-04-11 A");

    const Row unseen{.city = text("Bon"), .land = text("")};
    check_row(unseen, kDefault, "50 Bon 1970-01-05 ");
    check_row(unseen, kImpute, "50 ~NULL 1970-01-05 ~B");
    check_row(unseen, kError,
              "city: 'Bon' is none of the 3 texts that training saw; did you mean 'Bonn'?; land: "
              "'' is none of the 2 texts that training saw");
}

TEST(Contract, a_field_that_does_not_come_is_null_but_a_wrong_name_is_an_error) {
    const Program program = contract_program();
    RowReader reader(program, {.contract = {.type = project::OnViolation::impute,
                                            .null = project::OnViolation::impute}});
    reader.begin_row();
    reader.end_row();
    EXPECT_TRUE(reader.errors().empty());
    EXPECT_EQ(reader.imputed(), (std::vector<ImputedField>{{0, 0}, {0, 2}, {0, 3}}));
    reader.begin_row();
    reader.field("aged", whole(40));
    reader.end_row();
    EXPECT_EQ(reader.errors().size(), 2);  // the name, and the field that was meant
    reader.clear();
    EXPECT_TRUE(reader.imputed().empty());
}

// 'seen' is found by 'customer' as of 'due', and nothing else of the row is read.
TEST(Contract, keys_and_times_of_look_ups_have_no_bounds) {
    Program program = program_with("DOUBLE");
    program.inputs = {{.name = "customer", .type = frame::type_from_sql("INTEGER")},
                      {.name = "due", .type = frame::type_from_sql("DATE")},
                      {.name = "seen", .type = frame::type_from_sql("DOUBLE")}};
    for (Input& input : program.inputs) input.is_nullable = false;
    program.inputs[0].low = program.inputs[1].low = 0;
    program.inputs[0].high = program.inputs[1].high = 10;
    program.metadata = {{"typical.customer", "5"}};
    program.lookups = {
        {.name = "stats", .keys = {{"customer", 0}}, .columns = {{"seen", 2}}, .time = 1}};
    program.expressions = {{.type = program.inputs[2].type, .input = 2}};
    EXPECT_EQ(inputs_read(program), (std::vector<uint8_t>{1, 0, 1}));
    EXPECT_EQ(inputs_used(program), (std::vector<uint8_t>{1, 1, 1}));
    using enum project::OnViolation;
    RowReader reader(program, {.contract = {impute, impute, impute, impute}});
    reader.begin_row();
    reader.field("customer", whole(9999));
    reader.field("due", text("2030-01-01"));
    reader.end_row();
    EXPECT_TRUE(reader.imputed().empty());
    reader.begin_row();
    reader.field("customer", FieldValue::null());
    reader.field("due", text("2030-01-01"));
    reader.end_row();
    EXPECT_EQ(reader.imputed(), (std::vector<ImputedField>{{1, 0}}));
    const auto view = reader.view();
    EXPECT_EQ(frame::value_text(view.columns[0], 0), "9999");
    EXPECT_EQ(frame::value_text(view.columns[1], 0), "2030-01-01");
    EXPECT_FALSE(view.columns[0].is_valid(1)) << "the typical customer is another one";
}

}  // namespace
}  // namespace quern::score
