// Covers model.cc, row.cc and arrow.cc, from outside as a program in C sees them.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <thread>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/embed/quern_score.h"
#include "quern/score/artifact.h"
#include "quern/score/models/linear.h"
#include "quern/score/request.h"
#include "quern/score/sample_program.h"
#include "quern/score/scorer.h"

namespace quern {
namespace {

struct Person {
    double income;
    const char* city;
    uint8_t no_income;
};
constexpr quern_field kFields[] = {
    {"Income", QUERN_DOUBLE, offsetof(Person, income), offsetof(Person, no_income)},
    {"city", QUERN_TEXT, offsetof(Person, city), QUERN_NEVER_NULL}};

class EmbedTest : public testing::Test {
protected:
    void SetUp() override {
        path_ = testing::TempDir() + "embed_test.qn";
        ASSERT_TRUE(
            write_file_durable(path_, score::artifact_bytes(score::sample_program()).value()).ok());
        ASSERT_EQ(quern_load(path_.c_str(), &model_), QUERN_OK) << quern_last_error();
        ASSERT_EQ(quern_layout_new(model_, kFields, 2, &layout_), QUERN_OK) << quern_last_error();
    }
    void TearDown() override {
        quern_layout_free(layout_);
        quern_free(model_);
    }

    // What the scorer itself says of the person.
    double wanted(const Person& person) {
        const auto scorer = score::Scorer::build(score::sample_program()).value();
        score::RowReader reader(scorer.program());
        reader.begin_row();
        if (person.no_income == 0) reader.field("income", score::FieldValue::of(person.income));
        if (person.city != nullptr) {
            reader.field("city", score::FieldValue::of(std::string_view(person.city)));
        }
        reader.end_row();
        score::Scratch scratch(scorer);
        score::Predictions predictions;
        EXPECT_TRUE(scorer.score(reader.view(), scratch, predictions).ok());
        return predictions.output(0, 1);
    }

    std::string path_;
    quern_model* model_ = nullptr;
    quern_layout* layout_ = nullptr;
};

constexpr Person kPeople[] = {{10, "Paris", 0},   {80, "Rome", 0},  {80, nullptr, 0},
                              {0, "Paris", 1},    {NAN, "Oslo", 0}, {-0.0, "", 0},
                              {1e300, "Rome", 0}, {50, "Paris", 0}};

TEST_F(EmbedTest, tells_what_it_takes_and_gives) {
    EXPECT_EQ(quern_abi(), static_cast<uint32_t>(QUERN_SCORE_ABI));
    EXPECT_EQ(quern_input_count(model_), 2U);
    EXPECT_EQ(quern_output_count(model_), 2U);
    EXPECT_STREQ(quern_output_name(model_, 1), "probability_yes");
    EXPECT_EQ(quern_output_name(model_, 2), nullptr);
    EXPECT_STREQ(quern_class_name(model_, 0), "no");
    EXPECT_EQ(quern_class_name(model_, 2), nullptr);
    EXPECT_STREQ(quern_describe(model_),
                 R"({"model": "sample", "task": "classify", "target": "churned", "inputs": [)"
                 R"({"name": "income", "type": "DOUBLE", "nullable": true}, )"
                 R"({"name": "city", "type": "VARCHAR", "nullable": true}], )"
                 R"("outputs": ["probability_no", "probability_yes"], "classes": ["no", "yes"]})");
}

TEST_F(EmbedTest, scores_a_struct_as_the_scorer_does) {
    for (const auto& person : kPeople) {
        double outputs[2];
        uint32_t label = 7;
        ASSERT_EQ(quern_score_row(layout_, &person, outputs, &label), QUERN_OK)
            << quern_last_error();
        EXPECT_EQ(outputs[1], wanted(person));
        EXPECT_EQ(label, outputs[1] >= 0.5 ? 1U : 0U);
    }
}

TEST_F(EmbedTest, serves_threads_side_by_side) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 500; ++i) {
                const Person& person = kPeople[i % 2];
                double outputs[2];
                ASSERT_EQ(quern_score_row(layout_, &person, outputs, nullptr), QUERN_OK);
                ASSERT_EQ(outputs[0] + outputs[1], 1);
            }
        });
    }
    for (auto& thread : threads) thread.join();
}

