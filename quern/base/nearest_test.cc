#include "quern/base/nearest.h"

#include <gtest/gtest.h>

namespace quern {
namespace {

TEST(Nearest, FindsTheNameThatWasMeant) {
    const std::vector<std::string_view> known = {"gbdt", "logistic", "linear", "baseline"};
    const auto check = [&](std::string_view name, std::string_view want) {
        EXPECT_EQ(nearest(name, known), want) << name;
    };
    check("gbdt", "gbdt");
    check("gbtd", "gbdt");  // swapped letters are one step
    check("GBDT", "gbdt");
    check("lgistic", "logistic");
    check("logistics", "logistic");
    check("linaer", "linear");
    check("forest", "");
    check("", "");
    check(std::string(100'000, 'x'), "");
    EXPECT_EQ(nearest("x", {}), "");
}

TEST(Nearest, UnknownNameHintsAtOneOrListsAll) {
    const auto near = unknown_name("learner", "gbtd", {"gbdt", "linear"});
    EXPECT_EQ(near.code(), Code::not_found);
    EXPECT_EQ(near.message(), "learner 'gbtd' is not known");
    EXPECT_EQ(near.hint(), "did you mean 'gbdt'?");
    EXPECT_EQ(unknown_name("learner", "forest", {"gbdt", "linear"}).hint(), "known: gbdt, linear");
    EXPECT_EQ(unknown_name("learner", "forest", {}).hint(), "");
    EXPECT_EQ(unknown_name("learner", "forest", {"gbdt", "gbdt"}).hint(), "known: gbdt");
    const std::string_view letters = "abcdefghijklmnop";
    std::vector<std::string_view> many;
    for (size_t i = 0; i < letters.size(); ++i) many.push_back(letters.substr(i, 1));
    EXPECT_TRUE(unknown_name("learner", "forest", many).hint().ends_with("k, l, ..."));
}

}  // namespace
}  // namespace quern
