#include "quern/score/importers/inputs.h"

#include <set>

#include "quern/base/text.h"

namespace quern::score {
namespace {

frame::Type type_of(const ImportedColumn& column) {
    if (!column.is_category) return frame::type_from_sql("DOUBLE");
    return frame::type_from_sql(column.texts.empty() ? "BIGINT" : "VARCHAR");
}

Status check_names(const std::vector<std::string>& names) {
    std::set<std::string> seen;
    for (const std::string& name : names) {
        if (!is_utf8(name)) return invalid_argument("a feature's name is not UTF-8");
        if (name.empty() || !seen.insert(lower_ascii(name)).second)
            return invalid_argument("two features are named '" + name + "'")
                .hint("names are the same without regard to case; give others: --names a,b,c");
    }
    return {};
}

}  // namespace

Result<std::vector<ImportedColumn>> name_columns(size_t count, std::vector<std::string> of_file,
                                                 const ImportOptions& options) {
    if (count == 0 || count > kImportedColumnsMax)
        return corrupt("the model reads " + std::to_string(count) + " features, expected 1 to " +
                       std::to_string(kImportedColumnsMax));
    std::vector<std::string> names = options.names.empty() ? std::move(of_file) : options.names;
    if (names.empty())
        for (size_t i = 0; i < count; ++i) names.push_back("x" + std::to_string(i));
    if (names.size() != count)
        return invalid_argument("the model reads " +
                                plural(static_cast<int64_t>(count), "feature") + ", got " +
                                std::to_string(names.size()) + " names");
    TRY(check_names(names));
    std::vector<ImportedColumn> columns(count);
    for (size_t i = 0; i < count; ++i) columns[i].name = std::move(names[i]);
    return columns;
}

Program program_of(std::vector<ImportedColumn> columns, const ImportOptions& options) {
    Program program;
    program.model_name = "imported";
    program.target = options.target.empty() ? "prediction" : options.target;
    program.target_type = frame::type_from_sql("DOUBLE");
    for (ImportedColumn& column : columns) {
        const auto index = static_cast<uint32_t>(program.inputs.size());
        Input input;
        input.name = column.name;
        input.type = type_of(column);
        input.is_nullable = column.is_nullable;
        Expression expression;
        expression.type = input.type;
        expression.input = index;
        FittedEncoder encoder{column.is_category ? "category" : "numeric", index, {}};
        if (column.is_category) {
            encoder.learned["unseen"] = std::vector<double>{column.unseen};
            encoder.learned["missing"] = std::vector<double>{column.missing};
            if (column.texts.empty())
                encoder.learned["categories"] = std::move(column.integers);
            else
                encoder.learned["categories"] = std::move(column.texts);
        }
        program.features.push_back({column.name, index});
        program.inputs.push_back(std::move(input));
        program.expressions.push_back(std::move(expression));
        program.encoders.push_back(std::move(encoder));
    }
    return program;
}

void set_classes(Program& program, std::vector<std::string> labels, bool are_integers) {
    program.task = Task::classify;
    program.target_type = frame::type_from_sql(are_integers ? "BIGINT" : "VARCHAR");
    program.classes = std::move(labels);
    // The other program takes the first class where both are as likely.
    program.threshold = std::nextafter(0.5, 1.0);
}

void set_counted_classes(Program& program, size_t count) {
    std::vector<std::string> labels;
    for (size_t i = 0; i < count; ++i) labels.push_back(std::to_string(i));
    set_classes(program, std::move(labels), true);
}

}  // namespace quern::score
