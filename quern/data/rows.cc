#include "quern/data/rows.h"

namespace quern::data {

Result<TextRows> text_rows(sql::Session& session, const std::string& query) {
    const auto batch = TRY(session.query_all(query));
    TextRows rows(batch.row_count);
    for (size_t row = 0; row < batch.row_count; ++row) {
        for (const auto& column : batch.columns) {
            const auto view = column.view();
            rows[row].push_back(view.is_valid(row) ? frame::value_text(view, row) : "");
        }
    }
    return rows;
}

}  // namespace quern::data
