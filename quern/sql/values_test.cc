// frame's texts of values beside DuckDB's own, on random and extreme values of each type.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "quern/sql/session.h"

namespace quern::sql {
namespace {

using frame::Column;
using frame::int128;

constexpr int kRowCount = 4'000;

class ValuesTest : public testing::Test {
protected:
    Session session_ = Database::open({.threads = 1})->connect().value();
    std::mt19937_64 random_{7};

    void expect_same_texts(const frame::Batch& batch) {
        std::string create = "create or replace table v (";
        std::string select = "select ";
        for (size_t i = 0; i < batch.schema.size(); ++i) {
            const auto& [name, type] = batch.schema[i];
            create += (i == 0 ? "" : ", ") + name + " " + type.text();
            select += (i == 0 ? "" : ", ") + name + ", " + name + "::varchar";
        }
        ASSERT_TRUE(session_.execute(create + ")").ok()) << create;
        const Status appended = session_.append({.table = "v"}, batch);
        ASSERT_TRUE(appended.ok()) << appended.text();
        const auto read = session_.query_all(select + " from v");
        ASSERT_TRUE(read.ok()) << read.status().text();
        ASSERT_EQ(read->row_count, batch.row_count);
        for (size_t i = 0; i < read->columns.size(); i += 2) {
            const auto value = read->columns[i].view(), text = read->columns[i + 1].view();
            for (size_t row = 0; row < read->row_count; ++row) {
                if (is_longer_float(value, row, frame::value_text(text, row))) continue;
                ASSERT_EQ(frame::value_text(value, row), frame::value_text(text, row))
                    << value.type.text();
            }
        }
    }

    // DuckDB writes one float in a hundred with the digits of the double of its value, where
    // fewer would do. frame's text is always the shortest that reads back as the same float.
    static bool is_longer_float(const frame::ColumnView& value, size_t row,
                                const std::string& duckdb_text) {
        if (value.type.id != frame::TypeId::real || !value.is_valid(row)) return false;
        const float number = value.values<float>()[row];
        const std::string shortest = frame::value_text(value, row);
        return std::isfinite(number) && std::stod(duckdb_text) == double(number) &&
               std::stof(shortest) == number;
    }

    // A column of values that `make` gives, a null now and then.
    template <class T>
    void add(frame::Batch& batch, const std::string& type, auto make) {
        Column column(frame::type_from_sql(type));
        for (int i = 0; i < kRowCount; ++i) {
            i % 50 == 49 ? column.append_null() : column.append<T>(make(i));
        }
        batch.schema.push_back({"c" + std::to_string(batch.schema.size()), column.type()});
        batch.columns.push_back(std::move(column));
        batch.row_count = kRowCount;
    }

    template <class T, class Bits>
    T any_bits() {
        const auto bits = static_cast<Bits>(random_());
        T value;
        std::memcpy(&value, &bits, sizeof(value));
        return value;
    }
};

TEST_F(ValuesTest, Numbers) {
    frame::Batch batch;
    add<double>(batch, "DOUBLE", [&](int i) {
        constexpr double kOdd[] = {0.0,
                                   -0.0,
                                   1e15,
                                   1e16,
                                   123456789012345680.0,
                                   5e-324,
                                   1e-5,
                                   0.1,
                                   std::numeric_limits<double>::infinity(),
                                   1e100};
        return i < 10 ? kOdd[i] : any_bits<double, uint64_t>();
    });
    add<double>(batch, "DOUBLE", [&](int) { return double(int64_t(random_()) >> 30) / 1000; });
    add<float>(batch, "FLOAT", [&](int) { return any_bits<float, uint32_t>(); });
    add<float>(batch, "FLOAT", [&](int i) { return float(i) / 7; });
    add<int128>(batch, "HUGEINT", [&](int i) {
        const int128 value = int128(random_()) << 64 | random_();
        return i % 2 == 0 ? value >> (random_() % 127) : -(value >> (random_() % 127));
    });
    add<int64_t>(batch, "BIGINT", [&](int) { return int64_t(random_()); });
    add<uint64_t>(batch, "UBIGINT", [&](int) { return random_(); });
    add<int8_t>(batch, "TINYINT", [&](int i) { return int8_t(i); });
    add<uint8_t>(batch, "BOOLEAN", [&](int i) { return uint8_t(i % 2); });
    add<int16_t>(batch, "DECIMAL(4,4)", [&](int i) { return int16_t(i - 2'000); });
    add<int32_t>(batch, "DECIMAL(9,0)", [&](int i) { return int32_t(i * 1'001 - 999); });
    add<int64_t>(batch, "DECIMAL(18,3)", [&](int) { return int64_t(random_()) % 1'000'000'000; });
    add<int128>(batch, "DECIMAL(38,10)",
                [&](int) { return int128(int64_t(random_())) * int64_t(random_() >> 10); });
    expect_same_texts(batch);
}

TEST_F(ValuesTest, Times) {
    frame::Batch batch;
    add<int32_t>(batch, "DATE", [&](int i) {
        constexpr int32_t kMax = std::numeric_limits<int32_t>::max();
        constexpr int32_t kOdd[] = {0, -1, kMax, -kMax, kMax - 1, -719'528, -719'529, 11'016};
        return i < 8 ? kOdd[i] : int32_t(random_() % 5'000'000) - 2'500'000;
    });
    add<int32_t>(batch, "DATE", [&](int) { return int32_t(random_()) / 2; });
    add<int64_t>(batch, "TIME", [&](int i) {
        return i == 0 ? int64_t{86'400'000'000} : int64_t(random_() % 86'400'000'000);
    });
    add<int64_t>(batch, "TIME", [&](int i) { return int64_t(i) * 100'000; });
    const auto instant = [&](int i) {
        constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
        constexpr int64_t kOdd[] = {0, -1, 1, kMax, -kMax, -62'167'219'200'000'001, 999'999};
        return i < 7 ? kOdd[i] : int64_t(random_()) >> (random_() % 40 + 2);
    };
    add<int64_t>(batch, "TIMESTAMP", instant);
    add<int64_t>(batch, "TIMESTAMP WITH TIME ZONE", instant);
    expect_same_texts(batch);
}

TEST_F(ValuesTest, Texts) {
    frame::Batch batch;
    for (const char* type : {"VARCHAR", "BLOB"}) {
        Column column(frame::type_from_sql(type));
        for (int i = 0; i < kRowCount; ++i) {
            const bool is_blob = type[0] == 'B';
            std::string text = i % 3 == 0 ? "grün 🍰 \"'\\" : "";
            for (size_t k = 0; k < size_t(i % 40); ++k) {
                text += static_cast<char>(random_() % (is_blob ? 256 : 128));
            }
            column.append_text(text);
        }
        batch.schema.push_back({type[0] == 'B' ? "b" : "t", column.type()});
        batch.columns.push_back(std::move(column));
    }
    batch.row_count = kRowCount;
    expect_same_texts(batch);
}

}  // namespace
}  // namespace quern::sql
