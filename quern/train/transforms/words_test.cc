// Covers tfidf.cc, hash_words.cc, hash_encode.cc, text_counts.cc and the encoders words.cc,
// grams.cc, text_counts.cc. Literals: tests/reference/transforms.py words counts
// hashed_categories.
#include "quern/score/encoders/grams.h"
#include "quern/train/transform_for_test.h"

namespace quern::train {
namespace {

const double kNan = std::nan("");

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
}

TEST(Transforms, HashEncode) {
    check("hash_encode", "columns: 4", {"x", "x y", "Rome", "75001", ""},
          {0, 0, 0, 1, 0, -1, 0, 0, 0, 0, -1, 0, -1, 0, 0, 0, 0, 0, 0, 0});
}

TEST(Transforms, TextCounts) {
    check("text_counts", "",
          {"Good, good food!", "a BAD\u2003day; \u00e9t\u00e9 \u00c9T\u00c9", "\x1c\u0085 7\u0664 ",
           "\U0001f350\u00bf?", ""},
          {16, 3, 1.0 / 12, 0, 2, 18, 5, 6.0 / 13, 0,    1,    6,    1,   0,
           2,  0, 3,        1, 0, 0,  2, kNan,     kNan, kNan, kNan, kNan});
    check("text_counts", "parts: [upper, words]", {"ONE two"}, {0.5, 2});
    TransformCase one{.name = "text_counts", .settings = "parts: words"};
    one.lesson.push_back(texts({"a"}));
    EXPECT_EQ(transform(one).columns, (std::vector<std::string>{"a words"}));
}

TEST(Grams, HashAsMurmurDoes) {
    EXPECT_EQ(score::murmur3(""), 0);
    EXPECT_EQ(score::murmur3("hello"), 613153351);
    EXPECT_EQ(score::murmur3("hello, world"), 345750399);
}

}  // namespace
}  // namespace quern::train
