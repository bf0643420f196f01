// Covers request.cc, field.cc and the parsing of texts (parse_number.cc, parse_date.cc).
#include "quern/score/request.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "quern/frame/batch.h"
#include "quern/score/sample_program.h"

namespace quern::score {
namespace {

Program program_with(std::string_view type, bool is_nullable = true) {
    Program program = sample_program();
    program.inputs.resize(1);
    program.inputs[0].name = "value";
    program.inputs[0].type = frame::type_from_sql(type);
    program.inputs[0].is_nullable = is_nullable;
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

}  // namespace
}  // namespace quern::score