TEST_F(EmbedTest, tells_what_moved_a_row) {
    double contributions[2], base_score = 0;
    EXPECT_EQ(quern_explain_row(layout_, &kPeople[1], contributions, &base_score, nullptr),
              QUERN_INVALID_ARGUMENT)
        << "trees without covers cannot tell";
    EXPECT_EQ(quern_interact_row(layout_, &kPeople[1], contributions, &base_score, nullptr),
              QUERN_INVALID_ARGUMENT);
    auto program = score::sample_program();
    program.model = pack(score::Linear{{0.01, 1, -1}, {2}, {100, 0.5, 0.25}});
    ASSERT_TRUE(write_file_durable(path_, score::artifact_bytes(program).value()).ok());
    quern_model* model = nullptr;
    quern_layout* layout = nullptr;
    ASSERT_EQ(quern_load(path_.c_str(), &model), QUERN_OK) << quern_last_error();
    ASSERT_EQ(quern_layout_new(model, kFields, 2, &layout), QUERN_OK);
    ASSERT_EQ(quern_source_count(model), 2U);
    EXPECT_STREQ(quern_source_name(model, 1), "city");
    EXPECT_EQ(quern_source_name(model, 2), nullptr);
    uint32_t label = 7;
    ASSERT_EQ(quern_explain_row(layout, &kPeople[1], contributions, &base_score, &label), QUERN_OK)
        << quern_last_error();
    EXPECT_NEAR(contributions[0], 0.01 * (2 * 80 - 100), 1e-15);
    EXPECT_NEAR(contributions[1], -0.5 - 0.75, 1e-15);
    EXPECT_NEAR(base_score, 2 + 1 + 0.5 - 0.25, 1e-15);
    EXPECT_EQ(label, 1U);
    double outputs[2];
    ASSERT_EQ(quern_score_row(layout, &kPeople[1], outputs, nullptr), QUERN_OK);
    const double raw = base_score + contributions[0] + contributions[1];
    EXPECT_NEAR(outputs[1], 1 / (1 + std::exp(-raw)), 1e-15);
    EXPECT_EQ(quern_explain_row(layout, &kPeople[1], nullptr, &base_score, nullptr),
              QUERN_INVALID_ARGUMENT);
    double pairs[4], pairs_base = 0;
    label = 7;
    ASSERT_EQ(quern_interact_row(layout, &kPeople[1], pairs, &pairs_base, &label), QUERN_OK)
        << quern_last_error();
    EXPECT_EQ(pairs_base, base_score);
    EXPECT_EQ(label, 1U);
    EXPECT_NEAR(pairs[0], contributions[0], 1e-15) << "sums are of each feature alone";
    EXPECT_EQ(pairs[1], 0);
    EXPECT_EQ(pairs[2], 0);
    EXPECT_NEAR(pairs[3], contributions[1], 1e-15);
    EXPECT_EQ(quern_interact_row(layout, &kPeople[1], pairs, nullptr, nullptr),
              QUERN_INVALID_ARGUMENT);
    quern_layout_free(layout);
    quern_free(model);
}

TEST_F(EmbedTest, refuses_what_cannot_be) {
    quern_layout* layout = nullptr;
    const quern_field unknown = {"citty", QUERN_TEXT, 0, QUERN_NEVER_NULL};
    EXPECT_EQ(quern_layout_new(model_, &unknown, 1, &layout), QUERN_NOT_FOUND);
    EXPECT_NE(std::string(quern_last_error()).find("did you mean 'city'"), std::string::npos)
        << quern_last_error();
    const quern_field twice[] = {kFields[1], kFields[1]};
    EXPECT_EQ(quern_layout_new(model_, twice, 2, &layout), QUERN_INVALID_ARGUMENT);
    const quern_field wrong = {"income", QUERN_TEXT, offsetof(Person, city), QUERN_NEVER_NULL};
    ASSERT_EQ(quern_layout_new(model_, &wrong, 1, &layout), QUERN_OK);
    double outputs[2];
    EXPECT_EQ(quern_score_row(layout, &kPeople[0], outputs, nullptr), QUERN_INVALID_ARGUMENT);
    EXPECT_NE(std::string(quern_last_error()).find("income"), std::string::npos);
    quern_layout_free(layout);
    EXPECT_EQ(quern_score_row(nullptr, &kPeople[0], outputs, nullptr), QUERN_INVALID_ARGUMENT);

    quern_model* model = nullptr;
    EXPECT_EQ(quern_load("/nowhere/model.qn", &model), QUERN_NOT_FOUND);
    const std::string broken = testing::TempDir() + "embed_broken.qn";
    std::string bytes = score::artifact_bytes(score::sample_program()).value();
    bytes.back() ^= 1;
    ASSERT_TRUE(write_file_durable(broken, bytes).ok());
    EXPECT_EQ(quern_load(broken.c_str(), &model), QUERN_CORRUPT);
    EXPECT_EQ(model, nullptr);
}

