// Names of columns that the exports sql.cc and onnx.cc use themselves.
#include <gtest/gtest.h>

#include "quern/score/exporter.h"
#include "quern/score/sample_program.h"

namespace quern::score {
namespace {

Result<Export> export_named(const char* form, const char* number, const char* text) {
    Program program = sample_program();
    program.inputs[0].name = number;
    program.inputs[1].name = text;
    const auto scorer = Scorer::build(std::move(program));
    return (*find_exporter(form, ""))->write(*scorer, {});
}

TEST(ExportNames, of_columns_are_kept_apart_from_the_exports_own) {
    const auto sql = export_named("sql", "Q_n1", "city");
    ASSERT_FALSE(sql.ok());
    EXPECT_NE(sql.status().text().find("'Q_n1'"), std::string::npos);
    const auto onnx = export_named("onnx", "city_is_null", "city");
    ASSERT_FALSE(onnx.ok());
    EXPECT_NE(onnx.status().text().find("'city_is_null'"), std::string::npos);
    const auto renamed = export_named("onnx", "prediction", "v0");
    ASSERT_TRUE(renamed.ok());
    EXPECT_NE(renamed->bytes.find("prediction_"), std::string::npos);
}

TEST(ExportNames, end_no_comment_and_no_string) {
    const auto sql = export_named("sql", "a\n;drop table b;--\r;drop", "c\"d'e");
    ASSERT_TRUE(sql.ok());
    const std::string head = sql->bytes.substr(0, sql->bytes.find("\nWITH"));
    EXPECT_EQ(head.find("\n;drop"), std::string::npos);
    EXPECT_EQ(head.find('\r'), std::string::npos);
    EXPECT_NE(sql->bytes.find("\"c\"\"d'e\""), std::string::npos);
    const auto c = export_named("c", "a */ int b; /*", "int");
    ASSERT_TRUE(c.ok());
    EXPECT_EQ(c->bytes.find("a */"), std::string::npos);
}

}  // namespace
}  // namespace quern::score
