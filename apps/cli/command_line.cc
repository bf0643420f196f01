#include <CLI/CLI.hpp>

#include "quern/base/log.h"
#include "quern/base/progress.h"
#include "quern/base/version.h"

#include "apps/cli/command.h"
#include "apps/cli/output.h"

namespace quern::cli {
namespace {

struct Typed {
    bool is_json = false, is_quiet = false;
    std::string folder = ".", log_level = "warning", log_format = "text";
    // Per option and argument; switches hold "true".
    std::map<std::string, std::map<std::string, std::vector<std::string>>> values;
    std::map<std::string, std::map<std::string, bool>> switches;
};

void add_command(CLI::App& app, const Command& command, Typed& typed) {
    CLI::App* verb = app.add_subcommand(std::string(command.name), std::string(command.summary));
    verb->footer("Example:\n  " + std::string(command.example));
    if (!command.is_shown) verb->group("");
    auto& values = typed.values[std::string(command.name)];
    auto& switches = typed.switches[std::string(command.name)];
    for (const auto& argument : command.arguments) {
        auto* added =
            verb->add_option(std::string(argument.name), values[std::string(argument.name)],
                             std::string(argument.doc));
        added->type_name("")->required(argument.is_required);
        added->expected(1, argument.is_list ? CLI::detail::expected_max_vector_size : 1);
        added->allow_extra_args(argument.is_list);
    }
    for (const auto& option : command.options) {
        const std::string name(option.name), doc(option.doc);
        if (option.value_name.empty()) {
            verb->add_flag(name, switches[long_name(option)], doc);
            continue;
        }
        auto* added = verb->add_option(name, values[long_name(option)], doc);
        added->type_name(std::string(option.value_name))->required(option.is_required);
        added->expected(1)->allow_extra_args(false);
        added->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
}

void add_global_options(CLI::App& app, Typed& typed) {
    app.add_flag("--json", typed.is_json, "Print one JSON document for programs");
    app.add_option("-C,--project", typed.folder, "Folder of the project (default: here, or above)")
        ->type_name("FOLDER");
    app.add_flag("-q,--quiet", typed.is_quiet, "No progress bars");
    app.add_option("--log-level", typed.log_level, "debug, info, warning, error or off")
        ->type_name("LEVEL");
    app.add_option("--log-format", typed.log_format, "text or json")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"text", "json"}));
}

std::vector<std::string> known_words(const CLI::App& app, const CLI::App* verb) {
    std::vector<std::string> known;
    for (const auto* option : app.get_options()) known.push_back(option->get_name());
    if (verb != nullptr) {
        for (const auto* option : verb->get_options()) known.push_back(option->get_name());
        return known;
    }
    for (const auto& command : Registry<Command>::of_kind().all()) {
        if (command.is_shown) known.emplace_back(command.name);
    }
    return known;
}

// What was typed beyond what is known, with the nearest verb or option.
Status unexpected_word(const CLI::App& app, const CLI::App* verb) {
    auto extras = app.remaining(true);
    const std::string word = extras.empty() ? "" : extras.front();
    const std::string kind = word.starts_with('-') ? "no option '" : "no command '";
    auto status = invalid_argument(kind + word + "'");
    if (verb != nullptr && !word.starts_with('-')) {
        status = invalid_argument("'" + word + "' is one argument too many");
    }
    const auto known = known_words(app, verb);
    const std::string near =
        nearest(word, std::vector<std::string_view>(known.begin(), known.end()));
    return near.empty() ? status : std::move(status).hint("did you mean '" + near + "'?");
}

Status usage_error(const CLI::ParseError& error, const CLI::App& app) {
    const auto verbs = app.get_subcommands();
    const auto* verb = verbs.empty() ? nullptr : verbs[0];
    auto status = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr
                      ? unexpected_word(app, verb)
                      : invalid_argument(error.what());
    return std::move(status).hint(verb == nullptr ? "see quern --help"
                                                  : "see quern " + verb->get_name() + " --help");
}

Invocation invocation_of(const Command& command, const Typed& typed, const CLI::App& verb) {
    Invocation invocation;
    invocation.is_json = typed.is_json;
    invocation.project_folder = typed.folder;
    const std::string name(command.name);
    for (const auto& [key, values] : typed.values.at(name)) {
        const bool is_option = key[0] >= 'a' && key[0] <= 'z';
        const auto* option = verb.get_option_no_throw(is_option ? "--" + key : key);
        if (option != nullptr && option->count() > 0) invocation.set(key, values);
    }
    for (const auto& [key, is_on] : typed.switches.at(name)) {
        if (is_on) invocation.set(key, {"true"});
    }
    return invocation;
}

Status set_up(const Typed& typed) {
    LogSettings settings;
    settings.level = TRY(parse_log_level(typed.log_level));
    settings.is_json = typed.log_format == "json";
    set_log(settings);
    set_progress(!typed.is_quiet && !typed.is_json);
    return {};
}

Result<int> run_typed(const CLI::App& app, const Typed& typed) {
    TRY(set_up(typed));
    const auto verbs = app.get_subcommands();
    if (verbs.empty()) {
        TRY(print(app.help()));
        return exit_code(Code::invalid_argument);
    }
    const auto* command = TRY(Registry<Command>::of_kind().find(verbs[0]->get_name()));
    return command->run(invocation_of(*command, typed, *verbs[0]));
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
    CLI::App app("quern " + std::string(version()) +
                     ": from raw files to checked tables, trained models and served scores",
                 "quern");
    app.set_version_flag("--version", "quern " + std::string(version()));
    app.require_subcommand(0, 1);
    app.fallthrough();
    app.footer("Start here:\n  quern new NAME --from FILE --target COLUMN && cd NAME && quern run");
    Typed typed;
    add_global_options(app, typed);
    for (const auto& command : Registry<Command>::of_kind().all()) {
        add_command(app, command, typed);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        const auto verbs = app.get_subcommands();
        const std::string help = verbs.empty() ? app.help() : verbs[0]->help("quern");
        return print_result(print(help), typed.is_json);
    } catch (const CLI::CallForVersion&) {
        return print_result(print("quern " + std::string(version()) + "\n"), typed.is_json);
    } catch (const CLI::ParseError& error) {
        return print_result(usage_error(error, app), typed.is_json);
    }
    auto code = run_typed(app, typed);
    if (!code.ok()) return print_result(code.status(), typed.is_json, typed.folder);
    return *code;
}

}  // namespace quern::cli
