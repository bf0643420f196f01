// Logs of web servers: what Apache and nginx call common and combined.
#include "quern/data/line_format.h"

namespace quern::data {
namespace {

// Requests that are no HTTP, as scanners send them, stay whole in `request`.
constexpr const char* kCommon =
    R"re((?P<host>\S+) (?P<identity>\S+) (?P<user>.+?) \[(?P<time>[^\]]+)\] )re"
    R"re("(?:(?P<method>[A-Z]+) (?P<path>(?:[^\s"\\]|\\.)*)(?: (?P<protocol>HTTP/[\d.]+))?|)re"
    R"re((?P<request>(?:[^"\\]|\\.)*))" (?P<status>\d{3}) (?P<size_bytes>\d+|-))re";
constexpr const char* kMore =
    R"re( "(?P<referer>(?:[^"\\]|\\.)*)" "(?P<user_agent>(?:[^"\\]|\\.)*)")re";

void unescape(std::string& text) {
    size_t size = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        const bool is_escape =
            text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\');
        text[size++] = text[is_escape ? ++i : i];
    }
    text.resize(size);
}

struct WebLog : LineReader {
    explicit WebLog(Pattern compiled, bool combined)
        : pattern(std::move(compiled)), is_combined(combined) {
        const auto type = [](const char* name) { return frame::type_from_sql(name); };
        names = pattern.names();
        for (const auto& name : names) {
            types.push_back(type(name == "time"         ? "TIMESTAMP WITH TIME ZONE"
                                 : name == "status"     ? "INTEGER"
                                 : name == "size_bytes" ? "BIGINT"
                                                        : "VARCHAR"));
        }
        timestamp_format = "%d/%b/%Y:%H:%M:%S %z";
    }
    std::string read(std::string_view line, std::vector<std::string>& fields) const override {
        if (!pattern.match(line, fields)) {
            return is_combined ? "not a line of a combined log" : "not a line of a common log";
        }
        for (auto& field : fields) {
            if (field == "-") field.clear();
            unescape(field);
        }
        return "";
    }
    Pattern pattern;
    bool is_combined;
};

}  // namespace

Result<Staged> stage_web_log(StageRequest& request, bool is_combined) {
    auto pattern = TRY(Pattern::compile(std::string(kCommon) + (is_combined ? kMore : "")));
    return stage_log(request, std::make_shared<WebLog>(std::move(pattern), is_combined));
}

}  // namespace quern::data
