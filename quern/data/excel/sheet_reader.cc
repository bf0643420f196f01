#include "quern/data/excel/sheet_reader.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "quern/base/text.h"

namespace quern::data {
namespace {

using Kind = XmlReader::Kind;

constexpr int64_t kRowsMax = 1 << 20, kColumnsMax = 1 << 14;  // of Excel's own
constexpr int64_t kMsOfDay = 86'400'000;

template <class Number>
bool parse_whole(std::string_view text, Number& value) {
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && stop == text.data() + text.size();
}

std::string formatted(const std::string& format, int64_t ms_since_1970) {
    const std::time_t seconds = ms_since_1970 / 1000 - (ms_since_1970 % 1000 < 0 ? 1 : 0);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[256];
    return {text, std::strftime(text, sizeof text, format.c_str(), &parts)};
}

std::string clock_text(int64_t ms) {
    char text[48];
    std::snprintf(text, sizeof text, "%02d:%02d:%02d", static_cast<int>(ms / 3'600'000),
                  static_cast<int>(ms / 60'000 % 60), static_cast<int>(ms / 1000 % 60));
    std::string clock = text;
    if (ms % 1000 == 0) return clock;
    std::snprintf(text, sizeof text, ".%03d", static_cast<int>(ms % 1000));
    return clock + text;
}

std::string date_text(int64_t days_since_1970) {
    const std::chrono::year_month_day date{
        std::chrono::sys_days{std::chrono::days{days_since_1970}}};
    char text[32];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return text;
}

}  // namespace

bool parse_cell_name(std::string_view name, int64_t& row, int64_t& column) {
    size_t at = 0;
    column = 0;
    for (; at < name.size() && at < 4 && name[at] >= 'A' && name[at] <= 'Z'; ++at) {
        column = column * 26 + (name[at] - 'A' + 1);
    }
    --column;
    return at > 0 && column < kColumnsMax && parse_whole(name.substr(at), row) && row >= 1 &&
           row <= kRowsMax;
}

std::string moment_text(double days, NumberKind kind, bool counts_from_1904,
                        const CellWriting& writing) {
    constexpr double kDaysMax = 2'958'466;  // the first day of the year 10000
    if (!(days >= 0 && days < kDaysMax)) return {};
    const auto ms = static_cast<int64_t>(std::llround(days * static_cast<double>(kMsOfDay)));
    int64_t day = ms / kMsOfDay;
    const int64_t clock = ms % kMsOfDay;
    if (kind == NumberKind::time) return clock_text(ms);  // 37:30:00 is a length of time
    // 1900 was no leap year, but Lotus 1-2-3 said so and Excel says it on: its day 60.
    constexpr int64_t kFrom1904 = -24'107, kFrom1900 = -25'569, kDayThatIsNone = 60;
    if (!counts_from_1904 && day == kDayThatIsNone) return "1900-02-29";
    day += counts_from_1904 ? kFrom1904 : kFrom1900 + (day < kDayThatIsNone ? 1 : 0);
    const int64_t moment = day * kMsOfDay + clock;
    if (kind == NumberKind::date && clock == 0) {
        return writing.date_format.empty() ? date_text(day)
                                           : formatted(writing.date_format, moment);
    }
    if (!writing.timestamp_format.empty()) return formatted(writing.timestamp_format, moment);
    return date_text(day) + " " + clock_text(clock);
}

Status SheetReader::broken(const std::string& why) const {
    return corrupt("the sheet is damaged at row " + std::to_string(row_number_) + ": " + why);
}

Result<bool> SheetReader::next(SheetRow& row) {
    while (true) {
        const Kind kind = TRY(xml_.next());
        if (kind == Kind::finish) return false;
        if (kind != Kind::start) continue;
        if (xml_.element() == "row") {
            TRY(read_row(row));
            if (!row.cells.empty()) return true;
        } else if (xml_.element() == "mergeCell") {
            const std::string area = xml_.attribute("ref");
            const size_t colon = area.find(':');
            MergedCells cells;
            if (colon != area.npos &&
                parse_cell_name(area.substr(0, colon), cells.first_row, cells.first_column) &&
                parse_cell_name(area.substr(colon + 1), cells.last_row, cells.last_column)) {
                merged_.push_back(cells);
            }
        }
    }
}

Status SheetReader::read_row(SheetRow& row) {
    const int64_t before = row_number_++;
    if (xml_.has_attribute("r") && !parse_whole(xml_.attribute("r"), row_number_)) {
        return broken("a row has no number");
    }
    if (row_number_ <= before || row_number_ > kRowsMax) return broken("rows are out of order");
    row.number = row_number_;
    row.cells.clear();
    int64_t next_column = 0;
    while (true) {
        const Kind kind = TRY(xml_.next());
        if (kind == Kind::finish) return broken("it ends too early");
        if (kind == Kind::end && xml_.element() == "row") return {};
        if (kind != Kind::start || xml_.element() != "c") continue;
        Raw cell;
        cell.column = next_column;
        int64_t row_of_cell = row_number_;
        if (xml_.has_attribute("r") &&
            !parse_cell_name(xml_.attribute("r"), row_of_cell, cell.column)) {
            return broken("a cell has no place");
        }
        if (cell.column < next_column || cell.column >= kColumnsMax || row_of_cell != row_number_) {
            return broken("cells are out of order");
        }
        next_column = cell.column + 1;
        TRY(read_cell(cell));
        std::string text = TRY(value_of(cell));
        if (!text.empty()) row.cells.push_back({cell.column, std::move(text)});
    }
}

Status SheetReader::read_cell(Raw& cell) {
    cell.type = xml_.attribute("t");
    if (xml_.has_attribute("s")) parse_whole(xml_.attribute("s"), cell.style);
    const bool is_inline = cell.type == "inlineStr";
    bool is_in_value = false;
    int reading_aloud = 0;
    while (true) {
        const Kind kind = TRY(xml_.next());
        if (kind == Kind::finish) return broken("it ends too early");
        if (kind == Kind::text) {
            if (is_in_value && reading_aloud == 0) cell.text += xml_.text();
            continue;
        }
        const bool starts = kind == Kind::start;
        if (xml_.element() == "c" && !starts) return {};
        if (xml_.element() == "f") cell.has_formula = true;
        if (xml_.element() == "rPh") reading_aloud += starts ? 1 : -1;
        if (xml_.element() == (is_inline ? "t" : "v")) {
            is_in_value = starts;
            cell.has_value = true;
        }
    }
}

Result<std::string> SheetReader::value_of(const Raw& cell) {
    if (!cell.has_value || cell.text.empty()) {
        if (cell.has_formula && !cell.has_value) ++unknown_count_;
        return std::string();
    }
    if (cell.type == "s") {
        size_t number = 0;
        if (!parse_whole(trim(cell.text), number) || number >= book_.texts.size()) {
            return broken("a cell names a text that is not there");
        }
        return book_.texts[number];
    }
    if (cell.type == "str" || cell.type == "inlineStr") return unescaped(cell.text);
    if (cell.type == "b") return std::string(trim(cell.text) == "1" ? "true" : "false");
    if (cell.type == "e") {
        ++error_count_;
        return std::string();
    }
    std::string text(trim(cell.text));
    if (cell.type == "d") {  // ISO 8601, with a T
        const size_t mark = text.find('T');
        if (mark != text.npos) text[mark] = ' ';
        return text;
    }
    const auto style = static_cast<size_t>(cell.style);
    const NumberKind kind = style < book_.kinds.size() ? book_.kinds[style] : NumberKind::number;
    double days = 0;
    if (kind != NumberKind::number && parse_whole(text, days)) {
        std::string moment = moment_text(days, kind, book_.counts_from_1904, writing_);
        if (!moment.empty()) return moment;
    }
    const size_t point = text.find('.');
    if (point != text.npos) text.replace(point, 1, writing_.decimal_separator);
    return text;
}

}  // namespace quern::data
