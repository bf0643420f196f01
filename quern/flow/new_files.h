// The texts of the files that `quern new` writes.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "quern/flow/profile.h"

namespace quern::flow {

constexpr int64_t kClassesMax = 100;        // of a target
constexpr int64_t kIntegerClassesMax = 10;  // an integer target with more values is a quantity
constexpr int64_t kCategoriesMax = 1000;    // of a text feature; more are left out
// Of the rows; more distinct texts are left out. Training sees a part of the rows only, and refuses
// texts that are different in half of those.
constexpr double kCategoryPart = 0.3;
constexpr size_t kChecksMax = 100;  // written into one table

struct Names {
    std::string project, source, table;
};

struct Draft {
    Names names;
    std::string file;  // as the source's file writes it
    std::vector<std::string> null_values;
    const TableProfile& profile;
    const ColumnProfile* target;                 // null: no model
    std::set<std::string> keywords;              // names that SQL does not take bare
    std::vector<std::string> column_names = {};  // of a file without a header, as given
    std::string encoding = {};                   // as given; empty: UTF-8
    bool has_decimal_comma = false;
};

struct WrittenFile {
    std::string path, text, note;
};

std::vector<WrittenFile> project_files(const Draft& draft);
size_t count_features(const Draft& draft);  // that the model would have

bool is_classes(const ColumnProfile& target);
std::string target_words(const ColumnProfile& target);
Result<std::set<std::string>> sql_keywords(sql::Session& session);

// The text as YAML reads it back: plain where it can be, else in double quotes.
std::string yaml_text(std::string_view text);

}  // namespace quern::flow
