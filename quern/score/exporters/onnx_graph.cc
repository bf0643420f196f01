#include "quern/score/exporters/onnx_graph.h"

#include <algorithm>
#include <cstring>

#include "quern/base/version.h"

namespace quern::score::onnx {
namespace {

// Numbers of fields, by message, as onnx.proto has them.
constexpr int kAttributeName = 1, kAttributeInt = 3, kAttributeText = 4, kAttributeTensor = 5,
              kAttributeInts = 8, kAttributeTexts = 9, kAttributeType = 20;
constexpr int kTypeInt = 2, kTypeText = 3, kTypeTensor = 4, kTypeInts = 7, kTypeTexts = 8;
constexpr int kTensorShape = 1, kTensorElement = 2, kTensorTexts = 6, kTensorName = 8,
              kTensorBytes = 9;
constexpr int kNodeInput = 1, kNodeOutput = 2, kNodeType = 4, kNodeAttribute = 5, kNodeDomain = 7;
constexpr int kGraphNode = 1, kGraphName = 2, kGraphConstant = 5, kGraphInput = 11,
              kGraphOutput = 12;
constexpr int64_t kFormatVersion = 10, kOperators = 21, kTreeOperators = 5;

Message tensor(std::string_view name, Element element, const std::vector<int64_t>& shape) {
    Message message;
    message.packed(kTensorShape, shape);
    message.integer(kTensorElement, static_cast<int64_t>(element));
    message.bytes(kTensorName, name);
    return message;
}

template <class T>
std::string_view bytes_of(const std::vector<T>& values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

Message value_info(std::string_view name, Element element, int64_t width) {
    Message rows, columns, shape, type, outer, info;
    rows.bytes(2, "rows");
    columns.integer(1, width);
    shape.message(1, rows).message(1, columns);
    type.integer(1, static_cast<int64_t>(element)).message(2, shape);
    outer.message(1, type);
    return info.bytes(1, name).message(2, outer);
}

}  // namespace

void Message::varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) text_ += static_cast<char>(value | 0x80);
    text_ += static_cast<char>(value);
}

Message& Message::integer(int field, int64_t value) {
    varint(static_cast<uint64_t>(field) << 3);
    varint(static_cast<uint64_t>(value));
    return *this;
}

Message& Message::bytes(int field, std::string_view value) {
    varint(static_cast<uint64_t>(field) << 3 | 2);
    varint(value.size());
    text_ += value;
    return *this;
}

Message& Message::packed(int field, const std::vector<int64_t>& values) {
    Message list;
    for (const int64_t value : values) list.varint(static_cast<uint64_t>(value));
    return bytes(field, list.text_);
}

Message double_tensor(std::string_view name, const std::vector<double>& values,
                      const std::vector<int64_t>& shape) {
    return tensor(name, Element::float64, shape).bytes(kTensorBytes, bytes_of(values));
}
Message byte_tensor(std::string_view name, const std::string& values) {
    return tensor(name, Element::uint8, {static_cast<int64_t>(values.size())})
        .bytes(kTensorBytes, values);
}

Graph::Attribute Graph::of_int(std::string_view name, int64_t value) {
    Message content;
    content.bytes(kAttributeName, name).integer(kAttributeInt, value);
    return {name, content.integer(kAttributeType, kTypeInt)};
}
Graph::Attribute Graph::of_ints(std::string_view name, const std::vector<int64_t>& values) {
    Message content;
    content.bytes(kAttributeName, name);
    for (const int64_t value : values) content.integer(kAttributeInts, value);
    return {name, content.integer(kAttributeType, kTypeInts)};
}
Graph::Attribute Graph::of_text(std::string_view name, std::string_view value) {
    Message content;
    content.bytes(kAttributeName, name).bytes(kAttributeText, value);
    return {name, content.integer(kAttributeType, kTypeText)};
}
Graph::Attribute Graph::of_texts(std::string_view name, const std::vector<std::string>& values) {
    Message content;
    content.bytes(kAttributeName, name);
    for (const std::string& value : values) content.bytes(kAttributeTexts, value);
    return {name, content.integer(kAttributeType, kTypeTexts)};
}
Graph::Attribute Graph::of_tensor(std::string_view name, const Message& value) {
    Message content;
    content.bytes(kAttributeName, name).message(kAttributeTensor, value);
    return {name, content.integer(kAttributeType, kTypeTensor)};
}

