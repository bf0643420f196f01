// The rows of a sheet, cell by cell, as texts: dates in ISO 8601, numbers as the file has them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"
#include "quern/data/excel/workbook.h"
#include "quern/data/excel/xml_reader.h"

namespace quern::data {

struct SheetCell {
    int64_t column = 0;  // from 0
    std::string text;    // never empty
};

struct SheetRow {
    int64_t number = 0;  // as Excel shows it, from 1
    std::vector<SheetCell> cells;
};

// Cells that look like one; the first holds the value.
struct MergedCells {
    int64_t first_row = 0, last_row = 0, first_column = 0, last_column = 0;
};

// How numbers and dates are written into a cell's text.
struct CellWriting {
    std::string decimal_separator = ".";
    std::string date_format, timestamp_format;  // strftime's letters; empty: ISO 8601
};

// "AB12" is column 27 of row 12; false for what is no place in a sheet.
bool parse_cell_name(std::string_view name, int64_t& row, int64_t& column);
// A number of days, as Excel counts them. Nothing for what is no day.
std::string moment_text(double days, NumberKind kind, bool counts_from_1904,
                        const CellWriting& writing);

class SheetReader {
public:
    SheetReader(XmlReader xml, const Workbook& book, CellWriting writing = {})
        : xml_(std::move(xml)), book_(book), writing_(std::move(writing)) {}

    // The next row with a value; false at the end. Rows come in order.
    Result<bool> next(SheetRow& row);

    // Known at the end of the rows.
    const std::vector<MergedCells>& merged() const { return merged_; }
    int64_t error_count() const { return error_count_; }      // cells like #N/A: they have no value
    int64_t unknown_count() const { return unknown_count_; }  // formulas without a stored value

private:
    struct Raw {
        std::string type, text;
        int64_t style = 0, column = 0;
        bool has_formula = false, has_value = false;
    };

    Status read_row(SheetRow& row);
    Status read_cell(Raw& cell);
    Result<std::string> value_of(const Raw& cell);
    Status broken(const std::string& why) const;

    XmlReader xml_;
    const Workbook& book_;
    CellWriting writing_;
    std::vector<MergedCells> merged_;
    int64_t row_number_ = 0, error_count_ = 0, unknown_count_ = 0;
};

}  // namespace quern::data
