#include "quern/frame/batch.h"

#include <gtest/gtest.h>

#include "quern/frame/value_text.h"

namespace quern::frame {
namespace {

TEST(Type, NamesReadBackAsThemselves) {
    const auto check = [](std::string_view name, std::string_view want, TypeId id) {
        const Type type = type_from_sql(name);
        EXPECT_EQ(type.text(), want) << name;
        EXPECT_EQ(type.id, id) << name;
        EXPECT_EQ(type_from_sql(type.text()), type) << name;
    };
    check("INTEGER", "INTEGER", TypeId::integer);
    check("int", "INTEGER", TypeId::integer);
    check("Text", "VARCHAR", TypeId::varchar);
    check("varchar(20)", "VARCHAR", TypeId::varchar);
    check("decimal(10, 2)", "DECIMAL(10,2)", TypeId::decimal);
    check("numeric", "DECIMAL(18,3)", TypeId::decimal);
    check("DECIMAL(10,20)", "DECIMAL(10,20)", TypeId::other);
    check("INTEGER[]", "INTEGER[]", TypeId::other);
    check("timestamptz", "TIMESTAMP WITH TIME ZONE", TypeId::timestamptz);
    check("double", "DOUBLE", TypeId::float64);
}

TEST(Type, ColumnIndexPrefersTheExactName) {
    const Schema schema = {{"A", {}}, {"a", {}}, {"b", {}}};
    EXPECT_EQ(column_index(schema, "a"), 1);
    EXPECT_EQ(column_index(schema, "B"), 2);
    EXPECT_EQ(column_index(schema, "c"), -1);
}

TEST(Column, KeepsValuesNullsAndTexts) {
    Column numbers({TypeId::integer, 0, 0, ""});
    for (int32_t i = 0; i < 130; ++i) {
        i % 3 == 0 ? numbers.append_null() : numbers.append(i);
    }
    EXPECT_EQ(numbers.row_count(), 130U);
    EXPECT_FALSE(numbers.is_valid(129));
    EXPECT_EQ(numbers.value<int32_t>(128), 128);

    Column texts({TypeId::varchar, 0, 0, ""});
    const std::string longer(100'000, 'x');
    texts.append_text("first");
    const std::string_view early = texts.text(0);
    texts.append_text(longer);
    texts.append_from(numbers.view(), 0);
    EXPECT_EQ(early, "first") << "texts do not move";
    EXPECT_EQ(texts.text(1), longer);
    EXPECT_FALSE(texts.is_valid(2));
}

// What DuckDB 1.5.5 prints for the same values.
TEST(ValueText, IsDuckDbsOwn) {
    const auto check = [](std::string_view got, std::string_view want) { EXPECT_EQ(got, want); };
    check(float_text(0.1), "0.1");
    check(float_text(1.0), "1.0");
    check(float_text(1e15), "1000000000000000.0");
    check(float_text(1e16), "1e+16");
    check(float_text(0.0001), "0.0001");
    check(float_text(0.00001), "1e-05");
    check(float_text(-0.0), "-0.0");
    check(float_text(0.1F), "0.1");
    check(decimal_text(-5, 2), "-0.05");
    check(decimal_text(12345, 2), "123.45");
    check(date_text(0), "1970-01-01");
    check(date_text(-719'529), "0002-12-31 (BC)");
    check(time_text(3'661'500'000), "01:01:01.5");
    check(timestamp_text(-1), "1969-12-31 23:59:59.999999");
    check(integer_text(int128{1} << 127), "-170141183460469231731687303715884105728");
}

}  // namespace
}  // namespace quern::frame
