// Covers standard_scale.cc, min_max_scale.cc, max_abs_scale.cc, robust_scale.cc, impute.cc and the
// stages affine.cc and impute.cc. Literals: tests/reference/transforms.py scale impute.
#include "quern/train/transform_for_test.h"

namespace quern::train {
namespace {

const double kNan = std::nan("");

const std::vector<double> kSkewed = {3, kNan, -1, 7, 7, 1000};
const std::vector<double> kLarge = {1e9, 1e9 + 1, 1e9 + 2, 1e9 + 3, kNan, 1e9};
const std::vector<double> kSame = {5, 5, 5, kNan, 5, 5};

void check(const std::string& name, const std::string& settings,
           const std::vector<std::vector<double>>& columns, const std::vector<double>& want) {
    TransformCase one{.name = name, .settings = settings};
    for (const auto& column : columns) one.lesson.push_back(numbers(column));
    check_transform(one, want);
}

TEST(Transforms, StandardScale) {
    check("standard_scale", "", {kSkewed, kLarge, kSame},
          {-0.5024961104946812, -1.0289915517435022, 0, kNan, -0.17149862603095783, 0,
           -0.5125359928222473, 0.6859942996815864, 0, -0.49245622816711515, 1.5434872253941307,
           kNan, -0.49245622816711515, kNan, 0, 1.999944559651159, -1.0289915517435022, 0});
    check("standard_scale", "center: false", {kSkewed},
          {0.007529911745674544, kNan, -0.002509970581891515, 0.017569794073240604,
           0.017569794073240604, 2.5099705818915146});
}

TEST(Transforms, MinMaxScale) {
    // Of large numbers scikit-learn has 0.33333331: it multiplies before it subtracts.
    check("min_max_scale", "", {kSkewed, kLarge, kSame},
          {0.003996003996003996, 0, 0, kNan, 1.0 / 3, 0, 0, 2.0 / 3, 0, 0.007992007992007992, 1,
           kNan, 0.007992007992007992, kNan, 0, 1, 0, 0});
    check("min_max_scale", "{low: -1, high: 1}", {kSkewed},
          {-0.992007992007992, kNan, -1, -0.984015984015984, -0.984015984015984, 1});
}

TEST(Transforms, MaxAbsScale) {
    check("max_abs_scale", "", {kSkewed, kLarge, kSame},
          {0.003, 0.999999997, 1, kNan, 0.9999999980000001, 1, -0.001, 0.999999999, 1, 0.007, 1,
           kNan, 0.007, kNan, 1, 1, 0.999999997, 1});
}

TEST(Transforms, RobustScale) {
    check("robust_scale", "", {kSkewed, kLarge, kSame},
          {-1, -0.5, 0, kNan, 0, 0, -2, 0.5, 0, 0, 1, kNan, 0, kNan, 0, 248.25, -0.5, 0});
    check("robust_scale", "{low: 0.1, high: 0.9}", {kSkewed},
          {-0.006642311524410495, kNan, -0.01328462304882099, 0, 0, 1.6489538359349052});
}

TEST(Transforms, Impute) {
    const std::vector<std::vector<double>> columns = {kSkewed, kLarge};
    check("impute", "{with: mean, indicator: true}", columns,
          {3, 1000000000, 0, 0, 203.2, 1000000001,   1, 0, -1,   1000000002, 0, 0,
           7, 1000000003, 0, 0, 7,     1000000001.2, 0, 1, 1000, 1000000000, 0, 0});
    check("impute", "{with: median, indicator: true}", columns,
          {3, 1000000000, 0, 0, 7, 1000000001, 1, 0, -1,   1000000002, 0, 0,
           7, 1000000003, 0, 0, 7, 1000000001, 0, 1, 1000, 1000000000, 0, 0});
    check("impute", "{with: mode, indicator: true}", columns,
          {3, 1000000000, 0, 0, 7, 1000000001, 1, 0, -1,   1000000002, 0, 0,
           7, 1000000003, 0, 0, 7, 1000000000, 0, 1, 1000, 1000000000, 0, 0});
    check("impute", "{with: constant, value: -7}", {kSkewed}, {3, -7, -1, 7, 7, 1000});
}

}  // namespace
}  // namespace quern::train
