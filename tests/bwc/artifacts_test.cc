// Every model file ever written still opens, and scores its golden rows as it did on that day; so
// do the files of look-up tables.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "quern/base/hash.h"
#include "quern/score/lookup_table.h"
#include "quern/score/scorer.h"

namespace quern::score {
namespace {

const std::filesystem::path kFolder = QUERN_BWC_DIR;

struct Record {
    std::string sha256;
    size_t golden_count = 0;
    std::vector<double> outputs;  // of the first golden row
};

// outputs.txt: file, its SHA-256, its golden rows, the outputs of the first as hexadecimal floats.
std::map<std::string, Record> records() {
    std::map<std::string, Record> all;
    std::ifstream file(kFolder / "outputs.txt");
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream words(line);
        std::string name;
        Record record;
        words >> name >> record.sha256 >> record.golden_count;
        for (std::string number; words >> number;)
            record.outputs.push_back(std::strtod(number.c_str(), nullptr));
        all[name] = record;
    }
    return all;
}

std::string sha256_of(const std::filesystem::path& path) {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    Sha256 hash;
    hash.add(bytes.str());
    return hash.hex();
}

TEST(FormatVersions, every_file_opens_and_scores_as_it_did) {
    const auto wanted = records();
    ASSERT_GE(wanted.size(), 16u);
    for (const auto& [name, want] : wanted) {
        SCOPED_TRACE(name);
        EXPECT_EQ(sha256_of(kFolder / name), want.sha256);
        const auto scorer = Scorer::open((kFolder / name).string());  // scores its golden rows
        ASSERT_TRUE(scorer.ok()) << scorer.status().text();
        const auto& golden = scorer->program().golden;
        EXPECT_EQ(golden.size(), want.golden_count);
        ASSERT_FALSE(golden.empty());
        EXPECT_EQ(golden[0].outputs, want.outputs);
    }
}

TEST(FormatVersions, no_file_is_without_a_record) {
    const auto wanted = records();
    size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(kFolder)) {
        if (entry.path().extension() != ".qn") continue;
        ++count;
        EXPECT_TRUE(wanted.contains(entry.path().lexically_relative(kFolder).string()))
            << entry.path();
    }
    EXPECT_EQ(count, wanted.size());
}

// The value of a column in the row of a text key at a time; "none" where there is no row.
std::string looked_up(const LookupTable& table, size_t column, std::string_view key_text,
                      int64_t at_us) {
    LookupKey key;
    key.texts[0] = key_text;
    const uint32_t row = table.find(key, at_us);
    if (row == kNoRow) return "none";
    alignas(16) std::array<std::byte, 16> bytes{};
    const bool is_there = table.value(column, row, bytes.data());
    const uint64_t valid = is_there ? 1 : 0;
    return frame::value_text({table.facts().columns[column].type, bytes.data(), &valid, 1}, 0);
}

TEST(FormatVersions, every_look_up_table_opens_and_finds_what_it_found) {
    const auto stats = LookupTable::open((kFolder / "lookup_v1/stats.ql").string());
    ASSERT_TRUE(stats.ok()) << stats.status().text();
    EXPECT_EQ((*stats)->facts().row_count, 56u);
    constexpr int64_t kDay = 86'400'000'000, kFirst = 19'719 * kDay;  // 2023-12-28
    EXPECT_EQ(looked_up(**stats, 2, "Lyon", kFirst - 1), "none");
    EXPECT_EQ(looked_up(**stats, 2, "Lyon", kFirst), "0.154");
    EXPECT_EQ(looked_up(**stats, 2, "Lyon", kFirst + 6 * kDay), "0.964");
    EXPECT_EQ(looked_up(**stats, 3, "Lyon", kFirst + 6 * kDay), "down");
    EXPECT_EQ(looked_up(**stats, 3, "Lyon", kFirst + 10 * kDay), "NULL");
    EXPECT_EQ(looked_up(**stats, 2, "Rome", kFirst), "none");
    const auto places = LookupTable::open((kFolder / "lookup_v1/places.ql").string());
    ASSERT_TRUE(places.ok()) << places.status().text();
    EXPECT_EQ(looked_up(**places, 1, "Nantes", 0), "2");
    EXPECT_EQ(looked_up(**places, 1, "Bonn", 0), "none");
}

}  // namespace
}  // namespace quern::score
