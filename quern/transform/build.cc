#include "quern/transform/build.h"

#include "quern/base/text.h"
#include "quern/transform/materialization.h"
#include "quern/transform/physical.h"

namespace quern::transform {

BoundSelect bind_inputs(const std::string& sql, const std::map<std::string, std::string>& inputs) {
    // CTEs of an enclosing query are what the bare names inside it mean; a CTE of the user's own
    // with the same name goes before them.
    std::string ctes;
    for (const auto& [name, physical] : inputs) {
        ctes += (ctes.empty() ? "with " : ", ") + quote_identifier(name) +
                " as not materialized (from " + qualified(kDataSchema, physical) + ")";
    }
    BoundSelect bound;
    bound.text = ctes + (ctes.empty() ? "" : " ") + "select * from (";
    bound.prefix_bytes = bound.text.size();
    std::string_view inner = trim(sql);
    while (inner.ends_with(';')) inner = trim(inner.substr(0, inner.size() - 1));
    bound.prefix_bytes -= static_cast<size_t>(inner.data() - sql.data());
    // A comment at the end of the user's SQL must not swallow the bracket.
    bound.text += std::string(inner) + "\n)";
    return bound;
}

Result<Built> build_table(sql::Session& session, const BuildRequest& request) {
    const auto* way = TRY(Registry<Materialization>::of_kind().find(request.materialization));
    const std::string name = qualified(kDataSchema, request.physical);
    const BoundSelect select = bind_inputs(request.sql, request.inputs);
    const std::string create = way->create_sql(name);
    const size_t prefix_bytes = create.size() + select.prefix_bytes;
    const auto place = [&](size_t offset) {
        return request.place(offset < prefix_bytes ? 0 : offset - prefix_bytes);
    };
    TRY(session.execute(create + select.text, place));
    Built built;
    built.columns = TRY(session.columns_of("from " + name));
    built.row_count = TRY(session.query_int("select count(*) from " + name));
    return built;
}

Status make_schemas(sql::Session& session) {
    for (const auto schema : {kDataSchema, kFailedSchema, kBadRowsSchema}) {
        TRY(session.execute("create schema if not exists " + std::string(schema)));
    }
    return {};
}

}  // namespace quern::transform
