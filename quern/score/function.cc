#include "quern/score/function.h"

#include "quern/score/kernel.h"

namespace quern::score {

void TextArena::clear() {
    block_ = 0;
    used_ = 0;
}

char* TextArena::allocate(size_t size) {
    constexpr size_t kBlock = 64 << 10;
    while (block_ < blocks_.size()) {
        Block& block = blocks_[block_];
        if (block.size - used_ >= size) {
            char* at = block.bytes.get() + used_;
            used_ += size;
            return at;
        }
        ++block_;
        used_ = 0;
    }
    size_t want = std::max(size, kBlock);
    if (want > size_bytes_max_ - total_) return nullptr;
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(want), want});
    total_ += want;
    used_ = size;
    return blocks_.back().bytes.get();
}

Storage storage_of(const frame::Type& type) {
    using frame::TypeId;
    switch (type.id) {
        case TypeId::boolean:
            return Storage::boolean;
        case TypeId::tinyint:
            return Storage::i8;
        case TypeId::smallint:
            return Storage::i16;
        case TypeId::integer:
        case TypeId::date:
            return Storage::i32;
        case TypeId::bigint:
        case TypeId::time:
        case TypeId::timestamp:
        case TypeId::timestamptz:
            return Storage::i64;
        case TypeId::utinyint:
            return Storage::u8;
        case TypeId::usmallint:
            return Storage::u16;
        case TypeId::uinteger:
            return Storage::u32;
        case TypeId::ubigint:
            return Storage::u64;
        case TypeId::hugeint:
            return Storage::i128;
        case TypeId::real:
            return Storage::f32;
        case TypeId::float64:
            return Storage::f64;
        case TypeId::decimal:
            if (type.width <= 4) return Storage::i16;
            if (type.width <= 9) return Storage::i32;
            return type.width <= 18 ? Storage::i64 : Storage::i128;
        case TypeId::varchar:
        case TypeId::blob:
            return Storage::text;
        case TypeId::other:
            break;
    }
    return type.sql_name == "INTERVAL" ? Storage::interval : Storage::text;
}

bool is_nested(const frame::Type& type) {
    const std::string& name = type.sql_name;
    return type.id == frame::TypeId::other &&
           (name.ends_with(']') || name.starts_with("STRUCT(") || name.starts_with("MAP("));
}

size_t storage_bytes(Storage storage) {
    return with_storage(storage, [](auto tag) { return sizeof(typename decltype(tag)::type); });
}

std::string type_text(const frame::Type& type) {
    return type.id == frame::TypeId::other ? type.sql_name : type.text();
}

std::string signature_text(const Signature& signature) {
    std::string text = "(";
    for (const auto& type : signature.arguments) {
        if (text.size() > 1) text += ", ";
        text += type_text(type);
    }
    return text + ") -> " + type_text(signature.result);
}

Status no_overload(const Signature& signature) {
    return unimplemented("no compiled form for " + signature_text(signature));
}

const std::string* constant_text(const Signature& signature, size_t argument) {
    const Constant* constant = signature.constants[argument];
    if (constant == nullptr || constant->is_null) return nullptr;
    if (storage_of(constant->type) != Storage::text) return nullptr;
    return &constant->text;
}

Result<BoundFunction> bind_function(std::string_view name, const Signature& signature) {
    const RowFunction* function = TRY(Registry<RowFunction>::of_kind().find(name));
    return function->bind(signature);
}

}  // namespace quern::score
