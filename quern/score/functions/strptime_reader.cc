#include "quern/score/functions/strptime_reader.h"

#include "quern/base/text.h"
#include "quern/score/functions/date_part.h"
#include "quern/score/functions/parse.h"

namespace quern::score {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool is_between(int64_t number, int64_t low, int64_t high) {
    return number >= low && number <= high;
}

// Digits of a part, 0 where it is no number.
int number_width(char part) {
    constexpr std::string_view kOne = "wu", kTwo = "dmyHIMSUWV", kThree = "gj", kFour = "YG";
    if (kOne.find(part) != std::string_view::npos) return 1;
    if (kTwo.find(part) != std::string_view::npos) return 2;
    if (kThree.find(part) != std::string_view::npos) return 3;
    if (kFour.find(part) != std::string_view::npos) return 4;
    return part == 'f' ? 6 : 0;
}

class MomentReader {
public:
    MomentReader(std::string_view text, ParsedMoment& out) : text_(text), out_(out) {
        while (!text_.empty() && is_space(text_[0])) text_.remove_prefix(1);
    }

    bool read(const DatePattern& pattern) {
        if (read_special()) return at_end();
        for (const PatternPiece& piece : pattern) {
            if (!skip_literal(piece.text)) return false;
            if (piece.part != 0 && !read_part(piece.part)) return false;
        }
        if (!at_end() || !set_half_of_day()) return false;
        set_day();
        return true;
    }

private:
    // By what the day of the year is told. Month and day win over all others.
    enum class Basis { none, month_day, year, iso_week, week, day_of_year };

    bool at_end() {
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
        return at_ == text_.size();
    }

    bool read_special() {
        std::string lower = lower_ascii(text_.substr(0, 9));
        if (lower.starts_with("infinity")) {
            out_.special = kTimestampInfinity;
            at_ = 8;
        } else if (lower.starts_with("epoch")) {
            out_.special = 0;
            at_ = 5;
        } else if (lower == "-infinity") {
            out_.special = -kTimestampInfinity;
            at_ = 9;
        }
        return out_.special.has_value();
    }

    // One or more spaces stand for one or more.
    bool skip_literal(std::string_view literal) {
        for (size_t i = 0; i < literal.size();) {
            if (at_ >= text_.size()) return false;
            if (!is_space(literal[i])) {
                if (text_[at_++] != literal[i++]) return false;
                continue;
            }
            if (!is_space(text_[at_])) return false;
            while (at_ < text_.size() && is_space(text_[at_])) ++at_;
            while (i < literal.size() && is_space(literal[i])) ++i;
        }
        return true;
    }

    bool read_part(char part) {
        int width = number_width(part);
        if (width == 0) return read_word(part);
        int64_t number = 0;
        int digits = 0;
        for (; digits < width && at_ < text_.size(); ++digits, ++at_) {
            if (text_[at_] < '0' || text_[at_] > '9') break;
            number = number * 10 + (text_[at_] - '0');
        }
        if (digits == 0) return false;
        for (; digits < width && (part == 'f' || part == 'g'); ++digits) number *= 10;
        return set_number(part, number) || set_year_part(part, number);
    }

    // False also where the part is one of set_year_part.
    bool set_number(char part, int64_t number) {
        switch (part) {
            case 'd':
                basis_ = Basis::month_day;
                out_.day = number;
                return is_between(number, 1, 31);
            case 'm':
                basis_ = Basis::month_day;
                out_.month = number;
                return is_between(number, 1, 12);
            case 'H':
                out_.hour = number;
                return number < 24;
            case 'I':
                out_.hour = number;
                return is_between(number, 1, 12);
            case 'M':
                out_.minute = number;
                return number < 60;
            case 'S':
                out_.second = number;
                return number < 60;
            case 'f':
                out_.nanos = number * 1000;
                return true;
            case 'g':
                out_.nanos = number * 1'000'000;
                return true;
            default:
                return false;
        }
    }

