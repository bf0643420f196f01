#include "quern/serve/response_text.h"

#include <charconv>
#include <ctime>

#include "quern/serve/error_body.h"

namespace quern::serve {
namespace {

// Answers are for the one who asked, and are never anything but what their type says.
constexpr std::string_view kEveryHeader =
    "\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\n"
    "content-security-policy: default-src 'none'; frame-ancestors 'none'\r\ndate: ";

void append_number(std::string& out, size_t number) {
    char digits[24];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

}  // namespace

void append_response(std::string& out, const Response& response, const ResponseFrame& frame) {
    if (response.http == 200) {
        out += "HTTP/1.1 200 OK\r\ncontent-type: ";
    } else {
        out += "HTTP/1.1 ";
        append_number(out, static_cast<size_t>(response.http));
        out.append(" ").append(http_phrase(response.http)).append("\r\ncontent-type: ");
    }
    out.append(response.content_type).append("\r\ncontent-length: ");
    append_number(out, response.body.size());
    out.append(kEveryHeader).append(frame.date);
    if (response.http == 401) out += "\r\nwww-authenticate: Bearer";
    if (response.http == 503) out += "\r\nretry-after: 1";
    if (!response.allow.empty()) out.append("\r\nallow: ").append(response.allow);
    out += frame.keeps_alive ? "\r\n\r\n" : "\r\nconnection: close\r\n\r\n";
    out += response.body;
}

std::string http_date(int64_t unix_ms) {
    constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t seconds = unix_ms / 1000;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[64];
    std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[utc.tm_wday],
                  utc.tm_mday, kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
                  utc.tm_sec);
    return text;
}

}  // namespace quern::serve
