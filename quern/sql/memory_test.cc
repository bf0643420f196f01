#include "quern/sql/memory.h"

#include <gtest/gtest.h>

#include "quern/sql/session.h"

namespace quern::sql {
namespace {

TEST(Memory, ReleasingIsSafeWhileSessionsAreOpen) {
    auto session = Database::open({}).value().connect().value();
    ASSERT_TRUE(session.execute("create table t as from range(100000)").ok());
    release_unused_memory();
    EXPECT_EQ(session.query_int("select count(*) from t").value(), 100'000);
}

}  // namespace
}  // namespace quern::sql
