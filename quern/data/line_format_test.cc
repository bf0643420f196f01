// Logs as sources: combined_log and common_log (web_log), syslog, pattern. Each line is a row or is
// told of, with its number and the reason.
#include "quern/data/line_format.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "quern/base/folder.h"
#include "quern/base/text.h"
#include "quern/data/load.h"
#include "quern/data/rows.h"
#include "quern/sql/session.h"

namespace quern::data {
namespace {

class LogFormat : public testing::Test {
protected:
    LogFormat() {
        source_.name = "log";
        source_.files = {{.text = "x.log"}};
    }
    std::string path() const { return join_path(folder_.path(), "x.log"); }

    // "1 row, bad 2: reason"; then `query`'s rows, values set apart by |.
    std::string loaded(const std::string& bytes, const std::string& query) {
        std::ofstream(path(), std::ios::binary) << bytes;
        if (modified_s_ > 0) {
            const timespec times[2] = {{.tv_sec = modified_s_, .tv_nsec = 0},
                                       {.tv_sec = modified_s_, .tv_nsec = 0}};
            utimensat(AT_FDCWD, path().c_str(), times, 0);
        }
        const auto report = load_source(session_, folder_.path(), source_,
                                        {.table = "loaded", .quarantine = "bad"});
        if (!report.ok()) return report.status().text();
        EXPECT_EQ(report->rows_loaded + report->rows_quarantined, report->rows_read);
        std::string text = plural(report->rows_loaded, "row");
        const auto bad = text_rows(session_, "select line, reason from bad").value();
        for (const auto& row : bad) {
            text += ", bad " + row[0] + ": " + row[1];
        }
        const auto rows = text_rows(session_, query).value();
        for (const auto& row : rows) {
            text += "\n" + row[0];
            for (size_t i = 1; i < row.size(); ++i) text += "|" + row[i];
        }
        return text;
    }

