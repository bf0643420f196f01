// Covers bucket.cc, clip_outliers.cc, power_transform.cc, pca.cc, svd.cc, polynomial.cc,
// interaction.cc, quantile_transform.cc,
// train/principal_axes.cc and the stages bucket.cc, clip.cc, power.cc, project.cc, products.cc.
// Literals: tests/reference/transforms.py bucket power axes polynomial quantile.
#include "quern/train/transform_for_test.h"

namespace quern::train {
namespace {

const double kNan = std::nan("");

void check(const std::string& name, const std::string& settings,
           const std::vector<std::vector<double>>& columns, const std::vector<double>& want,
           double margin = 1e-12) {
    TransformCase one{.name = name, .settings = settings};
    for (const auto& column : columns) one.lesson.push_back(numbers(column));
    check_transform(one, want, margin);
}

const std::vector<double> kFibonacci = {1, 2, 2, 3, 5, 8, 13, 21, 34, 55};

TEST(Transforms, BucketsOfNumbers) {
    const auto check_rows = [](const std::string& settings, const std::vector<double>& want) {
        TransformCase one{.name = "bucket", .settings = settings};
        one.lesson.push_back(numbers(kFibonacci));
        one.rows.push_back(numbers({-100, 1, 2, 3, 7.5, 13, 21, 40, 1000}));
        check_transform(one, want);
    };
    check_rows("{kind: width, count: 3}", {0, 0, 0, 0, 0, 0, 1, 2, 2});
    check_rows("{kind: width, count: 5}", {0, 0, 0, 0, 0, 1, 1, 3, 4});
    check_rows("{kind: quantile, count: 3}", {0, 0, 0, 1, 1, 2, 2, 2, 2});
    check_rows("{kind: quantile, count: 5}", {0, 0, 1, 1, 2, 3, 3, 4, 4});
}

TEST(Transforms, BucketsOfATree) {
    const auto cuts = [](int count, std::vector<double> targets, Task task) {
        TransformCase one{.name = "bucket",
                          .settings = "{kind: tree, count: " + std::to_string(count) + "}",
                          .targets = std::move(targets),
                          .task = task};
        one.lesson.push_back(numbers(kFibonacci));
        const auto done = transform(one);
        EXPECT_TRUE(done.status.ok()) << done.status.text();
        return std::get<std::vector<double>>(done.fitted.stages.at(0).learned.at("cuts"));
    };
    EXPECT_EQ(cuts(3, {0, 1, 1, 0, 0, 0, 1, 0, 1, 1}, Task::classify),
              (std::vector<double>{2.5, 27.5}));
    EXPECT_EQ(cuts(4, {10, 20.5, 13, 7, 8, 30, 11, 9.25, 22, 15}, Task::regress),
              (std::vector<double>{6.5, 10.5, 27.5}));
}

TEST(Transforms, BucketsAsColumns) {
    TransformCase one{.name = "bucket", .settings = "{kind: width, count: 2, one_hot: true}"};
    one.lesson.push_back(numbers({0, 1, 2}));
    one.rows.push_back(numbers({-INFINITY, 1, kNan, INFINITY}));
    check_transform(one, {1, 0, 0, 1, 0, 0, 0, 1});
    EXPECT_EQ(transform(one).columns, (std::vector<std::string>{"t below 1", "t from 1"}));
}

TEST(Transforms, ClipOutliers) {
    // Quartiles 2 and 4; mean 4.4, deviation 3.8781...; median 3, its deviations' median 1.
    const std::vector<double> values = {1, 2, 3, 4, 12};
    check("clip_outliers", "", {values}, {1, 2, 3, 4, 7});
    check("clip_outliers", "{by: z, reach: 1}", {values}, {1, 2, 3, 4, 4.4 + std::sqrt(15.44)});
    check("clip_outliers", "{by: mad, reach: 1}", {values},
          {3 - 1.4826022185056018, 2, 3, 4, 3 + 1.4826022185056018});
    TransformCase one{.name = "clip_outliers", .settings = ""};
    one.lesson.push_back(numbers(values));
    one.rows.push_back(numbers({-INFINITY, INFINITY, kNan}));
    check_transform(one, {-1, 7, kNan});
}

// Both search for the exponent; where the likelihood is flat eight digits of it are sure.
TEST(Transforms, PowerTransform) {
    check("power_transform", "", {{3, kNan, -1, 7, 7, 1000}},
          {-0.21018962116364512, kNan, -1.534229146910196, 0.06707538374290431, 0.06707538374290431,
           1.6102680005880325},
          1e-7);
    check("power_transform", "kind: box_cox", {{3, kNan, 1, 7, 7, 1000}},
          {-0.4468662897086178, kNan, -1.4411044959582853, 0.12346067104548752, 0.12346067104548752,
           1.6410494435759289},
          1e-7);
    TransformCase one{.name = "power_transform", .settings = "kind: box_cox"};
    one.lesson.push_back(numbers({0, 1, 2}));
    EXPECT_EQ(transform(one).status.message(), "box_cox is for values above 0, and a has others");
}

const std::vector<std::vector<double>> kWide = {
    {2.5, 2.4, 0.5, 2.2, 3.1, 2.3}, {0.5, 0.7, 2.9, 1.9, 2.2, 3.0}, {1, -3, 2, 0, 5, 1.5}};

TEST(Transforms, PrincipalAxes) {
    check("pca", "components: 2", kWide,
          {-0.4023113166707391, 1.1646810999372998, -4.238408279515938, 0.33329195538252343,
           1.1039626537713934, -1.7489315203986442, -1.042719414176055, -0.16805120475166446,
           3.9002171195044046, 1.04071538109748, 0.6792592370869341, -0.6217057112669947});
    check("pca", "{components: 2, whiten: true}", kWide,
          {-0.1497143113757043, 1.0610680780159947, -1.5772620619969857, 0.3036414470321233,
           0.4108236622862572, -1.5933420805325023, -0.38803288046508, -0.1531009379681017,
           1.451409135329462, 0.9481306679074937, 0.2527764562220505, -0.5663971744550076});
    check("svd", "components: 2", kWide,
          {2.2794590521163522, -0.9111722885308392, -0.18815720263458496, -3.8960278290565595,
           3.1241531306168198, 0.48103313137086007, 2.2505619411135958, -1.8187362374113611,
           6.062554299467434, 1.30085652323048, 3.8537351126833115, -1.0255613256673524});
}

TEST(Transforms, AxesAreAtMostTheColumns) {
    TransformCase one{.name = "pca", .settings = "components: 2"};
    one.lesson.push_back(numbers({1, 2}));
    EXPECT_EQ(transform(one).status.message(), "'components' must be at most the 1 columns, got 2");
}

TEST(Transforms, QuantileTransform) {
    const auto check_rows = [](const std::string& settings, const std::vector<double>& want) {
        TransformCase one{.name = "quantile_transform", .settings = settings};
        one.lesson.push_back(numbers({3, kNan, -1, 7, 7, 1000}));
        one.rows.push_back(numbers({-5, -1, 0, 3, 4, 6.99, 7, 100, 1000, 1000 - 1e-9, 2000, kNan}));
        check_transform(one, want);
    };
    check_rows("landmarks: 3", {0, 0, 0.0625, 0.25, 0.3125, 0.499375, 0.5, 0.5468277945619335, 1,
                                0.9999999999994964, 1, kNan});
    check_rows("", {0, 0, 0.0625, 0.25, 0.3125, 0.5987500000000001, 0.6000000000000001,
                    0.693655589123867, 1, 0.9999999999997482, 1, kNan});
    check_rows("{to: normal, landmarks: 3}",
               {-5.199337582605575, -5.199337582605575, -1.5341205443525463, -0.6744897501960817,
                -0.4887764111146695, -0.0015666433124981618, 0, 0.11765072549811496,
                5.19933758270342, 5.19933758270342, 5.19933758270342, kNan});
    check_rows("to: normal",
               {-5.199337582605575, -5.199337582605575, -1.5341205443525463, -0.6744897501960817,
                -0.4887764111146695, 0.2501129519914156, 0.25334710313580006, 0.506239082571575,
                5.19933758270342, 5.19933758270342, 5.19933758270342, kNan});
    TransformCase same{.name = "quantile_transform"};
    same.lesson.push_back(numbers({5, 5, 5, kNan, 5, 5}));
    same.rows.push_back(numbers({4, 5, 6, -INFINITY, INFINITY}));
    check_transform(same, {0, 0, 1, 0, 1});
}

TEST(Transforms, Interaction) {
    const std::vector<std::vector<double>> rows = {{2.5, 2.4}, {0.5, 0.7}, {1, -3}};
    check("interaction", "", rows, {1.25, 2.5, 0.5, 1.68, -7.199999999999999, -2.0999999999999996});
    check("interaction", "factors: 3", rows, {1.25, -5.039999999999999});
    TransformCase one{.name = "interaction"};
    one.lesson.push_back(numbers({1}));
    EXPECT_EQ(transform(one).status.message(),
              "interaction of 2 factors needs as many columns, got 1");
}

TEST(Transforms, Polynomial) {
    const std::vector<std::vector<double>> rows = {{2.5, 2.4}, {0.5, 0.7}, {1, -3}};
    check("polynomial", "", rows,
          {2.5, 0.5, 1, 6.25, 1.25, 2.5, 0.25, 0.5, 1, 2.4, 0.7, -3, 5.76, 1.68, -7.199999999999999,
           0.48999999999999994, -2.0999999999999996, 9});
    check("polynomial", "{degree: 3, only_products: true}", rows,
          {2.5, 0.5, 1, 1.25, 2.5, 0.5, 1.25, 2.4, 0.7, -3, 1.68, -7.199999999999999,
           -2.0999999999999996, -5.039999999999999});
}

}  // namespace
}  // namespace quern::train