    bool set_year_part(char part, int64_t number) {
        switch (part) {
            case 'y':
            case 'Y':
                if (basis_ == Basis::none || basis_ == Basis::iso_week) basis_ = Basis::year;
                out_.year = part == 'Y' ? number : number + (number < 69 ? 2000 : 1900);
                return true;
            case 'G':
                if (!takes_iso(iso_year_) && basis_ != Basis::year) return false;
                iso_year_ = number;
                return true;
            case 'V':
                if (!takes_iso(iso_week_)) return false;
                iso_week_ = number;
                return is_between(number, 1, 53);
            case 'u':
                if (iso_weekday_ >= 0) return false;
                iso_weekday_ = number;
                return is_between(number, 1, 7);
            case 'U':
            case 'W':
                is_from_monday_ = part == 'W';
                week_ = number;
                return takes_day(Basis::week) && number <= 53;
            case 'w':
                weekday_ = number;
                return number <= 6;
            case 'j':
                day_of_year_ = number;
                return takes_day(Basis::day_of_year) && is_between(number, 1, 366);
            default:
                return false;
        }
    }

    bool takes_iso(int64_t known) {
        if (basis_ == Basis::none) basis_ = Basis::iso_week;
        return basis_ == Basis::month_day || (basis_ == Basis::iso_week && known < 0);
    }
    bool takes_day(Basis basis) {
        if (basis_ == Basis::month_day) return true;
        if (basis_ != Basis::none && basis_ != Basis::year) return false;
        basis_ = basis;
        return true;
    }

    bool read_word(char part) {
        int64_t ignored = 0;
        switch (part) {
            case 'a':
                return read_name(kDayNames, 3, ignored);
            case 'A':
                return read_name(kDayNames, std::string_view::npos, ignored);
            case 'b':
                return read_name(kMonthNames, 3, out_.month);
            case 'B':
                return read_name(kMonthNames, std::string_view::npos, out_.month);
            case 'p':
                return read_half_of_day();
            case 'z':
                break;
            default:
                return false;
        }
        size_t used = parse_offset(text_.substr(at_), out_.offset_seconds);
        at_ += used;
        return used != 0;
    }

    // The number, from 1, of the first name that stands here, in any case.
    template <size_t count>
    bool read_name(const std::string_view (&names)[count], size_t letters, int64_t& number) {
        for (size_t i = 0; i < count; ++i) {
            std::string_view name = names[i].substr(0, letters);
            if (lower_ascii(text_.substr(at_, name.size())) != lower_ascii(name)) continue;
            at_ += name.size();
            number = static_cast<int64_t>(i) + 1;
            return true;
        }
        return false;
    }

    bool read_half_of_day() {
        std::string half = lower_ascii(text_.substr(at_, 2));
        if (half != "am" && half != "pm") return false;
        half_of_day_ = half[0];
        at_ += 2;
        return true;
    }

    bool set_half_of_day() {
        if (half_of_day_ == 0) return true;
        if (out_.hour > 12) return false;
        out_.hour = out_.hour % 12 + (half_of_day_ == 'p' ? 12 : 0);
        return true;
    }

    // Where weeks or days of the year tell it.
    void set_day() {
        int64_t days = days_of_civil(out_.year, 1, 1);
        if (basis_ == Basis::day_of_year) {
            days += day_of_year_ - 1;
        } else if (basis_ == Basis::week) {
            int64_t first = days;
            days -= weekday(static_cast<int32_t>(days)) + (is_from_monday_ ? 0 : 1);
            if (days >= first) days -= 7;
            int64_t day = weekday_ < 0 ? 0 : (weekday_ + (is_from_monday_ ? 6 : 7)) % 7;
            days += week_ * 7 + day;
        } else if (basis_ == Basis::iso_week) {
            days = days_of_civil(iso_year_ < 0 ? 1900 : iso_year_, 1, 4);
            days -= weekday(static_cast<int32_t>(days));
            days +=
                (iso_week_ < 0 ? 0 : iso_week_ - 1) * 7 + (iso_weekday_ < 0 ? 0 : iso_weekday_ - 1);
        } else {
            return;
        }
        Civil civil = civil_of_days(days);
        out_.year = civil.year;
        out_.month = civil.month;
        out_.day = civil.day;
    }

    std::string_view text_;
    size_t at_ = 0;
    ParsedMoment& out_;
    Basis basis_ = Basis::none;
    bool is_from_monday_ = false;
    char half_of_day_ = 0;  // 'a' or 'p'
    int64_t week_ = 0, weekday_ = -1, day_of_year_ = 0;
    int64_t iso_year_ = -1, iso_week_ = -1, iso_weekday_ = -1;
};

}  // namespace

bool read_moment(const DatePattern& pattern, std::string_view text, ParsedMoment& out) {
    return MomentReader(text, out).read(pattern);
}

}  // namespace quern::score
