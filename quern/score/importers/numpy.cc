#include "quern/score/importers/numpy.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "quern/base/json.h"
#include "quern/score/functions/unicode.h"

namespace quern::score {
namespace {

using Kind = PickleNode::Kind;

Status bad(std::string what) { return corrupt("an array of numpy: " + std::move(what)); }

bool is_number(const NumpyType& type) {
    const size_t size = type.size;
    switch (type.kind) {
        case 'f':
            return size == 4 || size == 8;
        case 'i':
        case 'u':
            return size == 1 || size == 2 || size == 4 || size == 8;
        case 'b':
            return size == 1;
        default:
            return false;
    }
}

uint64_t bits_at(std::string_view data, size_t at, const NumpyType& type) {
    uint64_t bits = 0;
    for (size_t i = 0; i < type.size; ++i) {
        const size_t byte = type.is_swapped ? i : type.size - 1 - i;
        bits = bits << 8 | static_cast<unsigned char>(data[at + byte]);
    }
    return bits;
}

int64_t signed_at(std::string_view data, size_t at, const NumpyType& type) {
    const auto shift = static_cast<int>(64 - 8 * type.size);
    return static_cast<int64_t>(bits_at(data, at, type) << shift) >> shift;
}

double number_at(std::string_view data, size_t at, const NumpyType& type) {
    if (type.kind == 'i') return static_cast<double>(signed_at(data, at, type));
    const uint64_t bits = bits_at(data, at, type);
    if (type.kind != 'f') return static_cast<double>(bits);
    return type.size == 8 ? std::bit_cast<double>(bits)
                          : static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(bits)));
}

// Where element `index` of the order of C stands.
size_t place_of(const NumpyArray& array, size_t index) {
    if (!array.is_fortran || array.shape.size() < 2) return index;
    size_t place = 0, stride = array.count;
    for (size_t i = array.shape.size(); i-- > 0;) {
        stride /= array.shape[i];
        place += index % array.shape[i] * stride;
        index /= array.shape[i];
    }
    return place;
}

std::string utf32_text(std::string_view data, size_t at, const NumpyType& type) {
    std::string text;
    const NumpyType unit{'u', 4, type.is_swapped, {}};
    for (size_t i = 0; i + 4 <= type.size; i += 4) {
        const uint64_t character = bits_at(data, at + i, unit);
        if (character == 0) break;
        char bytes[4];
        const auto point = static_cast<int32_t>(std::min<uint64_t>(character, 0x10FFFF));
        text.append(bytes, encode_character(point, bytes));
    }
    return text;
}

}  // namespace

Result<std::vector<size_t>> NumpyReader::sizes(PickleId id) const {
    std::vector<size_t> shape;
    if (pickle_.at(id).kind != Kind::list) return bad("a shape that is no list");
    for (const PickleId size : pickle_.at(id).children) {
        const PickleNode& node = pickle_.at(size);
        if (node.kind != Kind::integer || node.integer < 0) return bad("a size below 0");
        shape.push_back(static_cast<size_t>(node.integer));
    }
    if (shape.size() > 8) return bad("too many dimensions");
    return shape;
}

// numpy.dtype('f8'), whose state tells the order of bytes and the fields of records.
Result<NumpyType> NumpyReader::type(PickleId id) const {
    const auto* arguments = pickle_.arguments_of(id);
    if (pickle_.class_of(id) != "numpy dtype" || arguments == nullptr || arguments->empty())
        return bad("no type");
    const auto code = pickle_.at((*arguments)[0]).bytes;
    NumpyType type;
    if (code.empty()) return bad("no type");
    type.kind = code[0];
    const auto [end, fault] =
        std::from_chars(code.data() + 1, code.data() + code.size(), type.size);
    if (type.kind == 'O')
        type.size = 8;
    else if (fault != std::errc() || end != code.data() + code.size() || type.size > 1 << 20)
        return bad("type '" + std::string(code) + "'");
    if (type.kind == 'U') type.size *= 4;
    const PickleNode* state = pickle_.state_of(id);
    if (state == nullptr || state->kind != Kind::list || state->children.size() < 5) return type;
    type.is_swapped = pickle_.at(state->children[1]).bytes == ">";
    const PickleNode& names = pickle_.at(state->children[3]);
    if (type.kind != 'V' || names.kind != Kind::list) return type;
    if (names.children.size() > 64) return bad("too many fields");
    for (const PickleId name : names.children) {
        NumpyType::Field field;
        field.name = pickle_.at(name).bytes;
        field.type = TRY(field_type(pickle_.find(state->children[4], field.name), field));
        if (!is_number(field.type) || field.offset > type.size ||
            field.type.size > type.size - field.offset)
            return bad("field '" + std::string(field.name) + "'");
        type.fields.push_back(std::move(field));
    }
    return type;
}

