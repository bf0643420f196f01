// Intervals out of text: "1 year 2 days", "3 hours ago", "-01:30:00", "90".
#include <charconv>
#include <string>

#include "quern/score/functions/date_part.h"
#include "quern/score/functions/number.h"
#include "quern/score/functions/parse.h"

namespace quern::score {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

class IntervalReader {
public:
    IntervalReader(std::string_view text, Interval& out) : text_(text), out_(out) {}

    bool read() {
        out_ = {};
        if (text_.empty() || (text_[0] | 0x20) == 'p') return false;
        if (text_[0] == '@') ++at_;
        bool has_any = false;
        for (skip_spaces(); at_ < text_.size(); skip_spaces()) {
            if ((text_[at_] | 0x20) == 'a') return has_any && read_ago();
            bool is_negative = text_[at_] == '-';
            if (is_negative) ++at_;
            size_t start = at_;
            while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
            if (at_ < text_.size() && text_[at_] == ':') return read_clock(start, is_negative);
            if (at_ == start || !read_part(start, is_negative, has_any)) return false;
            has_any = true;
        }
        return has_any;
    }

private:
    void skip_spaces() {
        while (at_ < text_.size() &&
               (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n'))
            ++at_;
    }

    bool read_clock(size_t start, bool is_negative) {
        int64_t micros = 0;
        if (!parse_clock(text_.substr(start), micros)) return false;
        if (__builtin_add_overflow(out_.micros, micros, &out_.micros)) return false;
        if (is_negative) out_.micros = -out_.micros;
        return true;  // whatever follows is ignored, as in DuckDB
    }

    // A number whose digits begin at `start`, and its unit.
    bool read_part(size_t start, bool is_negative, bool has_any) {
        int64_t number = 0, fraction = 0, digit = 100'000;
        auto end = std::from_chars(text_.data() + start, text_.data() + at_, number);
        if (end.ec != std::errc()) return false;
        if (at_ < text_.size() && text_[at_] == '.')
            for (++at_; at_ < text_.size() && is_digit(text_[at_]); ++at_, digit /= 10)
                fraction += (text_[at_] - '0') * digit;
        if (is_negative) {
            number = -number;
            fraction = -fraction;
        }
        skip_spaces();
        start = at_;
        while (at_ < text_.size() && is_letter(text_[at_])) ++at_;
        std::string_view unit = text_.substr(start, at_ - start);
        if (!unit.empty() || has_any) return add_unit(unit, number, fraction);
        // A number alone counts seconds.
        skip_spaces();
        return at_ == text_.size() && add(out_.micros, number, kMicrosPerSecond) &&
               add(out_.micros, fraction, 1);
    }

    bool read_ago() {
        std::string_view word = text_.substr(at_);
        if (word.size() < 3 || (word[1] | 0x20) != 'g' || (word[2] | 0x20) != 'o') return false;
        at_ += 3;
        skip_spaces();
        if (at_ != text_.size() || out_.months == INT32_MIN || out_.days == INT32_MIN) return false;
        out_ = {-out_.months, -out_.days, -out_.micros};
        return true;
    }

    // target += count * unit + fraction * unit / 1000000
    template <class T>
    static bool add(T& target, int64_t count, int64_t unit, int64_t fraction = 0) {
        int64_t product = 0;
        T addend = 0;
        if (__builtin_mul_overflow(count, unit, &product)) return false;
        if (!integer_to_integer(product, addend)) return false;
        if (__builtin_add_overflow(target, addend, &target)) return false;
        addend = static_cast<T>(fraction * unit / kMicrosPerSecond);
        return !__builtin_add_overflow(target, addend, &target);
    }

    bool add_unit(std::string_view unit, int64_t number, int64_t fraction) {
        auto part = date_part_of(unit);
        if (!part) return false;
        if (int64_t months = months_of_part(*part)) {
            bool has_days = *part == DatePart::month || *part == DatePart::quarter;
            if (!has_days) return add(out_.months, number, months, fraction);
            if (*part == DatePart::month)
                return add(out_.months, number, 1) && add(out_.days, 0, 30, fraction);
            return add(out_.months, number, 3, fraction) &&
                   add(out_.days, 0, 30, fraction * 3 % kMicrosPerSecond);
        }
        switch (*part) {
            case DatePart::day:
                return add(out_.days, number, 1) && add(out_.micros, 0, kMicrosPerDay, fraction);
            case DatePart::week:
                return add(out_.days, number, 7, fraction) &&
                       add(out_.micros, 0, kMicrosPerDay, fraction * 7 % kMicrosPerSecond);
            case DatePart::microsecond:
                return add(out_.micros, number + fraction * 2 / kMicrosPerSecond, 1);
            default:
                break;
        }
        int64_t micros = micros_of_part(*part);
        return micros != 0 && add(out_.micros, number, micros, fraction);
    }

    std::string_view text_;
    size_t at_ = 0;
    Interval& out_;
};

}  // namespace

bool parse_interval(std::string_view text, Interval& interval) {
    return IntervalReader(text, interval).read();
}

}  // namespace quern::score
