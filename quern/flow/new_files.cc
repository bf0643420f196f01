#include "quern/flow/new_files.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>

#include "quern/base/json.h"
#include "quern/base/text.h"

namespace quern::flow {
namespace {

constexpr size_t kWidth = 96;
constexpr size_t kKeyMax = 1000;       // characters of a key that YAML takes without more ado
constexpr size_t kModelNameMax = 60;   // it is the name of a file
constexpr double kMistakesPart = 0.1;  // when more rows repeat others, they mean it

bool is_id_name(std::string_view name) {
    const std::string lower = lower_ascii(name);
    return lower == "id" || lower.ends_with("_id") || lower.ends_with("id") || lower == "key" ||
           lower == "index" || lower.empty();
}

// An integer that numbers the rows: named so, or without gaps to speak of.
bool is_count_of_rows(const ColumnProfile& column) {
    if (!frame::is_integer(column.type)) return false;
    if (is_id_name(column.name)) return true;
    int64_t low = 0, high = 0;
    const auto read = [](const std::string& text, int64_t& number) {
        const char* const stop = text.data() + text.size();
        return std::from_chars(text.data(), stop, number).ptr == stop;
    };
    return read(column.lowest, low) && read(column.highest, high) &&
           static_cast<double>(high) - static_cast<double>(low) <
               static_cast<double>(column.row_count);
}

// Columns that tell nothing a model could use again.
std::string reason_to_exclude(const ColumnProfile& column) {
    if (column.null_count == column.row_count) return "no values";
    if (column.is_constant()) return "always the same";
    const bool is_text = column.type.id == frame::TypeId::varchar;
    if (column.is_unique() && (is_text || is_count_of_rows(column))) {
        return "different in each row";
    }
    if (column.type.id == frame::TypeId::other || column.type.id == frame::TypeId::blob ||
        column.type.id == frame::TypeId::time) {
        return "of type " + column.type.text();
    }
    const double present = static_cast<double>(column.row_count - column.null_count);
    if (is_text && (column.distinct_count > kCategoriesMax ||
                    static_cast<double>(column.distinct_count) > kCategoryPart * present)) {
        return with_thousands(column.distinct_count) + " different texts";
    }
    return "";
}

// The column that names a row: unique, an integer or a text, called so or the first of all.
const ColumnProfile* key_of(const Draft& draft) {
    const ColumnProfile* key = nullptr;
    for (const auto& column : draft.profile.columns) {
        const bool can_be =
            column.is_unique() && &column != draft.target &&
            (column.type.id == frame::TypeId::varchar || frame::is_integer(column.type));
        if (!can_be) continue;
        if (is_id_name(column.name)) return &column;
        if (key == nullptr && &column == &draft.profile.columns[0]) key = &column;
    }
    return key;
}

std::string bare_or_quoted(const std::string& name, const std::set<std::string>& keywords) {
    const bool is_plain = !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
                          std::ranges::all_of(name, [](char c) {
                              return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
                          });
    return is_plain && !keywords.contains(name) ? name : quote_identifier(name);
}

// "[a, b, c]" over as many lines as it needs.
std::string yaml_list(const std::vector<std::string>& items, size_t first_column) {
    std::string list = "[";
    size_t column = first_column + 1;
    for (size_t i = 0; i < items.size(); ++i) {
        const std::string item = items[i] + (i + 1 < items.size() ? "," : "]");
        if (i > 0 && column + item.size() + 1 > kWidth) {
            list += "\n" + std::string(first_column, ' ');
            column = first_column;
        }
        if (i > 0) list += " ", ++column;
        list += item;
        column += item.size();
    }
    return items.empty() ? "[]" : list;
}

std::string source_text(const Draft& draft) {
    std::string text = "file: " + yaml_text(draft.file) + "\n";
    if (!draft.encoding.empty()) text += "encoding: " + yaml_text(draft.encoding) + "\n";
    if (draft.has_decimal_comma) text += "decimal_separator: \",\"\n";
    if (!draft.column_names.empty()) {
        std::vector<std::string> names;
        for (const auto& name : draft.column_names) names.push_back(yaml_text(name));
        text += "header: false\nnames: " + yaml_list(names, 7) + "\n";
    }
    if (draft.null_values.size() <= 1) return text;
    std::vector<std::string> values;
    for (const auto& value : draft.null_values) values.push_back(json_string(value));
    return text + "null_values: " + yaml_list(values, 13) + "\n";
}

std::vector<std::string> value_list(const ColumnProfile& column) {
    std::vector<std::string> texts;
    for (const auto& value : column.values) texts.push_back(yaml_text(value.text));
    std::ranges::sort(texts);
    return texts;
}

// What holds on every row today, or nothing.
std::string column_checks(const ColumnProfile& column, bool is_key, bool is_target) {
    std::vector<std::string> checks;
    const bool has_all = column.null_count == 0 || is_target;
    if (is_key || is_target || has_all) checks.push_back("not_null");
    if (is_key) checks.push_back("unique");
    const bool is_text = column.type.id == frame::TypeId::varchar;
    if (is_text && !column.values.empty() && !is_key) {
        checks.push_back("{in: " + yaml_list(value_list(column), 8) + "}");
    }
    if (frame::is_numeric(column.type) && !column.lowest.empty() && !is_key &&
        column.lowest.find("nan") == std::string::npos &&
        column.lowest.find("inf") == std::string::npos &&
        column.highest.find("nan") == std::string::npos &&
        column.highest.find("inf") == std::string::npos) {
        checks.push_back("{between: [" + column.lowest + ", " + column.highest + "]}");
    }
    const std::string name = yaml_text(column.name);
    if (checks.empty() || name.size() > kKeyMax) return "";
    return "  - " + name + ": " + (checks.size() == 1 ? checks[0] : yaml_list(checks, 4)) + "\n";
}

bool drops_duplicates(const TableProfile& profile) {
    return profile.duplicate_count > 0 &&
           static_cast<double>(profile.duplicate_count) <=
               kMistakesPart * static_cast<double>(profile.row_count);
}

int64_t clean_rows(const Draft& draft) {
    const TableProfile& profile = draft.profile;
    return profile.row_count - (draft.target != nullptr ? draft.target->null_count : 0) -
           (drops_duplicates(profile) ? profile.duplicate_count : 0);
}

std::string checks_text(const Draft& draft, size_t& check_count) {
    const ColumnProfile* key = key_of(draft);
    std::string text;
    for (const auto& column : draft.profile.columns) {
        if (check_count + 1 >= kChecksMax) break;
        const std::string line = column_checks(column, &column == key, &column == draft.target);
        check_count += line.empty() ? 0 : 1;
        text += line;
    }
    const int64_t least = std::max<int64_t>(1, clean_rows(draft) / 2);
    ++check_count;
    return text + "  - rows: {min: " + std::to_string(least) + "}\n";
}

std::string select_text(const Draft& draft) {
    std::string text = drops_duplicates(draft.profile) ? "select distinct" : "select";
    if (draft.profile.duplicate_count > 0) {
        text += "  -- " + plural(draft.profile.duplicate_count, "row") +
                " of the file repeat another" +
                (drops_duplicates(draft.profile) ? "" : "; add distinct if none should");
    }
    text += "\n";
    const auto& columns = draft.profile.columns;
    for (size_t i = 0; i < columns.size(); ++i) {
        const std::string name = bare_or_quoted(columns[i].name, draft.keywords);
        text += "    " + (columns[i].has_outer_spaces ? "trim(" + name + ") as " + name : name) +
                (i + 1 < columns.size() ? ",\n" : "\n");
    }
    text += "from " + bare_or_quoted(draft.names.source, draft.keywords) + "\n";
    if (draft.target != nullptr && draft.target->null_count > 0) {
        text += "where " + bare_or_quoted(draft.target->name, draft.keywords) + " is not null\n";
    }
    return text;
}

std::string model_text(const Draft& draft, size_t& feature_count) {
    const auto& target = *draft.target;
    const ColumnProfile* key = key_of(draft);
    std::string text =
        "from: " + yaml_text(draft.names.table) + "\n" + "target: " + yaml_text(target.name) + "\n";
    text += std::string("task: ") + (is_classes(target) ? "classify" : "regress") + "\n";
    if (key != nullptr) text += "key: " + yaml_text(key->name) + "\n";
    std::string excluded;
    for (const auto& column : draft.profile.columns) {
        if (&column == &target || &column == key) continue;
        const std::string reason = reason_to_exclude(column);
        feature_count += reason.empty() ? 1 : 0;
        if (!reason.empty()) excluded += "  - " + yaml_text(column.name) + "  # " + reason + "\n";
    }
    if (!excluded.empty()) text += "exclude:\n" + excluded;
    text += "algorithm: gbdt\n";
    text += std::string("split: {kind: ") + (is_classes(target) ? "stratified" : "random") +
            ", test: 0.2, seed: 1}\n";
    return text + "# gates keep a worse model from being served, for example:\n# gates: [" +
           (is_classes(target) ? "balanced_accuracy >= 0.7" : "r2 >= 0.5") + "]\n";
}

std::string model_name(const Draft& draft) {
    const std::string name = draft.target->name;
    const bool is_taken =
        lower_ascii(name) == draft.names.source || lower_ascii(name) == draft.names.table;
    // It stands in file names and addresses, so no punctuation.
    std::string safe;
    for (const char c : name) {
        const bool is_word = (static_cast<unsigned char>(c) & 0x80) != 0 ||
                             std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-';
        if (is_word || (!safe.empty() && safe.back() != '_')) safe += is_word ? c : '_';
    }
    if (safe.size() > kModelNameMax) {
        safe.resize(kModelNameMax);
        safe.resize(std::min(first_not_utf8(safe), safe.size()));
    }
    while (safe.ends_with('_')) safe.pop_back();
    if (safe.empty()) safe = "model";
    return is_taken ? safe + "_model" : safe;
}

}  // namespace

bool is_classes(const ColumnProfile& target) {
    if (target.type.id == frame::TypeId::varchar) return true;
    if (target.type.id == frame::TypeId::boolean) return true;
    return frame::is_integer(target.type) && target.distinct_count <= kIntegerClassesMax;
}

std::string target_words(const ColumnProfile& target) {
    std::string words = "Target " + target.name + ": ";
    if (!is_classes(target)) {
        return words + "numbers from " + target.lowest + " to " + target.highest +
               ", so a regression";
    }
    words += plural(target.distinct_count, "value");
    const double present = static_cast<double>(target.row_count - target.null_count);
    std::string list;
    for (size_t i = 0; i < target.values.size() && i < 4; ++i) {
        char part[32];
        std::snprintf(part, sizeof part, " %.0f %%",
                      100 * static_cast<double>(target.values[i].row_count) / present);
        list += (i > 0 ? ", " : "") + target.values[i].text + part;
    }
    if (!list.empty()) words += " (" + list + (target.values.size() > 4 ? ", ...)" : ")");
    return words + ", so a " + (target.distinct_count == 2 ? "binary" : "multiclass") +
           " classifier";
}

std::string yaml_text(std::string_view text) {
    const bool is_plain = !text.empty() && !std::ranges::any_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return !(byte >= 0x80 || c == '_' || c == '.' || c == '-' || c == '/' || c == ' ' ||
                 (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
    });
    const char first = text.empty() ? ' ' : text[0];
    const bool begins_well = first == '_' || first == '/' || (first >= 'a' && first <= 'z') ||
                             (first >= 'A' && first <= 'Z') || (first & 0x80) != 0 || first == '.';
    const std::string lower = lower_ascii(text);
    const bool is_word = lower == "true" || lower == "false" || lower == "null" || lower == "yes" ||
                         lower == "no" || lower == "on" || lower == "off" || lower == "rows" ||
                         lower == "sql" || lower == ".nan" || lower == ".inf";
    return is_plain && begins_well && !is_word && text.back() != ' ' ? std::string(text)
                                                                     : json_string(text);
}

Result<std::set<std::string>> sql_keywords(sql::Session& session) {
    const auto rows = TRY(session.query_all(
        "select keyword_name from duckdb_keywords() where keyword_category <> 'unreserved'"));
    std::set<std::string> keywords;
    for (size_t row = 0; row < rows.row_count; ++row) {
        keywords.emplace(rows.columns[0].text(row));
    }
    return keywords;
}

size_t count_features(const Draft& draft) {
    size_t count = 0;
    if (draft.target != nullptr) model_text(draft, count);
    return count;
}

std::vector<WrittenFile> project_files(const Draft& draft) {
    const auto column_count = static_cast<int64_t>(draft.profile.columns.size());
    size_t check_count = 0, feature_count = 0;
    const std::string checks = checks_text(draft, check_count);
    const std::string table = "/* ---\nchecks:  # each holds on every row today\n" + checks +
                              "--- */\n" + select_text(draft);
    std::vector<WrittenFile> files = {
        {"quern.yml", "name: " + yaml_text(draft.names.project) + "\n", ""},
        {"sources/" + draft.names.source + ".yml", source_text(draft),
         plural(column_count, "column") + " typed, bad rows quarantined"},
        {"tables/" + draft.names.table + ".sql", table,
         plural(static_cast<int64_t>(check_count), "check") + " that hold on every row today"},
    };
    if (draft.target == nullptr) return files;
    const std::string model = model_name(draft);
    const std::string text = model_text(draft, feature_count);
    files.push_back({"models/" + model + ".yml", text,
                     plural(static_cast<int64_t>(feature_count), "feature") + ", gbdt, " +
                         (is_classes(*draft.target) ? "stratified" : "random") + " 80/20"});
    files.push_back(
        {"services/" + model + ".yml", "model: " + yaml_text(model + "@champion") + "\n", ""});
    return files;
}

}  // namespace quern::flow
