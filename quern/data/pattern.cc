#include "quern/data/line_format.h"

namespace quern::data {
namespace {

struct PatternLines : LineReader {
    explicit PatternLines(Pattern compiled) : pattern(std::move(compiled)) {
        names = pattern.names();
    }
    std::string read(std::string_view line, std::vector<std::string>& fields) const override {
        return pattern.match(line, fields) ? "" : "the line does not match the pattern";
    }
    Pattern pattern;
};

Result<Staged> stage_pattern(StageRequest& request) {
    const auto& written = request.source.pattern;
    if (written.text.empty()) {
        return invalid_argument("`format: pattern` needs a `pattern`")
            .at(request.name)
            .hint("such as `pattern: '(?P<time>\\S+) (?P<level>\\w+) (?P<text>.*)'`");
    }
    auto pattern = Pattern::compile(written.text);
    if (!pattern.ok()) return std::move(pattern).status().at(written.place.text());
    return stage_log(request, std::make_shared<PatternLines>(std::move(pattern).value()));
}

QUERN_REGISTER(SourceFormat)({
    .name = "pattern",
    .summary = "Lines of a log in a form of its own: the named groups of a regular expression "
               "(RE2) are the columns. A line that does not match as a whole is quarantined.",
    .example = "file: logs/app.log\nformat: pattern\n"
               "pattern: '(?P<time>\\S+ \\S+) (?P<level>[A-Z]+) (?P<text>.*)'",
    .endings = {},
    .stage = stage_pattern,
});

}  // namespace
}  // namespace quern::data
