// Casts from a list to a list: the elements become a column, which the cast of elements reads.
#include <memory>
#include <vector>

#include "quern/score/functions/cast.h"
#include "quern/score/functions/nested_value.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using Text = std::string_view;

constexpr size_t kTypeBytesMax = 1000;

struct ElementCast {
    frame::Type from, to;
    BoundFunction cast;
};

// The elements of one list, as a column.
class Elements {
public:
    Elements(const frame::Type& type, size_t count)
        : values_((count * storage_bytes(storage_of(type)) + sizeof(int128) - 1) / sizeof(int128)),
          valid_(word_count(count)),
          failed_(word_count(count)) {}
    Vector vector() { return {values_.data(), valid_.data(), failed_.data()}; }

private:
    std::vector<int128> values_;  // for their alignment
    std::vector<uint64_t> valid_, failed_;
};

template <class T>
bool read_elements(const Call& call, const frame::Type& type, const std::vector<JsonValue>& list,
                   Vector column) {
    for (size_t i = 0; i < list.size(); ++i) {
        const Row row = nested_value(call, type, list[i], column.values<T>()[i]);
        if (row == Row::failed) return false;
        if (row == Row::value) column.set_valid(i);
    }
    return true;
}

Row cast_list(const Call& call, Text text, Text& out) {
    const auto& prepared = *static_cast<const ElementCast*>(call.prepared);
    std::vector<JsonValue> elements;
    if (!elements_of(text, elements)) return Row::failed;
    Elements from(prepared.from, elements.size()), to(prepared.to, elements.size());
    const Vector column = from.vector();
    Vector cast = to.vector();
    const bool is_read = with_storage(storage_of(prepared.from), [&]<class T>(Tag<T>) {
        return read_elements<T>(call, prepared.from, elements, column);
    });
    if (!is_read) return Row::failed;
    const Vector* argument = &column;
    prepared.cast.kernel({std::span(&argument, 1), std::span(&prepared.from, 1), prepared.to, cast,
                          elements.size(), prepared.cast.prepared.get(), call.texts});
    std::string joined = "[";
    for (size_t i = 0; i < elements.size(); ++i) {
        if (cast.is_failed(i)) return Row::failed;
        if (i > 0) joined += ',';
        append_row(joined, prepared.to, cast, i);
    }
    return keep_text(call, joined + "]", out);
}

}  // namespace

Result<BoundFunction> bind_list_cast(std::string_view name, const frame::Type& from,
                                     const frame::Type& to) {
    auto prepared = std::make_shared<ElementCast>();
    prepared->from = element_type(from);
    prepared->to = element_type(to);
    const Constant* constant = nullptr;
    const Signature signature{std::span(&prepared->from, 1), prepared->to, std::span(&constant, 1)};
    const bool has_values = has_nested_value(prepared->from) && has_nested_value(prepared->to);
    // A list within a list calls this again.
    if (!has_values || from.sql_name.size() > kTypeBytesMax) return no_overload(signature);
    prepared->cast = TRY(bind_function(name, signature));
    return BoundFunction{[](const Call& call) {
                             map_rows<Text, Text>(call, [&call](Text list, Text& out) {
                                 return cast_list(call, list, out);
                             });
                         },
                         std::move(prepared)};
}

}  // namespace quern::score