    TemporaryFolder folder_ = TemporaryFolder::create().value();
    sql::Session session_ = sql::Database::open({.threads = 1}).value().connect().value();
    project::Source source_;
    int64_t modified_s_ = 0;
};

constexpr const char* kGood =
    R"(203.0.113.9 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif?q=1 HTTP/1.0" 200 2326)";

TEST_F(LogFormat, combined) {
    source_.format = "combined";
    const std::string log =
        std::string(kGood) + R"~( "http://e.example/\"x\"" "Mozilla/5.0 (X11)")~" + "\n" +
        R"(2001:db8::1 - - [10/Oct/2000:13:55:37 +0000] "\x16\x03" 400 - "-" "-")" + "\n" +
        "no log at all\n" + kGood + "\n";
    EXPECT_EQ(loaded(log,
                     "select host, \"user\", epoch(time)::bigint, method, path, protocol, request, "
                     "status, size_bytes, referer, user_agent from loaded"),
              "2 rows, bad 3: not a line of a combined log, bad 4: not a line of a combined log\n"
              "203.0.113.9|frank|971211336|GET|/a.gif?q=1|HTTP/1.0||200|2326|"
              "http://e.example/\"x\"|Mozilla/5.0 (X11)\n"
              "2001:db8::1||971186137||||\\x16\\x03|400|||");
}

TEST_F(LogFormat, common) {
    source_.format = "common";
    EXPECT_EQ(loaded(std::string(kGood) + "\r\n", "select status + 1, typeof(time) from loaded"),
              "1 row\n201|TIMESTAMP WITH TIME ZONE");
    // A time that is none is found when it is read.
    std::string odd = kGood;
    odd.replace(odd.find("10/Oct"), 6, "40/Oct");
    EXPECT_EQ(loaded(std::string(kGood) + "\n" + odd + "\n", "select 1"),
              "1 row, bad 2: time: '40/Oct/2000:13:55:36 -0700' is not TIMESTAMP WITH TIME ZONE as "
              "%d/%b/%Y:%H:%M:%S %z\n1");
    EXPECT_NE(loaded("\xFF\n", "select 1").find("not one of 1 row"), std::string::npos);
    EXPECT_EQ(loaded("", "select 1"), "x.log: the file is empty (0 bytes)");
}

TEST_F(LogFormat, syslog) {
    source_.format = "syslog";
    modified_s_ = 1'772'539'200;  // 2026-03-03 12:00 UTC
    const std::string log =
        "<165>1 2003-10-11T22:14:15.003Z m.example app - ID47 [a@1 k=\"v]\\]\"][b@1] "
        "\xEF\xBB\xBFhi\n"
        "<34>Oct 11 22:14:15 mymachine su: 'su root' failed\n"
        "Mar  3 23:59:00 here cron[12]: of tomorrow's clock\n"
        "Mar  5 00:00:00 here cron[12]: of last year\n"
        "Feb 29 00:00:00 here cron: of a leap year\n"
        "2026-03-03T10:00:00.5+01:00 here systemd[1]: Started.\n"
        "<192>Oct 11 22:14:15 m su: too high\n"
        "Foo 11 22:14:15 m su: x\n"
        "nonsense\n"
        "<13>1 2003-10-11T22:14:15Z h - - - -\n";
    EXPECT_EQ(
        loaded(log,
               "select facility, severity, strftime(time at time zone 'UTC', '%Y-%m-%d "
               "%H:%M:%S.%g'), host, app, process_id, message_id, structured_data, message "
               "from loaded"),
        "7 rows, bad 7: the priority 192 is above 191, bad 8: 'Foo' is no month, bad 9: not a "
        "line of syslog (RFC 3164 or 5424)\n"
        "20|5|2003-10-11 22:14:15.003|m.example|app||ID47|[a@1 k=\"v]\\]\"][b@1]|hi\n"
        "4|2|2025-10-11 22:14:15.000|mymachine|su||||'su root' failed\n"
        "||2026-03-03 23:59:00.000|here|cron|12|||of tomorrow's clock\n"
        "||2025-03-05 00:00:00.000|here|cron|12|||of last year\n"
        "||2024-02-29 00:00:00.000|here|cron||||of a leap year\n"
        "||2026-03-03 09:00:00.500|here|systemd|1|||Started.\n"
        "1|5|2003-10-11 22:14:15.000|h|||||");
}

TEST_F(LogFormat, pattern) {
    source_.format = "pattern";
    source_.pattern.text = R"((?P<time>\S+ \S+) (?P<level>[A-Z]+) (?:took (?P<ms>\d+) ms)?(.*))";
    const std::string log =
        "# a comment\n2026-01-02 03:04:05 INFO took 12 ms\n2026-01-02 03:04:06 WARN \"x\", y\n\n"
        "Traceback\n2026-01-02 03:04:07 INFO took 7 ms";
    source_.comment = "#";
    EXPECT_EQ(loaded(log, "select time, level, ms, typeof(time), typeof(ms) from loaded"),
              "3 rows, bad 5: the line does not match the pattern\n"
              "2026-01-02 03:04:05|INFO|12|TIMESTAMP|BIGINT\n"
              "2026-01-02 03:04:06|WARN||TIMESTAMP|BIGINT\n"
              "2026-01-02 03:04:07|INFO|7|TIMESTAMP|BIGINT");
    // A declared type that a value does not fit: the line is that of the file.
    source_.columns = {{.name = "level", .type = "INTEGER"}};
    EXPECT_NE(loaded("a b 7 \n\nx\na b 7 \n", "select 1").find("not match"), std::string::npos);
    source_.pattern.text = R"((?P<time>\S+) (?P<level>\S+))";
    EXPECT_EQ(loaded("a 1\nbad\nb x\nc 3\n", "select level from loaded"),
              "2 rows, bad 2: the line does not match the pattern, bad 3: level: 'x' is not "
              "INTEGER\n1\n3");
}

TEST_F(LogFormat, a_pattern_that_is_none_is_refused) {
    source_.format = "pattern";
    const auto check = [&](const std::string& pattern, const std::string& words) {
        source_.pattern.text = pattern;
        const auto said = loaded("x\n", "select 1");
        EXPECT_NE(said.find(words), std::string::npos) << pattern << ": " << said;
    };
    check("", "`format: pattern` needs a `pattern`");
    check("(?P<a>", "is no regular expression: missing )");
    check("(?P<a>x)\\1", "is no regular expression");
    check("(a)", "names no group");
    check("(?P<a>(a*)*)*(?P<A>b)", "two groups named 'A'");
}

// What takes a backtracking matcher longer than the universe is old.
TEST_F(LogFormat, hostile_lines_take_linear_time) {
    source_.format = "pattern";
    source_.pattern.text = "(?P<a>(a+)+)b";
    EXPECT_EQ(loaded("ab\n" + std::string(1 << 20, 'a') + "\n", "select 1"),
              "1 row, bad 2: the line does not match the pattern\n1");
}

}  // namespace
}  // namespace quern::data
