// What an Excel file holds beside its cells: sheets, texts that cells share, and which numbers are
// dates.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"
#include "quern/data/excel/zip_file.h"

namespace quern::data {

// What a number in a cell stands for, by the format it is shown in.
enum class NumberKind : uint8_t { number, date, time, date_time };

struct Workbook {
    struct Sheet {
        std::string name, part;
        bool is_hidden = false;
    };
    std::vector<Sheet> sheets;
    std::vector<NumberKind> kinds;   // by the number of a cell's style
    std::vector<std::string> texts;  // by their number
    bool counts_from_1904 = false;   // days, as old Macs did
};

Result<Workbook> read_workbook(const ZipFile& zip);

// Of a format as Excel writes it: "dd.mm.yyyy" is a date, "0.00" a number.
NumberKind kind_of_format(std::string_view format);
// Of the formats that every file has without telling them.
NumberKind kind_of_builtin(int64_t number);

// A text in a file: "_x000D_" is what Excel writes for letters that XML cannot hold.
std::string unescaped(std::string text);

}  // namespace quern::data
