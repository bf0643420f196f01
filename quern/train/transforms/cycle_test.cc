#include "quern/train/transform_for_test.h"

namespace quern::train {
namespace {

TEST(Transforms, Cycle) {
    TransformCase one{.name = "cycle", .settings = ""};
    one.lesson.emplace_back(frame::type_from_sql("DATE"));
    one.lesson[0].append(int32_t{19782});  // 2024-02-29, a Thursday
    one.lesson[0].append_null();
    const double month = 2 * M_PI * 2 / 12, weekday = 2 * M_PI * 4 / 7, nan = std::nan("");
    check_transform(one, {std::sin(month), std::cos(month), std::sin(weekday), std::cos(weekday),
                          nan, nan, nan, nan});
    EXPECT_EQ(transform(one).columns,
              (std::vector<std::string>{"a month sin", "a month cos", "a day_of_week sin",
                                        "a day_of_week cos"}));
}

TEST(Transforms, CyclesOfATimestamp) {
    TransformCase one{.name = "cycle", .settings = "parts: [hour, day_of_year]"};
    one.lesson.emplace_back(frame::type_from_sql("TIMESTAMP"));
    one.lesson[0].append(int64_t{6} * 3'600'000'000);
    const double day = 2 * M_PI / 365.2425;
    check_transform(one, {1, 0, std::sin(day), std::cos(day)});
}

}  // namespace
}  // namespace quern::train
