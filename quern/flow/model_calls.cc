#include "quern/flow/model_calls.h"

#include <algorithm>

#include "quern/base/text.h"
#include "quern/project/sql_text.h"
#include "quern/store/models.h"

namespace quern::flow {
namespace {

constexpr size_t kNone = std::string_view::npos;

size_t skip_blanks(std::string_view text, size_t offset) {
    while (true) {
        const size_t next = project::skip_one_blank(text, offset);
        if (next == offset) return offset;
        offset = next;
    }
}

// Of the bracket that closes the one before `offset`, and of the first comma on the way there.
struct Brackets {
    size_t comma = kNone, end = kNone;
};
Brackets close_of(std::string_view text, size_t offset) {
    Brackets found;
    for (int depth = 0; offset < text.size(); offset = project::skip_one_piece(text, offset)) {
        const char c = text[offset];
        if (c == ',' && depth == 0 && found.comma == kNone) found.comma = offset;
        if (c == '(' || c == '[' || c == '{') ++depth;
        if (c != ')' && c != ']' && c != '}') continue;
        if (depth-- > 0) continue;
        found.end = offset;
        return found;
    }
    return found;
}

// 'it''s' -> it's; nothing for what is no plain text.
std::string text_of_literal(std::string_view literal) {
    if (literal.size() < 2 || literal.front() != '\'' || literal.back() != '\'') return "";
    std::string text;
    for (size_t i = 1; i + 1 < literal.size(); ++i) {
        text += literal[i];
        if (literal[i] == '\'') ++i;
    }
    return text;
}

Result<ModelCall> read_call(std::string_view sql, const sql::ModelCallUse& use,
                            const sql::PlaceOf& place) {
    ModelCall call;
    call.function = use.function;
    call.is_unnamed_column = use.is_unnamed_column;
    call.begin = use.offset;
    const size_t open = skip_blanks(sql, project::skip_one_piece(sql, use.offset));
    const Status wrong =
        sql::placed(invalid_argument(use.function + " takes a model's name as text, and a row"),
                    place, use.offset)
            .hint("write " + use.function + "('income') or, with a table's name, " + use.function +
                  "('income', orders)");
    if (open >= sql.size() || sql[open] != '(') return wrong;
    const auto brackets = close_of(sql, open + 1);
    if (brackets.end == kNone) return wrong;
    call.end = brackets.end + 1;
    call.model_offset = skip_blanks(sql, open + 1);
    const size_t model_end = project::skip_one_piece(sql, call.model_offset);
    call.model = text_of_literal(sql.substr(call.model_offset, model_end - call.model_offset));
    const size_t after = skip_blanks(sql, model_end);
    if (call.model.empty() || after != std::min(brackets.comma, brackets.end)) return wrong;
    if (brackets.comma == kNone) return call;
    call.row = trim(sql.substr(brackets.comma + 1, brackets.end - brackets.comma - 1));
    if (call.row.empty() || close_of(call.row, 0).comma != kNone) return wrong;
    return call;
}

}  // namespace

Result<std::vector<ModelCall>> find_model_calls(std::string_view sql,
                                                const std::vector<sql::ModelCallUse>& uses,
                                                const sql::PlaceOf& place) {
    std::vector<ModelCall> calls;
    for (const auto& use : uses) {
        auto call = TRY(read_call(sql, use, place));
        if (!calls.empty() && call.begin < calls.back().end) {
            return sql::placed(invalid_argument("a model's row cannot call a model"), place,
                               call.begin)
                .hint("name the inner prediction in a WITH or a subquery first");
        }
        calls.push_back(std::move(call));
    }
    return calls;
}

Result<sql::ExpandedSql> replace_model_calls(std::string_view sql,
                                             const std::vector<ModelCall>& calls,
                                             const CallText& text_of) {
    sql::ExpandedSql expanded;
    size_t done = 0;
    for (const auto& call : calls) {
        expanded.sql += sql.substr(done, call.begin - done);
        expanded.pieces.push_back({expanded.sql.size(), call.begin, true});
        expanded.sql += TRY(text_of(call));
        if (call.is_unnamed_column) expanded.sql += " as " + quote_identifier(call.function);
        expanded.pieces.push_back({expanded.sql.size(), call.end, false});
        done = call.end;
    }
    expanded.sql += sql.substr(done);
    return expanded;
}

Result<sql::ExpandedSql> without_models(std::string_view sql, const std::vector<ModelCall>& calls,
                                        const project::Project& project) {
    return replace_model_calls(sql, calls, [&](const ModelCall& call) -> Result<std::string> {
        if (call.function != "predict") return std::string("cast(null as map(varchar, double))");
        const auto name = TRY(store::parse_model_name(call.model));
        const auto* model = project.find_model(name.model);
        const std::string task = model == nullptr ? "" : model->task;
        if (task.empty()) return std::string("null");  // its type is known when it is trained
        return std::string(task == "regress" ? "cast(null as double)" : "cast(null as varchar)");
    });
}

}  // namespace quern::flow
