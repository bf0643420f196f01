#include "quern/score/importers/onnx_file.h"

#include <bit>
#include <cstring>
#include <functional>

#include "quern/score/importers/byte_reader.h"

namespace quern::score {
namespace {

constexpr size_t kNodesMax = 10'000;

Status bad(std::string what) { return corrupt("not a whole ONNX file: " + std::move(what)); }

template <class T>
T from_bytes(std::string_view bytes) {  // little-endian, as every machine that quern runs on
    T value{};
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
}

// One field of a message: its number, and its value as an integer or as bytes.
struct Field {
    uint64_t number = 0;
    enum class Kind : uint8_t { integer, fixed64, bytes, fixed32 } kind = Kind::integer;
    uint64_t integer = 0;
    std::string_view bytes;

    float as_float() const { return std::bit_cast<float>(static_cast<uint32_t>(integer)); }
};

class Message : ByteReader {
public:
    explicit Message(std::string_view bytes) : ByteReader("ONNX", bytes) {}

    bool at_end() const { return left().empty(); }
    Result<Field> next() {
        Field field;
        const uint64_t key = TRY(varint());
        field.number = key >> 3;
        switch (key & 7) {
            case 0:
                field.integer = TRY(varint());
                return field;
            case 1:
                field.kind = Field::Kind::fixed64;
                field.integer = from_bytes<uint64_t>(TRY(take(8)));
                return field;
            case 2:
                field.kind = Field::Kind::bytes;
                field.bytes = TRY(counted());
                return field;
            case 5:
                field.kind = Field::Kind::fixed32;
                field.integer = from_bytes<uint32_t>(TRY(take(4)));
                return field;
            default:
                return bad("a field of no known kind");
        }
    }
    Result<uint64_t> varint() {
        uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            const auto byte = static_cast<unsigned char>(TRY(take(1))[0]);
            value |= static_cast<uint64_t>(byte & 0x7f) << shift;
            if ((byte & 0x80) == 0) return value;
        }
        return bad("a number that is too long");
    }

private:
    Result<std::string_view> counted() { return take(TRY(varint())); }
};

// Calls `read` for each field.
Status for_fields(std::string_view bytes, const std::function<Status(const Field&)>& read) {
    Message message(bytes);
    while (!message.at_end()) {
        const Field field = TRY(message.next());
        TRY(read(field));
    }
    return {};
}

// Repeated numbers stand one by one, or packed.
Status add_integers(const Field& field, std::vector<int64_t>& values) {
    if (field.kind != Field::Kind::bytes) {
        values.push_back(static_cast<int64_t>(field.integer));
        return {};
    }
    Message packed(field.bytes);
    while (!packed.at_end()) values.push_back(static_cast<int64_t>(TRY(packed.varint())));
    return {};
}

template <class T>
Status add_numbers(const Field& field, std::vector<double>& values) {
    if (field.kind == Field::Kind::fixed32) {
        values.push_back(static_cast<double>(field.as_float()));
        return {};
    }
    if (field.kind == Field::Kind::fixed64) {
        values.push_back(std::bit_cast<double>(field.integer));
        return {};
    }
    if (field.bytes.size() % sizeof(T) != 0) return bad("numbers of another size");
    for (size_t at = 0; at < field.bytes.size(); at += sizeof(T))
        values.push_back(static_cast<double>(from_bytes<T>(field.bytes.substr(at))));
    return {};
}

// A list of floats (1) or doubles (11).
Status read_tensor(std::string_view bytes, OnnxAttribute& to) {
    uint64_t element = 0;
    Field raw;
    to.is_tensor = true;
    TRY(for_fields(bytes, [&](const Field& field) -> Status {
        if (field.number == 2) element = field.integer;
        if (field.number == 4) return add_numbers<float>(field, to.numbers);
        if (field.number == 10) return add_numbers<double>(field, to.numbers);
        if (field.number == 9) raw = field;
        return {};
    }));
    if (raw.kind != Field::Kind::bytes) return {};
    if (element == 1) return add_numbers<float>(raw, to.numbers);
    if (element == 11) return add_numbers<double>(raw, to.numbers);
    return {};
}

Status read_attribute(std::string_view bytes, OnnxNode& node) {
    OnnxAttribute attribute;
    std::string_view name;
    TRY(for_fields(bytes, [&](const Field& field) -> Status {
        switch (field.number) {
            case 1:
                name = field.bytes;
                return {};
            case 2:
                attribute.number = static_cast<double>(field.as_float());
                return {};
            case 3:
                attribute.integer = static_cast<int64_t>(field.integer);
                return {};
            case 4:
                attribute.text = field.bytes;
                return {};
            case 5:
                return read_tensor(field.bytes, attribute);
            case 7:
                return add_numbers<float>(field, attribute.numbers);
            case 8:
                return add_integers(field, attribute.integers);
            case 9:
                attribute.texts.push_back(field.bytes);
                return {};
            default:
                return {};
        }
    }));
    node.attributes[name] = std::move(attribute);
    return {};
}

Status read_node(std::string_view bytes, OnnxNode& node) {
    return for_fields(bytes, [&](const Field& field) -> Status {
        if (field.number == 1) node.inputs.push_back(field.bytes);
        if (field.number == 2) node.outputs.push_back(field.bytes);
        if (field.number == 3) node.name = field.bytes;
        if (field.number == 4) node.operation = field.bytes;
        return field.number == 5 ? read_attribute(field.bytes, node) : Status();
    });
}

// Type -> tensor -> shape -> dimensions.
Status read_type(std::string_view bytes, OnnxInput& input) {
    return for_fields(bytes, [&](const Field& tensor) -> Status {
        if (tensor.number != 1) return {};
        return for_fields(tensor.bytes, [&](const Field& field) -> Status {
            if (field.number == 1) input.element = static_cast<int64_t>(field.integer);
            if (field.number != 2) return {};
            return for_fields(field.bytes, [&](const Field& dimension) -> Status {
                input.width = 0;
                return for_fields(dimension.bytes, [&](const Field& size) -> Status {
                    if (size.number == 1) input.width = static_cast<int64_t>(size.integer);
                    return {};
                });
            });
        });
    });
}

Status read_input(std::string_view bytes, OnnxInput& input) {
    return for_fields(bytes, [&](const Field& field) -> Status {
        if (field.number == 1) input.name = field.bytes;
        return field.number == 2 ? read_type(field.bytes, input) : Status();
    });
}

Status read_graph(std::string_view bytes, OnnxFile& file) {
    return for_fields(bytes, [&](const Field& field) -> Status {
        if (file.nodes.size() > kNodesMax || file.inputs.size() > kNodesMax)
            return bad("too many nodes");
        if (field.number == 1) return read_node(field.bytes, file.nodes.emplace_back());
        if (field.number == 11) return read_input(field.bytes, file.inputs.emplace_back());
        if (field.number != 5) return {};
        return for_fields(field.bytes, [&](const Field& part) -> Status {
            if (part.number == 8) file.initializers.push_back(part.bytes);
            return {};
        });
    });
}

}  // namespace

const OnnxAttribute& OnnxNode::get(std::string_view attribute) const {
    static const OnnxAttribute none;
    const auto found = attributes.find(attribute);
    return found == attributes.end() ? none : found->second;
}

Result<OnnxFile> read_onnx(std::string_view bytes) {
    OnnxFile file;
    bool has_graph = false;
    TRY(for_fields(bytes, [&](const Field& field) -> Status {
        if (field.number == 2) file.producer = field.bytes;
        if (field.number == 3) file.producer_version = field.bytes;
        if (field.number != 7) return {};
        if (has_graph) return bad("two graphs");
        has_graph = true;
        return read_graph(field.bytes, file);
    }));
    if (!has_graph) return bad("no graph");
    return file;
}

}  // namespace quern::score
