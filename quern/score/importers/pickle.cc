#include "quern/score/importers/pickle.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <unordered_map>

#include "quern/score/importers/numpy.h"

namespace quern::score {
namespace {

using Kind = PickleNode::Kind;

constexpr int kNestedMax = 4;
constexpr PickleId kTrue = 1, kFalse = 2;
constexpr std::string_view kJoblibArray = "joblib.numpy_pickle NumpyArrayWrapper";

// Modules whose classes and functions a model's file names; the rest has no business in one.
constexpr std::string_view kModules[] = {"sklearn.",  "numpy",       "joblib.",    "copyreg",
                                         "copy_reg",  "collections", "scipy.",     "_codecs",
                                         "functools", "builtins",    "__builtin__"};
// Of builtins, only kinds of values.
constexpr std::string_view kBuiltins[] = {"object", "bytearray", "slice",   "int",       "float",
                                          "str",    "bool",      "set",     "dict",      "list",
                                          "tuple",  "bytes",     "complex", "frozenset", "range"};

Status bad(std::string what) { return corrupt("not a whole pickle: " + std::move(what)); }

Status check_name(std::string_view module, std::string_view name) {
    const bool is_builtin = module == "builtins" || module == "__builtin__";
    const bool is_known = std::ranges::any_of(kModules, [&](auto known) {
        return known.ends_with('.')
                   ? module.starts_with(known)
                   : module == known || module.starts_with(std::string(known) + ".");
    });
    if (is_known && (!is_builtin || std::ranges::count(kBuiltins, name) > 0)) return {};
    return invalid_argument("the file would call " + std::string(module) + "." + std::string(name) +
                            ", which is no part of a model")
        .hint("nothing of it was run; do not load this file in Python");
}

}  // namespace

// The machine that a pickle's operations are written for, without its power to call anything.
class PickleReader {
public:
    PickleReader(Pickle& pickle, size_t position, int nested)
        : pickle_(pickle), position_(position), nested_(nested) {}

    // The value; the position is then behind it.
    Result<PickleId> run() {
        for (;;) {
            const auto operation = TRY(take(1))[0];
            if (operation == '.') {
                if (stack_.empty()) return bad("it ends without a value");
                return stack_.back();
            }
            TRY(step(operation));
        }
    }
    size_t position() const { return position_; }

private:
    Result<std::string_view> take(uint64_t size) {
        if (size > pickle_.file_.size() - position_) return bad("it ends too early");
        const auto taken = pickle_.file_.substr(position_, size);
        position_ += size;
        return taken;
    }
    // Little-endian.
    Result<uint64_t> number(size_t size) {
        uint64_t value = 0;
        const auto bytes = TRY(take(size));
        for (size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
        return value;
    }
    Result<std::string_view> counted(size_t size) { return take(TRY(number(size))); }
    Result<std::string_view> line() {
        const size_t end = pickle_.file_.find('\n', position_);
        if (end == std::string_view::npos) return bad("it ends too early");
        const auto text = TRY(take(end - position_ + 1));
        return text.substr(0, text.size() - 1);
    }

    PickleId add(Kind kind) {
        pickle_.nodes_.emplace_back().kind = kind;
        return static_cast<PickleId>(pickle_.nodes_.size() - 1);
    }
    PickleNode& node(PickleId id) { return pickle_.nodes_[id]; }
    Status push(PickleId id) {
        stack_.push_back(id);
        return {};
    }
    Status push_integer(int64_t value) {
        const PickleId id = add(Kind::integer);
        node(id).integer = value;
        return push(id);
    }
    Status push_number(double value) {
        const PickleId id = add(Kind::number);
        node(id).number = value;
        return push(id);
    }
    Status push_bytes(Kind kind, std::string_view bytes) {
        const PickleId id = add(kind);
        node(id).bytes = bytes;
        return push(id);
    }

    // What stands above a mark stays; the mark is where a list began.
    Result<PickleId> pop() {
        if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) return bad("a value is missing");
        const PickleId top = stack_.back();
        stack_.pop_back();
        return top;
    }
    Result<std::vector<PickleId>> pop_to_mark() {
        if (marks_.empty()) return bad("a mark is missing");
        const auto first = stack_.begin() + static_cast<ptrdiff_t>(marks_.back());
        std::vector<PickleId> values(first, stack_.end());
        stack_.erase(first, stack_.end());
        marks_.pop_back();
        return values;
    }
    Result<PickleId> top() {
        const PickleId id = TRY(pop());
        stack_.push_back(id);
        return id;
    }

