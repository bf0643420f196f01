// The contract of every source format, and how one is chosen.
#include "quern/data/source_format.h"

#include <gtest/gtest.h>

#include <fstream>

#include "quern/base/folder.h"
#include "quern/sql/session.h"

namespace quern::data {
namespace {

std::string format_name(const std::string& file, const std::string& format = "") {
    project::Source source;
    source.format = format;
    const auto found = format_of(source, file);
    return found.ok() ? std::string((*found)->name) : found.status().text();
}

TEST(SourceFormat, is_chosen_by_word_or_ending) {
    EXPECT_EQ(format_name("a/b.csv"), "csv");
    EXPECT_EQ(format_name("b.CSV.GZ"), "csv");
    EXPECT_EQ(format_name("b.tsv.zst"), "tsv");
    EXPECT_EQ(format_name("b.jsonl"), "ndjson");
    EXPECT_EQ(format_name("b.pq"), "parquet");
    EXPECT_EQ(format_name("b.csv", "json"), "json");
    EXPECT_EQ(format_name("b.csv", "jsn"),
              "source format 'jsn' is not known\n  did you mean 'json'?");
    EXPECT_EQ(format_name("b.gz"),
              "the ending of b.gz does not tell its format\n"
              "  let its name end in one of avro, csv, json, ndjson, parquet, tsv, xlsx");
}

TEST(SourceFormat, each_is_documented_and_has_endings_of_its_own) {
    std::vector<std::string_view> endings;
    for (const auto& format : Registry<SourceFormat>::of_kind().all()) {
        EXPECT_FALSE(format.summary.empty()) << format.name;
        EXPECT_TRUE(format.example.starts_with("file: ")) << format.name;
        endings.insert(endings.end(), format.endings.begin(), format.endings.end());
        // The example's own ending is one of its endings, or the example says the format.
        const std::string file(format.example.substr(6, format.example.find('\n') - 6));
        const bool is_said =
            format.example.find("\nformat: " + std::string(format.name)) != std::string_view::npos;
        EXPECT_EQ(format_name(file, is_said ? std::string(format.name) : ""), format.name);
        EXPECT_NE(is_said, !format.endings.empty()) << format.name;
    }
    std::ranges::sort(endings);
    EXPECT_EQ(std::ranges::adjacent_find(endings), endings.end());
}

// Nothing of these formats starts so: each must refuse it by the name of the file.
TEST(SourceFormat, each_refuses_an_empty_file_and_a_missing_one) {
    const auto folder = TemporaryFolder::create().value();
    const auto database = sql::Database::open({.threads = 1}).value();
    auto session = database.connect().value();
    std::ofstream(join_path(folder.path(), "empty"), std::ios::binary).close();
    for (const auto& format : Registry<SourceFormat>::of_kind().all()) {
        for (const char* name : {"empty", "missing"}) {
            project::Source source;
            source.pattern.text = "(?P<a>.*)";
            std::vector<std::string> notes;
            StageRequest request{.session = session,
                                 .source = source,
                                 .path = join_path(folder.path(), name),
                                 .name = name,
                                 .folder = folder.path(),
                                 .notes = notes};
            const auto staged = format.stage(request);
            ASSERT_FALSE(staged.ok()) << format.name;
            EXPECT_NE(staged.status().text().find(name), std::string::npos)
                << format.name << ": " << staged.status().text();
        }
    }
}

}  // namespace
}  // namespace quern::data
