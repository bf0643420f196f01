#include "quern/base/text.h"
#include "quern/score/functions/calendar.h"
#include "quern/score/functions/parse.h"

namespace quern::score {
namespace {

// A text and how far it is read.
struct Reader {
    std::string_view text;
    size_t at = 0;

    bool is_end() const { return at >= text.size(); }
    char peek() const { return text[at]; }
    bool is_digit() const { return !is_end() && peek() >= '0' && peek() <= '9'; }
    bool is_space() const {
        return !is_end() && (peek() == ' ' || (peek() >= '\t' && peek() <= '\r'));
    }
    void skip_spaces() {
        while (is_space()) ++at;
    }
    bool take(char c) {
        if (is_end() || peek() != c) return false;
        ++at;
        return true;
    }
    // One or two digits.
    bool take_short(int32_t& out) {
        if (!is_digit()) return false;
        out = text[at++] - '0';
        if (is_digit()) out = out * 10 + (text[at++] - '0');
        return true;
    }
};

bool take_word(Reader& reader, std::string_view word, size_t short_size) {
    size_t i = 0;
    for (; i < word.size() && reader.at + i < reader.text.size(); ++i) {
        char c = reader.text[reader.at + i];
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
        if (c != word[i]) return false;
    }
    if (i < word.size() && i != short_size) return false;
    reader.at += i;
    return true;
}

bool read_special(Reader& reader, bool is_negative, int32_t& days) {
    if (take_word(reader, "infinity", 3)) {
        days = is_negative ? -kDateInfinity : kDateInfinity;
    } else if (take_word(reader, "epoch", 5)) {
        days = 0;
    } else {
        return false;
    }
    reader.skip_spaces();
    return reader.is_end();
}

bool take_bc(Reader& reader) {
    std::string_view rest = reader.text.substr(reader.at);
    if (rest.size() < 5 || !reader.is_space() || rest[1] != '(' || (rest[2] | 0x20) != 'b' ||
        (rest[3] | 0x20) != 'c' || rest[4] != ')')
        return false;
    reader.at += 5;
    return true;
}

// Year, month and day at the front; the reader stands after them.
bool read_date(Reader& reader, int32_t& days) {
    reader.skip_spaces();
    bool is_negative = reader.take('-');
    if (reader.is_end()) return false;
    if (!reader.is_digit()) return read_special(reader, is_negative, days);
    int32_t year = 0, month = 0, day = 0;
    for (; reader.is_digit(); ++reader.at) {
        if (year >= 100'000'000) return false;
        year = year * 10 + (reader.peek() - '0');
    }
    if (is_negative) year = -year;
    if (reader.is_end()) return false;
    char separator = reader.text[reader.at++];
    if (separator != ' ' && separator != '-' && separator != '/' && separator != '\\') return false;
    if (!reader.take_short(month) || !reader.take(separator) || !reader.take_short(day))
        return false;
    if (take_bc(reader)) {
        if (is_negative || year == 0) return false;
        year = 1 - year;
    }
    return !reader.is_digit() && days_of_date(year, month, day, days);
}

// Hours (up to nine digits), minutes, seconds, microseconds; reads as far as it can.
bool read_clock(Reader& reader, int64_t& micros) {
    reader.skip_spaces();
    int64_t hours = 0;
    int32_t minutes = 0, seconds = 0, fraction = 0;
    if (!reader.is_digit()) return false;
    for (int digits = 9; reader.is_digit(); ++reader.at) {
        if (digits-- == 0) return false;
        hours = hours * 10 + (reader.peek() - '0');
    }
    if (!reader.take(':')) return false;
    if (!reader.is_end() && (!reader.take_short(minutes) || minutes >= 60)) return false;
    if (!reader.is_end()) {
        if (!reader.take(':')) return false;
        if (!reader.is_end() && (!reader.take_short(seconds) || seconds >= 60)) return false;
    }
    if (reader.take('.')) {
        for (int32_t unit = 100'000; reader.is_digit(); ++reader.at, unit /= 10)
            fraction += (reader.peek() - '0') * unit;
    }
    micros =
        hours * kMicrosPerHour + minutes * kMicrosPerMinute + seconds * kMicrosPerSecond + fraction;
    return true;
}

bool is_zone_letter(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '/' || c == '+' || c == '-';
}

// What follows the time.
struct Zone {
    int64_t offset_seconds = 0;
    std::string_view name;
};

bool read_zone(Reader& reader, Zone& zone) {
    size_t offset_size = parse_offset(reader.text.substr(reader.at), zone.offset_seconds);
    reader.at += offset_size;
    if (offset_size == 0 && !reader.take('Z')) {
        if (!reader.take(' ')) return false;
        size_t start = reader.at;
        while (!reader.is_end() && is_zone_letter(reader.peek())) ++reader.at;
        zone.name = reader.text.substr(start, reader.at - start);
    }
    reader.skip_spaces();
    return reader.is_end();
}

bool is_utc(std::string_view zone) { return zone.empty() || lower_ascii(zone) == "utc"; }

bool read_moment(std::string_view text, int64_t& micros, Zone& zone) {
    Reader reader{text};
    int32_t days = 0;
    if (!read_date(reader, days)) return false;
    if (reader.is_end()) {
        if (is_finite_date(days)) return timestamp_of(days, 0, micros);
        micros = days > 0 ? kTimestampInfinity : -kTimestampInfinity;
        return true;
    }
    if (!reader.take(' ')) reader.take('T');
    int64_t time = 0;
    if (!read_clock(reader, time) || time > kMicrosPerDay) return false;
    if (!timestamp_of(days, time, micros)) return false;
    return reader.is_end() || read_zone(reader, zone);
}

}  // namespace

bool parse_date(std::string_view text, int32_t& days) {
    Reader reader{text};
    return read_date(reader, days);  // whatever follows is ignored, as in DuckDB
}

// An offset is read and ignored, as in DuckDB.
bool parse_timestamp(std::string_view text, int64_t& micros) {
    Zone zone;
    return read_moment(text, micros, zone) && is_utc(zone.name);
}

bool parse_timestamptz(std::string_view text, int64_t& micros) {
    Zone zone;
    return read_moment(text, micros, zone) && is_utc(zone.name) &&
           !__builtin_sub_overflow(micros, zone.offset_seconds * kMicrosPerSecond, &micros);
}

bool names_time_zone(std::string_view text) {
    Zone zone;
    int64_t micros = 0;
    return read_moment(text, micros, zone) && !is_utc(zone.name) && zone.name.size() > 1 &&
           lower_ascii(zone.name)[0] >= 'a';
}

size_t parse_offset(std::string_view text, int64_t& seconds) {
    auto has_pair = [text](size_t at) {
        auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
        return at + 2 <= text.size() && is_digit(text[at]) && is_digit(text[at + 1]);
    };
    auto pair = [text](size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
    auto has_colon = [text](size_t at) { return at < text.size() && text[at] == ':'; };
    if (text.empty() || (text[0] != '+' && text[0] != '-') || !has_pair(1)) return 0;
    seconds = pair(1) * 3600;
    const bool is_divided = has_colon(3);
    size_t size = is_divided ? 4 : 3;
    if (has_pair(size)) {
        seconds += pair(size) * 60;
        size += 2;
        if (is_divided && has_colon(size)) {
            ++size;
            if (has_pair(size)) {
                seconds += pair(size);
                size += 2;
            }
        }
    }
    if (text[0] == '-') seconds = -seconds;
    return size;
}

bool parse_clock(std::string_view text, int64_t& micros) {
    Reader reader{text};
    return read_clock(reader, micros);
}

bool parse_time(std::string_view text, int64_t& micros) {
    Reader reader{text};
    // What follows the time is ignored, as in DuckDB.
    if (read_clock(reader, micros)) return micros <= kMicrosPerDay;
    int64_t timestamp = 0;
    if (!parse_timestamp(text, timestamp) || !is_finite_timestamp(timestamp)) return false;
    micros = time_of_timestamp(timestamp);
    return true;
}

}  // namespace quern::score
