// Positions, parts and orders of lists, and the order of lists, structs and maps themselves.
#include <algorithm>
#include <memory>
#include <set>

#include "quern/score/functions/nested_type.h"
#include "quern/score/functions/nested_value.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;
using Text = std::string_view;

// What is known of the call once: the type of its first argument, and the order that is asked for.
struct Prepared {
    NestedType type;
    bool is_descending = false, are_nulls_first = false;
};
const Prepared& prepared_of(const Call& call) {
    return *static_cast<const Prepared*>(call.prepared);
}
const NestedType& element_of(const Call& call) { return prepared_of(call).type.children[0]; }

Row keep_list(const Call& call, std::span<const JsonValue> elements, Text& out) {
    std::string text = "[";
    for (const JsonValue& element : elements) {
        if (text.size() > 1) text += ',';
        text += element.text;
    }
    return keep_text(call, text + "]", out);
}

// An element with the bytes that it is ordered by.
struct Keyed {
    std::string key;
    JsonValue value;
    bool is_null() const { return value.kind == JsonKind::null; }
};

bool read_keyed(const Call& call, Text text, std::vector<Keyed>& out) {
    std::vector<JsonValue> elements;
    if (!elements_of(text, elements)) return false;
    for (const JsonValue& element : elements) {
        Keyed& keyed = out.emplace_back(Keyed{{}, element});
        if (!append_order_key(keyed.key, call, element_of(call), element)) return false;
    }
    return true;
}

Row order_key(const Call& call, Text text, Text& out) {
    const auto value = parse_json(text);
    std::string key;
    if (!value || !append_order_key(key, call, prepared_of(call).type, *value)) return Row::failed;
    return keep_text(call, key, out);
}

Row sorted(const Call& call, Text text, Text& out) {
    std::vector<Keyed> all;
    if (!read_keyed(call, text, all)) return Row::failed;
    const Prepared& order = prepared_of(call);
    std::ranges::stable_sort(all, [&order](const Keyed& a, const Keyed& b) {
        if (a.is_null() != b.is_null()) return a.is_null() == order.are_nulls_first;
        return order.is_descending ? b.key < a.key : a.key < b.key;
    });
    std::vector<JsonValue> elements;
    for (const Keyed& keyed : all) elements.push_back(keyed.value);
    return keep_list(call, elements, out);
}

Row unique_count(const Call& call, Text text, uint64_t& out) {
    std::vector<Keyed> all;
    if (!read_keyed(call, text, all)) return Row::failed;
    std::set<Text> keys;
    for (const Keyed& keyed : all)
        if (!keyed.is_null()) keys.insert(keyed.key);
    out = keys.size();
    return Row::value;
}

// NULLs are in no list.
template <bool wants_all>
Row has(const Call& call, Text text, Text wanted_text, bool& out) {
    std::vector<Keyed> all, wanted;
    if (!read_keyed(call, text, all) || !read_keyed(call, wanted_text, wanted)) return Row::failed;
    std::set<Text> keys;
    for (const Keyed& keyed : all)
        if (!keyed.is_null()) keys.insert(keyed.key);
    size_t found = 0, asked = 0;
    for (const Keyed& keyed : wanted) {
        if (keyed.is_null()) continue;
        ++asked;
        found += keys.contains(keyed.key) ? 1 : 0;
    }
    out = wants_all ? found == asked : found > 0;
    return Row::value;
}

// Counted from 1; an end of 0 or less counts from the end.
Row slice(const Call& call, Text text, int64_t begin, int64_t end, Text& out) {
    std::vector<JsonValue> elements;
    if (!elements_of(text, elements)) return Row::failed;
    const auto size = static_cast<int64_t>(elements.size());
    begin = begin < 0 ? std::max<int64_t>(begin + size, 0) : std::max<int64_t>(begin - 1, 0);
    end = end < 0 ? end + size + 1 : std::min(end, size);
    if (begin >= end) return keep_list(call, {}, out);
    const std::span all(elements);
    return keep_list(
        call, all.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin)), out);
}

// list_concat: a list that is NULL adds nothing.
void concat_rows(const Call& call) {
    for (size_t w = 0; w < word_count(call.row_count); ++w) {
        uint64_t failed = 0;
        for (const Vector* argument : call.arguments) failed |= argument->failed[w];
        const uint64_t rows = row_bits(w, call.row_count);
        call.out.failed[w] = failed & rows;
        call.out.valid[w] = rows & ~failed;
        for_bits(call.out.valid[w], w * 64, [&](size_t row) {
            std::vector<JsonValue> elements;
            Row outcome = Row::value;
            for (const Vector* argument : call.arguments)
                if (argument->is_valid(row) &&
                    !elements_of(argument->values<Text>()[row], elements))
                    outcome = Row::failed;
            if (outcome == Row::value)
                outcome = keep_list(call, elements, call.out.values<Text>()[row]);
            set_outcome(call.out, row, outcome);
        });
    }
}

