// What the trainer rests on (docs/decisions/002): a part opened at run time adds its entries to the
// program's own registry, and sees the program's.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include "tests/loaded/entry.h"

namespace quern::loaded {
namespace {

QUERN_REGISTER(Toy)({.name = "drum", .play = nullptr});

TEST(Loaded, SharesTheRegistryOfTheProgram) {
    using Names = std::vector<std::string_view>;
    const auto& toys = Registry<Toy>::of_kind();
    EXPECT_EQ(toys.names(), (Names{"drum"}));
    ASSERT_NE(::dlopen("libquern_test_part.so", RTLD_NOW | RTLD_LOCAL), nullptr) << ::dlerror();
    EXPECT_EQ(toys.names(), (Names{"ball", "drum"}));
    const auto status = toys.find("ball").value()->play();
    EXPECT_EQ(status.hint(), "did you mean 'drum'?") << "the part sees the program's entry";
}

}  // namespace
}  // namespace quern::loaded
