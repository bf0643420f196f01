#include "quern/sql/scalar_function.h"

#include "quern/base/text.h"
#include "quern/sql/logical_type.h"
#include "quern/sql/session_state.h"
#include "quern/sql/vector_view.h"

namespace quern::sql {
namespace {

using OwnedFunction = Owned<duckdb_scalar_function, duckdb_destroy_scalar_function>;

// One thread's: DuckDB calls it for one batch at a time.
struct Worker {
    ScalarFunction::Call call;
    std::vector<frame::ColumnView> columns;
    std::vector<std::vector<std::string_view>> texts;
    FunctionValues values;
};

frame::Type shown_type(const frame::Type& type) {
    if (type.id != frame::TypeId::other) return type;
    return {frame::TypeId::varchar, 0, 0, ""};
}

OwnedType type_given(ScalarFunction::Gives gives) {
    switch (gives) {
        case ScalarFunction::Gives::number:
            return OwnedType(duckdb_create_logical_type(DUCKDB_TYPE_DOUBLE));
        case ScalarFunction::Gives::text:
            return OwnedType(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
        case ScalarFunction::Gives::map:
            break;
    }
    const OwnedType text(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
    const OwnedType number(duckdb_create_logical_type(DUCKDB_TYPE_DOUBLE));
    return OwnedType(duckdb_create_map_type(text.get(), number.get()));
}

void fill_nulls(duckdb_vector vector, const FunctionValues& values) {
    if (values.is_null.empty()) return;
    duckdb_vector_ensure_validity_writable(vector);
    auto* validity = duckdb_vector_get_validity(vector);
    for (size_t row = 0; row < values.is_null.size(); ++row) {
        if (values.is_null[row] != 0) duckdb_validity_set_row_invalid(validity, row);
    }
}

void put_text(duckdb_vector vector, size_t row, std::string_view text) {
    duckdb_unsafe_vector_assign_string_element_len(vector, row, text.data(), text.size());
}

// A map is a list of structs of a key and a value. Every row has all names.
Status fill_map(duckdb_vector vector, const std::vector<std::string>& names,
                const FunctionValues& values, size_t row_count) {
    const size_t width = names.size();
    if (duckdb_list_vector_reserve(vector, row_count * width) != DuckDBSuccess ||
        duckdb_list_vector_set_size(vector, row_count * width) != DuckDBSuccess) {
        return resource_exhausted("no memory for the values of " + std::to_string(row_count) +
                                  " rows");
    }
    const duckdb_vector entries = duckdb_list_vector_get_child(vector);
    const duckdb_vector keys = duckdb_struct_vector_get_child(entries, 0);
    const duckdb_vector numbers = duckdb_struct_vector_get_child(entries, 1);
    auto* lists = static_cast<duckdb_list_entry*>(duckdb_vector_get_data(vector));
    for (size_t row = 0; row < row_count; ++row) {
        lists[row] = {row * width, width};
        for (size_t i = 0; i < width; ++i) put_text(keys, row * width + i, names[i]);
    }
    std::copy_n(values.numbers.begin(), row_count * width,
                static_cast<double*>(duckdb_vector_get_data(numbers)));
    return {};
}

Status fill(duckdb_vector vector, const ScalarFunction& function, const FunctionValues& values,
            size_t row_count) {
    if (function.gives == ScalarFunction::Gives::map) {
        TRY(fill_map(vector, function.names, values, row_count));
    } else if (function.gives == ScalarFunction::Gives::text) {
        for (size_t row = 0; row < row_count; ++row) put_text(vector, row, values.texts[row]);
    } else {
        std::copy_n(values.numbers.begin(), row_count,
                    static_cast<double*>(duckdb_vector_get_data(vector)));
    }
    fill_nulls(vector, values);
    return {};
}

Status run(const ScalarFunction& function, Worker& worker, duckdb_data_chunk input,
           duckdb_vector output) {
    const size_t row_count = duckdb_data_chunk_get_size(input);
    for (size_t i = 0; i < function.arguments.size(); ++i) {
        worker.columns[i] =
            view_of(duckdb_data_chunk_get_vector(input, i), shown_type(function.arguments[i].type),
                    row_count, worker.texts[i]);
    }
    TRY(worker.call({worker.columns, row_count}, worker.values));
    return fill(output, function, worker.values, row_count);
}

// No exception may leave what DuckDB calls.
template <class Body>
Status guarded(const Body& body) {
    try {
        return body();
    } catch (const std::exception& error) {
        return internal(error.what());
    }
}

void call(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
    const auto& function =
        *static_cast<const ScalarFunction*>(duckdb_scalar_function_get_extra_info(info));
    auto& worker = *static_cast<Worker*>(duckdb_scalar_function_get_state(info));
    const Status status = guarded([&] { return run(function, worker, input, output); });
    if (!status.ok()) duckdb_scalar_function_set_error(info, status.text().c_str());
}

void make_worker(duckdb_init_info info) {
    const auto& function =
        *static_cast<const ScalarFunction*>(duckdb_scalar_function_init_get_extra_info(info));
    const Status status = guarded([&]() -> Status {
        auto worker = std::make_unique<Worker>();
        worker->call = function.make_worker();
        worker->columns.resize(function.arguments.size());
        worker->texts.resize(function.arguments.size());
        duckdb_scalar_function_init_set_state(
            info, worker.release(), [](void* state) { delete static_cast<Worker*>(state); });
        return {};
    });
    if (!status.ok()) duckdb_scalar_function_init_set_error(info, status.text().c_str());
}

Result<bool> is_known(Session& session, const std::string& name) {
    const auto found = TRY(session.query_all(
        "select 1 from duckdb_functions() where function_name = " + quote_literal(name)));
    return found.row_count > 0;
}

}  // namespace

Status add_function(Session& session, ScalarFunction function) {
    const std::string name = function.name;
    if (TRY(is_known(session, name))) return {};
    auto kept = std::make_unique<ScalarFunction>(std::move(function));
    const OwnedFunction handle(duckdb_create_scalar_function());
    duckdb_scalar_function_set_name(handle.get(), kept->name.c_str());
    for (const auto& argument : kept->arguments) {
        const OwnedType type(duckdb_type_of(shown_type(argument.type)));
        duckdb_scalar_function_add_parameter(handle.get(), type.get());
    }
    duckdb_scalar_function_set_return_type(handle.get(), type_given(kept->gives).get());
    duckdb_scalar_function_set_special_handling(handle.get());  // NULL is a value like others
    duckdb_scalar_function_set_init(handle.get(), make_worker);
    duckdb_scalar_function_set_function(handle.get(), call);
    duckdb_scalar_function_set_extra_info(handle.get(), kept.release(), [](void* extra) {
        delete static_cast<ScalarFunction*>(extra);
    });
    const auto connection = session.state().connection.get();
    if (duckdb_register_scalar_function(connection, handle.get()) == DuckDBSuccess) return {};
    if (TRY(is_known(session, name))) return {};  // another session was quicker
    return internal("DuckDB does not take the function '" + name + "'");
}

}  // namespace quern::sql
