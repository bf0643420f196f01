// A verb of the command line: described once, from which parsing, `--help`, completion and the
// reference page are made. Adding a verb is one file with one QUERN_REGISTER(Command).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/registry.h"
#include "quern/base/status.h"

namespace quern::cli {

// `--target COLUMN` takes a value; an option without a value name is a switch.
struct Option {
    std::string_view name;        // "--target" or "-o,--output"; read back by the long one, bare
    std::string_view value_name;  // "COLUMN"; empty for a switch
    std::string_view doc;
    bool is_required = false;
};

struct Argument {
    std::string_view name;  // "MODEL"
    std::string_view doc;
    bool is_required = true;
    bool is_list = false;  // takes all that is left; only the last one may
};

// What the user typed behind the verb, by the names above.
class Invocation {
public:
    bool is_json = false;              // --json: one JSON document on standard output
    std::string project_folder = ".";  // --project; where the search for quern.yml begins

    bool has(std::string_view name) const { return values_.contains(std::string(name)); }
    // The value typed, or `fallback`.
    std::string text(std::string_view name, std::string_view fallback = "") const;
    std::vector<std::string> list(std::string_view name) const;
    // "a, b,c" -> a b c
    std::vector<std::string> comma_list(std::string_view name) const;
    // Refuses what is not a whole number from `low` to `high`.
    struct IntegerRange {
        int64_t low, high, fallback;
    };
    Result<int64_t> integer(std::string_view name, const IntegerRange& range) const;

    void set(std::string name, std::vector<std::string> values) {
        values_[std::move(name)] = std::move(values);
    }

private:
    std::map<std::string, std::vector<std::string>> values_;
};

// Exit code of work that was done but found something wrong: a failed check, gate or test.
constexpr int kCheckFailed = 1;

struct Command {
    static constexpr std::string_view kind = "command";
    std::string_view name;
    std::string_view summary;  // one line, no full stop
    std::string_view example;  // "quern new loan --from loans.csv --target repaid"
    std::vector<Argument> arguments;
    std::vector<Option> options;
    std::function<Result<int>(const Invocation&)> run;  // the exit code: 0 or kCheckFailed
    bool is_shown = true;                               // in `quern --help`
};

// Parses, runs and prints; the program's exit code.
int run_command_line(int argc, const char* const* argv);

// Where people look for verbs that are not one word of theirs: the long name of an option, bare.
std::string long_name(const Option& option);

}  // namespace quern::cli
