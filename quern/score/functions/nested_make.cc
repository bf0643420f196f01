// Lists, structs and maps out of values: [a, b], {'a': b}, map(keys, values).
#include <set>

#include "quern/score/functions/nested_value.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;

// NULLs become elements: only a failed argument fails the row.
template <class Write>
void write_rows(const Call& call, Write write) {
    std::string text;
    for (size_t w = 0; w < word_count(call.row_count); ++w) {
        uint64_t rows = row_bits(w, call.row_count), failed = 0;
        for (const Vector* argument : call.arguments) failed |= argument->failed[w];
        call.out.failed[w] = failed & rows;
        call.out.valid[w] = rows & ~failed;
        for_bits(rows & ~failed, w * 64, [&](size_t row) {
            text.clear();
            write(row, text);
            std::string_view& out = call.out.values<std::string_view>()[row];
            set_outcome(call.out, row, keep_text(call, text, out));
        });
    }
}

void list_rows(const Call& call) {
    write_rows(call, [&call](size_t row, std::string& text) {
        text += '[';
        for (size_t i = 0; i < call.arguments.size(); ++i) {
            if (i > 0) text += ',';
            append_row(text, call.types[i], *call.arguments[i], row);
        }
        text += ']';
    });
}

// Names and values by turns.
void struct_rows(const Call& call) {
    write_rows(call, [&call](size_t row, std::string& text) {
        text += '{';
        for (size_t i = 0; i + 1 < call.arguments.size(); i += 2) {
            if (i > 0) text += ',';
            append_row(text, call.types[i], *call.arguments[i], row);
            text += ':';
            append_row(text, call.types[i + 1], *call.arguments[i + 1], row);
        }
        text += '}';
    });
}

// Keys are texts, none twice and none NULL.
Row join_map(const Call& call, std::string_view keys, std::string_view values,
             std::string_view& out) {
    auto key_list = parse_json(keys), value_list = parse_json(values);
    bool are_lists = key_list && value_list && key_list->kind == JsonKind::array &&
                     value_list->kind == JsonKind::array;
    if (!are_lists || json_array_length(*key_list) != json_array_length(*value_list))
        return Row::failed;
    std::vector<std::string_view> texts;
    each_json(*value_list, [&texts](const JsonValue&, const JsonValue& value) {
        texts.push_back(value.text);
        return true;
    });
    std::string text = "{";
    std::set<std::string_view> seen;
    each_json(*key_list, [&](const JsonValue&, const JsonValue& key) {
        if (key.kind != JsonKind::string || !seen.insert(key.text).second) return false;
        if (seen.size() > 1) text += ',';
        text += std::string(key.text) + ":" + std::string(texts[seen.size() - 1]);
        return true;
    });
    if (seen.size() != texts.size()) return Row::failed;
    return keep_text(call, text + "}", out);
}

bool are_writable(const Signature& signature) {
    for (const auto& type : signature.arguments)
        if (!has_nested_value(type)) return false;
    return is_nested(signature.result);
}

Result<BoundFunction> bind_list(const Signature& signature) {
    if (!are_writable(signature)) return no_overload(signature);
    return BoundFunction{list_rows, nullptr};
}

Result<BoundFunction> bind_struct(const Signature& signature) {
    bool has_pairs = signature.arguments.size() % 2 == 0;
    for (size_t i = 0; i < signature.arguments.size(); i += 2)
        has_pairs = has_pairs && constant_text(signature, i) != nullptr;
    if (!has_pairs || !are_writable(signature)) return no_overload(signature);
    return BoundFunction{struct_rows, nullptr};
}

Result<BoundFunction> bind_map(const Signature& signature) {
    const auto& types = signature.arguments;
    bool fits = types.size() == 2 && types[0].sql_name == "VARCHAR[]" && is_nested(types[1]) &&
                is_nested(signature.result);
    if (!fits) return no_overload(signature);
    return BoundFunction{
        [](const Call& call) {
            map_rows<std::string_view, std::string_view, std::string_view>(
                call, [&call](std::string_view keys, std::string_view values,
                              std::string_view& out) { return join_map(call, keys, values, out); });
        },
        nullptr};
}

}  // namespace

QUERN_REGISTER(RowFunction)({
    .name = "list_value",
    .summary = "A list of values: [a, b].",
    .example = "len([1, null, 3]) = 3",
    .bind = bind_list,
});
QUERN_REGISTER(RowFunction)({
    .name = "struct_pack",
    .summary = "A struct of named values: {'a': b}.",
    .example = "{'a': 1, 'b': 'x'}.b = 'x'",
    .bind = bind_struct,
});
QUERN_REGISTER(RowFunction)({
    .name = "map",
    .summary = "A map of a list of texts to a list of values.",
    .example = "map {'a': 1, 'b': 2}['b'] = 2",
    .bind = bind_map,
});

}  // namespace quern::score
