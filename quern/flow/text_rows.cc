#include "quern/flow/text_rows.h"

#include "quern/base/folder.h"

namespace quern::flow {

Result<TextRows> load_text_rows(sql::Session& session, const std::string& file,
                                const project::Source& like, const data::LoadTarget& target) {
    project::Source source = like;
    source.name = file_stem(file);
    source.files = {{absolute_path(file), {}}};
    auto shape = TRY(data::describe_source(session, ".", source));
    for (const auto& column : shape.columns) {
        project::SourceColumn text;
        text.name = column.name;
        text.type = "VARCHAR";
        source.columns.push_back(std::move(text));
    }
    const auto loaded = TRY(data::load_source(session, ".", source, target));
    TextRows rows{std::move(shape.columns), std::move(shape.notes)};
    if (loaded.rows_quarantined > 0)
        rows.notes.push_back("the first line that could not be read: " + loaded.first_reason);
    return rows;
}

}  // namespace quern::flow
