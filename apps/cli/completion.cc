// `quern completion SHELL`: the words a shell may offer, made from the commands' descriptions.

#include "apps/cli/command.h"
#include "apps/cli/output.h"

namespace quern::cli {
namespace {

constexpr std::string_view kGlobalOptions =
    "--json --project --quiet --log-level --log-format --help";

std::string verbs() {
    std::string names;
    for (const auto& command : Registry<Command>::of_kind().all()) {
        if (command.is_shown) names += (names.empty() ? "" : " ") + std::string(command.name);
    }
    return names;
}

std::string options_of(const Command& command) {
    std::string names(kGlobalOptions);
    for (const auto& option : command.options) names += " --" + long_name(option);
    return names;
}

std::string bash_script() {
    std::string script =
        "_quern() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} options\n"
        "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
        "        COMPREPLY=($(compgen -W \"" +
        verbs() + " --help --version\" -- \"$word\"))\n        return\n    fi\n    case $verb in\n";
    for (const auto& command : Registry<Command>::of_kind().all()) {
        script +=
            "    " + std::string(command.name) + ") options=\"" + options_of(command) + "\" ;;\n";
    }
    return script +
           "    esac\n"
           "    case $word in\n"
           "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
           "    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
           "    esac\n}\ncomplete -o filenames -F _quern quern\n";
}

std::string zsh_script() { return "autoload -U +X bashcompinit && bashcompinit\n" + bash_script(); }

std::string fish_quoted(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + "'";
}

std::string fish_script() {
    std::string script;
    for (const auto& command : Registry<Command>::of_kind().all()) {
        const std::string name(command.name);
        if (!command.is_shown) continue;
        script += "complete -c quern -n __fish_use_subcommand -a " + name + " -d " +
                  fish_quoted(command.summary) + "\n";
        for (const auto& option : command.options) {
            script += "complete -c quern -n '__fish_seen_subcommand_from " + name + "' -l " +
                      long_name(option) + " -d " + fish_quoted(option.doc) + "\n";
        }
    }
    return script;
}

Result<int> run_completion(const Invocation& invocation) {
    const std::string shell = invocation.text("SHELL");
    if (shell == "bash") TRY(print(bash_script()));
    if (shell == "zsh") TRY(print(zsh_script()));
    if (shell == "fish") TRY(print(fish_script()));
    if (shell != "bash" && shell != "zsh" && shell != "fish") {
        return unknown_name("shell", shell, {"bash", "fish", "zsh"});
    }
    return 0;
}

QUERN_REGISTER(Command)({
    .name = "completion",
    .summary = "Print the completion script of a shell",
    .example = "source <(quern completion bash)",
    .arguments = {{"SHELL", "bash, zsh or fish"}},
    .options = {},
    .run = run_completion,
});

}  // namespace
}  // namespace quern::cli
