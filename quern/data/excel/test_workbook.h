// Excel files for tests, written part by part, so that each can be wrong in one way.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

namespace quern::data {

inline void append_number(uint64_t value, int size, std::string& out) {
    for (int i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

// Parts as they are, not packed.
inline std::string zip_of(const std::map<std::string, std::string>& parts) {
    std::string bytes, directory;
    for (const auto& [name, part] : parts) {
        std::string facts;  // what the local header and the directory share
        append_number(20, 2, facts);
        append_number(0, 8, facts);  // flags, method, time, date
        append_number(
            ::crc32(0, reinterpret_cast<const Bytef*>(part.data()), static_cast<uInt>(part.size())),
            4, facts);
        append_number(part.size(), 4, facts);
        append_number(part.size(), 4, facts);
        append_number(name.size(), 2, facts);
        append_number(0, 2, facts);
        directory += "PK\x01\x02";
        append_number(20, 2, directory);
        directory += facts;
        append_number(0, 10, directory);
        append_number(bytes.size(), 4, directory);
        directory += name;
        bytes += "PK\x03\x04" + facts + name + part;
    }
    const size_t start = bytes.size();
    bytes += directory + "PK\x05\x06";
    append_number(0, 4, bytes);
    append_number(parts.size(), 2, bytes);
    append_number(parts.size(), 2, bytes);
    append_number(directory.size(), 4, bytes);
    append_number(start, 4, bytes);
    append_number(0, 2, bytes);
    return bytes;
}

struct TestWorkbook {
    std::string rows;   // inside of <sheetData>
    std::string after;  // behind it, such as <mergeCells>
    std::string texts;  // inside of <sst>
    std::string facts;  // inside of <workbook>, before the sheets
    std::string sheets = R"(<sheet name="Data" sheetId="1" r:id="r1"/>)";
    // Styles 1 to 4: a date, a time, both, and a number with two digits.
    std::string styles =
        R"(<numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy hh:mm"/></numFmts>
<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="21"/><xf numFmtId="164"/>
<xf numFmtId="2"/></cellXfs>)";

    std::map<std::string, std::string> parts() const {
        const auto link = [](std::string_view id, std::string_view type, std::string_view part) {
            return "<Relationship Id=\"" + std::string(id) + "\" Type=\"x/" + std::string(type) +
                   "\" Target=\"" + std::string(part) + "\"/>";
        };
        return {
            {"_rels/.rels", "<Relationships>" + link("a", "officeDocument", "xl/workbook.xml") +
                                "</Relationships>"},
            {"xl/workbook.xml",
             "<workbook>" + facts + "<sheets>" + sheets + "</sheets></workbook>"},
            {"xl/_rels/workbook.xml.rels",
             "<Relationships>" + link("r1", "worksheet", "worksheets/sheet1.xml") +
                 link("r2", "worksheet", "/xl/worksheets/sheet2.xml") +
                 link("r3", "styles", "styles.xml") +
                 link("r4", "sharedStrings", "sharedStrings.xml") + "</Relationships>"},
            {"xl/styles.xml", "<styleSheet>" + styles + "</styleSheet>"},
            {"xl/sharedStrings.xml", "<sst>" + texts + "</sst>"},
            {"xl/worksheets/sheet1.xml", "<?xml version=\"1.0\"?><x:worksheet><x:sheetData>" +
                                             rows + "</x:sheetData>" + after + "</x:worksheet>"},
            {"xl/worksheets/sheet2.xml",
             "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"str\"><v>other</v></c></row>"
             "<row r=\"2\"><c r=\"A2\"><v>5</v></c></row></sheetData></worksheet>"},
        };
    }

    void write(const std::string& path) const {
        std::ofstream(path, std::ios::binary) << zip_of(parts());
    }
};

// A row of cells from texts: "=text" is a text, "#3:45.5" a number in style 3, "" no cell.
inline std::string row_of(int64_t number, std::initializer_list<std::string_view> cells) {
    std::string xml = "<row r=\"" + std::to_string(number) + "\">";
    char column = 'A';
    for (const std::string_view cell : cells) {
        const std::string place = column++ + std::to_string(number);
        if (cell.empty()) continue;
        if (cell[0] == '=') {
            xml += "<c r=\"" + place + "\" t=\"inlineStr\"><is><t>" + std::string(cell.substr(1)) +
                   "</t></is></c>";
        } else if (cell[0] == '#') {
            const size_t colon = cell.find(':');
            xml += "<c r=\"" + place + "\" s=\"" + std::string(cell.substr(1, colon - 1)) +
                   "\"><v>" + std::string(cell.substr(colon + 1)) + "</v></c>";
        } else {
            xml += "<c r=\"" + place + "\"><v>" + std::string(cell) + "</v></c>";
        }
    }
    return xml + "</row>";
}

}  // namespace quern::data
