#include "quern/base/status.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "quern/base/registry.h"

namespace quern {
namespace {

Result<int> half(int number) {
    if (number % 2 != 0) return invalid_argument("odd").at("f:1").hint("double it");
    return number / 2;
}

Result<int> quarter(int number) {
    const int once = TRY(half(number));
    return half(once);
}

TEST(Status, PassesFailuresOn) {
    EXPECT_EQ(quarter(8).value(), 2);
    EXPECT_EQ(quarter(6).status().text(), "f:1: odd\n  double it");
    EXPECT_EQ(http_status(quarter(6).status().code()), 400);
}

TEST(Status, InnermostPlaceWins) {
    EXPECT_EQ(invalid_argument("x").at("a:1").at("b:2").where(), "a:1");
    EXPECT_EQ(invalid_argument("x").hint("a").hint("b").hint(), "a");
}

TEST(Status, CollectsFaults) {
    Status all;
    all.also({});
    EXPECT_TRUE(all.ok());
    all.also(invalid_argument("one"));
    Status pair = invalid_argument("two");
    pair.also(invalid_argument("three"));
    all.also(std::move(pair));
    EXPECT_EQ(all.message(), "one");
    ASSERT_EQ(all.others().size(), 2u);
    EXPECT_EQ(all.others()[1].message(), "three");
}

TEST(Status, ReadsErrno) {
    EXPECT_EQ(system_error(ENOENT, "open", "x").code(), Code::not_found);
    EXPECT_EQ(system_error(ENOSPC, "write", "x").code(), Code::resource_exhausted);
    EXPECT_EQ(system_error(EACCES, "open", "x").text(), "cannot open 'x': Permission denied");
}

struct Fruit {
    static constexpr std::string_view kind = "fruit";
    std::string_view name;
};
QUERN_REGISTER(Fruit)({.name = "pear"});
QUERN_REGISTER(Fruit)({.name = "apple"});

TEST(Registry, FindsAndSuggests) {
    const auto& fruits = Registry<Fruit>::of_kind();
    EXPECT_EQ(fruits.all()[0].name, "apple");
    EXPECT_TRUE(fruits.find("pear").ok());
    EXPECT_EQ(fruits.find("aple").status().text(),
              "fruit 'aple' is not known\n  did you mean 'apple'?");
    EXPECT_EQ(fruits.find("zzzzzz").status().hint(), "known: apple, pear");
}

}  // namespace
}  // namespace quern
