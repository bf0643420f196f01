// Covers exporter.cc and exporters/artifact.cc.
#include "quern/score/exporter.h"

#include <gtest/gtest.h>

#include "quern/score/artifact.h"
#include "quern/score/sample_program.h"

namespace quern::score {
namespace {

TEST(Exporter, is_found_by_name_or_by_the_files_ending) {
    EXPECT_EQ((*find_exporter("artifact", "x.c"))->name, "artifact");
    EXPECT_EQ((*find_exporter("", "models/x.qn"))->name, "artifact");
    const auto unknown = find_exporter("", "x.docx");
    ASSERT_FALSE(unknown.ok());
    EXPECT_NE(unknown.status().text().find("'x.docx'"), std::string::npos);
    EXPECT_NE(unknown.status().text().find(".qn"), std::string::npos);
    EXPECT_EQ(find_exporter("artefact", "").status().code(), Code::not_found);
}

TEST(Exporter, each_says_what_it_is) {
    for (const auto& exporter : Registry<Exporter>::of_kind().all()) {
        EXPECT_FALSE(exporter.summary.empty()) << exporter.name;
        EXPECT_EQ(exporter.ending.substr(0, 1), ".") << exporter.name;
        EXPECT_NE(exporter.example.find(exporter.ending), std::string_view::npos) << exporter.name;
    }
}

TEST(Exporter, artifact_is_the_models_own_file) {
    const auto scorer = Scorer::build(sample_program());
    const auto bytes = (*find_exporter("artifact", ""))->write(*scorer, {});
    EXPECT_EQ(bytes->bytes, *artifact_bytes(sample_program()));
}

}  // namespace
}  // namespace quern::score
