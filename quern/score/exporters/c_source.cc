#include "quern/score/exporters/c_source.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "quern/base/text.h"

namespace quern::score::c {
namespace {

constexpr std::string_view kWords[] = {
    "auto",     "break",    "case",     "char",     "const",    "continue",  "default",  "do",
    "double",   "else",     "enum",     "extern",   "float",    "for",       "goto",     "if",
    "inline",   "int",      "long",     "register", "restrict", "return",    "short",    "signed",
    "sizeof",   "static",   "struct",   "switch",   "typedef",  "union",     "unsigned", "void",
    "volatile", "while",    "bool",     "true",     "false",    "class",     "new",      "delete",
    "this",     "template", "operator", "private",  "public",   "protected", "NAN",      "INFINITY",
    "unix",     "linux",    "i386"};

constexpr CType kTypes[] = {
    {"bool", "bool", "0", "1"},
    {"int8_t", "i8", "INT8_MIN", "INT8_MAX"},
    {"int16_t", "i16", "INT16_MIN", "INT16_MAX"},
    {"int32_t", "i32", "INT32_MIN", "INT32_MAX"},
    {"int64_t", "i64", "INT64_MIN", "INT64_MAX"},
    {"uint8_t", "u8", "0", "UINT8_MAX"},
    {"uint16_t", "u16", "0", "UINT16_MAX"},
    {"uint32_t", "u32", "0", "UINT32_MAX"},
    {"uint64_t", "u64", "0", "UINT64_MAX"},
    {"q_wide", "wide", "Q_WIDE_MIN", "Q_WIDE_MAX"},
    {"float", "f32", "", ""},
    {"double", "f64", "", ""},
    {"q_text", "text", "", ""},
};

constexpr std::string_view kTexts = R"(
static int q_compare_text(q_text a, q_text b) {
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size == 0 ? 0 : memcmp(a.at, b.at, size);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}
)";

// What the standard headers define as macros, by how such names begin.
constexpr std::string_view kMacros[] = {"INT",  "UINT",  "FLT_", "DBL_",  "LDBL_", "DECIMAL_",
                                        "SIZE", "PTR",   "SIG_", "WCHAR", "WINT",  "FP_",
                                        "MATH", "HUGE_", "M_",   "NULL",  "__"};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
}

}  // namespace

std::string number(double value) {
    if (std::isnan(value)) return "NAN";
    if (std::isinf(value)) return value > 0 ? "INFINITY" : "-INFINITY";
    char buffer[40];
    const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
    std::string shown(buffer, end);
    if (shown.find_first_of(".e") == std::string::npos) shown += ".0";
    return shown;
}

std::string number(int64_t value) {
    if (value == INT64_MIN) return "INT64_MIN";
    const bool is_long = value > INT32_MAX || value < -INT32_MAX;
    return is_long ? "INT64_C(" + std::to_string(value) + ")" : std::to_string(value);
}

std::string text(std::string_view bytes) {
    std::string out = "\"";
    for (const unsigned char c : bytes) {
        const bool is_plain = c >= ' ' && c < 127 && c != '"' && c != '\\' && c != '?';
        if (is_plain) {
            out += static_cast<char>(c);
        } else {  // three digits always, so that the next character is none of them
            const char octal[] = {'\\', static_cast<char>('0' + (c >> 6)),
                                  static_cast<char>('0' + (c >> 3 & 7)),
                                  static_cast<char>('0' + (c & 7)), 0};
            out += octal;
        }
    }
    return out + "\"";
}

std::string comment(std::string_view words) {
    std::string out;
    for (const char c : words) {
        const bool is_plain = c >= ' ' && c < 127;
        const bool ends = c == '/' && !out.empty() && out.back() == '*';
        const bool begins = c == '*' && !out.empty() && out.back() == '/';
        out += !is_plain ? '?' : ends || begins ? ' ' : c;
    }
    return out;
}

