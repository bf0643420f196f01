// Covers xlsx.cc, zip_file.cc, xml_reader.cc, workbook.cc and sheet_reader.cc: two ways to count
// days, merged cells, titles, several header rows, and files that are broken or meant to break
// their reader.
#include <gtest/gtest.h>

#include "quern/base/folder.h"
#include "quern/data/excel/sheet_reader.h"
#include "quern/data/excel/test_workbook.h"
#include "quern/data/excel/xml_reader.h"
#include "quern/data/load.h"
#include "quern/data/rows.h"
#include "quern/sql/session.h"

namespace quern::data {
namespace {

TEST(ExcelFormat, TellsDatesFromNumbers) {
    const auto check = [](std::string_view format, NumberKind want) {
        EXPECT_EQ(kind_of_format(format), want) << format;
    };
    for (const auto format : {"General", "0.00", "#,##0.00 \"USD\"", "0.00E+00", "[Red]0.0", "@",
                              "\"day\" 0", "0\\d", "_-* #,##0.00_-", "General;[Red]-General"}) {
        check(format, NumberKind::number);
    }
    for (const auto format : {"dd.mm.yyyy", "yyyy-mm-dd", "mmm yy", "[$-409]d-mmm;@", "mmmm"}) {
        check(format, NumberKind::date);
    }
    for (const auto format : {"h:mm", "[h]:mm:ss", "mm:ss.0", "[ss]", "h:mm AM/PM"}) {
        check(format, NumberKind::time);
    }
    check("yyyy-mm-dd hh:mm", NumberKind::date_time);
    check("m/d/yy h:mm", NumberKind::date_time);
    EXPECT_EQ(kind_of_builtin(14), NumberKind::date);
    EXPECT_EQ(kind_of_builtin(22), NumberKind::date_time);
    EXPECT_EQ(kind_of_builtin(46), NumberKind::time);
    EXPECT_EQ(kind_of_builtin(9), NumberKind::number);
}

TEST(ExcelMoment, CountsFrom1900AndFrom1904) {
    const auto check = [](double days, NumberKind kind, bool from_1904, std::string_view want) {
        EXPECT_EQ(moment_text(days, kind, from_1904, {}), want) << days;
    };
    check(1, NumberKind::date, false, "1900-01-01");
    check(59, NumberKind::date, false, "1900-02-28");
    check(60, NumberKind::date, false, "1900-02-29");  // never was, as Excel shows it
    check(61, NumberKind::date, false, "1900-03-01");
    check(45351, NumberKind::date, false, "2024-02-29");
    check(45351.5625, NumberKind::date, false, "2024-02-29 13:30:00");
    check(45351, NumberKind::date_time, false, "2024-02-29 00:00:00");
    check(43889.5625, NumberKind::date_time, true, "2024-02-29 13:30:00");
    check(0, NumberKind::date, true, "1904-01-01");
    check(45351.999999999, NumberKind::date_time, false, "2024-03-01 00:00:00");
    check(45351.00000001157, NumberKind::date_time, false, "2024-02-29 00:00:00.001");
    check(0.5625, NumberKind::time, false, "13:30:00");
    check(1.5625, NumberKind::time, false, "37:30:00");
    check(2958465, NumberKind::date, false, "9999-12-31");
    check(2958466, NumberKind::date, false, "");
    check(-1, NumberKind::date, false, "");
    EXPECT_EQ(moment_text(45351, NumberKind::date, false, {.date_format = "%d.%m.%Y"}),
              "29.02.2024");
}

TEST(ExcelCell, Names) {
    const auto check = [](std::string_view name, int64_t want_row, int64_t want_column) {
        int64_t row = 0, column = 0;
        const bool is_fine = parse_cell_name(name, row, column);
        EXPECT_EQ(is_fine, want_row > 0) << name;
        if (!is_fine) return;
        EXPECT_EQ(row, want_row) << name;
        EXPECT_EQ(column, want_column) << name;
    };
    check("A1", 1, 0);
    check("Z9", 9, 25);
    check("AB12", 12, 27);
    check("XFD1048576", 1'048'576, 16'383);
    for (const auto name : {"XFE1", "A1048577", "A0", "1", "A", "", "a1", "AAAA1", "A-1"}) {
        check(name, 0, 0);
    }
    EXPECT_EQ(unescaped("a_x000D_b_x0041__xZZZZ__x00"), "a\rbA_xZZZZ__x00");
}

class OneText : public ByteSource {
public:
    OneText(std::string text, size_t piece) : text_(std::move(text)), piece_(piece) {}
    Result<std::string_view> next() override {
        const auto piece = std::string_view(text_).substr(at_, piece_);
        at_ += piece.size();
        return piece;
    }

private:
    std::string text_;
    size_t piece_, at_ = 0;
};

// "<a x=1>t</a>" for what was read, or the fault.
std::string reading_of(const std::string& text, size_t piece) {
    XmlReader xml(std::make_unique<OneText>(text, piece), "x");
    std::string read;
    while (true) {
        const auto kind = xml.next();
        if (!kind.ok()) return std::string(kind.status().message());
        if (*kind == XmlReader::Kind::finish) return read;
        if (*kind == XmlReader::Kind::text) read += xml.text();
        if (*kind == XmlReader::Kind::end) read += "</" + std::string(xml.element()) + ">";
        if (*kind != XmlReader::Kind::start) continue;
        read += "<" + std::string(xml.element());
        if (xml.has_attribute("x")) read += " x=" + xml.attribute("x");
        read += ">";
    }
}

TEST(ExcelXml, IsReadInPiecesOfAnySize) {
    const auto check = [](const std::string& text, const std::string& want) {
        for (const size_t piece : {1, 2, 7, 1000}) {
            EXPECT_EQ(reading_of(text, piece), want) << text << " in pieces of " << piece;
        }
    };
    check("<a><b x='1'/>t</a>", "<a><b x=1></b>t</a>");
    check("\xEF\xBB\xBF<?xml version=\"1.0\"?><!-- <no> --><n:a n:x=\"a>b\"/>",
          "\xEF\xBB\xBF<a x=a>b></a>");
    check("<a x = \"&lt;&#x1F370;&#65;&quot;'\">&amp;<![CDATA[<&amp;]]>&none;</a>",
          "<a x=<🍰A\"'>&<&amp;&none;</a>");
    check("<a", "its XML is damaged: it ends too early");
    check("<a>", "its XML is damaged: it ends too early");
    check("<a x='1>", "its XML is damaged: it ends too early");
    check("</a>", "its XML is damaged: an element ends that has not begun");
    check("<a x=1/>", "its XML is damaged: an attribute's value is not quoted");
    check("word", "its XML is damaged: it does not begin with '<'");
    check("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
          "its XML is damaged: document types and entities of its own are not read");
    std::string deep;
    for (int i = 0; i < 300; ++i) deep += "<a>";
    EXPECT_EQ(reading_of(deep, 1000), "its XML is damaged: its elements lie too deep");
}

class ExcelLoad : public testing::Test {
protected:
    ExcelLoad() {
        source_.name = "sales";
        source_.files = {{.text = "x.xlsx"}};
    }
    std::string path() { return join_path(folder_.path(), "x.xlsx"); }

    Result<LoadReport> load() {
        return load_source(session_, folder_.path(), source_,
                           {.table = "loaded", .quarantine = "bad"});
    }
    // The columns with their types, the rows, and what was said; or the fault.
    std::string loaded(const TestWorkbook& book) {
        book.write(path());
        const auto report = load();
        if (!report.ok()) return report.status().text();
        EXPECT_EQ(report->rows_loaded + report->rows_quarantined, report->rows_read);
        std::string said;
        for (const auto& column : report->columns) {
            said += column.name + ":" + column.type.text() + " ";
        }
        const auto rows = text_rows(session_, "select columns(*)::varchar from loaded");
        if (!rows.ok()) return rows.status().text();
        for (const auto& row : *rows) {
            said += "|";
            for (const auto& value : row) said += " " + (value.empty() ? "-" : value);
        }
        notes_.clear();
        for (const auto& note : report->notes) notes_ += note + "\n";
        return said;
    }

    TemporaryFolder folder_ = TemporaryFolder::create().value();
    sql::Session session_ = sql::Database::open({.threads = 1})->connect().value();
    project::Source source_;
    std::string notes_;
};

TEST_F(ExcelLoad, TypesComeFromCells) {
    TestWorkbook book;
    book.texts =
        "<si><t>caf\xC3\xA9 &amp; bar</t></si><si><r><t>a</t></r><r><t>b</t></r>"
        "<rPh><t>no</t></rPh></si>";
    book.rows = row_of(1, {"=id", "=day", "=seen", "=amount", "=name", "=ok", "=at"}) +
                R"(<row r="3"><c r="A3"><v>1</v></c><c r="B3" s="1"><v>45351</v></c>
<c r="C3" s="3"><v>45351.5625</v></c><c r="D3" s="4"><v>1.5</v></c><c r="E3" t="s"><v>0</v></c>
<c r="F3" t="b"><v>1</v></c><c r="G3" s="2"><v>0.5</v></c></row>
<row><c><v>2</v></c><c t="d"><v>1999-12-31</v></c><c/><c t="e"><v>#N/A</v></c>
<c t="s"><v>1</v></c><c><f>NOT(F3)</f></c></row>)";
    EXPECT_EQ(loaded(book),
              "id:BIGINT day:DATE seen:TIMESTAMP amount:DOUBLE name:VARCHAR ok:BOOLEAN at:TIME "
              "| 1 2024-02-29 2024-02-29 13:30:00 1.5 café & bar true 12:00:00"
              "| 2 1999-12-31 - - ab - -");
    EXPECT_EQ(notes_,
              "x.xlsx: 1 cell with an error of Excel (#N/A and the like): read as missing\n"
              "x.xlsx: 1 formula without a stored value: read as missing; open and save the file "
              "in Excel\n");
    book.facts = "<workbookPr date1904=\"1\"/>";
    EXPECT_NE(loaded(book).find("2028-03-01"), std::string::npos) << "1,462 days later";
}

TEST_F(ExcelLoad, BadCellsGoToQuarantineWithTheirRow) {
    TestWorkbook book;
    book.rows = row_of(2, {"=id", "=when"}) + row_of(3, {"1", "#1:45351"}) +
                row_of(7, {"=n/a", "#1:45352"}) + row_of(9, {"3", "#1:60"});
    source_.columns = {{.name = "id", .type = "INTEGER"}, {.name = "when", .type = "DATE"}};
    EXPECT_EQ(loaded(book), "id:INTEGER when:DATE | 1 2024-02-29");
    const auto bad = text_rows(session_, "select line, reason from bad order by line").value();
    ASSERT_EQ(bad.size(), 2u);
    EXPECT_EQ(bad[0][0], "7");
    EXPECT_NE(bad[0][1].find("n/a"), std::string::npos) << bad[0][1];
    EXPECT_EQ(bad[1][0], "9");
    EXPECT_NE(bad[1][1].find("1900-02-29"), std::string::npos) << bad[1][1];
}

TEST_F(ExcelLoad, TitlesMergedCellsAndEmptyColumns) {
    TestWorkbook book;
    book.rows = row_of(1, {"=Sales of 2024"}) + row_of(4, {"", "=region", "", "=x"}) +
                row_of(5, {"", "=north", "", "1"}) + row_of(6, {"", "", "", "2"}) +
                row_of(7, {"", "=south", "", "3"});
    book.after = "<mergeCells><mergeCell ref=\"B5:B6\"/><mergeCell ref=\"A1:D1\"/></mergeCells>";
    EXPECT_EQ(loaded(book), "region:VARCHAR x:BIGINT | north 1| north 2| south 3");
    EXPECT_NE(notes_.find("row 1 'Sales of 2024' is a title"), std::string::npos) << notes_;
    EXPECT_NE(notes_.find("2 groups of merged cells"), std::string::npos) << notes_;
}

TEST_F(ExcelLoad, NamesInTwoRowsBecomeOne) {
    TestWorkbook book;
    book.rows = row_of(1, {"=2023", "", "=2024"}) + row_of(2, {"=q1", "=q2", "=q1", "=note"}) +
                row_of(3, {"1", "2", "3", "=a \"b\""});
    book.after = "<mergeCells><mergeCell ref=\"A1:B1\"/></mergeCells>";
    source_.header_rows = 2;
    EXPECT_EQ(loaded(book),
              "2023 q1:BIGINT 2023 q2:BIGINT 2024 q1:BIGINT note:VARCHAR "
              "| 1 2 3 a \"b\"");
}

TEST_F(ExcelLoad, SheetsAreChosenByName) {
    TestWorkbook book;
    book.rows = row_of(1, {"=a"}) + row_of(2, {"1"});
    book.sheets = R"(<sheet name="Hidden" r:id="r2" state="hidden"/><sheet name="Data" r:id="r1"/>
<sheet name="Chart" r:id="r9"/>)";
    EXPECT_EQ(loaded(book), "a:BIGINT | 1");
    EXPECT_NE(notes_.find("sheet 'Data' is read; `sheet:` chooses another: Hidden"),
              std::string::npos)
        << notes_;
    source_.sheet = "Hidden";
    EXPECT_EQ(loaded(book), "other:BIGINT | 5");
    source_.sheet = "Dta";
    EXPECT_EQ(loaded(book), "x.xlsx: sheet 'Dta' is not known\n  did you mean 'Data'?");
}

TEST_F(ExcelLoad, BrokenFilesAreRefused) {
    const auto check = [&](const std::string& bytes, std::string_view want) {
        std::ofstream(path(), std::ios::binary) << bytes;
        const auto report = load();
        ASSERT_FALSE(report.ok()) << want;
        EXPECT_NE(report.status().text().find(want), std::string::npos) << report.status().text();
    };
    TestWorkbook book;
    book.rows = row_of(1, {"=a"}) + row_of(2, {"1"});
    const std::string good = zip_of(book.parts());
    for (size_t size = 0; size < good.size(); size += 37) {
        std::ofstream(path(), std::ios::binary) << good.substr(0, size);
        EXPECT_FALSE(load().ok()) << size;
    }
    std::string damaged = good;
    damaged[damaged.find("inlineStr")] ^= 1;
    check(damaged, "a part is damaged");
    check("\xD0\xCF\x11\xE0 old", "save it as .xlsx");
    check(zip_of({{"a", "b"}}), "not one of Excel's");
    const auto with = [&](const std::string& rows) {
        TestWorkbook other = book;
        other.rows = rows;
        return zip_of(other.parts());
    };
    check(with(""), "holds no values");
    check(with(row_of(2, {"1"}) + row_of(1, {"1"})), "rows are out of order");
    check(with("<row r=\"9999999\"/>"), "rows are out of order");
    check(with("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>7</v></c></row>"), "a text that is not there");
    check(with("<row r=\"1\"><c r=\"ZZZ1\"><v>7</v></c></row>"), "a cell has no place");
    check(with("<row r=\"1\"><c><v>7"), "XML is damaged");
    auto bomb = book.parts();  // a sheet that says it has 17 GB
    std::string huge = zip_of(bomb);
    const size_t entry = huge.rfind("PK\x01\x02", huge.rfind("xl/worksheets/sheet1.xml"));
    for (size_t i = 24; i < 28; ++i) huge[entry + i] = '\x7F';
    check(huge, "a part is damaged");
}

}  // namespace
}  // namespace quern::data
