#include <array>
#include <charconv>
#include <ctime>

#include "quern/base/folder.h"
#include "quern/data/line_format.h"

namespace quern::data {
namespace {

// RFC 5424, as it comes over the wire.
constexpr const char* kStructured =
    R"re(<(?P<priority>\d{1,3})>\d{1,2} (?P<time>\S+) (?P<host>\S+) (?P<app>\S+) )re"
    R"re((?P<process_id>\S+) (?P<message_id>\S+) )re"
    R"re((?P<data>-|(?:\[[^\]"]*(?:"(?:[^"\\]|\\.)*"[^\]"]*)*\])+)(?: (?P<message>.*))?)re";
// RFC 3164, whose time has neither year nor zone, and what most machines write into their files.
constexpr const char* kPlain =
    R"re((?:<(?P<priority>\d{1,3})>)?)re"
    R"re((?:(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?P<clock>\d\d:\d\d:\d\d)|)re"
    R"re((?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))) (?P<host>\S+) )re"
    R"re((?:(?P<app>[^\s:\[]+)(?:\[(?P<process_id>[^\]]*)\])?: ?)?(?P<message>.*))re";

constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

std::string two_digits(int number) {
    return {static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
}

struct Syslog : LineReader {
    Syslog(Pattern first, Pattern second, int64_t end_s)
        : structured(std::move(first)), plain(std::move(second)), end(end_s) {
        names = {"facility",   "severity",        "time",   "host", "app", "process_id",
                 "message_id", "structured_data", "message"};
        types.assign(names.size(), {.id = frame::TypeId::varchar});
        types[0] = types[1] = frame::type_from_sql("INTEGER");
        types[2] = frame::type_from_sql("TIMESTAMP WITH TIME ZONE");
    }

    std::string read(std::string_view line, std::vector<std::string>& fields) const override {
        std::vector<std::string> found;
        fields.assign(names.size(), "");
        if (structured.match(line, found)) {
            for (auto& field : found) {
                if (field == "-") field.clear();
            }
            std::move(found.begin() + 1, found.end(), fields.begin() + 2);
            constexpr std::string_view kMark = "\xEF\xBB\xBF";
            if (fields.back().starts_with(kMark)) fields.back().erase(0, kMark.size());
        } else if (plain.match(line, found)) {
            enum { kPriority, kMonth, kDay, kClock, kTime, kHost, kApp, kProcess, kMessage };
            fields[2] = found[kTime];
            if (!found[kMonth].empty()) {
                fields[2] = moment(found[kMonth], found[kDay], found[kClock]);
                if (fields[2].empty()) return "'" + found[kMonth] + "' is no month";
            }
            fields[3] = found[kHost];
            fields[4] = found[kApp];
            fields[5] = found[kProcess];
            fields[8] = found[kMessage];
        } else {
            return "not a line of syslog (RFC 3164 or 5424)";
        }
        return split_priority(found[0], fields);
    }

    static std::string split_priority(const std::string& text, std::vector<std::string>& fields) {
        constexpr int kSeverities = 8, kPriorityMax = 191;
        if (text.empty()) return "";
        int priority = 0;
        std::from_chars(text.data(), text.data() + text.size(), priority);
        if (priority > kPriorityMax) return "the priority " + text + " is above 191";
        fields[0] = std::to_string(priority / kSeverities);
        fields[1] = std::to_string(priority % kSeverities);
        return "";
    }

    // In the last year in which it is not after the file's end; a day more, as clocks differ.
    std::string moment(const std::string& month_name, const std::string& day,
                       const std::string& clock) const {
        int month = 0;
        while (month < 12 && month_name != kMonths[static_cast<size_t>(month)]) ++month;
        if (month == 12) return "";
        constexpr int64_t kDayS = 86400;
        const time_t last = end + kDayS;
        std::tm parts{};
        gmtime_r(&last, &parts);
        int year = parts.tm_year + 1900;
        int number = 0;
        std::from_chars(day.data(), day.data() + day.size(), number);
        const std::string rest =
            "-" + two_digits(month + 1) + "-" + two_digits(number % 100) + "T" + clock;
        char now[32];
        std::strftime(now, sizeof now, "-%m-%dT%H:%M:%S", &parts);
        if (rest > now) --year;
        constexpr int kFebruary = 1, kLeapDay = 29;
        while (month == kFebruary && number == kLeapDay && !is_leap(year)) --year;
        return std::to_string(year) + rest + "Z";
    }

    Pattern structured, plain;
    int64_t end;  // of the file, in seconds since 1970
};

Result<Staged> stage_syslog(StageRequest& request) {
    constexpr int64_t kNsPerS = 1'000'000'000;
    const auto facts = file_facts(request.path);
    if (!facts.ok()) return Status(facts.status()).at(request.name);
    auto structured = TRY(Pattern::compile(kStructured));
    auto plain = TRY(Pattern::compile(kPlain));
    return stage_log(request, std::make_shared<Syslog>(std::move(structured), std::move(plain),
                                                       facts->modified_ns / kNsPerS));
}

QUERN_REGISTER(SourceFormat)({
    .name = "syslog",
    .summary = "A system's log, RFC 3164 or 5424: facility, severity, time, host, app, process_id, "
               "message_id, structured_data, message. A time without a year is in the last one "
               "before the file was written; one without a zone is UTC.",
    .example = "file: logs/syslog*\nformat: syslog",
    .endings = {},
    .stage = stage_syslog,
});

}  // namespace
}  // namespace quern::data