std::string identifier(std::string_view name, std::set<std::string>& taken) {
    std::string base;
    for (const unsigned char c : name) {
        const bool is_plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        base += is_plain ? static_cast<char>(c) : '_';
    }
    constexpr size_t kNameMax = 40;  // of the 63 that C99 tells apart
    base.resize(std::min(base.size(), kNameMax));
    if (base.empty() || (base[0] >= '0' && base[0] <= '9') || base[0] == '_') base = "x" + base;
    for (const std::string_view word : kWords)
        if (base == word) base += "_";
    for (const std::string_view macro : kMacros)
        if (base.starts_with(macro)) base = "x" + base;
    std::string found = base;
    for (int i = 2; !taken.insert(found).second; ++i) found = base + "_" + std::to_string(i);
    return found;
}

const CType& c_type(Storage storage) { return kTypes[static_cast<size_t>(storage)]; }

std::string constant(const Constant& value) {
    const Storage storage = storage_of(value.type);
    return with_storage(storage, [&]<class T>(Tag<T>) -> std::string {
        if constexpr (kIsText<T>) {
            return "(q_text){" + text(value.text) + ", " + std::to_string(value.text.size()) + "}";
        } else if constexpr (std::is_same_v<T, Interval>) {
            return "";
        } else {
            T bits{};
            if (!value.is_null) std::memcpy(&bits, value.bits.data(), sizeof(bits));
            if constexpr (kIsFloat<T>) {
                // A float as the double that it is.
                const std::string shown = number(static_cast<double>(bits));
                return sizeof(T) == 4 ? "(float)" + shown : shown;
            } else if constexpr (sizeof(T) == 16) {
                const auto wide = static_cast<uint128>(bits);
                return "((q_wide)(((q_uwide)UINT64_C(" +
                       std::to_string(static_cast<uint64_t>(wide >> 64)) + ") << 64) | UINT64_C(" +
                       std::to_string(static_cast<uint64_t>(wide)) + ")))";
            } else if constexpr (std::is_same_v<T, uint64_t>) {
                return "UINT64_C(" + std::to_string(bits) + ")";
            } else {
                return number(static_cast<int64_t>(bits));
            }
        }
    });
}

void Source::helper(const std::string& definition) {
    if (seen_.insert(definition).second) helpers_ += definition;
}

std::string Source::helper(std::string_view name, Storage storage, std::string definition) {
    const CType& type = c_type(storage);
    std::string function = "q_" + std::string(name) + "_" + type.suffix;
    replace_all(definition, "@F", function);
    replace_all(definition, "@T", type.name);
    replace_all(definition, "@N", type.suffix);
    replace_all(definition, "@LOW", type.low);
    replace_all(definition, "@HIGH", type.high);
    if (storage == Storage::i128) use_wide();
    helper(definition);
    return function;
}

void Source::table(std::string_view type, std::string_view name,
                   std::span<const std::string> values) {
    std::string out = "\nstatic const " + std::string(type) + " " + std::string(name) + "[" +
                      std::to_string(std::max<size_t>(values.size(), 1)) + "] = {";
    size_t width = 100;
    for (const std::string& value : values) {
        width += value.size() + 2;
        if (width > 96) {
            out += "\n    ";
            width = value.size() + 6;
        }
        out += value + ", ";
    }
    if (values.empty()) out += "0";
    helpers_ += out + "\n};\n";
}

void Source::use_texts() {
    if (!seen_.insert("texts").second) return;
    helpers_ += kTexts;
}

std::vector<Field> fields(const Program& program) {
    std::set<std::string> taken = {"unused"};
    std::vector<Field> fields;
    for (const Input& input : program.inputs) {
        Field field;
        field.value = identifier(input.name, taken);
        field.has = identifier("has_" + field.value, taken);
        fields.push_back(std::move(field));
    }
    return fields;
}

}  // namespace quern::score::c
