// Files that were made to harm are refused, each with its reason. What stands around the importers,
// import_process and import_check, is tested by tests/projects/imports.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "quern/score/importer.h"
#include "quern/score/scorer.h"

namespace quern::score {
namespace {

void expect_refused(const std::string& bytes, const std::string& words,
                    const std::string& format = "") {
    const auto imported = import_model(bytes, {.format = format});
    const Status status =
        imported.ok() ? Scorer::build(imported->program).status() : imported.status();
    EXPECT_FALSE(status.ok()) << words;
    EXPECT_NE(status.text().find(words), std::string::npos) << status.text();
}

std::string replaced(std::string text, const std::string& old, const std::string& by) {
    const size_t at = text.find(old);
    EXPECT_NE(at, std::string::npos) << old;
    return text.replace(at, old.size(), by);
}

const std::string kLightgbm =
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=1\n"
    "objective=regression\nfeature_names=a b\n\nTree=0\nnum_leaves=3\nnum_cat=1\n"
    "split_feature=0 1\nthreshold=0.5 0\ndecision_type=2 1\nleft_child=-1 -2\nright_child=1 -3\n"
    "leaf_value=1 2 3\nleaf_count=1 1 1\ncat_boundaries=0 1\ncat_threshold=5\nis_linear=0\n\n"
    "end of trees\n";

TEST(HostileImports, of_lightgbm_are_refused) {
    ASSERT_TRUE(import_model(kLightgbm, {}).ok());
    const auto check = [](const std::string& old, const std::string& by, const std::string& words) {
        expect_refused(replaced(kLightgbm, old, by), words);
    };
    check("split_feature=0 1", "split_feature=0 2", "column that is not there");
    check("split_feature=0 1", "split_feature=0 -1", "no number");
    check("right_child=1 -3", "right_child=0 -3", "out of place");
    check("right_child=1 -3", "right_child=1 -9", "out of place");
    check("left_child=-1 -2", "left_child=1 -2", "out of place");
    check("num_leaves=3", "num_leaves=2147483648", "another length");
    check("num_leaves=3", "num_leaves=99999999999999999999", "no number");
    check("threshold=0.5 0", "threshold=nan 0", "NaN");
    check("threshold=0.5 0", "threshold=0.5 nan", "not there");
    check("threshold=0.5 0", "threshold=0.5 1e300", "not there");
    check("cat_boundaries=0 1", "cat_boundaries=0 4000000000", "another length");
    check("cat_boundaries=0 1", "cat_boundaries=1 0", "another length");
    check("leaf_value=1 2 3", "leaf_value=1 inf 3", "not finite");
    check("max_feature_idx=1", "max_feature_idx=4294967295", "features");
    check("num_tree_per_iteration=1", "num_tree_per_iteration=0", "zero");
    check("num_tree_per_iteration=1", "num_tree_per_iteration=4294967295", "number of trees");
    check("objective=regression", "objective=regression sqrt", "objective");
    check("feature_names=a b", "feature_names=a A", "--names");
    check("is_linear=0", "is_linear=1", "leaf_const");
    check("end of trees", "end", "end");
}

std::string xgboost(const std::string& tree) {
    return R"({"learner":{"feature_names":["a","b"],"gradient_booster":{"model":{)"
           R"("gbtree_model_param":{},"tree_info":[0],"trees":[)" +
           tree +
           R"(]},"name":"gbtree"},"learner_model_param":{"base_score":"5E-1","num_class":"0",)"
           R"("num_feature":"2"},"objective":{"name":"reg:squarederror"}},"version":[2,0,3]})";
}

const std::string kXgboostTree =
    R"({"categories":[2],"categories_nodes":[1],"categories_segments":[0],"categories_sizes":[1],)"
    R"("default_left":[0,1,0,0,0],"left_children":[1,3,-1,-1,-1],"right_children":[2,4,-1,-1,-1],)"
    R"("split_conditions":[0.5,0,1,2,3],"split_indices":[0,1,0,0,0],"split_type":[0,1,0,0,0],)"
    R"("sum_hessian":[9,5,4,3,2],"tree_param":{"size_leaf_vector":"1"}})";

TEST(HostileImports, of_xgboost_are_refused) {
    const auto plain = import_model(xgboost(kXgboostTree), {});
    ASSERT_TRUE(plain.ok()) << plain.status().text();
    const auto check = [](const std::string& old, const std::string& by, const std::string& words) {
        expect_refused(xgboost(replaced(kXgboostTree, old, by)), words);
    };
    check("[1,3,-1,-1,-1]", "[1,0,-1,-1,-1]", "out of place");
    check("[1,3,-1,-1,-1]", "[1,1,-1,-1,-1]", "out of place");
    check("[1,3,-1,-1,-1]", "[1,2147483648,-1,-1,-1]", "out of place");
    check("[1,3,-1,-1,-1]", "[1,-7,-1,-1,-1]", "out of place");
    check("[2,4,-1,-1,-1]", "[2,4,-1]", "right_children");
    check("[0,1,0,0,0],\"split_type\"", "[0,2,0,0,0],\"split_type\"", "not there");
    check("\"split_type\":[0,1", "\"split_type\":[0,0", "both");
    check("[0.5,0,1,2,3]", "[0.5,0,1,1e300,3]", "not finite");
    check("[0.5,0,1,2,3]", "[-1e300,0,1,2,3]", "threshold");
    check("[0.5,0,1,2,3]", "[null,0,1,2,3]", "split_conditions");
    check("\"categories\":[2]", "\"categories\":[-2]", "out of range");
    check("\"categories\":[2]", "\"categories\":[2147483647]", "out of range");
    check("\"categories_sizes\":[1]", "\"categories_sizes\":[2147483647]", "out of place");
    check("\"categories_nodes\":[1]", "\"categories_nodes\":[99]", "no node");
    check("\"size_leaf_vector\":\"1\"", "\"size_leaf_vector\":\"3\"", "several values");
    const std::string all = xgboost(kXgboostTree);
    expect_refused(replaced(all, "\"num_feature\":\"2\"", "\"num_feature\":\"4294967296\""),
                   "out of range");
    expect_refused(replaced(all, "\"tree_info\":[0]", "\"tree_info\":[7]"), "no class");
    expect_refused(replaced(all, "5E-1", "nan"), "no number");
    expect_refused(replaced(all, "reg:squarederror", "reg:no\\u001bne"), "objective");
    expect_refused(all.substr(0, all.size() - 9), "fault in its text");
    expect_refused("{\"learner\":" + std::string(1'000'000, '['), "too deep");
    const std::string linear =
        R"({"learner":{"gradient_booster":{"model":{"weights":[1,2,3]},"name":"gblinear"},)"
        R"("learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"2"},)"
        R"("objective":{"name":"reg:squarederror"}},"version":[3,2,0]})";
    EXPECT_TRUE(import_model(linear, {}).ok());
    expect_refused(replaced(linear, "[1,2,3]", "[1,2]"), "weights");
    expect_refused(replaced(linear, "[1,2,3]", "[1,2,1e300]"), "finite");
    expect_refused(replaced(linear, "[1,2,3]", "[1,2,\"x\"]"), "weights");
    expect_refused(replaced(linear, "\"5E-1\"", "\"1e300\""), "base_score");
    // UBJSON: lengths that the file does not hold, kinds without bytes, depth.
    const auto ubjson = [](const std::string& rest) {
        return std::string("{L\0\0\0\0\0\0\0\7learner", 17) + rest;
    };
    expect_refused(ubjson(std::string("[$D#L\x7f\0\0\0\0\0\0\0", 13)), "too early");
    expect_refused(ubjson(std::string("[$Z#l\x7f\xff\xff\xff", 9)), "too early");
    expect_refused(ubjson(std::string("SL\x7f\0\0\0\0\0\0\0", 10)), "too early");
    expect_refused(ubjson("Si\xff"), "below 0");
    expect_refused(ubjson(std::string(100'000, '[')), "too deep");
    expect_refused(ubjson("Q"), "no known kind");
}

TEST(HostileImports, of_scikit_learn_are_refused) {
    const auto pickle = [](const std::string& operations) { return "\x80\x04" + operations; };
    const auto check = [&](const std::string& operations, const std::string& words) {
        expect_refused(pickle(operations), words);
    };
    check("cos\nsystem\n(X\2" + std::string(3, '\0') + "lstR.", "os.system");
    check("cposix\nsystem\n)R.", "no part of a model");
    check("cbuiltins\neval\n)R.", "no part of a model");
    check("cbuiltins\ngetattr\n)R.", "no part of a model");
    check("cnumpyx\nload\n)R.", "no part of a model");
    check("cnumpy\nload\n)R.", "no model of scikit-learn");  // a name; nothing is called
    check("csklearn.svm\nSVC\n)R}b.", "of scikit-learn before 0.24");
    check("N.", "no model");
    check(".", "without a value");
    check("N", "too early");
    check("R.", "a value is missing");
    check("(NR.", "a value is missing");
    check("t.", "a mark is missing");
    check("h\7.", "not kept");
    check("}(Nu.", "key without a value");
    check("N}b.", "has none");
    check(std::string("B\xff\xff\xff\x7f", 5), "too early");
    check(std::string("\x8e\xff\xff\xff\xff\xff\xff\xff\xff", 9), "too early");
    check("Q.", "no place in a model");       // a persistent id
    check("\x82\1.", "no place in a model");  // an extension
    check("\x97.", "no place in a model");    // a buffer from elsewhere
    check(std::string(1'000'000, '(') + ".", "without a value");
    check(std::string(100'000, ']') + std::string(99'999, 'a') + ".", "no model");  // a deep list
}

TEST(HostileImports, of_no_known_kind_are_refused) {
    expect_refused("", "no model of a kind");
    expect_refused(std::string(1000, '\0'), "no model of a kind");
    expect_refused("tree\n", "begins with", "lightgbm");
    expect_refused("x", "not a whole JSON", "xgboost");
    expect_refused("x", "did you mean", "xgbost");
}

// Cut anywhere, or with bytes changed: refused, or a model that is whole.
TEST(HostileImports, of_every_kind_are_read_to_an_end_when_they_are_damaged) {
    std::mt19937 random(1);
    for (const auto& entry : std::filesystem::directory_iterator(QUERN_IMPORTS_DIR)) {
        const auto ending = entry.path().extension();
        if (ending == ".csv" || ending == ".py" || !ending.string().starts_with('.')) continue;
        std::ostringstream text;
        text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
        const std::string whole = text.str();
        for (int round = 0; round < 60; ++round) {
            std::string bytes = whole;
            if (round % 4 == 0) bytes.resize(random() % bytes.size());
            for (int i = round % 4; i > 0; --i)
                bytes[random() % bytes.size()] = static_cast<char>(random());
            const auto imported = import_model(bytes, {});
            if (imported.ok()) Scorer::build(imported->program).status().ignore("either is right");
        }
    }
}

}  // namespace
}  // namespace quern::score
