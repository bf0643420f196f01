// Checks of a table, in the shapes that dbt, Great Expectations and quern write them:
//     - income: [not_null, unique]                          a column, names of checks
//     - income: {between: [0, 100], mostly: 0.99}           a column, checks with arguments
//     - rows: {min: 1000}                                   the whole table
//     - expect_column_values_to_be_unique: {column: id}     a check, its column among the arguments
#include "quern/project/keys.h"

namespace quern::project {
namespace {

// What any check may say beside its own arguments.
struct Modifiers {
    double mostly = 1;
    Severity severity = Severity::error;
    std::string description;
};

std::vector<Param> modifier_params() {
    return {
        param("mostly", &Modifiers::mostly, "Part of the rows that must pass.")
            .range(0, 1, true, false),
        choice_param("severity", &Modifiers::severity, {"error", "warn"},
                     "A failed check of severity warn does not stop anything."),
        param("description", &Modifiers::description, "Why it must hold."),
    };
}

bool is_modifier(std::string_view key) {
    return key == "mostly" || key == "severity" || key == "description";
}

bool is_column_argument(std::string_view key) {
    return key == "column" || key == "columns" || key == "column_name" || key == "column_list" ||
           key == "combination_of_columns";
}

// Checks of a whole table whose value says nothing about a column.
bool is_table_check(std::string_view name) {
    return name == "rows" || name == "sql" || name.starts_with("expect_");
}

// Moves the modifiers of a map out of it.
Status take_modifiers(Tree& map, Modifiers& modifiers) {
    Tree taken = Tree::map({});
    taken.place = map.place;
    std::erase_if(map.entries, [&](Tree::Entry& entry) {
        if (!is_modifier(entry.key)) return false;
        taken.entries.push_back(std::move(entry));
        return true;
    });
    return read_params(modifier_params(), taken, &modifiers, "check");
}

Status take_columns(Tree& map, std::vector<std::string>& columns) {
    const Shape shape = detail::Typed<std::vector<std::string>>::shape();
    Status faults;
    std::erase_if(map.entries, [&](Tree::Entry& entry) {
        if (!is_column_argument(entry.key)) return false;
        faults.also(detail::read_value(entry.value, shape, entry.key, columns));
        return true;
    });
    return faults;
}

// `unique: true` and `unique:` say no more than `unique`.
bool says_nothing(const Tree& value) {
    return value.is_null() || (value.is_scalar() && !value.is_quoted && value.text == "true");
}

Tree arguments_of(const Tree& value) {
    if (value.is_map()) return value;
    Tree arguments = Tree::map({});
    arguments.place = value.place;
    if (!says_nothing(value)) arguments.entries.push_back({"value", value, value.place});
    return arguments;
}

class CheckReader {
public:
    explicit CheckReader(std::vector<CheckSpec>& checks) : checks_(checks) {}

    Status read_item(const Tree& item) {
        if (item.is_scalar()) return add({item.text, {}, item.place}, {}, {});
        if (!item.is_map() || item.entries.size() != 1) {
            return invalid_argument("a check must be one key with its value, got " +
                                    std::string(item.kind_name()))
                .at(item.place.text())
                .hint("write `- income: [not_null]` or `- rows: {min: 1}`");
        }
        const Tree::Entry& entry = item.entries[0];
        const bool names_column = std::ranges::any_of(
            entry.value.entries, [](const auto& e) { return is_column_argument(e.key); });
        if (names_column || is_table_check(entry.key)) return add(entry, {}, {});
        return read_column(entry);
    }

private:
    Status read_column(const Tree::Entry& entry) {
        const Tree& value = entry.value;
        if (value.is_scalar()) return add({value.text, {}, value.place}, {}, entry.key);
        if (value.is_map()) return read_column_map(value, entry.key);
        if (!value.is_list() || value.items.empty()) {
            return invalid_argument("no check is named for the column '" + entry.key + "'")
                .at(entry.place.text());
        }
        Status faults;
        for (const auto& item : value.items) {
            if (item.is_scalar()) {
                faults.also(add({item.text, {}, item.place}, {}, entry.key));
            } else {
                faults.also(read_column_map(item, entry.key));
            }
        }
        return faults;
    }

    // {between: [0, 100], mostly: 0.99}: the modifiers hold for every check of the map.
    Status read_column_map(Tree map, const std::string& column) {
        Modifiers modifiers;
        TRY(take_modifiers(map, modifiers));
        if (map.entries.empty()) {
            return invalid_argument("no check is named for the column '" + column + "'")
                .at(map.place.text());
        }
        Status faults;
        for (const auto& entry : map.entries) faults.also(add(entry, modifiers, column));
        return faults;
    }

    Status add(const Tree::Entry& entry, Modifiers modifiers, const std::string& column) {
        if (entry.key.empty())
            return invalid_argument("a check needs a name").at(entry.place.text());
        CheckSpec check;
        check.name = entry.key;
        check.place = entry.place;
        check.arguments = arguments_of(entry.value);
        if (!column.empty()) check.columns = {column};
        TRY(take_modifiers(check.arguments, modifiers));
        if (column.empty()) TRY(take_columns(check.arguments, check.columns));
        check.mostly = modifiers.mostly;
        check.severity = modifiers.severity;
        check.description = std::move(modifiers.description);
        checks_.push_back(std::move(check));
        return {};
    }

    std::vector<CheckSpec>& checks_;
};

}  // namespace

Status read_checks(const Tree& list, std::vector<CheckSpec>& checks) {
    if (!list.is_list()) {
        return invalid_argument("'checks' must be a list, got " + std::string(list.kind_name()))
            .at(list.place.text())
            .hint("write `- income: [not_null]` below it");
    }
    CheckReader reader(checks);
    Status faults;
    for (const auto& item : list.items) faults.also(reader.read_item(item));
    return faults;
}

}  // namespace quern::project
