// Bodies that were changed at random never crash a reader, and what it takes is real JSON (CSV).
#include "quern/serve/json_body.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "quern/serve/csv_body.h"
#include "quern/serve/testing/example.h"
#include "quern/stats/random.h"

namespace quern::serve {
namespace {

class CountingSink : public PredictionSink {
public:
    Status take(const LoadedModel&, Lane& lane) override {
        row_count += lane.predictions.row_count;
        return {};
    }
    size_t row_count = 0;
};

class BodyTest : public testing::Test {
protected:
    using Read = std::function<Status(std::string_view, Scoring&)>;

    // Whether the body was taken; `rows` is then how many it held.
    bool takes(const std::string& body, RowForm form, const Read& read, size_t& rows) {
        // The end of the buffer is the end of what may be read.
        std::vector<char> padded(body.begin(), body.end());
        padded.resize(body.size() + kBodyPadding, '\xEE');
        CountingSink sink;
        Scoring scoring({.model = *model,
                         .lane = lanes.find(*model, form, body.size()),
                         .sink = sink,
                         .row_count_max = 100});
        Response response;
        Status status = read({padded.data(), body.size()}, scoring);
        if (status.ok()) status = scoring.finish(response);
        if (!status.ok()) {
            EXPECT_NE(status.code(), Code::internal) << status.text();
            return false;
        }
        rows = sink.row_count;
        return true;
    }

    std::string changed(std::string text) {
        static constexpr std::string_view kBytes = "{}[]\",:0123456789eE+-.\\nulltrue \n\r\t\0\xff";
        for (uint64_t count = random.below(4) + 1; count > 0 && !text.empty(); --count) {
            const size_t at = random.below(text.size());
            const char byte = kBytes[random.below(kBytes.size())];
            switch (random.below(4)) {
                case 0:
                    text[at] = byte;
                    break;
                case 1:
                    text.insert(at, 1, byte);
                    break;
                case 2:
                    text.erase(at, random.below(5) + 1);
                    break;
                default:
                    text.insert(at, text.substr(random.below(text.size()), random.below(20)));
            }
        }
        return text;
    }

    Limits limits;
    JsonBody json{limits};
    Lanes lanes;
    LoadedModelPtr model = load_model(income_program(), 1);
    stats::Random random{1};
};

const std::string kBodies[] = {
    R"({"age": 39, "education": "Bach\u0065lors", "hours": 40.5})",
    R"({"rows": [{"age": 39, "hours": -1e3}, {"age": 0, "education": null}]})",
    R"([{"age": 18446744073709551615}, {"age": -9}])",
    R"({"key": {"a": [1, "b"]}, "age": 39, "education": null, "hours": 40.5})",
    R"({"dataframe_split": {"columns": ["age", "x", "hours", "education"], "index": [0],
        "data": [[39, [true], 40, "x"]]}})",
    R"({"dataframe_records": [{"age": 39}], "params": {"a": [{"b": 1}]}})",
    R"({"instances": [[39, "x", 40], {"age": 1}]})",
    R"({"inputs": {"age": [1, 2], "hours": [null, 3.5]}})",
    R"({"id": "x", "parameters": {"a": 1}, "inputs": [{"name": "age", "shape": [2, 1],
        "datatype": "INT64", "data": [[1], [2]]}], "outputs": [{"name": "prediction"}]})",
};

TEST_F(BodyTest, changed_json_is_taken_only_when_it_is_json) {
    const Read readers[] = {
        [this](std::string_view body, Scoring& scoring) {
            bool is_single = false;
            return json.read_rows(body, scoring, is_single);
        },
        [this](std::string_view body, Scoring& scoring) { return json.read_frame(body, scoring); },
        [this](std::string_view body, Scoring&) {
            InferenceRequest request;
            return json.read_inference(body, request);
        }};
    int taken = 0;
    for (int i = 0; i < 20'000; ++i) {
        const std::string body = changed(kBodies[random.below(std::size(kBodies))]);
        for (const auto& read : readers) {
            size_t rows = 0;
            if (!takes(body, RowForm::json, read, rows)) continue;
            ++taken;
            // What stands in a place nobody reads may be anything with the right brackets.
            if (body.find("dataframe_split") == std::string::npos) {
                EXPECT_TRUE(nlohmann::json::accept(body)) << body;
            }
        }
    }
    EXPECT_GT(taken, 100) << "the changes are not all fatal";
}

TEST_F(BodyTest, changed_csv_never_harms) {
    const std::string good = "age,education,hours\n39,Bachelors,40\n1,\"a \"\"b\"\"\",\r\n";
    int taken = 0;
    for (int i = 0; i < 20'000; ++i) {
        size_t rows = 0;
        taken += takes(changed(good), RowForm::text, read_csv, rows) ? 1 : 0;
    }
    EXPECT_GT(taken, 100);
}

TEST_F(BodyTest, a_large_body_leaves_no_memory_behind_for_long) {
    const Read read = [this](std::string_view body, Scoring& scoring) {
        bool is_single = false;
        return json.read_rows(body, scoring, is_single);
    };
    size_t rows = 0;
    EXPECT_TRUE(
        takes("[{\"age\": 1}" + std::string(4 << 20, ' ') + "]", RowForm::json, read, rows));
    EXPECT_EQ(rows, 1u);
    EXPECT_TRUE(takes("[{\"age\": 1}, {\"age\": 2}]", RowForm::json, read, rows));
    EXPECT_EQ(rows, 2u);
}

}  // namespace
}  // namespace quern::serve
