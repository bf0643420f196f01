// Covers numeric.cc, categories.cc and date.cc of this folder.
#include "quern/score/encoder.h"

#include <gtest/gtest.h>

#include <cmath>

#include "quern/frame/batch.h"

namespace quern::score {
namespace {

constexpr double kNan = NAN;

// A column of texts as DuckDB writes the values; "" stands for NULL.
frame::Column column_of(std::string_view type, const std::vector<std::string>& values) {
    frame::Column column(frame::type_from_sql(type));
    for (const std::string& value : values) {
        using frame::TypeId;
        if (value.empty())
            column.append_null();
        else if (column.type().id == TypeId::varchar)
            column.append_text(value);
        else if (column.type().id == TypeId::float64)
            column.append(std::stod(value));
        else if (column.type().id == TypeId::boolean)
            column.append<uint8_t>(value == "true");
        else if (column.type().id == TypeId::integer)
            column.append<int32_t>(std::stoi(value));
        else if (column.type().id == TypeId::date)
            column.append<int32_t>(std::stoi(value));
        else
            column.append<int64_t>(std::stoll(value));
    }
    return column;
}

void check(std::string_view kind, std::string_view type, const Buffers& learned,
           const std::vector<std::string>& values, const std::vector<std::string>& names,
           const std::vector<double>& want) {
    auto encoder = Registry<Encoder>::of_kind().find(kind);
    ASSERT_TRUE(encoder.ok());
    frame::Column column = column_of(type, values);
    ASSERT_TRUE((*encoder)->takes(column.type())) << kind << " " << type;
    auto bound = (*encoder)->bind(column.type(), learned);
    ASSERT_TRUE(bound.ok()) << bound.status().text();
    EXPECT_EQ(bound->columns, names) << kind;
    frame::ColumnView view = column.view();
    uint64_t none = 0, valid = 0;
    for (size_t row = 0; row < values.size(); ++row) valid |= uint64_t{!values[row].empty()} << row;
    Vector feature{const_cast<void*>(view.data), &valid, &none};
    std::vector<double> matrix(values.size() * names.size(), 99);
    bound->apply(bound->prepared.get(), feature, values.size(), {matrix.data(), names.size()});
    ASSERT_EQ(matrix.size(), want.size());
    for (size_t i = 0; i < want.size(); ++i)
        EXPECT_TRUE(matrix[i] == want[i] || (std::isnan(matrix[i]) && std::isnan(want[i])))
            << kind << " " << type << " cell " << i << ": " << matrix[i] << ", want " << want[i];
}

using Doubles = std::vector<double>;
using Flags = std::vector<uint8_t>;
using Texts = std::vector<std::string>;
using Integers = std::vector<int64_t>;

TEST(Encoder, numeric) {
    check("numeric", "DOUBLE", {}, {"1.5", "", "-2"}, {""}, {1.5, kNan, -2});
    check("numeric", "BOOLEAN", {}, {"true", "false", ""}, {""}, {1, 0, kNan});
    check("numeric", "DECIMAL(10,2)", {}, {"150", ""}, {""}, {1.5, kNan});
}

TEST(Encoder, scaled) {
    Buffers learned{{"fill", Doubles{4}}, {"mean", Doubles{2}}, {"scale", Doubles{0.5}}};
    check("scaled", "DOUBLE", learned, {"3", ""}, {""}, {2, 4});
    learned["indicator"] = Flags{1};
    check("scaled", "DOUBLE", learned, {"3", ""}, {"", " is missing"}, {2, 0, 4, 1});
}

TEST(Encoder, category) {
    check("category", "VARCHAR", {{"categories", Texts{"b", "a"}}}, {"a", "b", "x", ""}, {""},
          {1, 0, -1, kNan});
    check("category", "INTEGER",
          {{"categories", Integers{7, -3}}, {"unseen", Doubles{9}}, {"missing", Doubles{8}}},
          {"7", "-3", "0", ""}, {""}, {0, 1, 9, 8});
}

TEST(Encoder, one_hot) {
    check("one_hot", "VARCHAR", {{"categories", Texts{"a", "b"}}}, {"a", "x", ""}, {"=a", "=b"},
          {1, 0, 0, 0, 0, 0});
    check("one_hot", "BOOLEAN",
          {{"categories", Integers{1}}, {"unseen", Flags{1}}, {"missing", Flags{1}}},
          {"true", "false", ""}, {"=true", "=(other)", "=(missing)"}, {1, 0, 0, 0, 1, 0, 0, 0, 1});
}

TEST(Encoder, date) {
    // 2024-02-29 is day 19782, a Thursday.
    check("date", "DATE",
          {{"parts", Texts{"days", "year", "month", "day", "day_of_year", "day_of_week"}}},
          {"19782", ""}, {" days", " year", " month", " day", " day_of_year", " day_of_week"},
          {19782, 2024, 2, 29, 60, 4, kNan, kNan, kNan, kNan, kNan, kNan});
    check("date", "TIMESTAMP",
          {{"parts", Texts{"days", "hour", "minute", "second"}}, {"fill", Doubles{0}}},
          {"43200000000", "-1500000", "9223372036854775807"},
          {" days", " hour", " minute", " second"},
          {0.5, 12, 0, 0, -1 + 86398.5 / 86400, 23, 59, 58.5, 0, 0, 0, 0});
    check("date", "DATE", {{"parts", Texts{"day"}}, {"mean", Doubles{9}}, {"scale", Doubles{10}}},
          {"19782"}, {" day"}, {2});
}

TEST(Encoder, all_are_documented_and_refuse_strangers) {
    for (const Encoder& encoder : Registry<Encoder>::of_kind().all()) {
        EXPECT_FALSE(encoder.summary.empty()) << encoder.name;
        EXPECT_FALSE(encoder.learned.empty()) << encoder.name;
        frame::Type type = frame::type_from_sql("BOOLEAN");
        EXPECT_FALSE(encoder.bind(type, {{"nobody reads this", Doubles{1}}}).ok());
        EXPECT_FALSE(encoder.takes(frame::type_from_sql("BLOB")));
    }
}

}  // namespace
}  // namespace quern::score
