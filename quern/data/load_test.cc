// Every file here is small and wrong in one way; the sum must be right in each. Goes through
// delimited, json_lines, source_files, insert and quarantine as a load does.
#include "quern/data/load.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "quern/base/folder.h"
#include "quern/data/record_scanner.h"
#include "quern/data/rows.h"
#include "quern/sql/session.h"

namespace quern::data {
namespace {

class Load : public testing::Test {
protected:
    Load() : folder_(TemporaryFolder::create().value()), root_(folder_.path()) {
        const auto database = sql::Database::open({.threads = 2}).value();
        session_ = std::make_unique<sql::Session>(database.connect().value());
        source_.name = "orders";
        source_.files = {{.text = "x.csv"}};
    }

    void write(const std::string& name, std::string_view bytes) {
        std::ofstream(join_path(root_, name), std::ios::binary) << bytes;
    }
    void declare(const std::string& name, const std::string& type, bool is_nullable = true) {
        source_.columns.push_back({.name = name, .type = type, .is_nullable = is_nullable});
    }
    Result<LoadReport> load() {
        auto report =
            load_source(*session_, root_, source_, {.table = "loaded", .quarantine = "bad"});
        if (report.ok()) {
            EXPECT_EQ(report->rows_loaded + report->rows_quarantined, report->rows_read);
            const auto shape = describe_source(*session_, root_, source_);
            EXPECT_TRUE(shape.ok()) << shape.status().text();
            if (shape.ok()) {
                EXPECT_EQ(shape->columns, report->columns);
            }
        }
        return report;
    }
    TextRows rows(const std::string& query) { return text_rows(*session_, query).value(); }
    // "a BIGINT, b VARCHAR | 1 x | 2 y | bad 3: reason"; an error is its text.
    std::string loaded() {
        const auto report = load();
        if (!report.ok()) return report.status().text();
        std::string text;
        for (const auto& column : report->columns) {
            text += (text.empty() ? "" : ", ") + column.name + " " + column.type.text();
        }
        for (const auto& row : rows("from loaded")) {
            text += " |";
            for (const auto& value : row) text += " " + value;
        }
        for (const auto& row : rows("select line, reason from bad")) {
            text += " | bad " + row[0] + ": " + row[1];
        }
        return text;
    }
    std::string loaded(std::string_view bytes) {
        write(source_.files[0].text, bytes);
        return loaded();
    }

