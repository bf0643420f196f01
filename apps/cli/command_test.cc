#include "apps/cli/command.h"

#include <gtest/gtest.h>

// Covers command_line.cc, invocation.cc and what is common to all verbs: doctor.cc, new.cc,
// show.cc with show_model.cc, ... What each does is told by the scripts of tests/projects.
namespace quern::cli {
namespace {

struct Outcome {
    int code = 0;
    std::string out, error;
};

Outcome run_line(std::vector<const char*> words) {
    words.insert(words.begin(), "quern");
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Outcome outcome;
    outcome.code = run_command_line(static_cast<int>(words.size()), words.data());
    outcome.out = testing::internal::GetCapturedStdout();
    outcome.error = testing::internal::GetCapturedStderr();
    return outcome;
}

TEST(CommandContract, EveryCommandIsDocumented) {
    for (const auto& command : Registry<Command>::of_kind().all()) {
        const std::string name(command.name);
        EXPECT_FALSE(command.summary.empty()) << name;
        EXPECT_FALSE(command.summary.ends_with('.')) << name;
        EXPECT_NE(command.example.find("quern " + name), std::string::npos) << name;
        for (const auto& option : command.options) EXPECT_FALSE(option.doc.empty()) << name;
        const auto help = run_line({name.c_str(), "--help"});
        EXPECT_EQ(help.code, 0) << name;
        EXPECT_NE(help.out.find(command.example), std::string::npos) << name;
        EXPECT_EQ(help.error, "") << name;
    }
}

TEST(CommandContract, EveryCommandRefusesUnknownOptions) {
    for (const auto& command : Registry<Command>::of_kind().all()) {
        const std::string name(command.name);
        const auto outcome = run_line({name.c_str(), "--no-such-option"});
        EXPECT_EQ(outcome.code, 2) << name;
        EXPECT_NE(outcome.error.find("error: "), std::string::npos) << name;
    }
}

TEST(CommandLine, HelpAndVersion) {
    const auto help = run_line({"--help"});
    EXPECT_EQ(help.code, 0);
    EXPECT_NE(help.out.find("completion"), std::string::npos);
    EXPECT_EQ(run_line({"--version"}).out.substr(0, 6), "quern ");
    EXPECT_EQ(run_line({}).code, 2);
}

TEST(CommandLine, SuggestsWhatWasMeant) {
    const auto verb = run_line({"completoin", "bash"});
    EXPECT_EQ(verb.code, 2);
    EXPECT_EQ(verb.error, "error: no command 'completoin'\n  did you mean 'completion'?\n");
    const auto option = run_line({"completion", "bash", "--jsno"});
    EXPECT_EQ(option.error, "error: no option '--jsno'\n  did you mean '--json'?\n");
    const auto shell = run_line({"completion", "bush"});
    EXPECT_EQ(shell.error, "error: shell 'bush' is not known\n  did you mean 'bash'?\n");
}

TEST(CommandLine, FaultsAsJson) {
    const auto outcome = run_line({"completion", "bush", "--json"});
    EXPECT_EQ(outcome.code, 2);
    EXPECT_EQ(outcome.error, "");
    EXPECT_NE(outcome.out.find("\"code\": \"not_found\""), std::string::npos) << outcome.out;
}

TEST(Completion, NamesTheCommands) {
    for (const auto* shell : {"bash", "zsh", "fish"}) {
        const auto script = run_line({"completion", shell});
        EXPECT_EQ(script.code, 0) << shell;
        EXPECT_NE(script.out.find("completion"), std::string::npos) << shell;
    }
}

}  // namespace
}  // namespace quern::cli
