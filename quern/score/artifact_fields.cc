#include "quern/score/artifact_fields.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "quern/score/storage.h"
#include "quern/score/verify.h"

namespace quern::score {
namespace {

Status bad(const std::string& key) {
    return corrupt("program: '" + key + "' is not what it must be");
}

const json* find(const json& from, const char* key) {
    if (!from.is_object()) return nullptr;
    auto found = from.find(key);
    return found == from.end() ? nullptr : &*found;
}

std::string hex_of(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (unsigned char c : bytes) {
        hex += kDigits[c / 16];
        hex += kDigits[c % 16];
    }
    return hex;
}

bool bytes_of_hex(std::string_view hex, std::string& out) {
    auto digit = [](char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    };
    out.clear();
    if (hex.size() % 2 != 0) return false;
    for (size_t i = 0; i < hex.size(); i += 2) {
        int high = digit(hex[i]), low = digit(hex[i + 1]);
        if (high < 0 || low < 0) return false;
        out += static_cast<char>(high * 16 + low);
    }
    return true;
}

constexpr std::string_view kKinds[] = {"input", "constant", "call"};

json optional_number(const std::optional<double>& number) {
    return number ? json(*number) : json();
}

Status read_optional(const json& from, const char* key, std::optional<double>& out) {
    const json* value = find(from, key);
    if (value == nullptr) return bad(key);
    if (value->is_null()) return {};
    out = 0;
    return read(from, key, *out);
}

}  // namespace

Status read(const json& from, const char* key, std::string& out) {
    const json* value = find(from, key);
    if (value == nullptr || !value->is_string()) return bad(key);
    out = value->get_ref<const std::string&>();
    return {};
}

Status read(const json& from, const char* key, bool& out) {
    const json* value = find(from, key);
    if (value == nullptr || !value->is_boolean()) return bad(key);
    out = value->get<bool>();
    return {};
}

Status read(const json& from, const char* key, double& out) {
    const json* value = find(from, key);
    if (value == nullptr || !value->is_number()) return bad(key);
    out = value->get<double>();
    return {};
}

Status read(const json& from, const char* key, uint32_t& out) {
    const json* value = find(from, key);
    if (value == nullptr || !value->is_number_unsigned()) return bad(key);
    auto number = value->get<uint64_t>();
    if (number > UINT32_MAX) return bad(key);
    out = static_cast<uint32_t>(number);
    return {};
}

Result<const json*> read_list(const json& from, const char* key, size_t size_max) {
    const json* value = find(from, key);
    if (value == nullptr || !value->is_array() || value->size() > size_max) return bad(key);
    return value;
}

Result<std::vector<uint32_t>> read_positions(const json& from, const char* key, size_t size_max) {
    const json* list = TRY(read_list(from, key, size_max));
    std::vector<uint32_t> positions;
    for (const json& item : *list) {
        if (!item.is_number_unsigned() || item.get<uint64_t>() > UINT32_MAX) return bad(key);
        positions.push_back(item.get<uint32_t>());
    }
    return positions;
}

Result<size_t> read_choice(const json& from, const char* key,
                           std::span<const std::string_view> names) {
    std::string name;
    TRY(read(from, key, name));
    auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return bad(key);
    return static_cast<size_t>(found - names.begin());
}

json to_json(const frame::Type& type) { return type_text(type); }

Status from_json(const json& from, frame::Type& out) {
    if (!from.is_string()) return bad("type");
    const auto& name = from.get_ref<const std::string&>();
    out = frame::type_from_sql(name);
    // The one spelling that is written.
    return type_text(out) == name ? Status() : bad("type");
}

json to_json(const Constant& constant) {
    json out = {{"type", to_json(constant.type)}};
    if (constant.is_null) return out;
    Storage storage = storage_of(constant.type);
    if (storage != Storage::text) {
        out["bits"] =
            hex_of({reinterpret_cast<const char*>(constant.bits.data()), storage_bytes(storage)});
    } else if (constant.type.id == frame::TypeId::blob) {
        out["bits"] = hex_of(constant.text);
    } else {
        out["text"] = constant.text;
    }
    return out;
}

Status from_json(const json& from, Constant& out) {
    const json* type = find(from, "type");
    if (type == nullptr) return bad("constant");
    TRY(from_json(*type, out.type));
    out.is_null = from.size() == 1;
    if (out.is_null) return {};
    if (from.size() != 2) return bad("constant");
    Storage storage = storage_of(out.type);
    bool is_blob = out.type.id == frame::TypeId::blob;
    if (storage == Storage::text && !is_blob) return read(from, "text", out.text);
    std::string hex, bytes;
    TRY(read(from, "bits", hex));
    if (!bytes_of_hex(hex, bytes)) return bad("bits");
    if (is_blob) {
        out.text = std::move(bytes);
        return {};
    }
    if (bytes.size() != storage_bytes(storage)) return bad("bits");
    std::copy_n(reinterpret_cast<const std::byte*>(bytes.data()), bytes.size(), out.bits.begin());
    return {};
}

json to_json(const Input& input) {
    return {{"name", input.name},
            {"type", to_json(input.type)},
            {"is_nullable", input.is_nullable},
            {"low", optional_number(input.low)},
            {"high", optional_number(input.high)},
            {"categories", input.categories}};
}

Status from_json(const json& from, Input& out) {
    TRY(read(from, "name", out.name));
    const json* type = find(from, "type");
    if (type == nullptr) return bad("type");
    TRY(from_json(*type, out.type));
    TRY(read(from, "is_nullable", out.is_nullable));
    TRY(read_optional(from, "low", out.low));
    TRY(read_optional(from, "high", out.high));
    const json* categories = TRY(read_list(from, "categories", kInputCategoriesMax));
    for (const json& category : *categories) {
        if (!category.is_string()) return bad("categories");
        out.categories.push_back(category.get<std::string>());
    }
    return {};
}

json to_json(const Expression& expression) {
    json out = {{"kind", kKinds[static_cast<size_t>(expression.kind)]},
                {"type", to_json(expression.type)},
                {"position", expression.position}};
    switch (expression.kind) {
        case Expression::Kind::input:
            out["input"] = expression.input;
            break;
        case Expression::Kind::constant:
            out["constant"] = to_json(expression.constant);
            break;
        case Expression::Kind::call:
            out["function"] = expression.function;
            out["children"] = expression.children;
            break;
    }
    return out;
}

Status from_json(const json& from, Expression& out) {
    out.kind = static_cast<Expression::Kind>(TRY(read_choice(from, "kind", kKinds)));
    const json* type = find(from, "type");
    if (type == nullptr) return bad("type");
    TRY(from_json(*type, out.type));
    TRY(read(from, "position", out.position));
    if (out.kind == Expression::Kind::input) return read(from, "input", out.input);
    if (out.kind == Expression::Kind::constant) {
        const json* constant = find(from, "constant");
        return constant == nullptr ? bad("constant") : from_json(*constant, out.constant);
    }
    TRY(read(from, "function", out.function));
    out.children = TRY(read_positions(from, "children", kExpressionsMax));
    return {};
}

}  // namespace quern::score