// A field is (type, offset).
Result<NumpyType> NumpyReader::field_type(PickleId id, NumpyType::Field& field) const {
    const PickleNode& pair = pickle_.at(id);
    if (pair.kind != Kind::list || pair.children.size() < 2) return bad("a field without a place");
    const PickleNode& offset = pickle_.at(pair.children[1]);
    if (offset.kind != Kind::integer || offset.integer < 0) return bad("a field without a place");
    field.offset = static_cast<size_t>(offset.integer);
    const auto* arguments = pickle_.arguments_of(pair.children[0]);
    if (arguments == nullptr || arguments->empty() ||
        pickle_.at((*arguments)[0]).bytes.starts_with('V'))
        return bad("a field of records");
    return type(pair.children[0]);
}

// The count of elements, and that the data are there for all of them.
Status NumpyReader::finish(NumpyArray& array) const {
    size_t count = 1, size_bytes = 0;
    for (const size_t size : array.shape)
        if (__builtin_mul_overflow(count, size, &count)) return bad("too large");
    array.count = count;
    if (count > 0 && array.type.size == 0) return bad("elements without size");
    if (array.type.kind == 'O')
        return array.objects.size() == count ? Status() : bad("objects are missing");
    if (__builtin_mul_overflow(count, array.type.size, &size_bytes)) return bad("too large");
    return array.data.size() == size_bytes ? Status() : bad("its data have another length");
}

Result<NumpyReader::JoblibShape> NumpyReader::joblib_shape(PickleId object) const {
    JoblibShape found;
    const NumpyType element = TRY(type(pickle_.find(object, "dtype")));
    found.is_pickled = element.kind == 'O';
    found.is_aligned = pickle_.find(object, "numpy_array_alignment_bytes") != Pickle::kNone;
    found.size_bytes = element.size;
    for (const size_t size : TRY(sizes(pickle_.find(object, "shape"))))
        if (__builtin_mul_overflow(found.size_bytes, size, &found.size_bytes))
            return bad("too large");
    return found;
}

Result<NumpyArray> NumpyReader::of_joblib(PickleId id) const {
    NumpyArray array;
    array.type = TRY(type(pickle_.find(id, "dtype")));
    array.shape = TRY(sizes(pickle_.find(id, "shape")));
    array.is_fortran = pickle_.at(pickle_.find(id, "order")).bytes == "F";
    const auto shape = TRY(joblib_shape(id));
    const size_t first = pickle_.at(id).data;
    if (first == 0 || first > pickle_.file().size()) return bad("it has no data");
    array.data = pickle_.file().substr(first, shape.size_bytes);
    TRY(finish(array));
    return array;
}

// _reconstruct, whose state is (version, shape, type, is_fortran, data).
Result<NumpyArray> NumpyReader::rebuilt(PickleId id) const {
    const PickleNode* state = pickle_.state_of(id);
    if (state == nullptr || state->kind != Kind::list || state->children.size() != 5)
        return bad("its state");
    NumpyArray array;
    array.shape = TRY(sizes(state->children[1]));
    array.type = TRY(type(state->children[2]));
    array.is_fortran = pickle_.at(state->children[3]).integer != 0;
    PickleId data = state->children[4];
    // Python 2 had no bytes: a text, encoded.
    if (pickle_.at(data).kind == Kind::object && pickle_.class_of(data) == "_codecs encode")
        return unimplemented("a pickle of protocol 2: save the model with protocol 3 or later");
    if (array.type.kind == 'O')
        array.objects = pickle_.at(data).children;
    else
        array.data = pickle_.at(data).bytes;
    TRY(finish(array));
    return array;
}

// _frombuffer(data, type, shape, order)
Result<NumpyArray> NumpyReader::from_buffer(PickleId id) const {
    const auto* arguments = pickle_.arguments_of(id);
    if (arguments == nullptr || arguments->size() < 4) return bad("its parts");
    NumpyArray array;
    array.data = pickle_.at((*arguments)[0]).bytes;
    array.type = TRY(type((*arguments)[1]));
    array.shape = TRY(sizes((*arguments)[2]));
    array.is_fortran = pickle_.at((*arguments)[3]).bytes == "F";
    TRY(finish(array));
    return array;
}

