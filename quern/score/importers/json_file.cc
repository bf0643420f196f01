#include "quern/score/importers/json_file.h"

#include <bit>
#include <cmath>

#include <nlohmann/json.hpp>

#include "quern/score/importers/byte_reader.h"
#include "quern/score/learned.h"

namespace quern::score {
namespace {

Status bad(std::string what) { return corrupt("not a whole JSON file: " + std::move(what)); }

Status bad_field(const char* key) {
    return corrupt("the model's '" + std::string(key) + "' is not what it must be");
}

// Brackets within brackets, found before anything is built of them.
bool is_too_deep(std::string_view text) {
    int depth = 0;
    bool is_text = false;
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (is_text) {
            if (c == '\\') ++i;
            if (c == '"') is_text = false;
        } else if (c == '"') {
            is_text = true;
        } else if (c == '[' || c == '{') {
            if (++depth > kJsonDepthMax) return true;
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return false;
}

// Every length is checked against the bytes that are left, so nothing is larger than the file
// allows.
class Ubjson : ByteReader {
public:
    explicit Ubjson(std::string_view bytes) : ByteReader("JSON", bytes) {}

    Result<json> read() {
        const char kind = TRY(marker());
        json value = TRY(value_of(kind, 0));
        if (!left().empty()) return bad("bytes after its end");
        return value;
    }

private:
    Result<char> marker() {
        char next = 'N';
        while (next == 'N') next = TRY(take(1))[0];  // no-op
        return next;
    }

    // Big-endian.
    template <class Bits>
    Result<Bits> bits() {
        Bits value = 0;
        for (const char c : TRY(take(sizeof(Bits))))
            value = static_cast<Bits>(value << 8 | static_cast<unsigned char>(c));
        return value;
    }

    Result<uint64_t> size() {
        const char kind = TRY(marker());
        const json number = TRY(scalar(kind));
        if (!number.is_number_integer() || number.get<int64_t>() < 0)
            return bad("a length below 0");
        return static_cast<uint64_t>(number.get<int64_t>());
    }

    Result<std::string_view> counted() { return take(TRY(size())); }

    Result<json> scalar(char kind) {
        switch (kind) {
            case 'i':
                return json(static_cast<int8_t>(TRY(bits<uint8_t>())));
            case 'U':
                return json(TRY(bits<uint8_t>()));
            case 'I':
                return json(static_cast<int16_t>(TRY(bits<uint16_t>())));
            case 'l':
                return json(static_cast<int32_t>(TRY(bits<uint32_t>())));
            case 'L':
                return json(static_cast<int64_t>(TRY(bits<uint64_t>())));
            case 'd':
                return json(static_cast<double>(std::bit_cast<float>(TRY(bits<uint32_t>()))));
            case 'D':
                return json(std::bit_cast<double>(TRY(bits<uint64_t>())));
            case 'C':
                return json(std::string(TRY(take(1))));
            case 'S':
                return json(std::string(TRY(counted())));
            case 'Z':
                return json();
            case 'T':
                return json(true);
            case 'F':
                return json(false);
            default:
                return bad("a value of no known kind");
        }
    }

    Result<json> value_of(char kind, int depth) {
        if (kind != '[' && kind != '{') return scalar(kind);
        if (depth >= kJsonDepthMax) return bad("too deep");
        return kind == '[' ? array(depth) : object(depth);
    }

    // What stands behind an opening bracket: a kind of all items, and how many.
    struct Head {
        char kind = 0;  // 0: each says its own
        bool is_counted = false;
        uint64_t count = 0;
    };
    Result<Head> head() {
        Head head;
        if (left().starts_with('$')) {
            TRY(take(1));
            head.kind = TRY(take(1))[0];
            if (!left().starts_with('#')) return bad("a kind without a count");
        }
        if (left().starts_with('#')) {
            TRY(take(1));
            head.is_counted = true;
            head.count = TRY(size());
            // Kinds without bytes would make a list of any length from nothing.
            if (head.count > left().size()) return bad("it ends too early");
        }
        return head;
    }

    Result<json> array(int depth) {
        const Head all = TRY(head());
        json list = json::array();
        for (uint64_t i = 0; !all.is_counted || i < all.count; ++i) {
            const char kind = all.kind != 0 ? all.kind : TRY(marker());
            if (!all.is_counted && kind == ']') break;
            list.push_back(TRY(value_of(kind, depth + 1)));
        }
        return list;
    }

    Result<json> object(int depth) {
        const Head all = TRY(head());
        json fields = json::object();
        for (uint64_t i = 0; !all.is_counted || i < all.count; ++i) {
            if (!all.is_counted && left().starts_with('}')) {
                TRY(take(1));
                break;
            }
            std::string key(TRY(counted()));
            const char kind = all.kind != 0 ? all.kind : TRY(marker());
            fields[std::move(key)] = TRY(value_of(kind, depth + 1));
        }
        return fields;
    }
};

// `read` puts one item of the list where it belongs, and says whether it could.
template <class T, class Read>
Result<std::vector<T>> list_field(const json& object, const char* key, size_t size, Read read) {
    const json* list = TRY(field(object, key));
    if (!list->is_array() || (size != kAnySize && list->size() != size)) return bad_field(key);
    std::vector<T> values(list->size());
    size_t at = 0;
    for (const json& item : *list)
        if (!read(item, values[at++])) return bad_field(key);
    return values;
}

}  // namespace

Result<json> parse_json(std::string_view text) {
    if (is_too_deep(text)) return bad("too deep");
    json value = json::parse(text, nullptr, false);
    if (value.is_discarded()) return bad("a fault in its text");
    return value;
}

Result<json> parse_ubjson(std::string_view bytes) { return Ubjson(bytes).read(); }

Result<const json*> field(const json& object, const char* key) {
    if (!object.is_object()) return bad_field(key);
    const auto found = object.find(key);
    if (found == object.end()) return corrupt("the model lacks '" + std::string(key) + "'");
    return &*found;
}

Result<std::string> text_field(const json& object, const char* key) {
    const json* value = TRY(field(object, key));
    if (!value->is_string()) return bad_field(key);
    return value->get<std::string>();
}

Result<std::vector<double>> numbers_field(const json& object, const char* key, size_t size) {
    return list_field<double>(object, key, size, [](const json& item, double& to) {
        if (item.is_number()) to = item.get<double>();
        return item.is_number();
    });
}

Result<std::vector<int64_t>> integers_field(const json& object, const char* key, size_t size) {
    return list_field<int64_t>(object, key, size, [](const json& item, int64_t& to) {
        if (item.is_boolean()) to = item.get<bool>() ? 1 : 0;
        if (item.is_number_integer()) to = item.get<int64_t>();
        return item.is_boolean() || item.is_number_integer();
    });
}

}  // namespace quern::score