// list || list
Row joined(const Call& call, Text a, Text b, Text& out) {
    std::vector<JsonValue> elements;
    if (!elements_of(a, elements) || !elements_of(b, elements)) return Row::failed;
    return keep_list(call, elements, out);
}

Row distinct(const Call& call, Text text, Text& out) {
    std::vector<Keyed> all;
    if (!read_keyed(call, text, all)) return Row::failed;
    std::set<Text> keys;
    std::vector<JsonValue> elements;
    for (const Keyed& keyed : all)
        if (!keyed.is_null() && keys.insert(keyed.key).second) elements.push_back(keyed.value);
    return keep_list(call, elements, out);
}

// Lists that are NULL are passed over.
Row flattened(const Call& call, Text text, Text& out) {
    std::vector<JsonValue> lists, elements;
    if (!elements_of(text, lists)) return Row::failed;
    for (const JsonValue& list : lists)
        if (list.kind != JsonKind::null && !elements_of(list.text, elements)) return Row::failed;
    return keep_list(call, elements, out);
}

// Where the value stands, from 1; NULL may be looked for too.
void position_rows(const Call& call) {
    const Vector &lists = *call.arguments[0], &wanted = *call.arguments[1];
    for (size_t w = 0; w < word_count(call.row_count); ++w) {
        const uint64_t rows = row_bits(w, call.row_count);
        const uint64_t failed = (lists.failed[w] | wanted.failed[w]) & rows;
        call.out.failed[w] = failed;
        call.out.valid[w] = lists.valid[w] & rows & ~failed;
        for_bits(call.out.valid[w], w * 64, [&](size_t row) {
            std::vector<Keyed> all;
            std::string json, key;
            append_row(json, call.types[1], wanted, row);
            const auto value = parse_json(json);
            const bool is_read = value && append_order_key(key, call, element_of(call), *value) &&
                                 read_keyed(call, lists.values<Text>()[row], all);
            const auto found = std::ranges::find(all, key, &Keyed::key);
            call.out.values<int32_t>()[row] = static_cast<int32_t>(found - all.begin() + 1);
            const Row missing = is_read ? Row::null : Row::failed;
            set_outcome(call.out, row, is_read && found != all.end() ? Row::value : missing);
        });
    }
}

template <class Out, auto run, class... In>
Kernel kernel_of() {
    return [](const Call& call) {
        const Call first{call.arguments.first(sizeof...(In)),
                         call.types.first(sizeof...(In)),
                         call.result,
                         call.out,
                         call.row_count,
                         call.prepared,
                         call.texts};
        map_rows<Out, In...>(first,
                             [&call](const In&... in, Out& out) { return run(call, in..., out); });
    };
}

std::shared_ptr<Prepared> prepare(const frame::Type& type) {
    auto prepared = std::make_shared<Prepared>();
    prepared->type = nested_type(type);
    return prepared;
}

Result<BoundFunction> bind_order_key(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() != 1 || !is_nested(types[0]) || signature.result.id != TypeId::blob)
        return no_overload(signature);
    return BoundFunction{kernel_of<Text, order_key, Text>(), prepare(types[0])};
}

// With 'ASC' or 'DESC', and 'NULLS FIRST' or 'NULLS LAST'.
template <bool is_reverse>
Result<BoundFunction> bind_sort(const Signature& signature) {
    const auto& types = signature.arguments;
    const size_t count_max = is_reverse ? 2 : 3;
    if (types.empty() || types.size() > count_max || !is_list(types[0]) ||
        !(signature.result == types[0]))
        return no_overload(signature);
    auto prepared = prepare(types[0]);
    prepared->is_descending = is_reverse;
    for (size_t i = 1; i < types.size(); ++i) {
        const std::string* word = constant_text(signature, i);
        if (word == nullptr) return unimplemented("the order must be a constant text");
        std::string upper;
        for (const char c : *word)
            upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        const bool is_of_nulls = is_reverse || i == 2;
        if (!is_of_nulls && (upper == "ASC" || upper == "DESC"))
            prepared->is_descending = upper == "DESC";
        else if (is_of_nulls && (upper == "NULLS FIRST" || upper == "NULLS LAST"))
            prepared->are_nulls_first = upper == "NULLS FIRST";
        else
            return unimplemented("no order is called '" + *word + "'");
    }
    return BoundFunction{kernel_of<Text, sorted, Text>(), prepared};
}

Result<BoundFunction> bind_unique(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() != 1 || !is_list(types[0]) || signature.result.id != TypeId::ubigint)
        return no_overload(signature);
    return BoundFunction{kernel_of<uint64_t, unique_count, Text>(), prepare(types[0])};
}