    Status push_list(std::vector<PickleId> values, Kind kind = Kind::list) {
        if (kind == Kind::dict && values.size() % 2 != 0) return bad("a key without a value");
        const PickleId id = add(kind);
        node(id).children = std::move(values);
        return push(id);
    }
    Status push_tuple(size_t size) {
        std::vector<PickleId> values(size);
        for (size_t i = size; i-- > 0;) values[i] = TRY(pop());
        return push_list(std::move(values));
    }
    // Into the list, set or dict, or the object that acts as one, below the values.
    Status extend(const std::vector<PickleId>& values) {
        PickleNode& to = node(TRY(top()));
        if (to.kind == Kind::dict && values.size() % 2 != 0) return bad("a key without a value");
        if (to.kind == Kind::object) return {};  // no model's class keeps what counts there
        if (to.kind != Kind::list && to.kind != Kind::dict) return bad("a value that holds none");
        to.children.insert(to.children.end(), values.begin(), values.end());
        return {};
    }

    Status push_name(std::string_view module, std::string_view name) {
        TRY(check_name(module, name));
        pickle_.made_.push_back(std::string(module) + " " + std::string(name));
        return push_bytes(Kind::name, pickle_.made_.back());
    }
    Status push_stacked_name() {
        const PickleId name = TRY(pop()), module = TRY(pop());
        if (node(name).kind != Kind::text || node(module).kind != Kind::text)
            return bad("a name is no text");
        return push_name(node(module).bytes, node(name).bytes);
    }
    Status push_object() {
        const PickleId arguments = TRY(pop()), what = TRY(pop());
        return push_list({what, arguments}, Kind::object);
    }
    // Objects keep every state; joblib's arrays stand in the file right behind theirs.
    Status build() {
        const PickleId state = TRY(pop()), object = TRY(top());
        if (node(object).kind != Kind::object) return bad("a state of what has none");
        node(object).children.push_back(state);
        if (pickle_.class_of(object) != kJoblibArray) return {};
        return read_joblib(object);
    }
    Status read_joblib(PickleId object) {
        const NumpyReader numpy(pickle_);
        const auto shape = TRY(numpy.joblib_shape(object));
        if (shape.is_pickled) {
            if (nested_ >= kNestedMax) return bad("pickles within pickles");
            PickleReader inner(pickle_, position_, nested_ + 1);
            const PickleId array = TRY(inner.run());
            position_ = inner.position();
            stack_.back() = array;
            return {};
        }
        if (shape.is_aligned) TRY(counted(1));  // bytes of padding
        node(object).data = position_;
        TRY(take(shape.size_bytes));
        return {};
    }

    Status remember(uint64_t key) {
        memo_[key] = TRY(top());
        return {};
    }
    Status recall(uint64_t key) {
        const auto found = memo_.find(key);
        return found == memo_.end() ? bad("a value that was not kept") : push(found->second);
    }
    Result<uint64_t> line_number() {
        const auto text = TRY(line());
        uint64_t value = 0;
        const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
        return fault == std::errc() ? Result<uint64_t>(value) : bad("a number that is none");
    }

    Status push_line_integer() {
        auto text = TRY(line());
        if (text == "00") return push(kFalse);
        if (text == "01") return push(kTrue);
        if (text.ends_with('L')) text.remove_suffix(1);
        int64_t value = 0;
        const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
        return fault == std::errc() ? push_integer(value) : push(add(Kind::big));
    }
    Status push_line_number() {
        const auto text = TRY(line());
        double value = 0;
        const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
        return fault == std::errc() ? push_number(value) : bad("a number that is none");
    }
    Status push_long(std::string_view bytes) {
        if (bytes.size() > sizeof(int64_t)) return push(add(Kind::big));
        const bool is_negative = !bytes.empty() && (bytes.back() & 0x80) != 0;
        uint64_t value = is_negative ? UINT64_MAX : 0;
        for (size_t i = bytes.size(); i-- > 0;)
            value = value << 8 | static_cast<unsigned char>(bytes[i]);
        return push_integer(static_cast<int64_t>(value));
    }
    Status push_double() {
        uint64_t bits = 0;
        for (const char c : TRY(take(8))) bits = bits << 8 | static_cast<unsigned char>(c);
        return push_number(std::bit_cast<double>(bits));
    }

    Status step(char operation) {
        switch (operation) {
            case '\x80':  // protocol
                return take(1).status();
            case '\x95':  // frame
                return take(8).status();
            case '(':
                marks_.push_back(stack_.size());
                return {};
            case '0':
                return pop().status();
            case '1':
                return pop_to_mark().status();
            case '2':
                return push(TRY(top()));
            case 'N':
                return push(Pickle::kNone);
            case '\x88':
                return push(kTrue);
            case '\x89':
                return push(kFalse);
            default:
                return step_value(operation);
        }
    }

