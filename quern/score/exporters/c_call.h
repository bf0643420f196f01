// A call of a row function as the C export sees it, and the functions that it can say.
#pragma once

#include "quern/score/exporters/c_source.h"

namespace quern::score::c {

struct CallSite {
    Source& source;
    const Expression& call;
    std::vector<const Expression*> arguments;
    std::string value, state;                 // of the result: "v7", "s7"
    std::vector<std::string> values, states;  // of the arguments

    Storage storage(size_t argument) const { return storage_of(arguments[argument]->type); }
    Storage result() const { return storage_of(call.type); }
    // NULL or failed if any argument is; else `function` of all values gives the state.
    void map(const std::string& function) const;
    // The same for what has a value everywhere: an expression of the values.
    void assign(const std::string& expression) const;
    std::string joined_states() const;  // "s1 | s2"
    std::string listed_values() const;  // "v1, v2"
};

// True: written. False: C has no form for it here.
using Form = bool (*)(const CallSite& site);
struct NamedForm {
    std::string_view name;
    Form form;
};
// Each file of forms has its table.
std::span<const NamedForm> number_forms();
std::span<const NamedForm> cast_forms();
std::span<const NamedForm> logic_forms();
std::span<const NamedForm> math_forms();
std::span<const NamedForm> text_forms();
std::span<const NamedForm> date_forms();

std::string power_of_ten_text(Source& source, int exponent);  // a constant of q_wide or int64_t

inline bool is_float(Storage s) { return s == Storage::f32 || s == Storage::f64; }
inline bool is_integer(Storage s) { return s >= Storage::i8 && s <= Storage::i128; }
inline bool is_unsigned(Storage s) { return s >= Storage::u8 && s <= Storage::u64; }

}  // namespace quern::score::c
