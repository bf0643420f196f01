#include "quern/flow/lesson.h"

#include <gtest/gtest.h>

namespace quern::flow {
namespace {

class LessonTest : public testing::Test {
protected:
    sql::Session session_ = sql::Database::open({}).value().connect().value();

    // All rows as text, in the order of the lesson.
    std::vector<std::string> rows(const std::string& table, size_t memory_bytes_max) {
        const auto lesson =
            Lesson::read(session_, table, {"id", "name", "kind", "day", "tags"}, memory_bytes_max);
        EXPECT_TRUE(lesson.ok()) << lesson.status().text();
        std::vector<std::string> found;
        const auto status = lesson->scan()([&](const frame::BatchView& batch) {
            for (size_t row = 0; row < batch.row_count; ++row) {
                std::string text;
                for (const auto& column : batch.columns)
                    text += frame::value_text(column, row) + "|";
                found.push_back(text);
            }
            return Status();
        });
        EXPECT_TRUE(status.ok()) << status.text();
        const auto first = lesson->first_rows(3).value();
        EXPECT_EQ(first.row_count, std::min<size_t>(3, found.size()));
        for (size_t row = 0; row < first.row_count; ++row)
            EXPECT_TRUE(found[row].starts_with(frame::value_text(first.columns[0].view(), row)));
        return found;
    }
};

TEST_F(LessonTest, TheOrderHangsOnTheRowsAlone) {
    ASSERT_TRUE(session_
                    .execute("create type kind as enum ('a', 'b'); create table up as select "
                             "nullif(i, 7)::bigint as id, case when i % 3 > 0 then repeat('x', i % "
                             "40) end as name, (case when i % 2 > 0 then 'a' else 'b' end)::kind "
                             "as kind, date '2020-01-01' + i::int as day, [i, 1] as tags "
                             "from range(5000) t(i); create table down as from up order by id desc")
                    .ok());
    const auto kept = rows("up", 1 << 30);
    ASSERT_EQ(kept.size(), 5000u);
    EXPECT_EQ(kept, rows("down", 1 << 30));
    EXPECT_EQ(kept, rows("down", 1000)) << "by way of a table";
    EXPECT_TRUE(std::ranges::find(kept, "8|xxxxxxxx|b|2020-01-09|[8,1]|") != kept.end());
    EXPECT_TRUE(std::ranges::find(kept, "NULL|xxxxxxx|a|2020-01-08|[7,1]|") != kept.end());
}

TEST_F(LessonTest, NoRowsAreALessonToo) {
    ASSERT_TRUE(session_
                    .execute("create table nothing (id bigint, name text, kind text, day date, "
                             "tags text)")
                    .ok());
    EXPECT_TRUE(rows("nothing", 1000).empty());
}

}  // namespace
}  // namespace quern::flow
