// An ONNX graph as it grows, and its bytes: the little of protobuf that it takes.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "quern/score/exporters/numbers.h"

namespace quern::score::onnx {

enum class Element : uint8_t {
    float32 = 1,
    uint8 = 2,
    int64 = 7,
    string = 8,
    boolean = 9,
    float64 = 11
};

// A message of protobuf, field by field.
class Message {
public:
    Message& integer(int field, int64_t value);
    Message& bytes(int field, std::string_view value);
    Message& message(int field, const Message& value) { return bytes(field, value.text_); }
    Message& packed(int field, const std::vector<int64_t>& values);
    const std::string& text() const { return text_; }

private:
    void varint(uint64_t value);
    std::string text_;
};

Message double_tensor(std::string_view name, const std::vector<double>& values,
                      const std::vector<int64_t>& shape);
Message byte_tensor(std::string_view name, const std::string& values);

// Nodes in order; every value has a name. Values of rows have the shape [rows, 1].
class Graph {
public:
    struct Attribute {
        std::string_view name;
        Message content;  // with name and type
    };
    static Attribute of_int(std::string_view name, int64_t value);
    static Attribute of_ints(std::string_view name, const std::vector<int64_t>& values);
    static Attribute of_text(std::string_view name, std::string_view value);
    static Attribute of_texts(std::string_view name, const std::vector<std::string>& values);
    static Attribute of_tensor(std::string_view name, const Message& tensor);

    // The name of what the node gives; a node that was there before is taken again.
    std::string node(std::string_view type, const std::vector<std::string>& inputs,
                     const std::vector<Attribute>& attributes = {}, std::string_view domain = "");
    // Gives an existing value a name of its own, with a _ behind it where an input has it.
    void output(const std::string& value, std::string name, Element element, int64_t width);
    Status input(const std::string& name, Element element);  // refuses a name twice
    const std::vector<std::string>& inputs() const { return input_names_; }

    std::string real(double value);                             // [1, 1]
    std::string row(const std::vector<double>& values);         // [1, values]
    std::string list(const std::vector<double>& values);        // [values]
    std::string column(const std::vector<double>& values);      // [values, 1]
    std::string flag(bool value);                               // [1, 1]
    std::string text(std::string_view value);                   // [1, 1]
    std::string texts(const std::vector<std::string>& values);  // [values]
    std::string whole(int64_t value);                           // [1]

    std::string op(std::string_view type, const std::string& a) { return node(type, {a}); }
    std::string op(std::string_view type, const std::string& a, const std::string& b) {
        return node(type, {a, b});
    }
    std::string where(const std::string& test, const std::string& a, const std::string& b) {
        return node("Where", {test, a, b});
    }
    // The same of booleans, which runtimes have no Where for.
    std::string pick(const std::string& test, const std::string& a, const std::string& b) {
        return op("Or", op("And", test, a), op("And", op("Not", test), b));
    }
    std::string cast(const std::string& value, Element to);

    // The whole model.
    std::string bytes(const Program& program) const;

private:
    std::string constant(const std::string& key, const Message& tensor);
    Message graph_;
    std::vector<std::pair<std::string, Message>> constants_;  // those that are read are written
    std::set<std::string> read_;
    std::vector<std::string> input_names_;
    std::map<std::string, std::string> seen_;  // of nodes and constants: by content, the name
    size_t count_ = 0;
};

// Values of an expression and, where it can be NULL, a boolean that says so. Numbers are doubles;
// a decimal is its stored integer.
struct Value {
    std::string value;
    std::string null;  // empty: never
};

class Expressions {
public:
    Expressions(const Program& program, Graph& graph) : program_(program), graph_(graph) {}
    // unimplemented: the message names what ONNX lacks.
    Result<Value> value(uint32_t index);
    // A number as double, NaN where it is NULL.
    Result<std::string> number(uint32_t index);

private:
    using Values = std::vector<Value>;
    Result<Value> make(const Expression& node);
    Result<Value> input(const Input& input);
    Result<Value> constant(const Constant& constant);
    Result<Value> logic(const Expression& node, const Values& a);
    Result<Value> call(const Expression& node, const Values& a);
    Result<Value> cast(const Expression& node, const Value& a);
    std::string of_one(const Expression& node, const std::string& x);
    std::string of_two(const Expression& node, const std::string& x, const std::string& y);
    Result<std::string> equal(const frame::Type& type, const std::string& a, const std::string& b);
    std::string less(const std::string& a, const std::string& b);
    std::string either(const std::string& a, const std::string& b);  // of nulls
    std::string holds(const Value& value);                           // true and not NULL
    std::string fails(const Value& value);                           // false and not NULL
    const frame::Type& type(const Expression& node, size_t i) const {
        return program_.expressions[node.children[i]].type;
    }

    const Program& program_;
    Graph& graph_;
    std::map<uint32_t, Value> made_;
};

struct Outputs {
    std::vector<std::string> raw, outputs, region;
    std::string label;
};
Result<Outputs> write_numbers(const Program& program, const Numbers& numbers, Graph& graph);

}  // namespace quern::score::onnx
