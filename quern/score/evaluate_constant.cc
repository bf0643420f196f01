#include "quern/score/evaluate_constant.h"

#include <cstring>

#include "quern/score/storage.h"

namespace quern::score {
namespace {

// A longer text is made in its row.
constexpr size_t kFoldedBytesMax = 1 << 20;

// A constant as a column of one row.
struct OneRow {
    alignas(16) std::array<std::byte, 16> data{};
    uint64_t valid = 0, failed = 0;
    Vector vector{data.data(), &valid, &failed};
};

}  // namespace

std::optional<Constant> evaluate_constant(const BoundFunction& function,
                                          const std::vector<const Constant*>& arguments,
                                          const std::vector<frame::Type>& types,
                                          const frame::Type& result) {
    std::vector<OneRow> rows(arguments.size());
    std::vector<const Vector*> vectors;
    for (size_t i = 0; i < arguments.size(); ++i) {
        OneRow& row = rows[i];
        row.vector = {row.data.data(), &row.valid, &row.failed};
        row.valid = arguments[i]->is_null ? 0 : 1;
        row.data = arguments[i]->bits;
        std::string_view text = arguments[i]->text;
        if (storage_of(types[i]) == Storage::text)
            std::memcpy(row.data.data(), &text, sizeof(text));
        vectors.push_back(&row.vector);
    }
    OneRow out;
    TextArena texts(kFoldedBytesMax);
    function.kernel({vectors, types, result, out.vector, 1, function.prepared.get(), texts});
    if ((out.failed & 1) != 0) return std::nullopt;
    Constant constant;
    constant.type = result;
    constant.is_null = (out.valid & 1) == 0;
    if (constant.is_null) return constant;
    Storage storage = storage_of(result);
    if (storage == Storage::text) {
        std::string_view text;
        std::memcpy(&text, out.data.data(), sizeof(text));
        constant.text = text;
    } else {
        std::memcpy(constant.bits.data(), out.data.data(), storage_bytes(storage));
    }
    return constant;
}

}  // namespace quern::score
