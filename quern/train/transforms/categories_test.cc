// Covers one_hot.cc, ordinal_encode.cc, target_encode.cc, frequency_encode.cc, woe_encode.cc,
// train/categories.cc and the encoder lookup.cc. Literals: tests/reference/transforms.py one_hot
// target.
#include "quern/train/transform_for_test.h"

namespace quern::train {
namespace {

const double kNan = std::nan("");

const std::vector<std::string> kCity = {"Oslo", "Rome", "Rome", "",     "Bern",
                                        "Rome", "Oslo", "Bern", "Rome", "Ulm"};
const std::vector<std::string> kRows = {"Oslo", "Rome", "Bern", "Ulm", "", "Paris"};
const std::vector<double> kClass = {0, 1, 1, 0, 0, 0, 1, 0, 1, 1};

TransformCase of_city(const std::string& name, const std::string& settings = "") {
    TransformCase one{.name = name, .settings = settings};
    one.lesson.push_back(texts(kCity));
    one.rows.push_back(texts(kRows));
    one.targets = kClass;
    return one;
}

TEST(Transforms, OneHot) {
    const auto check = [](const std::string& settings, const std::vector<double>& want) {
        auto one = of_city("one_hot", settings);
        one.lesson[0] =
            texts({"Oslo", "Rome", "Rome", "Bern", "Rome", "Oslo", "Bern", "Rome", "Ulm"});
        one.rows[0] = texts({"Oslo", "Paris", "Ulm", "Rome"});
        check_transform(one, want);
    };
    check("", {0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0});
    check("min_count: 2", {0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0});
    check("max_categories: 3", {1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0});
    check("drop_first: true", {1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0});
}

TEST(Transforms, MissingCountsAsTheMostFrequent) {
    // scikit-learn's SimpleImputer(strategy='most_frequent') before the encoder. Bern, Oslo, Rome,
    // Ulm.
    check_transform(of_city("one_hot", "missing: mode"),
                    {0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0});
    check_transform(of_city("one_hot", "{missing: mode, min_count: 2}"),
                    {0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1});
    check_transform(of_city("ordinal_encode", "missing: mode"), {1, 2, 0, 3, 2, -1});
    check_transform(of_city("ordinal_encode", "{missing: mode, order: [Rome, Oslo]}"),
                    {1, 0, -1, -1, 0, -1});
}

TEST(Transforms, OneHotNamesItsColumns) {
    EXPECT_EQ(transform(of_city("one_hot", "min_count: 2")).columns,
              (std::vector<std::string>{"a=Bern", "a=Oslo", "a=Rome", "a=(other)", "a=(missing)"}));
}

TEST(Transforms, OrdinalEncode) {
    check_transform(of_city("ordinal_encode"), {1, 2, 0, 3, kNan, -1});
    check_transform(of_city("ordinal_encode", "{order: [Rome, Oslo], unseen: 9}"),
                    {1, 0, 9, 9, kNan, 9});
}

TEST(Transforms, FrequencyEncode) {
    check_transform(of_city("frequency_encode"), {0.2, 0.4, 0.2, 0.1, 0.1, 0});
    check_transform(of_city("frequency_encode", "share: false"), {2, 4, 2, 1, 1, 0});
}

TEST(Transforms, TargetEncodeOfTwoClasses) {
    check_transform(of_city("target_encode"), {0.5, 0.7105263157894737, 0, 1, 0, 0.5});
    check_transform(of_city("target_encode", "smoothing: 10"),
                    {0.5, 0.5714285714285714, 0.4166666666666667, 0.5454545454545454,
                     0.45454545454545453, 0.5});
}

TEST(Transforms, TargetEncodeOfNumbers) {
    auto one = of_city("target_encode");
    one.task = Task::regress;
    one.classes = {};
    one.targets = {10, 20.5, 13, 7, 8, 30, 11, 9.25, 22, 15};
    check_transform(one,
                    {10.510295473781282, 20.315791566319806, 8.648455189943677, 15, 7, 14.575});
    one.settings = "smoothing: 10";
    check_transform(one, {13.895833333333334, 16.517857142857142, 13.583333333333334,
                          14.613636363636363, 13.886363636363637, 14.575});
}

TEST(Transforms, TargetEncodeOfThreeClasses) {
    auto one = of_city("target_encode");
    one.classes = {"x", "y", "z"};
    one.targets = {0, 1, 2, 2, 0, 1, 1, 0, 2, 1};
    check_transform(one, {0.4253731343283582, 0.4657534246575342, 0, 0, 0.4793388429752066,
                          0.4541284403669725, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0.3, 0.4, 0.3});
    one.settings = "smoothing: 10";
    check_transform(
        one, {0.3333333333333333, 0.4166666666666667, 0.25, 0.21428571428571427,
              0.42857142857142855, 0.35714285714285715, 0.4166666666666667, 0.3333333333333333,
              0.25, 0.2727272727272727, 0.45454545454545453, 0.2727272727272727, 0.2727272727272727,
              0.36363636363636365, 0.36363636363636365, 0.3, 0.4, 0.3});
}

// Two rows of 50 carry a marker, in the feature and in the target.
Transformed with_marker(const std::string& name, double target) {
    TransformCase one{.name = name, .settings = ""};
    std::vector<std::string> city(50, "plain");
    one.targets.assign(50, 0);
    for (size_t i = 0; i < 20; ++i) one.targets[i] = 1;
    city[7] = city[8] = "marked";
    one.targets[7] = one.targets[8] = target;
    one.targets[30] = one.targets[31] = 1 - target;
    one.lesson.push_back(texts(city));
    return transform(one);
}

TEST(Transforms, AFoldIsEncodedWithoutItsOwnRows) {
    for (const char* name : {"target_encode", "woe_encode"}) {
        const auto one = with_marker(name, 1);
        ASSERT_TRUE(one.status.ok()) << one.status.text();
        const auto& cross = one.fitted.cross;
        ASSERT_EQ(cross.fold.size(), 50);
        ASSERT_EQ(cross.learned.size(), kCrossFolds);
        std::vector<size_t> sizes(kCrossFolds);
        for (size_t fold = 0; fold < kCrossFolds; ++fold) {
            const auto& learned = cross.learned[fold].at(0);
            const auto& seen = std::get<std::vector<std::string>>(learned.at("categories"));
            const bool is_marked_outside = cross.fold[7] != fold || cross.fold[8] != fold;
            EXPECT_EQ(std::ranges::count(seen, "marked"), is_marked_outside) << name << fold;
            sizes[fold] = static_cast<size_t>(std::ranges::count(cross.fold, fold));
        }
        EXPECT_EQ(sizes, std::vector<size_t>(kCrossFolds, 10));
        // What serves later knows all rows.
        EXPECT_NE(one.fitted.encoders[0].learned, with_marker(name, 0).fitted.encoders[0].learned);
    }
}

TEST(Transforms, WoeEncode) {
    // Rome: 3 of 4 positive, of 5 and 5 in all, with one row added to each side twice.
    const double rome = std::log((3 + 1) / (5 + 2.0) / ((1 + 1) / (5 + 2.0)));
    const double bern = std::log((0 + 1) / (5 + 2.0) / ((2 + 1) / (5 + 2.0)));
    check_transform(of_city("woe_encode"), {0, rome, bern, 0, 0, 0});
    auto one = of_city("woe_encode");
    one.classes = {"x", "y", "z"};
    EXPECT_EQ(transform(one).status.message(), "woe_encode is for a target of two classes");
}

}  // namespace
}  // namespace quern::train
