// Whole projects: folders written for the test, read by load_project.
#include "quern/project/project.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "quern/base/folder.h"

namespace quern::project {
namespace {

using Files = std::map<std::string, std::string>;

// Written as bytes, so that a test may hold anything.
void write_files(const std::string& root, const Files& files) {
    for (const auto& [path, bytes] : files) {
        const std::filesystem::path full = join_path(root, path);
        std::filesystem::create_directories(full.parent_path());
        std::ofstream(full, std::ios::binary) << bytes;
    }
}

class Folder {
public:
    explicit Folder(Files files) : temporary_(TemporaryFolder::create().value()) {
        files.try_emplace("quern.yml", "name: loan\n");
        write_files(temporary_.path(), files);
    }
    const std::string& path() const { return temporary_.path(); }
    Result<Project> load(const LoadLimits& limits = {}) const {
        return load_project(temporary_.path(), limits);
    }

private:
    TemporaryFolder temporary_;
};

std::string all_text(const Status& status) {
    std::string text = status.text();
    for (const auto& other : status.others()) text += "\n" + other.text();
    return text;
}

const Files kLoan = {
    {"quern.yml", "name: loan\nthreads: 2\nmemory: 4 GB\nvars: {cap: 80, levels: [a, b]}\n"},
    {"sources/applications.yml", "file: data/*.csv\n"},
    {"tables/applicants.sql",
     "/* ---\ndescription: One row per applicant\nmaterialize: view\nkey: id\n"
     "checks:\n  - id: [not_null, unique]\n--- */\n"
     "select id, least(hours, $cap) as hours\nfrom applications;\n"},
    {"models/repay.yml", "from: applicants\ntarget: repaid\n"},
    {"services/repay.yml", "model: repay@champion\n"},
};

TEST(Project, ReadsAFolder) {
    const auto project = Folder(kLoan).load();
    ASSERT_TRUE(project.ok()) << all_text(project.status());
    EXPECT_EQ(project->name, "loan");
    EXPECT_EQ(project->settings.threads, 2);
    EXPECT_EQ(project->settings.memory_bytes, 4'000'000'000);
    EXPECT_EQ(project->vars.at("cap").text, "80");
    ASSERT_NE(project->find_source("Applications"), nullptr);
    EXPECT_EQ(project->find_source("applications")->files[0].place.text(),
              "sources/applications.yml:1:7");
    const Table* const table = project->find_table("applicants");
    ASSERT_NE(table, nullptr);
    EXPECT_EQ(table->sql, "select id, least(hours, $cap) as hours\nfrom applications");
    EXPECT_EQ(table->materialize, Materialize::view);
    EXPECT_EQ(table->checks.size(), 2u);
    EXPECT_EQ(place_in_sql(*table, table->sql.find("applications")).text(),
              "tables/applicants.sql:9:6");
    EXPECT_EQ(project->find_model("repay")->target.text, "repaid");
    EXPECT_EQ(project->find_service("repay")->alias, "champion");
}

TEST(Project, IsFoundFromBelow) {
    const Folder folder(kLoan);
    const auto root = find_project_root(folder.path() + "/models/../sources");
    ASSERT_TRUE(root.ok());
    EXPECT_EQ(*root, absolute_path(folder.path()));
}

TEST(Project, ReadsOneFile) {
    const Folder folder(Files{{"quern.yml",
                               "sources:\n  raw: {file: a.csv}\n"
                               "tables:\n  clean:\n    checks:\n      - rows: {min: 1}\n"
                               "    sql: |\n      select a,\n        b\n      from raw\n"
                               "  short: {sql: \"select 1 as a\"}\n"
                               "models:\n  m: {from: clean, target: b}\n"
                               "services:\n  m: {model: m}\n"}});
    const auto project = folder.load();
    ASSERT_TRUE(project.ok()) << all_text(project.status());
    const Table* const clean = project->find_table("clean");
    EXPECT_EQ(clean->checks[0].name, "rows");
    const auto check = [](const Table& table, std::string_view word, std::string_view want) {
        EXPECT_EQ(place_in_sql(table, table.sql.find(word)).text(), want) << word;
    };
    check(*clean, "select", "quern.yml:8:7");
    check(*clean, "b", "quern.yml:9:9");
    check(*clean, "raw", "quern.yml:10:12");
    check(*project->find_table("short"), "1", "quern.yml:11:24");
    EXPECT_EQ(project->find_service("m")->model, "m");
}

TEST(Project, TakesNamesThatSqlMustQuote) {
    Files files = {{"models/m.yml", "from: \xF0\x9F\xA6\x8A\ntarget: b\n"}};
    for (const std::string name : {"select", "\xF0\x9F\xA6\x8A", "it's", "two words", "a.b", "1"}) {
        files["tables/" + name + ".sql"] = "select 1 as b";
    }
    const auto project = Folder(files).load();
    ASSERT_TRUE(project.ok()) << all_text(project.status());
    EXPECT_EQ(project->tables.size(), 6u);
    EXPECT_NE(project->find_table("a.b"), nullptr);
}

TEST(Project, ReadsFoldersWithinFolders) {
    const auto project =
        Folder(Files{{"tables/core/a.sql", "select 1"}, {"tables/README.md", "notes"}}).load();
    ASSERT_TRUE(project.ok()) << all_text(project.status());
    EXPECT_NE(project->find_table("a"), nullptr);
}

TEST(Project, SaysHowToMakeOne) {
    const auto folder = TemporaryFolder::create();
    ASSERT_TRUE(folder.ok());
    const Status status = load_project(folder->path()).status();
    EXPECT_EQ(status.code(), Code::not_found);
    EXPECT_EQ(status.hint(), "make a project: quern new NAME --from FILE --target COLUMN");
    EXPECT_EQ(load_project(folder->path() + "/none").status().code(), Code::not_found);
}

// One fault each: the project's files, and the whole text of the failure.
void check_fault(const Files& files, std::string_view want) {
    EXPECT_EQ(all_text(Folder(files).load().status()), want);
}

TEST(ProjectFaults, OfNames) {
    check_fault({{"tables/a.sql", "select 1"}, {"sources/a.yml", "file: a.csv"}},
                "tables/a.sql: the name 'a' is taken by the source 'a' in sources/a.yml\n"
                "  give one of them another name");
    check_fault({{"tables/a.sql", "select 1"}, {"tables/x/A.sql", "select 1"}},
                "tables/x/A.sql: the name 'A' is taken by the table 'a' in tables/a.sql "
                "(case does not matter)\n  give one of them another name");
    check_fault({{"tables/a@b.sql", "select 1"}},
                "tables/a@b.sql: the name 'a@b' of a table holds one of / \\ @ \"");
    check_fault({{"tables/a\nb.sql", "select 1"}},
                "tables/a\nb.sql: the name of a table holds a control character");
    check_fault({{"quern.yml", "tables: {a/b: {sql: select 1}}"}},
                "quern.yml:1:10: the name 'a/b' of a table holds one of / \\ @ \"");
}

TEST(ProjectFaults, OfReferences) {
    const Files base = {{"tables/applicants.sql", "select 1"}};
    Files files = base;
    files["models/m.yml"] = "from: aplicants\ntarget: a\n";
    check_fault(files,
                "models/m.yml:1:7: there is no table or source 'aplicants'\n"
                "  did you mean 'applicants'?");
    files = base;
    files["services/s.yml"] = "model: repay@champion\n";
    check_fault(files, "services/s.yml:1:8: there is no model 'repay'");
    files = {{"tables/a.sql", "select 1,\n  $capp"}, {"quern.yml", "vars: {cap: 1}"}};
    check_fault(files,
                "tables/a.sql:2:3: there is no variable 'capp' under `vars` in quern.yml\n"
                "  did you mean 'cap'?");
}

TEST(ProjectFaults, OfKeys) {
    check_fault({{"quern.yml", "nmae: x\n"}},
                "quern.yml:1:1: unknown key 'nmae' in project\n  did you mean 'name'?");
    check_fault({{"quern.yml", "schedule: daily\n"}},
                "quern.yml:1:1: the key 'schedule' of a project is not known to this version of "
                "quern\n  leave it out");
    check_fault({{"quern.yml", "memory: lots\n"}},
                "quern.yml:1:9: 'lots' is not a size\n  write it like '4 GB' or '512 MiB'");
    check_fault({{"quern.yml", "vars: {a b: 1}\n"}},
                "quern.yml:1:8: the variable 'a b' must be named by letters, digits and _");
    check_fault({{"quern.yml", "vars: {a: {b: 1}}\n"}},
                "quern.yml:1:11: the variable 'a' must be a value or a list of values");
    check_fault({{"quern.yml", "tables: [a]\n"}},
                "quern.yml:1:9: 'tables' must be a map from names, got a list");
    check_fault({{"quern.yml", "name: \"\"\n"}}, "quern.yml:1:1: the name of a project is empty");
    check_fault({{"quern.yml", "- a\n"}},
                "quern.yml:1:1: project must be a map of keys, got a list");
}

TEST(ProjectFaults, OfFiles) {
    check_fault({{"tables/a.yml", "x: 1"}},
                "tables/a.yml: a file of this kind is not read from tables/\n"
                "  a table is an .sql file; its settings stand in it");
    check_fault({{"models/a.sql", "select 1"}},
                "models/a.sql: a file of this kind is not read from models/\n"
                "  only .yml files belong there");
    check_fault({{"tables", "not a folder"}}, "tables: must be a folder");
    check_fault({{"models/m.yml", std::string("from: a\0b", 9)}},
                "models/m.yml: holds a NUL byte, so it is not text");
    check_fault({{"models/m.yml", ""}}, "models/m.yml:1:1: model needs the key 'from'");
}

TEST(ProjectFaults, AreReportedTogether) {
    const auto project = Folder(Files{{"quern.yml", "nmae: x"},
                                      {"sources/a.yml", "file: x\nformt: csv"},
                                      {"tables/b.sql", ""},
                                      {"models/c.yml", "from: b\ntarget: [x"},
                                      {"services/d.yml", "model: c"}})
                             .load();
    const std::string text = all_text(project.status());
    for (const std::string_view place :
         {"quern.yml:1:1:", "sources/a.yml:2:1:", "tables/b.sql:1:1:", "models/c.yml:"}) {
        EXPECT_NE(text.find(place), std::string::npos) << place << " is missing from\n" << text;
    }
    EXPECT_EQ(text.find("services/d.yml"), std::string::npos) << "its model is there, but faulty";
}

TEST(ProjectFaults, AreCountedBeyondALimit) {
    Files files;
    for (int i = 0; i < 20; ++i) files["tables/t" + std::to_string(i) + ".sql"] = "";
    const auto project = Folder(files).load({.fault_count_max = 5});
    EXPECT_LE(project.status().others().size(), 6u);
    EXPECT_NE(all_text(project.status()).find("further fault"), std::string::npos);
}

TEST(ProjectLimits, RefuseHugeFilesAndTooMany) {
    const Folder huge(Files{{"models/m.yml", std::string(5000, '#')}});
    EXPECT_EQ(huge.load({.file_bytes_max = 4096}).status().code(), Code::resource_exhausted);
    Files many;
    for (int i = 0; i < 30; ++i) many["tables/t" + std::to_string(i) + ".sql"] = "select 1";
    EXPECT_EQ(Folder(many).load({.file_count_max = 20}).status().code(), Code::resource_exhausted);
}

TEST(ProjectLimits, EndInLoopsOfLinks) {
    const Folder folder(Files{{"tables/a.sql", "select 1"}});
    std::filesystem::create_directory_symlink("..", folder.path() + "/tables/loop");
    std::filesystem::create_directory_symlink(".", folder.path() + "/tables/self");
    std::filesystem::create_symlink("dangling", folder.path() + "/tables/dead.sql");
    const auto project = folder.load();
    ASSERT_TRUE(project.ok()) << all_text(project.status());
    EXPECT_EQ(project->tables.size(), 1u);
}

TEST(ProjectLimits, DoNotWaitForPipes) {
    const Folder folder(Files{});
    std::filesystem::create_directory(folder.path() + "/tables");
    ASSERT_EQ(::mkfifo((folder.path() + "/tables/p.sql").c_str(), 0600), 0);
    EXPECT_TRUE(folder.load().ok());
    ASSERT_EQ(::unlink((folder.path() + "/quern.yml").c_str()), 0);
    ASSERT_EQ(::mkfifo((folder.path() + "/quern.yml").c_str(), 0600), 0);
    EXPECT_EQ(folder.load().status().code(), Code::invalid_argument);
}

TEST(ProjectLimits, NameAFileThatMayNotBeRead) {
    const Folder folder(Files{{"models/m.yml", "from: a"}});
    ASSERT_EQ(::chmod((folder.path() + "/models/m.yml").c_str(), 0), 0);
    ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
    // Root may read everything, so it is nobody for a moment.
    const uid_t user = ::geteuid();
    ASSERT_EQ(::seteuid(user == 0 ? 65534 : user), 0);
    const auto project = folder.load();
    ASSERT_EQ(::seteuid(user), 0);
    EXPECT_EQ(project.status().code(), Code::permission_denied);
    EXPECT_EQ(project.status().where(), "models/m.yml");
}

TEST(ProjectSchemas, DescribeEveryKind) {
    const auto schemas = project_schemas();
    const auto check = [&](const std::string& kind, std::string_view part) {
        ASSERT_TRUE(schemas.contains(kind));
        EXPECT_NE(schemas.at(kind).find(part), std::string::npos) << kind << ": " << part;
    };
    check("quern", "\"sources\"");
    check("source", "\"quarantine\"");
    check("table", "\"materialize\"");
    check("model", "\"stratified\"");
    check("service", "\"required\"");
    for (const auto& [kind, page] : project_reference()) {
        EXPECT_EQ(page.find("|  |\n"), std::string::npos) << kind << " has a key without meaning";
    }
}

}  // namespace
}  // namespace quern::project