Result<NumpyArray> NumpyReader::array(PickleId id) const {
    const auto name = pickle_.class_of(id);
    if (name == "joblib.numpy_pickle NumpyArrayWrapper") return of_joblib(id);
    if (name.ends_with("multiarray _reconstruct")) return rebuilt(id);
    if (name.ends_with(" _frombuffer")) return from_buffer(id);
    return bad("there is none");
}

Result<double> NumpyReader::number(PickleId id) const {
    const PickleNode& node = pickle_.at(id);
    if (node.kind == Kind::integer || node.kind == Kind::boolean)
        return static_cast<double>(node.integer);
    if (node.kind == Kind::number) return node.number;
    const auto values = TRY(numbers(id));
    if (values.size() != 1) return bad("it is no single number");
    return values[0];
}

Result<std::vector<double>> NumpyReader::numbers(PickleId id) const {
    const PickleNode& node = pickle_.at(id);
    if (node.kind == Kind::integer || node.kind == Kind::boolean || node.kind == Kind::number)
        return std::vector<double>{TRY(number(id))};
    if (pickle_.class_of(id).ends_with("multiarray scalar")) {
        const auto* arguments = pickle_.arguments_of(id);
        if (arguments == nullptr || arguments->size() != 2) return bad("a number's parts");
        const NumpyType of = TRY(type((*arguments)[0]));
        const auto data = pickle_.at((*arguments)[1]).bytes;
        if (!is_number(of) || data.size() != of.size) return bad("a number's parts");
        return std::vector<double>{number_at(data, 0, of)};
    }
    const NumpyArray from = TRY(array(id));
    if (!is_number(from.type)) return bad("it holds no numbers");
    std::vector<double> values(from.count);
    for (size_t i = 0; i < from.count; ++i)
        values[i] = number_at(from.data, place_of(from, i) * from.type.size, from.type);
    return values;
}

bool NumpyReader::has_field(const NumpyArray& records, std::string_view name) {
    return std::ranges::count(records.type.fields, name, &NumpyType::Field::name) > 0;
}

Result<std::vector<double>> NumpyReader::field(const NumpyArray& records,
                                               std::string_view name) const {
    const auto found = std::ranges::find(records.type.fields, name, &NumpyType::Field::name);
    if (found == records.type.fields.end())
        return bad("it has no field '" + std::string(name) + "'");
    std::vector<double> values(records.count);
    for (size_t i = 0; i < records.count; ++i)
        values[i] = number_at(records.data, i * records.type.size + found->offset, found->type);
    return values;
}

Result<std::vector<PickleId>> NumpyReader::objects(PickleId id) const {
    if (pickle_.at(id).kind == Kind::list) return pickle_.at(id).children;
    NumpyArray from = TRY(array(id));
    if (from.type.kind != 'O') return bad("it holds no objects");
    std::vector<PickleId> ids(from.count);
    for (size_t i = 0; i < from.count; ++i) ids[i] = from.objects[place_of(from, i)];
    return ids;
}

Result<std::vector<std::string>> NumpyReader::labels(PickleId id, bool& are_integers) const {
    std::vector<std::string> labels;
    are_integers = true;
    const auto add = [&](std::string text, bool is_integer) {
        labels.push_back(std::move(text));
        are_integers = are_integers && is_integer;
    };
    const NumpyArray from = TRY(array(id));
    for (size_t i = 0; i < from.count; ++i) {
        const size_t at = place_of(from, i);
        const char kind = from.type.kind;
        const size_t byte = at * from.type.size;
        if (kind == 'U') {
            add(utf32_text(from.data, byte, from.type), false);
        } else if (kind == 'i' && is_number(from.type)) {
            add(std::to_string(signed_at(from.data, byte, from.type)), true);
        } else if (kind == 'u' && is_number(from.type)) {
            add(std::to_string(bits_at(from.data, byte, from.type)), true);
        } else if (kind == 'b' && is_number(from.type)) {
            add(from.data[byte] != 0 ? "true" : "false", false);
        } else if (kind == 'f' && is_number(from.type)) {
            add(json_number(number_at(from.data, byte, from.type)), false);
        } else if (kind == 'O') {
            const PickleNode& node = pickle_.at(from.objects[at]);
            if (node.kind == Kind::text)
                add(std::string(node.bytes), false);
            else if (node.kind == Kind::integer)
                add(std::to_string(node.integer), true);
            else if (node.kind == Kind::boolean)
                add(node.integer != 0 ? "true" : "false", false);
            else
                return bad("a label that is neither a text nor a number");
        } else {
            return bad("labels of kind '" + std::string(1, kind) + "'");
        }
    }
    return labels;
}

}  // namespace quern::score
