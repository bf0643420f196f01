#include "quern/score/functions/cast.h"

#include <cstring>

#include "quern/score/functions/nested_type.h"
#include "quern/score/functions/parse.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

void copy_through(const Call& call) {
    const Vector& in = *call.arguments[0];
    combine_arguments(call);
    std::memcpy(call.out.data, in.data, call.row_count * storage_bytes(storage_of(call.result)));
}

bool is_number(const frame::Type& type) {
    return frame::is_integer(type) || type.id == frame::TypeId::hugeint ||
           type.id == frame::TypeId::real || type.id == frame::TypeId::float64 ||
           type.id == frame::TypeId::boolean;
}

// A text that stays what it was: the views may be shared.
bool is_plain_text(const frame::Type& type) { return type.id == frame::TypeId::varchar; }

struct TryCast {
    Kernel cast;
};

// The failures that the cast itself adds become NULL.
void try_cast(const Call& call) {
    static_cast<const TryCast*>(call.prepared)->cast(call);
    const Vector& in = *call.arguments[0];
    for (size_t w = 0; w < word_count(call.row_count); ++w)
        call.out.failed[w] = in.failed[w] & row_bits(w, call.row_count);
}

// A time zone's name in a text is unknown here, not wrong.
void try_instants(const Call& call) {
    try_cast(call);
    const Vector& in = *call.arguments[0];
    for (size_t row = 0; row < call.row_count; ++row) {
        if (!in.is_valid(row) || call.out.is_valid(row)) continue;
        if (names_time_zone(in.values<std::string_view>()[row])) call.out.set_failed(row);
    }
}

// What fails becomes NULL.
void try_value(const Call& call) {
    copy_through(call);
    std::memset(call.out.failed, 0, word_count(call.row_count) * sizeof(uint64_t));
}

bool casts_list(const Signature& signature) {
    const frame::Type& from = signature.arguments[0];
    return is_list(from) && is_list(signature.result) && !(from == signature.result);
}

Result<BoundFunction> bind_cast(const Signature& signature) {
    if (signature.arguments.size() != 1) return no_overload(signature);
    if (casts_list(signature))
        return bind_list_cast("cast", signature.arguments[0], signature.result);
    return bind_cast_kernel(signature.arguments[0], signature.result);
}

Result<BoundFunction> bind_try_cast(const Signature& signature) {
    if (signature.arguments.size() != 1) return no_overload(signature);
    if (casts_list(signature))
        return bind_list_cast("try_cast", signature.arguments[0], signature.result);
    BoundFunction cast = TRY(bind_cast_kernel(signature.arguments[0], signature.result));
    // DuckDB fails for the time of an infinite timestamp, however it is cast.
    if (signature.arguments[0].id == frame::TypeId::timestamp &&
        signature.result.id == frame::TypeId::time)
        return cast;
    bool has_zones =
        is_plain_text(signature.arguments[0]) && signature.result.id == frame::TypeId::timestamptz;
    return BoundFunction{has_zones ? try_instants : try_cast,
                         std::make_shared<TryCast>(TryCast{cast.kernel})};
}

Result<BoundFunction> bind_try(const Signature& signature) {
    if (signature.arguments.size() != 1 || !(signature.arguments[0] == signature.result))
        return no_overload(signature);
    return BoundFunction{try_value, nullptr};
}

}  // namespace

Result<BoundFunction> bind_cast_kernel(const frame::Type& from, const frame::Type& to) {
    using frame::TypeId;
    Kernel kernel = nullptr;
    if (from == to) {
        kernel = copy_through;
    } else if (from == json_type() || to == json_type() || is_nested(to)) {
        kernel = cast_with_json(from, to);
    } else if (is_number(from) && is_number(to)) {
        kernel = cast_between_numbers(from, to);
    } else if ((from.id == TypeId::decimal && (is_number(to) || to.id == TypeId::decimal)) ||
               (to.id == TypeId::decimal && is_number(from))) {
        kernel = cast_with_decimal(from, to);
    } else if (is_plain_text(from)) {
        kernel = cast_from_text(to);
    } else if (is_plain_text(to)) {
        kernel = cast_to_text(from);
    } else {
        kernel = cast_between_times(from, to);
    }
    if (kernel != nullptr) return BoundFunction{kernel, nullptr};
    return unimplemented("no compiled cast from " + type_text(from) + " to " + type_text(to));
}

QUERN_REGISTER(RowFunction)({
    .name = "cast",
    .summary = "The value as another type; what does not fit fails the row.",
    .example = "cast('12' as integer) = 12",
    .bind = bind_cast,
});

QUERN_REGISTER(RowFunction)({
    .name = "try_cast",
    .summary = "The value as another type; NULL when it does not fit.",
    .example = "try_cast('twelve' as integer) is null",
    .bind = bind_try_cast,
});

QUERN_REGISTER(RowFunction)({
    .name = "try",
    .summary = "The value, or NULL where computing it fails.",
    .example = "try(ln(0)) is null",
    .bind = bind_try,
});

}  // namespace quern::score
