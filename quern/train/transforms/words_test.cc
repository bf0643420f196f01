// Covers tfidf.cc, hash_words.cc and the encoders words.cc and grams.cc. Literals:
// tests/reference/transforms.py words.
#include "quern/score/encoders/grams.h"
#include "quern/train/transform_for_test.h"

namespace quern::train {
namespace {

void check(const std::string& name, const std::string& settings,
           const std::vector<std::string>& rows, const std::vector<double>& want) {
    TransformCase one{.name = name, .settings = settings};
    one.lesson.push_back(texts(rows));
    check_transform(one, want);
}

// The third is NULL here.
const std::vector<std::string> kReviews = {"Good, good food!", "a BAD day; été", "",
                                           "good day_1 x"};

TEST(Transforms, Tfidf) {
    check("tfidf", "", kReviews,
          {0,
           0,
           0,
           0.5355662725381126,
           0.8444932017012523,
           0,
           0.5773502691896257,
           0.5773502691896257,
           0,
           0,
           0,
           0.5773502691896257,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0.7852882757103967,
           0,
           0.6191302964899972,
           0});
}

TEST(Transforms, TfidfOfPairs) {
    check("tfidf", "{ngrams: 2, logarithm: true}", kReviews,
          {0,
           0,
           0,
           0,
           0,
           0.4572961265370485,
           0.6104430833113235,
           0,
           0.4572961265370485,
           0.4572961265370485,
           0,
           0.4472135954999579,
           0.4472135954999579,
           0.4472135954999579,
           0.4472135954999579,
           0,
           0,
           0,
           0,
           0,
           0,
           0.4472135954999579,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0.6176143709756019,
           0,
           0.48693426407352264,
           0.6176143709756019,
           0,
           0,
           0});
}

TEST(Transforms, TfidfWithOtherSettings) {
    check("tfidf", "{weighted: false, unit: false}", kReviews,
          {0, 0, 0, 1, 2, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0});
    check("tfidf", "min_count: 2", kReviews, {1, 0, 0, 1});
    check("tfidf", "{by: character, ngrams: 2, min_ngrams: 2}", {"ab  aB", "b\ta"},
          {0, 0.408248290463863, 0.816496580927726, 0, 0.408248290463863, 0.7071067811865476, 0, 0,
           0.7071067811865476, 0});
}

TEST(Transforms, TfidfKeepsTheMostFrequentWords) {
    TransformCase one{.name = "tfidf", .settings = "max_features: 2"};
    one.lesson.push_back(texts(kReviews));
    EXPECT_EQ(transform(one).columns, (std::vector<std::string>{"a 'bad'", "a 'good'"}));
}

TEST(Transforms, HashWords) {
    check("hash_words", "columns: 6", kReviews,
          {0,
           0.8944271909999159,
           0.4472135954999579,
           0,
           0,
           0,
           0,
           0,
           0,
           0.8944271909999159,
           0,
           -0.4472135954999579,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0});
    check("hash_words", "{columns: 4, by: text}", {"x", "x y", ""},
          {0, 0, 0, 1, 0, -1, 0, 0, 0, 0, 0, 0});
}

TEST(Grams, HashAsMurmurDoes) {
    EXPECT_EQ(score::murmur3(""), 0);
    EXPECT_EQ(score::murmur3("hello"), 613153351);
    EXPECT_EQ(score::murmur3("hello, world"), 345750399);
}

}  // namespace
}  // namespace quern::train
