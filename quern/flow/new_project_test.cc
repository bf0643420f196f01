#include "quern/flow/new_project.h"

#include <gtest/gtest.h>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/flow/new_files.h"
#include "quern/project/project.h"

// Covers new_project.cc, new_files.cc and profile.cc.
namespace quern::flow {
namespace {

class NewProjectTest : public testing::Test {
protected:
    std::string write(const std::string& name, const std::string& text) {
        const std::string path = join_path(folder_.path(), name);
        EXPECT_TRUE(write_file_durable(path, text).ok());
        return path;
    }

    Result<NewReport> make(const std::string& file, const std::string& target) {
        return new_project({join_path(folder_.path(), "made"), file, target});
    }

    std::string made(const std::string& name) {
        return read_file(join_path(folder_.path(), "made/" + name)).value();
    }

    TemporaryFolder folder_ = TemporaryFolder::create().value();
};

std::string people(int count) {
    std::string text = "id,age,city,name,same,late\n";
    for (int i = 0; i < count; ++i) {
        const std::string number = std::to_string(i);
        text += number + "," + (i % 7 == 0 ? "?" : std::to_string(20 + i % 50)) + "," +
                (i % 3 == 0 ? " Bonn" : "Kiel") + ",name" + number + ",x," +
                (i % 4 == 0 ? "yes" : "no") + "\n";
    }
    return text;
}

TEST_F(NewProjectTest, WritesAProjectThatLoads) {
    const auto report = make(write("People 2.csv", people(200)), "late");
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_NE(report->file_words.find("200 rows, 6 columns"), std::string::npos);
    EXPECT_NE(report->file_words.find("'?' reads as missing"), std::string::npos);
    EXPECT_EQ(report->target_words,
              "Target late: 2 values (false 75 %, true 25 %), so a binary classifier");
    const auto project = project::load_project(join_path(folder_.path(), "made"));
    ASSERT_TRUE(project.ok()) << project.status().text();
    ASSERT_EQ(project->models.size(), 1u);
    EXPECT_EQ(project->models[0].key[0].text, "id");
    EXPECT_NE(made("models/late.yml").find("name  # different in each row"), std::string::npos);
    EXPECT_NE(made("models/late.yml").find("same  # always the same"), std::string::npos);
    EXPECT_NE(made("tables/people_2_clean.sql").find("id: [not_null, unique]"), std::string::npos);
    EXPECT_NE(made("tables/people_2_clean.sql").find("age: {between: [20, 69]}"), std::string::npos)
        << made("tables/people_2_clean.sql");
    EXPECT_NE(made("sources/people_2.yml").find("file: ../People 2.csv"), std::string::npos);
}

TEST_F(NewProjectTest, NumbersMakeARegression) {
    const auto report = make(write("p.csv", people(100)), "age");
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_NE(report->target_words.find("so a regression"), std::string::npos);
    EXPECT_NE(made("models/age.yml").find("task: regress"), std::string::npos);
    EXPECT_NE(made("tables/p_clean.sql").find("where age is not null"), std::string::npos);
}

TEST_F(NewProjectTest, QuotesOddNames) {
    const auto report =
        make(write("odd.csv",
                   "Select,order,🍰 ü,\"a \"\"b\"\"\",label\n1,2,x,3,a\n2,3,y,4,b\n3,2,x,3,a\n"),
             "label");
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_NE(made("tables/odd_clean.sql").find("\"a \"\"b\"\"\""), std::string::npos);
    EXPECT_NE(made("tables/odd_clean.sql").find("\"order\""), std::string::npos);
    const auto project = project::load_project(join_path(folder_.path(), "made"));
    EXPECT_TRUE(project.ok()) << project.status().text();
}

TEST_F(NewProjectTest, KeepsRowsThatOftenRepeat) {
    std::string text = "kind,late\n";
    for (int i = 0; i < 600; ++i)
        text += std::string(i % 4 == 0 ? "a" : "b") + "," + (i % 3 == 0 ? "yes\n" : "no\n");
    ASSERT_TRUE(make(write("x.csv", text), "late").ok());
    EXPECT_EQ(made("tables/x_clean.sql").find("select distinct"), std::string::npos);
    EXPECT_NE(made("tables/x_clean.sql").find("rows: {min: 300}"), std::string::npos);
}

TEST_F(NewProjectTest, DropsAFewRepeatedRows) {
    std::string text = "kind,late\n";
    for (int i = 0; i < 40; ++i)
        text += std::to_string(i % 38) + "," +
                (i % 38 % 3 == 0 ? "yes\n"
                 : i % 2 == 0    ? "\n"
                                 : "no\n");
    ASSERT_TRUE(make(write("x.csv", text), "late").ok());
    EXPECT_NE(made("tables/x_clean.sql").find("select distinct"), std::string::npos);
    EXPECT_NE(made("tables/x_clean.sql").find("rows: {min: 13}"), std::string::npos)
        << made("tables/x_clean.sql");
}

TEST_F(NewProjectTest, TakesNamesOfAnyLength) {
    const std::string target(300, 't'), name(3000, 'n'), file(230, 'f');
    std::string text = name + "," + target + "\n";
    for (int i = 0; i < 40; ++i) text += std::to_string(i % 9) + (i % 2 == 0 ? ",yes\n" : ",no\n");
    const auto report = make(write(file + ".csv", text), target);
    ASSERT_TRUE(report.ok()) << report.status().text();
    const auto project = project::load_project(join_path(folder_.path(), "made"));
    EXPECT_TRUE(project.ok()) << project.status().text();
}

TEST_F(NewProjectTest, TellsWhatCannotBeLearned) {
    const auto fault = [&](const std::string& target) {
        const auto report = make(write("p.csv", people(300)), target);
        return report.ok() ? std::string("made") : report.status().text();
    };
    EXPECT_EQ(fault("lat"), "column 'lat' is not known\n  did you mean 'late'?");
    EXPECT_EQ(fault("same"), "the target 'same' has one value only");
    EXPECT_NE(fault("name").find("300 different texts"), std::string::npos);
    EXPECT_EQ(make("/nowhere.csv", "x").status().code(), Code::not_found);
    EXPECT_FALSE(make(write("header.csv", "a,b\n"), "a").ok());
    EXPECT_FALSE(make(write("empty.csv", ""), "a").ok());
    const auto useless = make(write("useless.csv", "id,label\n1,a\n2,b\n3,a\n"), "label");
    EXPECT_NE(useless.status().text().find("tells anything about 'label'"), std::string::npos);
    EXPECT_FALSE(path_exists(join_path(folder_.path(), "made")));
}

TEST_F(NewProjectTest, TakesNamesForAFileWithoutAHeader) {
    const std::string file = write("raw.data", "1,2.5,yes\n2,3.5,no\n3,4.5,yes\n4,1.5,no\n");
    const std::string csv = write("raw.csv", read_file(file).value());
    const std::string fault = make(csv, "label").status().text();
    EXPECT_NE(fault.find("--names a,b,c"), std::string::npos) << fault;
    const auto report =
        new_project({join_path(folder_.path(), "made"), csv, "label", {"id", "size", "label"}});
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_NE(made("sources/raw.yml").find("names: [id, size, label]"), std::string::npos);
    EXPECT_NE(report->file_words.find("4 rows, 3 columns"), std::string::npos);
}

TEST_F(NewProjectTest, FindsADecimalComma) {
    const auto report = make(
        write("air.csv", "co;city;late\n13,2;Bonn;no\n14;Kiel;yes\n?;Kiel;no\n9,75;Bonn;yes\n"),
        "late");
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_NE(report->file_words.find("decimal comma"), std::string::npos) << report->file_words;
    EXPECT_NE(made("sources/air.yml").find("decimal_separator: \",\"\n"), std::string::npos);
    EXPECT_NE(made("tables/air_clean.sql").find("co: {between: [9.75, 14"), std::string::npos)
        << made("tables/air_clean.sql");
    const auto project = project::load_project(join_path(folder_.path(), "made"));
    ASSERT_TRUE(project.ok()) << project.status().text();
    EXPECT_EQ(project->sources[0].decimal_separator, ",");
}

TEST_F(NewProjectTest, KeepsPointsWhereACommaWouldLoseThem) {
    const auto report =
        make(write("mix.csv", "co;km;late\n13,2;1.5;no\n14;2.5;yes\n9,75;1.5;no\n"), "late");
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_EQ(made("sources/mix.yml").find("decimal_separator"), std::string::npos);
    EXPECT_NE(made("tables/mix_clean.sql").find("km: [not_null, {between: [1.5, 2.5]}]"),
              std::string::npos)
        << made("tables/mix_clean.sql");
}

TEST_F(NewProjectTest, NeverOverwrites) {
    ASSERT_TRUE(make_folders(join_path(folder_.path(), "made")).ok());
    write("made/notes.txt", "mine");
    EXPECT_EQ(make(write("p.csv", people(50)), "late").status().code(), Code::already_exists);
    EXPECT_EQ(made("notes.txt"), "mine");
}

TEST(YamlText, ReadsBackEqual) {
    for (const char* text : {"plain", "with space", "no", "1.5", "<=50K", "a: b", "🍰", "- x", "",
                             "true", "#x", "it's", "\"q\"", "C:\\dir", "rows", "é"}) {
        const auto tree = parse_yaml({.text = "key: " + yaml_text(text), .file = "f.yml"});
        ASSERT_TRUE(tree.ok()) << text << tree.status().text();
        EXPECT_EQ(tree->find("key")->text, text);
    }
}

}  // namespace
}  // namespace quern::flow