    TemporaryFolder folder_;
    std::string root_;
    std::unique_ptr<sql::Session> session_;
    project::Source source_;
};

TEST_F(Load, csv_with_types) {
    EXPECT_EQ(
        loaded("id,price,day,note,ok\n1,2.5,2024-01-31,hi,true\n2,,2024-02-01,\"a,b\",false\n"),
        "id BIGINT, price DOUBLE, day DATE, note VARCHAR, ok BOOLEAN"
        " | 1 2.5 2024-01-31 hi true | 2  2024-02-01 a,b false");
}

TEST_F(Load, empty_file) {
    EXPECT_EQ(loaded(""), "x.csv: the file is empty (0 bytes)\n  a header is enough");
    EXPECT_EQ(loaded("\n\n"), "x.csv: the file holds no record");
}

TEST_F(Load, header_only) {
    EXPECT_EQ(loaded("a,b\n"), "a VARCHAR, b VARCHAR");
    EXPECT_EQ(loaded("a,b"), "a VARCHAR, b VARCHAR");
    declare("a", "integer");
    EXPECT_EQ(loaded("a,b\n"), "a INTEGER, b VARCHAR");
}

TEST_F(Load, missing_file_and_glob_without_match) {
    EXPECT_EQ(load().status().code(), Code::not_found);
    source_.files = {{.text = "none/*.csv"}};
    EXPECT_EQ(load().status().message(), "no file matches 'none/*.csv'");
    source_.files = {{.text = "."}};
    EXPECT_EQ(load().status().code(), Code::invalid_argument);
    source_.files = {{.text = "/dev/zero"}};
    EXPECT_EQ(load().status().message(), "'/dev/zero' is a pipe or a device, not a file");
}

// A sign that means something in a pattern leads to no other file.
TEST_F(Load, paths_that_look_like_patterns) {
    for (const std::string folder : {"/[q]", "/q"}) {
        std::filesystem::create_directory(folder_.path() + folder);
        root_ = folder_.path() + folder;
        const std::string row = folder == "/q" ? "\n8" : "\n7";
        write("[x]?.csv", "a" + row);
        write("xx.csv", "a\n9");
        const std::string copy = "copy (select" + row + " as a) to '" + root_ + "/x.parquet'";
        ASSERT_TRUE(session_->execute(copy).ok());
    }
    root_ = folder_.path() + "/[q]";
    for (const auto file : {"[x]?.csv", "[[]*.csv", "*.parquet", "x.parquet"}) {
        source_.files = {{.text = file}};
        EXPECT_EQ(loaded().substr(loaded().find('|')), "| 7") << file;
    }
    std::filesystem::create_directory(root_ + "/year=2024");
    std::filesystem::rename(root_ + "/x.parquet", root_ + "/year=2024/x.parquet");
    source_.files = {{.text = "year=2024/x.parquet"}};
    EXPECT_EQ(loaded(), "a INTEGER | 7") << "a folder's name is no column";
}

TEST_F(Load, ragged_rows) {
    EXPECT_EQ(loaded("a,b\n1,2\n3\n4,5,6\n7,8\n"),
              "a BIGINT, b BIGINT | 1 2 | 7 8 | bad 3: 1 field where 2 are expected"
              " | bad 4: 3 fields where 2 are expected");
    EXPECT_EQ(loaded("a,b\n1,2,3\n4,5,6\n").substr(0, 50),
              "not one of 2 rows of source 'orders' can be loaded");
}

TEST_F(Load, quarantine_keeps_the_raw_text) {
    write("x.csv", "a,b\n1,\"x\ny\"\n3,z,\"q\n\"\nrest,1\n");
    const auto report = load();
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_EQ(report->rows_read, 3);
    EXPECT_EQ(rows("from bad"),
              (TextRows{{"x.csv", "4", "3 fields where 2 are expected", "3,z,\"q\n\""}}));
    EXPECT_EQ(report->first_reason, "x.csv:4: 3 fields where 2 are expected");
}

TEST_F(Load, a_failed_load_keeps_the_quarantine_of_the_last_one) {
    loaded("a,b\n1,2\n3\n");
    EXPECT_EQ(loaded(""), "x.csv: the file is empty (0 bytes)\n  a header is enough");
    EXPECT_EQ(rows("select line from bad"), (TextRows{{"3"}}));
    EXPECT_NE(loaded("a,b\n\"\n"), "");  // refused, but its rows can be looked at
    EXPECT_EQ(rows("select line from bad"), (TextRows{{"2"}}));
}

TEST_F(Load, a_known_shape_is_taken_as_it_is) {
    write("x.csv", "a,b\n1,2\nx,3\n");
    const SourceShape shape{
        .columns = {{"a", frame::type_from_sql("BIGINT")}, {"b", frame::type_from_sql("VARCHAR")}}};
    const auto report = load_source(*session_, root_, source_, {"loaded", "bad", &shape});
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_EQ(report->columns, shape.columns);
    EXPECT_EQ(rows("from loaded"), (TextRows{{"1", "2"}}));
    EXPECT_EQ(report->rows_quarantined, 1);
}

TEST_F(Load, bad_row_fails_when_told_to) {
    source_.fails_on_bad_row = true;
    EXPECT_EQ(loaded("a,b\n1,2\n3\n"),
              "x.csv:3: 1 field where 2 are expected; 1 row of 2 cannot be loaded\n"
              "  set `on_bad_row: quarantine` to load the others");
}

TEST_F(Load, value_that_does_not_fit_its_declared_type) {
    declare("a", "bigint");
    declare("d", "date");
    EXPECT_EQ(loaded("a,d\n1,2024-01-01\nx,2024-01-02\n2.5,2024-01-03\n2.0,2024-01-04\n"
                     "3,2024-13-01\n99999999999999999999,\n,2024-01-07\n"),
              "a BIGINT, d DATE | 1 2024-01-01 | 2 2024-01-04 |  2024-01-07"
              " | bad 3: a: 'x' is not BIGINT | bad 4: a: '2.5' is not BIGINT"
              " | bad 6: d: '2024-13-01' is not DATE"
              " | bad 7: a: '99999999999999999999' is not BIGINT");
}

TEST_F(Load, several_faults_in_one_row_count_once) {
    declare("a", "integer");
    declare("b", "integer");
    EXPECT_EQ(loaded("a,b\n1,2\nx,y\n"),
              "a INTEGER, b INTEGER | 1 2 | bad 3: a: 'x' is not INTEGER");
}

TEST_F(Load, missing_value_in_a_required_column) {
    declare("a", "integer", false);
    EXPECT_EQ(loaded("a,b\n1,2\n,3\n"), "a INTEGER, b BIGINT | 1 2 | bad 3: a is missing");
}

TEST_F(Load, misfit_after_the_sample) {
    source_.sample_rows = 10;
    std::string bytes = "a,b\n";
    for (int i = 0; i < 5000; ++i) bytes += std::to_string(i) + ",\"q\nq\"\n";
    write("x.csv", bytes + "late,x\n1.5,x\n7,x\n");
    const auto report = load();
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_EQ(report->rows_read, 5003);
    EXPECT_EQ(report->rows_loaded, 5001);
    EXPECT_EQ(rows("select line, reason, raw from bad"),
              (TextRows{{"10002", "a: 'late' is not BIGINT", "late,x"},
                        {"10003", "a: '1.5' is not BIGINT", "1.5,x"}}));
}

TEST_F(Load, codes_stay_text) {
    EXPECT_EQ(loaded("zip,id,n\n01234,123456789012345678901234,0\n99999,1,10\n"),
              "zip VARCHAR, id VARCHAR, n BIGINT | 01234 123456789012345678901234 0 | 99999 1 10");
}

TEST_F(Load, ten_thousand_columns) {
    std::string header, row;
    for (int i = 0; i < 10'000; ++i) {
        header += (i > 0 ? ",c" : "c") + std::to_string(i);
        row += (i > 0 ? "," : "") + std::to_string(i);
    }
    write("x.csv", header + "\n" + row + "\n" + row + "\n1,2\n");
    const auto report = load_source(*session_, root_, source_, {"loaded", "bad"});
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_EQ(report->columns.size(), 10'000U);
    EXPECT_EQ(report->rows_loaded, 2);
    EXPECT_EQ(report->rows_quarantined, 1);
}

TEST_F(Load, field_of_100_megabytes) {
    write("x.csv", "a,b\n1,x\n2," + std::string(100'000'000, 'y') + "\n3,z\n");
    EXPECT_EQ(loaded(),
              "a BIGINT, b VARCHAR | 1 x | 3 z"
              " | bad 3: the row has 100 MB, more than the limit of 17 MB");
    source_.line_bytes_max = 200'000'000;
    const auto report = load();
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_EQ(report->rows_loaded, 3);
    EXPECT_EQ(*session_->query_int("select max(length(b)) from loaded"), 100'000'000);
}

TEST_F(Load, nul_bytes) {
    EXPECT_EQ(loaded(std::string_view("a,b\n1,x\0y\n2,z\n", 14)),
              "a BIGINT, b VARCHAR | 2 z | bad 2: a NUL byte stands at byte 4 of the row");
    EXPECT_NE(loaded(std::string_view("a\0,b\n1,2\n", 9)).find("bytes that are no text"),
              std::string::npos);
}

TEST_F(Load, encoding_that_is_not_utf8) {
    const std::string latin = "a,b\n1,x\n2,caf\xE9\n";
    EXPECT_EQ(loaded(latin),
              "x.csv:3: byte 0xE9 at byte 6 of the row is not UTF-8: '2,caf\\xE9'\n"
              "  add --encoding latin-1, or what else it is written in");
    source_.encoding = "latin-1";
    EXPECT_EQ(loaded(latin), "a BIGINT, b VARCHAR | 1 x | 2 caf\xC3\xA9");
    source_.encoding = "windows-1252";
    EXPECT_EQ(loaded("a\n\x80\n"), "a VARCHAR | \xE2\x82\xAC");
    source_.encoding = "shift-jis";
    EXPECT_EQ(loaded("a\n\xFF\xFF\n").substr(0, 9), "x.csv:2: ");
    source_.encoding = "latin-9000";
    EXPECT_EQ(loaded("a\n1\n").substr(0, 34), "encoding 'latin-9000' is not known");
}

TEST_F(Load, utf16) {
    const std::string_view wide(
        "\xFF\xFE"
        "a\0,\0b\0\n\0"
        "1\0,\0\xE9\0\n\0",
        18);
    EXPECT_EQ(loaded(wide),
              "x.csv:1: the file is not UTF-8 but looks like utf-16\n"
              "  add --encoding utf-16");
    source_.encoding = "utf-16";
    EXPECT_EQ(loaded(wide), "a BIGINT, b VARCHAR | 1 \xC3\xA9");
    source_.encoding = "utf-8";
    EXPECT_EQ(loaded(wide.substr(2)).substr(0, 55),
              "x.csv:1: the file is not UTF-8 but looks like utf-16le\n");
}

TEST_F(Load, mixed_encodings) {
    EXPECT_EQ(loaded("a,b\n1,caf\xC3\xA9\n2,caf\xE9\n"),
              "a BIGINT, b VARCHAR | 1 caf\xC3\xA9"
              " | bad 3: byte 0xE9 at byte 6 of the row is not UTF-8");
}

TEST_F(Load, duplicate_column_names) {
    EXPECT_EQ(loaded("a,a,A,a_1,,\n1,2,3,4,5,6\n"),
              "a BIGINT, a_2 BIGINT, A_3 BIGINT, a_1 BIGINT, column_5 BIGINT, column_6 BIGINT"
              " | 1 2 3 4 5 6");
    EXPECT_EQ(load()->notes[0], "x.csv: the name a comes twice: column 2 is called a_2");
}

TEST_F(Load, names_that_are_keywords_or_unicode) {
    EXPECT_EQ(loaded("select,\xF0\x9F\x98\x80,a \"\"q\"\" 'x',\"order\"\n1,2,3,4\n"),
              "select BIGINT, \xF0\x9F\x98\x80 BIGINT, a \"\"q\"\" 'x' BIGINT, order BIGINT"
              " | 1 2 3 4");
}

TEST_F(Load, line_ends) {
    EXPECT_EQ(loaded("a,b\r1,2\r3,4\r"), "a BIGINT, b BIGINT | 1 2 | 3 4");
    EXPECT_EQ(loaded("a,b\r\n1,2\r\n3,4"), "a BIGINT, b BIGINT | 1 2 | 3 4");
    EXPECT_EQ(loaded("a,b\n1,2\r\n3,4\n5,6\r7,8\n"), "a BIGINT, b BIGINT | 1 2 | 3 4 | 5 6 | 7 8");
    EXPECT_EQ(loaded("\xEF\xBB\xBF"
                     "a,b\n1,2\n"),
              "a BIGINT, b BIGINT | 1 2");
    EXPECT_EQ(loaded("a\n1\n\n2\n"), "a BIGINT | 1 |  | 2");
}

TEST_F(Load, quotes) {
    EXPECT_EQ(loaded("a,b\n1,\"x\n2,y\n3,z\n"),
              "a BIGINT, b VARCHAR | 2 y | 3 z"
              " | bad 2: a quote is opened here and never closed");
    EXPECT_EQ(loaded("a,b\n1,\"x\"y\n2,\"\"\"q\"\n"),
              "a BIGINT, b VARCHAR | 2 \"q | bad 2: text follows a closing quote");
    source_.quote = "";
    EXPECT_EQ(loaded("a,b\n1,\"x\n"), "a BIGINT, b VARCHAR | 1 \"x");
}

TEST_F(Load, delimiters_are_found) {
    EXPECT_EQ(loaded("a;b\n1;2,5\n3;4,5\n"), "a BIGINT, b VARCHAR | 1 2,5 | 3 4,5");
    EXPECT_EQ(loaded("a\tb\n1\t2\n"), "a BIGINT, b BIGINT | 1 2");
    EXPECT_EQ(loaded("39, x, 7\n40, y, 8\n"),
              "column_1 BIGINT, column_2 VARCHAR, column_3 BIGINT | 39 x 7 | 40 y 8");
    source_.decimal_separator = ",";
    declare("b", "double");
    EXPECT_EQ(loaded("a;b\n1;2,5\n"), "a BIGINT, b DOUBLE | 1 2.5");
}

TEST_F(Load, declared_separators_and_formats_take_part_in_finding_types) {
    source_.decimal_separator = ",";
    source_.timestamp_format = "%d/%m/%Y %H:%M";
    EXPECT_EQ(loaded("a;b;seen\n13,2;x;31/01/2020 10:00\n14,5;y;01/02/2020 11:30\n"),
              "a DOUBLE, b VARCHAR, seen TIMESTAMP | 13.2 x 2020-01-31 10:00:00 | "
              "14.5 y 2020-02-01 11:30:00");
}

TEST_F(Load, decimal_commas) {
    source_.decimal_separator = ",";
    EXPECT_EQ(loaded("a;b\n0,12345678901234567;\"-1,5\"\n2;,5\n"),
              "a DOUBLE, b DOUBLE | 0.12345678901234566 -1.5 | 2.0 0.5");
    declare("a", "double");
    EXPECT_EQ(loaded("a;b\n13,2;x\nmuch;y\n"),
              "a DOUBLE, b VARCHAR | 13.2 x | bad 3: a: 'much' is not DOUBLE");
    source_.columns.clear();
    source_.sample_rows = 2;
    std::string bytes = "a;b\n";
    for (int i = 0; i < 5000; ++i) bytes += "13,2;x\n";
    write("x.csv", bytes + "much;y\n");
    const auto report = load();
    EXPECT_EQ(report->columns[0].type.text(), "DOUBLE");
    EXPECT_EQ(report->rows_quarantined, 1);
    EXPECT_EQ(report->first_reason, "x.csv:5002: a: 'much' is not DOUBLE");
}

TEST_F(Load, undeclared_decimal_commas_are_noted) {
    const auto noted = [&](std::string_view bytes) {
        write("x.csv", bytes);
        const auto report = load();
        std::string notes;
        for (const auto& note : report->notes) notes += note + "|";
        return notes;
    };
    EXPECT_EQ(noted("a;b;c\n1,5;x;1\n;y;2\n-3;z;3\n"),
              "1 column looks like numbers with a decimal comma; set decimal_separator: \",\"|");
    EXPECT_EQ(noted("a;b\n1,5;0,25\n2,5;1,234\n"),
              "2 columns look like numbers with a decimal comma; set decimal_separator: \",\"|");
    EXPECT_EQ(noted("a;b\n1,234;1,5\n2,345;many\n"), "");  // thousands, and a text
    declare("a", "varchar");
    EXPECT_EQ(noted("a;b\n1,5;x\n2,5;y\n"), "");
    source_.columns.clear();
    source_.decimal_separator = ",";
    EXPECT_EQ(noted("a;b\n1,5;x\n2,5;y\n"), "");
}

TEST_F(Load, times_in_another_form_than_declared_are_text) {
    source_.timestamp_format = "%d/%m/%Y %H:%M";
    EXPECT_EQ(loaded("a;b\n31/01/2020 10:00;2020-01-31 10:00:00\n"),
              "a TIMESTAMP, b VARCHAR | 2020-01-31 10:00:00 2020-01-31 10:00:00");
}

TEST_F(Load, declared_formats_take_part_in_json) {
    source_.files = {{.text = "x.ndjson"}};
    source_.date_format = "%d.%m.%Y";
    source_.timestamp_format = "%d/%m/%Y %H:%M";
    EXPECT_EQ(loaded("{\"day\": \"31.01.2020\", \"seen\": \"31/01/2020 10:00\"}\n"),
              "day DATE, seen TIMESTAMP | 2020-01-31 2020-01-31 10:00:00");
}

TEST_F(Load, headerless_with_names) {
    source_.names = {"age", "job"};
    source_.null_values = {"", "?"};
    EXPECT_EQ(loaded("39, clerk\n?, ?\n41, cook\n"),
              "age BIGINT, job VARCHAR | 39 clerk |   | 41 cook");
    source_.comment = "|";
    source_.skip_lines = 1;
    EXPECT_EQ(loaded("title\n|c\n39, clerk\n"), "age BIGINT, job VARCHAR | 39 clerk");
}

TEST_F(Load, dates_in_another_order) {
    EXPECT_EQ(loaded("d\n13/02/2024\n01/03/2024\n"), "d DATE | 2024-02-13 | 2024-03-01");
    declare("d", "date");
    source_.date_format = "%d.%m.%Y";
    EXPECT_EQ(loaded("d\n13.02.2024\n2024-01-01\n"),
              "d DATE | 2024-02-13 | bad 3: d: '2024-01-01' is not DATE as %d.%m.%Y");
}

TEST_F(Load, glob_with_different_headers) {
    source_.files = {{.text = "p*.csv"}};
    write("p1.csv", "a,b\n1,x\n");
    write("p2.csv", "b,a,c\ny,2.5,2024-01-01\n");
    write("p3.csv", "");
    write("p4.csv", "c,a\n");
    EXPECT_EQ(loaded(), "a DOUBLE, b VARCHAR, c DATE | 1.0 x  | 2.5 y 2024-01-01");
    const auto report = load();
    EXPECT_EQ(report->files.size(), 4U);
    EXPECT_EQ(report->notes,
              (std::vector<std::string>{"p3.csv is empty (0 bytes)",
                                        "p1.csv has no column c: it reads as NULL",
                                        "p4.csv has no column b: it reads as NULL"}));
}

TEST_F(Load, unknown_declared_column) {
    declare("prise", "double");
    EXPECT_EQ(loaded("price\n1\n"), "column 'prise' is not known\n  did you mean 'price'?");
}

TEST_F(Load, compressed) {
    for (const char* tool : {"gzip", "zstd -q"}) {
        write("x.csv", "a,b\n1,2\n3\n");
        const std::string ending = std::string(tool) == "gzip" ? ".gz" : ".zst";
        ASSERT_EQ(std::system((std::string(tool) + " -f " + join_path(root_, "x.csv")).c_str()), 0);
        source_.files = {{.text = "x.csv" + ending}};
        EXPECT_EQ(loaded(), "a BIGINT, b BIGINT | 1 2 | bad 3: 1 field where 2 are expected");
    }
}

TEST_F(Load, compressed_garbage) {
    source_.files = {{.text = "x.csv.gz"}};
    EXPECT_EQ(loaded("\x1f\x8b garbage that is no stream").substr(0, 46),
              "x.csv.gz: the gzip data is broken: unknown com");
    EXPECT_EQ(loaded("\x1f\x8b\x08").substr(0, 42), "x.csv.gz: the gzip data is broken: it ends");
    source_.files = {{.text = "x.csv.zst"}};
    EXPECT_EQ(loaded("\x28\xb5\x2f\xfd garbage").substr(0, 34),
              "x.csv.zst: the zstd data is broken");
    source_.compression = "gzip";
    EXPECT_EQ(loaded("a,b\n"), "x.csv.zst: the file is not gzip data");
}

TEST_F(Load, reads_many_rows_in_order_on_two_threads) {
    declare("a", "bigint");
    std::string bytes = "a,b\n";
    for (int i = 0; i < 300'000; ++i) {
        bytes +=
            (i % 10'007 == 5 ? "bad" : std::to_string(i)) + ",\"x\n" + std::to_string(i) + "\"\n";
    }
    write("x.csv", bytes);
    const auto report = load();
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_EQ(report->rows_quarantined, 30);
    EXPECT_EQ(*session_->query_int("select count(*) from bad where raw = 'bad,\"x' || chr(10) || "
                                   "((line - 2) // 2) || '\"'"),
              30);
}

// Hostile bytes: whatever they are, nothing crashes and the sum is right or the file is refused.
TEST_F(Load, any_bytes_reconcile) {
    std::mt19937 random(7);
    constexpr char kLetters[] = "ab1.5,,;\"\"\n\n\r\t \\'\0\xE9\xC3\xA9-e{}[]:";
    const std::string_view letters(kLetters, sizeof kLetters - 1);
    int64_t loaded_count = 0;
    for (int i = 0; i < 200; ++i) {
        source_.files = {{.text = i % 4 == 0 ? "x.ndjson" : "x.csv"}};
        std::string bytes = i % 4 == 0 ? "{\"a\":1}\n" : "a,b\n1,2\n";
        const size_t size = random() % 120;
        while (bytes.size() < size) bytes += letters[random() % letters.size()];
        write(source_.files[0].text, bytes);
        const auto report = load();
        if (report.ok()) {
            loaded_count += report->rows_loaded;
        } else {
            EXPECT_NE(report.status().code(), Code::internal)
                << i << ": " << report.status().text() << "\n"
                << printable(bytes);
        }
    }
    EXPECT_GT(loaded_count, 50);
}

TEST_F(Load, ndjson) {
    source_.files = {{.text = "x.ndjson"}};
    EXPECT_EQ(loaded("{\"a\":1,\"b\":\"x\",\"t\":\"2024-01-01\"}\n\n{\"a\":2.5,\"c\":[1,2]}\n"),
              "a DOUBLE, b VARCHAR, t DATE, c BIGINT[] | 1.0 x 2024-01-01  | 2.5   [1, 2]");
    EXPECT_EQ(
        loaded("{\"a\":1}\n{\"a\":}\n[1]\n{\"a\":1,\"a\":2}\n{\"a\":\"x\\u0000\"}\n{\"a\":2}\n"),
        "a BIGINT | 1 | 2 | bad 2: not JSON: The JSON document has an improper structure: "
        "missing or superfluous commas, braces, missing keys, etc."
        " | bad 3: not a JSON object | bad 4: a key comes twice"
        " | bad 5: a text holds a NUL");
    EXPECT_EQ(loaded("{\"a\":1}\n{\"a\":\"x\"}\n{\"a\":{\"q\":null}}\n{\"a\":null}\n"),
              "a VARCHAR | 1 | x | {\"q\":null} | ");
    EXPECT_EQ(loaded("{\"select\":1,\"A\":2}\n"), "select BIGINT, A BIGINT | 1 2");
    EXPECT_EQ(loaded("").substr(0, 8), "x.ndjson");
    declare("a", "integer");
    EXPECT_EQ(
        loaded("{\"a\":1}\n{\"a\":\"2\"}\n{\"a\":\"x\"}\n{\"a\":2.5}\n"),
        "a INTEGER | 1 | 2 | bad 3: a: '\"x\"' is not INTEGER | bad 4: a: '2.5' is not INTEGER");
}

TEST_F(Load, keys_that_sql_does_not_tell_apart) {
    source_.files = {{.text = "x.ndjson"}};
    EXPECT_EQ(loaded("{\"a\": 1}\n{\"A\": 2}\n{\"a\": 3, \"\": 4}\n{\"a\": 5, \"A\": 6}\n"
                     "{\"b\": {\"x\": 1, \"X\": 2}}\n{\"a\": 7}\n"),
              "a BIGINT | 1 | 7 | bad 2: the key 'A' is written 'a' in an earlier line"
              " | bad 3: a key is empty | bad 4: a key comes twice | bad 5: a key comes twice");
}

TEST_F(Load, deep_json_is_quarantined) {
    source_.files = {{.text = "x.ndjson"}};
    const std::string deep(100'000, '[');
    const std::string text = loaded("{\"a\":1}\n{\"a\":" + deep + "}\n{\"a\":" + deep +
                                    std::string(100'000, ']') + "}\n");
    EXPECT_EQ(text.substr(0, 24), "a BIGINT | 1 | bad 2: no");
    EXPECT_NE(text.find("| bad 3: not JSON"), std::string::npos) << text;
}

TEST_F(Load, json) {
    source_.files = {{.text = "x.json"}};
    EXPECT_EQ(loaded("[\n {\"a\": 1,\n  \"b\": {\"c\": 2}},\n {\"a\": 2}\n]\n"),
              "a BIGINT, b STRUCT(c BIGINT) | 1 {'c': 2} | 2 ");
    EXPECT_EQ(loaded("[{\"a\":1},\n 5,\n{\"a\":2}]"),
              "a BIGINT | 1 | 2 | bad 2: not a JSON object");
    EXPECT_EQ(loaded("{\"a\":\n1}"), "a BIGINT | 1");
    EXPECT_EQ(loaded("{\"a\":1}\n{\"a\":2}\n"), "a BIGINT | 1 | 2");
}

TEST_F(Load, broken_json) {
    source_.files = {{.text = "x.json"}};
    for (const char* bytes : {"[{\"a\":1},", "[{\"a\":1}", "[{\"a\":1}] x", "[{\"a\":1}]]", "[1 2]",
                              "[{\"a\":\"x]", "nonsense", "[", "\"text\"", "[}"}) {
        write("x.json", bytes);
        const auto report = load();
        EXPECT_FALSE(report.ok()) << bytes;
        EXPECT_TRUE(report.status().where().starts_with("x.json") ||
                    report.status().message().find("x.json:1") != std::string::npos)
            << bytes << " -> " << report.status().text();
    }
    EXPECT_EQ(loaded("[]"), "x.json:1: the array holds no rows, so it has no columns");
}

TEST_F(Load, parquet) {
    source_.files = {{.text = "x.parquet"}};
    const std::string path = join_path(root_, "x.parquet");
    ASSERT_TRUE(
        session_
            ->execute("copy (select range as a, range / 2.0 as b from range(5)) to '" + path + "'")
            .ok());
    EXPECT_EQ(loaded(), "a BIGINT, b DOUBLE | 0 0.0 | 1 0.5 | 2 1.0 | 3 1.5 | 4 2.0");
    declare("b", "integer");
    const auto report = load();
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_EQ(rows("select line, reason, raw from bad"),
              (TextRows{{"2", "b: '0.5' is not INTEGER", "{\"a\":1,\"b\":0.5}"},
                        {"4", "b: '1.5' is not INTEGER", "{\"a\":3,\"b\":1.5}"}}));
}

TEST_F(Load, lists_and_structs_as_text_are_json) {
    source_.files = {{.text = "x.parquet"}};
    const std::string path = join_path(root_, "x.parquet");
    ASSERT_TRUE(
        session_->execute("copy (select [1.5, null] as a, {'k': 'it''s'} as b) to '" + path + "'")
            .ok());
    declare("a", "varchar");
    declare("b", "varchar");
    EXPECT_EQ(loaded(), R"(a VARCHAR, b VARCHAR | [1.5,null] {"k":"it's"})");
}

TEST_F(Load, broken_parquet) {
    source_.files = {{.text = "x.parquet"}};
    EXPECT_EQ(loaded("PAR1 nothing PAR1").substr(0, 37), "x.parquet: not a whole Parquet file: ");
    EXPECT_EQ(loaded("").substr(0, 37), "x.parquet: not a whole Parquet file: ");
}

TEST_F(Load, unknown_ending) {
    source_.files = {{.text = "x.xyz"}};
    EXPECT_EQ(loaded("a\n"),
              "the ending of x.xyz does not tell its format\n"
              "  let its name end in one of avro, csv, json, ndjson, parquet, tsv, xlsx");
    source_.format = "csv";
    EXPECT_EQ(loaded("a\n1\n"), "a BIGINT | 1");
}

TEST_F(Load, source_version_uses_remembered_hashes) {
    write("x.csv", "a\n1\n");
    const auto files = source_version(root_, source_);
    ASSERT_TRUE(files.ok());
    EXPECT_EQ((*files)[0].path, "x.csv");
    EXPECT_EQ((*files)[0].sha256.size(), 64U);
    const auto again = source_version(root_, source_, [](const FileVersion& file) {
        return file.size_bytes == 4 ? std::string("known") : std::string();
    });
    EXPECT_EQ((*again)[0].sha256, "known");
    EXPECT_NE(version_text(*files), version_text(*again));
}

}  // namespace
}  // namespace quern::data