    Status step_value(char operation) {
        switch (operation) {
            case 'I':
            case 'L':
                return push_line_integer();
            case 'J':
                return push_integer(static_cast<int32_t>(TRY(number(4))));
            case 'K':
                return push_integer(static_cast<int64_t>(TRY(number(1))));
            case 'M':
                return push_integer(static_cast<int64_t>(TRY(number(2))));
            case '\x8a':
                return push_long(TRY(counted(1)));
            case '\x8b':
                return push_long(TRY(counted(4)));
            case 'F':
                return push_line_number();
            case 'G':
                return push_double();
            case 'V':
                return push_bytes(Kind::text, TRY(line()));
            case '\x8c':
                return push_bytes(Kind::text, TRY(counted(1)));
            case 'X':
                return push_bytes(Kind::text, TRY(counted(4)));
            case '\x8d':
                return push_bytes(Kind::text, TRY(counted(8)));
            case 'U':
            case 'C':
                return push_bytes(operation == 'U' ? Kind::text : Kind::bytes, TRY(counted(1)));
            case 'T':
            case 'B':
                return push_bytes(operation == 'T' ? Kind::text : Kind::bytes, TRY(counted(4)));
            case '\x8e':
            case '\x96':
                return push_bytes(Kind::bytes, TRY(counted(8)));
            default:
                return step_holder(operation);
        }
    }

    Status step_holder(char operation) {
        switch (operation) {
            case ']':
            case '\x8f':
            case ')':
                return push_list({});
            case '}':
                return push_list({}, Kind::dict);
            case 'l':
            case 't':
            case '\x91':
                return push_list(TRY(pop_to_mark()));
            case 'd':
                return push_list(TRY(pop_to_mark()), Kind::dict);
            case '\x85':
                return push_tuple(1);
            case '\x86':
                return push_tuple(2);
            case '\x87':
                return push_tuple(3);
            case 'a':
                return extend({TRY(pop())});
            case 's': {
                const PickleId value = TRY(pop()), key = TRY(pop());
                return extend({key, value});
            }
            case 'e':
            case 'u':
            case '\x90':
                return extend(TRY(pop_to_mark()));
            default:
                return step_object(operation);
        }
    }

    Status step_object(char operation) {
        switch (operation) {
            case 'c': {
                const auto module = TRY(line());
                return push_name(module, TRY(line()));
            }
            case '\x93':
                return push_stacked_name();
            case 'R':
            case '\x81':
                return push_object();
            case '\x92': {
                TRY(pop());  // arguments by name
                return push_object();
            }
            case 'b':
                return build();
            case 'p':
                return remember(TRY(line_number()));
            case 'q':
                return remember(TRY(number(1)));
            case 'r':
                return remember(TRY(number(4)));
            case '\x94':
                return remember(memo_.size());
            case 'g':
                return recall(TRY(line_number()));
            case 'h':
                return recall(TRY(number(1)));
            case 'j':
                return recall(TRY(number(4)));
            default:
                return bad("operation " + std::to_string(static_cast<unsigned char>(operation)) +
                           " has no place in a model");
        }
    }

    Pickle& pickle_;
    size_t position_;
    int nested_;
    std::vector<PickleId> stack_;
    std::vector<size_t> marks_;
    std::unordered_map<uint64_t, PickleId> memo_;
};

Result<Pickle> Pickle::read(std::string_view bytes) {
    Pickle pickle;
    pickle.file_ = bytes;
    pickle.nodes_.resize(3);
    pickle.nodes_[kTrue].kind = pickle.nodes_[kFalse].kind = Kind::boolean;
    pickle.nodes_[kTrue].integer = 1;
    PickleReader reader(pickle, 0, 0);
    pickle.root_ = TRY(reader.run());
    return pickle;
}

std::string_view Pickle::class_of(PickleId id) const {
    const PickleNode* object = &nodes_[id];
    if (object->kind != Kind::object) return {};
    const PickleNode& what = nodes_[object->children[0]];
    if (what.kind != Kind::name) return {};
    // The old way to make an object: copyreg._reconstructor(class, base, state).
    if (!what.bytes.ends_with(" _reconstructor")) return what.bytes;
    const auto& arguments = nodes_[object->children[1]].children;
    if (arguments.empty() || nodes_[arguments[0]].kind != Kind::name) return {};
    return nodes_[arguments[0]].bytes;
}

const std::vector<PickleId>* Pickle::arguments_of(PickleId id) const {
    const PickleNode& object = nodes_[id];
    if (object.kind != Kind::object || nodes_[object.children[1]].kind != Kind::list)
        return nullptr;
    return &nodes_[object.children[1]].children;
}

const PickleNode* Pickle::state_of(PickleId id) const {
    const PickleNode& object = nodes_[id];
    if (object.kind != Kind::object || object.children.size() < 3) return nullptr;
    return &nodes_[object.children.back()];
}

PickleId Pickle::find(PickleId id, std::string_view key) const {
    const PickleNode* holder = nodes_[id].kind == Kind::object ? state_of(id) : &nodes_[id];
    if (holder == nullptr || holder->kind != Kind::dict) return kNone;
    PickleId found = kNone;  // the last of equal keys counts
    for (size_t i = 0; i + 1 < holder->children.size(); i += 2) {
        const PickleNode& name = nodes_[holder->children[i]];
        if (name.kind == Kind::text && name.bytes == key) found = holder->children[i + 1];
    }
    return found;
}

}  // namespace quern::score
