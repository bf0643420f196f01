// Every model file ever written still opens, and scores its golden rows as it did on that day.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "quern/base/hash.h"
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
    ASSERT_GE(wanted.size(), 9u);
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

}  // namespace
}  // namespace quern::score