std::string Graph::node(std::string_view type, const std::vector<std::string>& inputs,
                        const std::vector<Attribute>& attributes, std::string_view domain) {
    Message made;
    for (const std::string& input : inputs) made.bytes(kNodeInput, input);
    made.bytes(kNodeType, type);
    for (const Attribute& attribute : attributes) made.message(kNodeAttribute, attribute.content);
    if (!domain.empty()) made.bytes(kNodeDomain, domain);
    const auto [at, is_new] = seen_.emplace(made.text(), "");
    if (!is_new) return at->second;
    read_.insert(inputs.begin(), inputs.end());
    at->second = "quern/" + std::to_string(count_++);
    made.bytes(kNodeOutput, at->second);
    graph_.message(kGraphNode, made);
    return at->second;
}

void Graph::output(const std::string& value, std::string name, Element element, int64_t width) {
    while (std::ranges::find(input_names_, name) != input_names_.end()) name += "_";
    Message made;
    read_.insert(value);
    made.bytes(kNodeInput, value).bytes(kNodeOutput, name).bytes(kNodeType, "Identity");
    graph_.message(kGraphNode, made);
    graph_.message(kGraphOutput, value_info(name, element, width));
}

Status Graph::input(const std::string& name, Element element) {
    if (std::ranges::find(input_names_, name) != input_names_.end())
        return invalid_argument("two inputs of the graph would be named '" + name + "'")
            .hint("rename the column in a table under tables/");
    input_names_.push_back(name);
    graph_.message(kGraphInput, value_info(name, element, 1));
    return {};
}

std::string Graph::constant(const std::string& key, const Message& content) {
    const auto [at, is_new] = seen_.emplace(key, "");
    if (!is_new) return at->second;
    at->second = "quern/" + std::to_string(count_++);
    Message named = content;
    named.bytes(kTensorName, at->second);
    constants_.emplace_back(at->second, named);
    return at->second;
}

namespace {

Message doubles(const std::vector<double>& values, const std::vector<int64_t>& shape) {
    Message made;
    made.packed(kTensorShape, shape);
    made.integer(kTensorElement, static_cast<int64_t>(Element::float64));
    return made.bytes(kTensorBytes, bytes_of(values));
}
Message strings(const std::vector<std::string>& values, const std::vector<int64_t>& shape) {
    Message made;
    made.packed(kTensorShape, shape);
    made.integer(kTensorElement, static_cast<int64_t>(Element::string));
    for (const std::string& value : values) made.bytes(kTensorTexts, value);
    return made;
}

}  // namespace

std::string Graph::real(double value) {
    const Message made = doubles({value}, {1, 1});
    return constant(made.text(), made);
}
std::string Graph::row(const std::vector<double>& values) {
    const Message made = doubles(values, {1, std::ssize(values)});
    return constant(made.text(), made);
}
std::string Graph::list(const std::vector<double>& values) {
    const Message made = doubles(values, {std::ssize(values)});
    return constant(made.text(), made);
}
std::string Graph::column(const std::vector<double>& values) {
    const Message made = doubles(values, {std::ssize(values), 1});
    return constant(made.text(), made);
}
std::string Graph::text(std::string_view value) {
    const Message made = strings({std::string(value)}, {1, 1});
    return constant(made.text(), made);
}
std::string Graph::texts(const std::vector<std::string>& values) {
    const Message made = strings(values, {std::ssize(values)});
    return constant(made.text(), made);
}
std::string Graph::flag(bool value) {
    Message made;
    made.packed(kTensorShape, {1, 1});
    made.integer(kTensorElement, static_cast<int64_t>(Element::boolean));
    made.bytes(kTensorBytes, std::string(1, value ? '\1' : '\0'));
    return constant(made.text(), made);
}
std::string Graph::whole(int64_t value) {
    Message made;
    made.packed(kTensorShape, {1});
    made.integer(kTensorElement, static_cast<int64_t>(Element::int64));
    made.bytes(kTensorBytes, bytes_of(std::vector<int64_t>{value}));
    return constant(made.text(), made);
}

std::string Graph::cast(const std::string& value, Element to) {
    return node("Cast", {value}, {of_int("to", static_cast<int64_t>(to))});
}

std::string Graph::bytes(const Program& program) const {
    Message main, trees, graph = graph_, model;
    main.bytes(1, "").integer(2, kOperators);
    trees.bytes(1, "ai.onnx.ml").integer(2, kTreeOperators);
    graph.bytes(kGraphName, program.model_name);
    for (const auto& [name, content] : constants_)
        if (read_.contains(name)) graph.message(kGraphConstant, content);
    model.integer(1, kFormatVersion).bytes(2, "quern").bytes(3, version());
    model.message(7, graph).message(8, main).message(8, trees);
    return model.text();
}

}  // namespace quern::score::onnx
