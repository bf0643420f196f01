#include "quern/frame/text_table.h"

#include <algorithm>

#include "quern/base/text.h"
#include "quern/frame/display_width.h"

namespace quern::frame {
namespace {

constexpr int kGap = 2;

// A long value costs no more to show than what can be seen of it.
std::string shown(std::string_view text, const TextTableLimits& limits) {
    if (text.size() <= limits.value_bytes_max) return printable(text);
    size_t end = limits.value_bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return printable(text.substr(0, end)) + "…";
}

int line_width(const std::vector<int>& widths) {
    int total = 0;
    for (const int width : widths) total += width + kGap;
    return total - (widths.empty() ? 0 : kGap);
}

// Takes from the widest column until the line fits, as long as one has more than the minimum.
void shrink(std::vector<int>& widths, const TextTableLimits& limits) {
    int excess = line_width(widths) - limits.width;
    while (excess > 0) {
        const auto widest = std::ranges::max_element(widths);
        if (widest == widths.end() || *widest <= limits.cell_width_min) return;
        int next = limits.cell_width_min;
        for (const int width : widths) {
            if (width < *widest) next = std::max(next, width);
        }
        const int taken = std::min(excess, *widest - next);
        *widest -= taken;
        excess -= taken;
    }
}

std::string padding(int count) { return std::string(static_cast<size_t>(std::max(count, 0)), ' '); }

void add_cell(std::string& line, std::string_view text, int width, bool is_number) {
    const std::string cell = cut_to_width(text, width);
    const std::string space = padding(width - display_width(cell));
    line += is_number ? space + cell : cell + space;
}

void add_line(std::string& out, std::string line) {
    while (line.ends_with(' ')) line.pop_back();
    out += line + "\n";
}

}  // namespace

TextTable text_table_of(const Batch& batch, const TextTableLimits& limits) {
    TextTable table;
    for (const auto& column : batch.schema) {
        table.columns.push_back({printable(column.name), is_numeric(column.type)});
    }
    for (size_t row = 0; row < batch.row_count; ++row) {
        std::vector<std::string> cells;
        for (const auto& column : batch.columns) {
            const ColumnView view = column.view();
            const bool is_plain_text = is_text(view.type) && view.is_valid(row);
            cells.push_back(is_plain_text ? shown(column.text(row), limits)
                                          : value_text(view, row));
        }
        table.rows.push_back(std::move(cells));
    }
    return table;
}

std::string aligned_text(const TextTable& table, const TextTableLimits& limits) {
    // A line has room for so many columns at the very least width; the others need no look.
    const size_t count_max = static_cast<size_t>(limits.width / (1 + kGap)) + 1;
    size_t count = std::min(table.columns.size(), count_max);
    std::vector<int> widths;
    for (size_t i = 0; i < count; ++i) {
        int width = display_width(table.columns[i].name);
        for (const auto& row : table.rows) width = std::max(width, display_width(row[i]));
        widths.push_back(width);
    }
    shrink(widths, limits);
    while (widths.size() > 1 && line_width(widths) > limits.width) widths.pop_back();
    count = widths.size();

    std::string out, line;
    for (size_t i = 0; i < count; ++i) {
        if (i > 0) line += padding(kGap);
        add_cell(line, table.columns[i].name, widths[i], table.columns[i].is_number);
    }
    add_line(out, std::move(line));
    for (const auto& row : table.rows) {
        line.clear();
        for (size_t i = 0; i < count; ++i) {
            if (i > 0) line += padding(kGap);
            add_cell(line, row[i], widths[i], table.columns[i].is_number);
        }
        add_line(out, std::move(line));
    }
    const size_t left_out = table.columns.size() - count;
    if (left_out > 0) {
        out += "(" + plural(static_cast<int64_t>(left_out), "further column") + ")\n";
    }
    return out;
}

}  // namespace quern::frame
