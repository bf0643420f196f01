// Covers c_source.cc, c_check.cc, c_expressions.cc, c_numbers.cc, c_trees.cc and, by what
// tests/exports compiles and runs, c_arithmetic.cc, c_casts.cc, c_dates.cc, c_logic.cc, c_math.cc,
// c_texts.cc and numbers_outputs.cc.
#include <gtest/gtest.h>

#include <cmath>

#include "quern/score/exporter.h"
#include "quern/score/exporters/c_source.h"
#include "quern/score/sample_program.h"

namespace quern::score {
namespace {

Result<Export> export_c(Program program) {
    const auto scorer = Scorer::build(std::move(program));
    return (*find_exporter("c", ""))->write(*scorer, {.file = "m.c", .dialect = ""});
}

TEST(CExport, names_what_it_reads_and_gives) {
    const auto made = export_c(sample_program());
    ASSERT_TRUE(made.ok()) << made.status().text();
    for (const char* words :
         {"double income; /* income: DOUBLE */", "bool has_city;", "double outputs[2];",
          "int sample_score(const sample_input *in, sample_output *out);", "\"yes\","})
        EXPECT_NE(made->bytes.find(words), std::string::npos) << words;
    EXPECT_EQ(made->bytes.find("alloc("), std::string::npos);
    ASSERT_EQ(made->beside.size(), 1u);
    EXPECT_EQ(made->beside[0].name, "m_check.c");
}

TEST(CExport, refuses_by_name_what_c_cannot_say) {
    Program program = sample_program();
    Expression call = program.expressions[3];
    call.kind = Expression::Kind::call;
    call.function = "upper";
    call.children = {3};
    program.expressions.push_back(call);
    program.features[1].expression = 4;
    const auto made = export_c(program);
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.status().code(), Code::unimplemented);
    EXPECT_NE(made.status().text().find("feature 'city': 'upper'"), std::string::npos);
}

TEST(CExport, values_are_exact_and_names_are_names) {
    EXPECT_EQ(c::number(0.1), "0.1");
    EXPECT_EQ(c::number(2.0), "2.0");
    EXPECT_EQ(c::number(-HUGE_VAL), "-INFINITY");
    EXPECT_EQ(c::number(int64_t{INT64_MIN}), "INT64_MIN");
    EXPECT_EQ(c::text("a\"\n\xC3"), "\"a\\042\\012\\303\"");
    EXPECT_EQ(c::comment("x */ y"), "x *  y");
    std::set<std::string> taken;
    EXPECT_EQ(c::identifier("weather.wind", taken), "weather_wind");
    EXPECT_EQ(c::identifier("weather_wind", taken), "weather_wind_2");
    EXPECT_EQ(c::identifier("int", taken), "int_");
    EXPECT_EQ(c::identifier("1 ä", taken), "x1___");
    EXPECT_EQ(c::identifier("INT64_MAX", taken), "xINT64_MAX");
    EXPECT_EQ(c::identifier("unix", taken), "unix_");
}

}  // namespace
}  // namespace quern::score