Result<BoundFunction> bind_distinct(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() != 1 || !is_list(types[0]) || !(signature.result == types[0]))
        return no_overload(signature);
    return BoundFunction{kernel_of<Text, distinct, Text>(), prepare(types[0])};
}

Result<BoundFunction> bind_flatten(const Signature& signature) {
    const auto& types = signature.arguments;
    const bool fits = types.size() == 1 && is_list(types[0]) && is_list(signature.result) &&
                      element_type(types[0]) == signature.result;
    if (!fits) return no_overload(signature);
    return BoundFunction{kernel_of<Text, flattened, Text>(), nullptr};
}

Result<BoundFunction> bind_position(const Signature& signature) {
    const auto& types = signature.arguments;
    const bool fits = types.size() == 2 && is_list(types[0]) &&
                      element_type(types[0]) == types[1] && has_nested_value(types[1]) &&
                      signature.result.id == TypeId::integer;
    if (!fits) return no_overload(signature);
    return BoundFunction{position_rows, prepare(types[0])};
}

template <bool wants_all>
Result<BoundFunction> bind_has(const Signature& signature) {
    const auto& types = signature.arguments;
    const bool fits = types.size() == 2 && is_list(types[0]) && types[0] == types[1] &&
                      signature.result.id == TypeId::boolean;
    if (!fits) return no_overload(signature);
    return BoundFunction{kernel_of<bool, has<wants_all>, Text, Text>(), prepare(types[0])};
}

Result<BoundFunction> bind_slice(const Signature& signature) {
    const auto& types = signature.arguments;
    const bool fits = types.size() == 3 && is_list(types[0]) && types[1].id == TypeId::bigint &&
                      types[2].id == TypeId::bigint && signature.result == types[0];
    if (!fits) return no_overload(signature);
    return BoundFunction{kernel_of<Text, slice, Text, int64_t, int64_t>(), nullptr};
}

Result<BoundFunction> bind_concat(const Signature& signature) {
    for (const frame::Type& type : signature.arguments)
        if (!is_list(type) || !(type == signature.result)) return no_overload(signature);
    return BoundFunction{concat_rows, nullptr};
}

Result<BoundFunction> bind_joined(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() != 2 || !(types[0] == types[1])) return no_overload(signature);
    if (!is_list(types[0]) || !(types[0] == signature.result)) return no_overload(signature);
    return BoundFunction{kernel_of<Text, joined, Text, Text>(), nullptr};
}

}  // namespace

QUERN_ROW_FUNCTION("order_key", "Bytes in the order of lists, structs and maps: [1] < [1, 2].",
                   "[1, null] > [1, 2] and [1] <> [2]", bind_order_key);
QUERN_ROW_FUNCTION("list_sort", "The elements in order; 'DESC' turns it, NULLs come last.",
                   "list_sort([2, 1])[1] = 1", bind_sort<false>);
QUERN_ROW_FUNCTION("list_reverse_sort", "The elements from the greatest on, NULLs last.",
                   "list_reverse_sort([1, 2])[1] = 2", bind_sort<true>);
QUERN_ROW_FUNCTION("list_distinct",
                   "Each element once, without NULL; only where their order does not matter.",
                   "len(list_distinct([1, 1, 2])) = 2", bind_distinct);
QUERN_ROW_FUNCTION("list_unique", "How many different elements a list has, NULL apart.",
                   "list_unique([1, 1, 2]) = 2", bind_unique);
QUERN_ROW_FUNCTION("list_has_any", "Whether a list has one of the elements of another.",
                   "list_has_any([1, 2], [2, 3])", bind_has<false>);
QUERN_ROW_FUNCTION("list_has_all", "Whether a list has all elements of another.",
                   "list_has_all([1, 2, 3], [2, 3])", bind_has<true>);
QUERN_ROW_FUNCTION("list_position", "Where an element stands, from 1; NULL when it is not there.",
                   "list_position(['a', 'b'], 'b') = 2", bind_position);
QUERN_ROW_FUNCTION("list_slice", "Elements from one place to another: l[2:3].",
                   "len([1, 2, 3][2:]) = 2", bind_slice);
QUERN_ROW_FUNCTION("list_concat", "Lists one after the other; NULL adds nothing.",
                   "len(list_concat([1], [2, 3])) = 3", bind_concat);
QUERN_ROW_FUNCTION("list ||", "Two lists one after the other: a || b.", "len([1] || [2, 3]) = 3",
                   bind_joined);
QUERN_ROW_FUNCTION("flatten", "The elements of a list of lists.", "len(flatten([[1], [2]])) = 2",
                   bind_flatten);

}  // namespace quern::score
