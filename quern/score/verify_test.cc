#include "quern/score/verify.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "quern/score/models/trees.h"
#include "quern/score/sample_program.h"
#include "quern/score/scorer.h"

namespace quern::score {
namespace {

// The change must make the program be refused, with these words.
void check(std::string_view want, const std::function<void(Program&)>& change) {
    Program program = sample_program();
    change(program);
    auto scorer = Scorer::build(std::move(program));
    ASSERT_FALSE(scorer.ok()) << want;
    EXPECT_NE(scorer.status().message().find(want), std::string::npos) << scorer.status().message();
}

TEST(Verify, a_whole_program_is_taken) { EXPECT_TRUE(verify(sample_program()).ok()); }

TEST(Verify, refuses_broken_inputs_and_expressions) {
    check("one name", [](Program& p) { p.inputs[1].name = "INCOME"; });
    check("no plain type", [](Program& p) {
        p.inputs[1].type = {};
        p.inputs[1].type.sql_name = "X";
    });
    check("before its arguments", [](Program& p) { p.expressions[2].children[1] = 2; });
    check("before its arguments", [](Program& p) { p.expressions[2].children[1] = 4'000'000'000; });
    check("an input is not there", [](Program& p) { p.expressions[0].input = 2; });
    check("another type", [](Program& p) { p.expressions[0].input = 1; });
    check("no function", [](Program& p) { p.expressions[2].function = ""; });
    check("'frobnicate'", [](Program& p) { p.expressions[2].function = "frobnicate"; });
    check("no compiled form", [](Program& p) { p.expressions[2].function = "lower"; });
    check("no compiled form", [](Program& p) { p.expressions[2].children = {0}; });
    check("has arguments", [](Program& p) { p.expressions[3].children = {0}; });
    check("stray", [](Program& p) { p.expressions[1].constant.text = "x"; });
    check("stray bits", [](Program& p) { p.expressions[1].constant.bits[15] = std::byte{1}; });
    check("unknown kind",
          [](Program& p) { p.expressions[3].kind = static_cast<Expression::Kind>(9); });
    check("no expression", [](Program& p) { p.features[0].expression = 4; });
    check("two features", [](Program& p) { p.features[0].name = "CITY"; });
}

TEST(Verify, refuses_broken_outputs) {
    check("two classes have one name", [](Program& p) { p.classes = {"a", "a"}; });
    check("do not fit the task", [](Program& p) { p.classes = {"a"}; });
    check("do not fit the task", [](Program& p) { p.task = Task::regress; });
    check("do not make", [](Program& p) { p.classes = {"a", "b", "c"}; });
    check("do not make", [](Program& p) { p.link = Link::softmax; });
    check("unknown link", [](Program& p) { p.link = static_cast<Link>(77); });
    check("out of range", [](Program& p) { p.threshold = std::nan(""); });
    check("out of range", [](Program& p) { p.link_scale = 0; });
    check("a name is not UTF-8", [](Program& p) { p.target = "\xFF"; });
}

TEST(Verify, refuses_broken_encoders) {
    check("no feature", [](Program& p) { p.encoders[0].feature = 2; });
    check("'mystery'", [](Program& p) { p.encoders[0].kind = "mystery"; });
    check("cannot take", [](Program& p) { p.encoders[0].feature = 1; });
    check("comes twice", [](Program& p) {
        p.encoders[1].learned["categories"] = std::vector<std::string>{"a", "a"};
    });
    check("is missing", [](Program& p) { p.encoders[1].learned.clear(); });
    check("unknown buffer",
          [](Program& p) { p.encoders[0].learned["x"] = std::vector<double>{1}; });
}

TEST(Verify, refuses_broken_golden_rows) {
    check("does not fit", [](Program& p) { p.golden.resize(1); });
    check("too many", [](Program& p) { p.golden.resize(kGoldenRowsMax + 1); });
}

// Changes the trees of the sample.
void check_trees(std::string_view want, const std::function<void(Buffers&)>& change) {
    check(want, [&](Program& program) { change(program.model.learned); });
}

TEST(Verify, refuses_broken_trees) {
    using U32 = std::vector<uint32_t>;
    using I32 = std::vector<int32_t>;
    using F64 = std::vector<double>;
    check_trees("out of place", [](Buffers& b) { b["left"] = I32{0, -1}; });
    check_trees("out of place", [](Buffers& b) { b["left"] = I32{1, -1}; });
    check_trees("out of place", [](Buffers& b) { b["left"] = I32{-2, -1}; });
    check_trees("out of place", [](Buffers& b) { b["right"] = I32{-2147483647 - 1, -2}; });
    check_trees("not there", [](Buffers& b) { b["column"] = U32{3, 1}; });
    check_trees("NaN", [](Buffers& b) { b["threshold"] = F64{std::nan(""), 0}; });
    check_trees("not finite", [](Buffers& b) { b["leaf_value"] = F64{1, INFINITY, 2, 3}; });
    check_trees("do not fit", [](Buffers& b) { b["tree_nodes"] = U32{1, 2}; });
    check_trees("do not fit", [](Buffers& b) { b["tree_nodes"] = U32{4'000'000'000, 1}; });
    check_trees("does not fit", [](Buffers& b) { b["raw_count"] = U32{0}; });
    check_trees("does not fit", [](Buffers& b) { b["raw_count"] = U32{3}; });
    check_trees("unknown flags", [](Buffers& b) { b["flags"] = std::vector<uint8_t>{255, 0}; });
    check_trees("category set", [](Buffers& b) {
        b["flags"] = std::vector<uint8_t>{8, 0};
        b["word_count"] = U32{1, 0};
    });
    check_trees("category set", [](Buffers& b) { b["first_word"] = U32{4'294'967'295, 0}; });
    check_trees("is missing", [](Buffers& b) { b["threshold"] = U32{1, 2}; });
    check_trees("expected 2", [](Buffers& b) { b["threshold"] = F64{1}; });
    check_trees("unknown buffer", [](Buffers& b) { b["extra"] = F64{}; });
}

}  // namespace
}  // namespace quern::score
