// Imported models score hostile rows as those do that they come from: importers lightgbm (inputs),
// xgboost, sklearn (pickle, numpy, sklearn_trees, sklearn_boosting, sklearn_linear),
// onnx (onnx_file, onnx_trees).
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "quern/score/importer.h"
#include "quern/score/request.h"
#include "quern/score/scorer.h"

namespace quern::score {
namespace {

const std::filesystem::path kFolder = QUERN_IMPORTS_DIR;

std::string read_whole(const std::filesystem::path& path) {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
}

std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> parts;
    std::istringstream text(line + ",");
    for (std::string part; std::getline(text, part, ',');) parts.push_back(part);
    return parts;
}

struct Rows {  // of a table that make.py wrote
    std::vector<std::string> names;
    std::vector<std::vector<std::string>> rows;
    std::vector<size_t> raw, want;  // columns

    explicit Rows(const std::filesystem::path& path) {
        std::istringstream file(read_whole(path));
        std::string line;
        std::getline(file, line);
        names = split(line);
        while (std::getline(file, line)) rows.push_back(split(line));
        for (size_t i = 0; i < names.size(); ++i) {
            if (names[i].starts_with("raw_")) raw.push_back(i);
            if (names[i].starts_with("want_")) want.push_back(i);
        }
    }
    double number(size_t row, size_t column) const {
        return rows[row][column].empty() ? NAN : std::stod(rows[row][column]);
    }
};

// How far a score may be off, of itself or of 1. A row whose scores are empty was refused by the
// other program.
void check(const std::string& file, double margin, double raw_margin = 0) {
    SCOPED_TRACE(file);
    const auto imported = import_model(read_whole(kFolder / file), {});
    ASSERT_TRUE(imported.ok()) << imported.status().text();
    const auto scorer = Scorer::build(imported->program);
    ASSERT_TRUE(scorer.ok()) << scorer.status().text();
    const Rows rows(kFolder / (file.substr(0, file.rfind('.')) + ".csv"));
    ASSERT_GT(rows.rows.size(), 10u);
    RowReader reader(imported->program,
                     {.extra_fields = ReadOptions::Extra::ignore, .is_all_text = true});
    for (const auto& row : rows.rows) {
        reader.begin_row();
        for (size_t i = 0; i < row.size(); ++i)
            reader.field(rows.names[i], FieldValue::of(std::string_view(row[i])));
        reader.end_row();
    }
    ASSERT_TRUE(reader.errors().empty()) << reader.status().text();
    Scratch scratch(*scorer);
    Predictions out;
    ASSERT_TRUE(scorer->score(reader.view(), scratch, out).ok());
    const size_t skipped = out.output_count - rows.want.size();  // the first of two classes
    ASSERT_LE(skipped, 1u);
    const auto expect_near = [&](double got, double want, double allowed, size_t row) {
        if (std::isnan(want) || got == want) return;
        EXPECT_LE(std::abs(got - want), allowed * std::max(1.0, std::abs(want)))
            << "row " << row + 1 << ": " << got << " instead of " << want;
    };
    for (size_t row = 0; row < rows.rows.size(); ++row) {
        for (size_t i = 0; i < rows.raw.size(); ++i)
            expect_near(out.raw[row * rows.raw.size() + i], rows.number(row, rows.raw[i]),
                        raw_margin, row);
        for (size_t i = 0; i < rows.want.size(); ++i)
            expect_near(out.output(row, skipped + i), rows.number(row, rows.want[i]), margin, row);
    }
}

TEST(Imports, of_lightgbm_are_equal_to_the_bit) {
    check("lightgbm_binary.txt", 0);
    check("lightgbm_multiclass.txt", 0);
    check("lightgbm_poisson.txt", 0);
    check("lightgbm_forest.txt", 0);
    check("lightgbm_linear.txt", 0);
    check("lightgbm_one_by_one.txt", 0);
}

TEST(Imports, of_xgboost_are_equal_to_the_bit) {
    check("xgboost_binary.json", 0);
    check("xgboost_softprob.ubj", 0);
    check("xgboost_dart.json", 0);
    check("xgboost_gamma.ubj", 0);
    check("xgboost_names.json", 0);
    check("xgboost_integers.json", 0);
    check("xgboost_linear.json", 0);
    check("xgboost_linear_classes.ubj", 0);
}

TEST(Imports, of_scikit_learn_are_equal_to_the_bit_where_trees_are_added) {
    check("sklearn_tree.pkl", 0);
    check("sklearn_forest.pkl", 0);
    check("sklearn_extra.pkl", 0);
    check("sklearn_boosting_huber.pkl", 0);
    check("sklearn_histogram.pkl", 0);
    check("sklearn_histogram_names.pkl", 0);
}

TEST(Imports, of_scikit_learn_are_near_where_numpy_has_its_own_exp_or_order) {
    check("sklearn_boosting_classes.pkl", 1e-15);
    check("sklearn_histogram_poisson.pkl", 1e-15);
    check("sklearn_linear.pkl", 1e-13);
    check("sklearn_logistic.pkl", 1e-13);
    check("sklearn_logistic_classes.pkl", 1e-13);
    check("sklearn_poisson.pkl", 1e-13);
}

TEST(Imports, of_onnx_are_near_those_of_a_runtime_that_adds_in_another_order) {
    for (const char* file :
         {"onnx_forest.onnx", "onnx_boosting.onnx", "onnx_regressor.onnx", "onnx_logistic.onnx",
          "onnx_logistic_two.onnx", "onnx_ridge.onnx", "onnx_xgboost.onnx", "onnx_lightgbm.onnx"})
        check(file, 1e-6);
}

}  // namespace
}  // namespace quern::score