// A record batch by hand: income DOUBLE with a missing value, city dictionary-encoded, and a
// column that nobody asked for; the batch is a slice that starts at its second row.
class ArrowBatch {
public:
    ArrowBatch() {
        income_array_ = {.length = 4, .null_count = 1, .n_buffers = 2, .buffers = income_buffers_};
        words_array_ = {.length = 2, .n_buffers = 3, .buffers = words_buffers_};
        city_array_ = {.length = 3,
                       .null_count = -1,
                       .offset = 1,
                       .n_buffers = 2,
                       .buffers = city_buffers_,
                       .dictionary = &words_array_};
        other_array_ = {.length = 4, .n_buffers = 0};
        batch = {.length = 3, .offset = 1, .n_buffers = 1, .n_children = 3, .children = arrays_};
        city_array_.length = 4;
        income_schema_ = {.format = "g", .name = "INCOME"};
        words_schema_ = {.format = "u", .name = ""};
        city_schema_ = {.format = "c", .name = "city", .dictionary = &words_schema_};
        other_schema_ = {.format = "+l", .name = "other"};
        schema = {.format = "+s", .name = "", .n_children = 3, .children = schemas_};
    }
    ArrowSchema schema{};
    ArrowArray batch{};

private:
    const double incomes_[4] = {1, 80, 10, 80};
    const uint8_t income_bits_ = 0b1011;
    const void* income_buffers_[2] = {&income_bits_, incomes_};
    const int32_t word_ends_[3] = {0, 5, 9};
    const char* words_ = "ParisRome";
    const void* words_buffers_[3] = {nullptr, word_ends_, words_};
    const int8_t codes_[5] = {0, 0, 1, 0, 9};
    const void* city_buffers_[2] = {nullptr, codes_};
    ArrowArray income_array_{}, city_array_{}, words_array_{}, other_array_{};
    ArrowArray* arrays_[3] = {&other_array_, &income_array_, &city_array_};
    ArrowSchema income_schema_{}, city_schema_{}, words_schema_{}, other_schema_{};
    ArrowSchema* schemas_[3] = {&other_schema_, &income_schema_, &city_schema_};
};

TEST_F(EmbedTest, scores_an_arrow_batch_as_it_scores_rows) {
    ArrowBatch arrow;
    double outputs[6];
    uint32_t labels[3];
    int64_t failed = -1;
    ASSERT_EQ(quern_score_arrow(model_, &arrow.schema, &arrow.batch, outputs, labels, &failed),
              QUERN_OK)
        << quern_last_error();
    EXPECT_EQ(failed, 0);
    const Person rows[] = {{80, "Rome", 0}, {0, "Paris", 1}, {80, nullptr, 0}};
    for (size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(outputs[2 * i + 1], wanted(rows[i])) << i;
        EXPECT_EQ(labels[i], outputs[2 * i + 1] >= 0.5 ? 1U : 0U);
    }
}

TEST_F(EmbedTest, refuses_an_arrow_batch_it_cannot_read) {
    double outputs[6];
    ArrowBatch list;
    list.schema.children[1]->format = "+l";
    EXPECT_EQ(quern_score_arrow(model_, &list.schema, &list.batch, outputs, nullptr, nullptr),
              QUERN_INVALID_ARGUMENT);
    EXPECT_NE(std::string(quern_last_error()).find("'INCOME' has the Arrow format '+l'"),
              std::string::npos)
        << quern_last_error();
    ArrowBatch dates;
    dates.schema.children[1]->format = "tdD";
    EXPECT_EQ(quern_score_arrow(model_, &dates.schema, &dates.batch, outputs, nullptr, nullptr),
              QUERN_INVALID_ARGUMENT);
    ArrowBatch array;
    array.schema.format = "g";
    EXPECT_EQ(quern_score_arrow(model_, &array.schema, &array.batch, outputs, nullptr, nullptr),
              QUERN_INVALID_ARGUMENT);
    ArrowBatch brief;
    brief.batch.children[1]->length = 3;
    EXPECT_EQ(quern_score_arrow(model_, &brief.schema, &brief.batch, outputs, nullptr, nullptr),
              QUERN_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace quern
