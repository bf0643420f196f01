// What the parts of a C export share: the source as it grows, and values as C writes them.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quern/score/exporters/numbers.h"
#include "quern/score/storage.h"

namespace quern::score::c {

// A double, an integer, a text as C constants; exact.
std::string number(double value);
std::string number(int64_t value);
std::string text(std::string_view bytes);     // "caf\303\251"
std::string comment(std::string_view words);  // without what would end a comment

// A name that C takes, unlike those in `taken`, where it is added.
std::string identifier(std::string_view name, std::set<std::string>& taken);

struct CType {
    const char* name;        // "int32_t"
    const char* suffix;      // of helpers: "i32"
    const char *low, *high;  // of integers
};
const CType& c_type(Storage storage);
std::string constant(const Constant& value);

// One file. Helpers and tables stand before the function, each once, in the order in which they
// were first asked for, so one that another needs is asked for before it.
class Source {
public:
    Source(const Scorer& scorer, std::string prefix) : scorer_(scorer), prefix_(prefix) {}

    const Scorer& scorer() const { return scorer_; }
    const Program& program() const { return scorer_.program(); }
    const std::string& prefix() const { return prefix_; }

    void helper(const std::string& definition);
    // `definition` with T, N, LOW and HIGH in @ replaced by what `storage` calls them; gives
    // "q_NAME_SUFFIX", the function's name.
    std::string helper(std::string_view name, Storage storage, std::string definition);
    // static const TYPE NAME[] = {values};
    void table(std::string_view type, std::string_view name, std::span<const std::string> values);
    void line(std::string code) { body_ += "    " + std::move(code) + "\n"; }
    void use_texts();                     // q_text and what compares it
    void use_wide() { is_wide_ = true; }  // integers of 128 bits

    bool is_wide() const { return is_wide_; }
    bool has_texts() const { return seen_.contains("texts"); }
    const std::string& helpers() const { return helpers_; }
    const std::string& body() const { return body_; }

private:
    const Scorer& scorer_;
    std::string prefix_, helpers_, body_;
    std::set<std::string> seen_;
    bool is_wide_ = false;
};

// Names of the fields of the input struct, by input: the value's, and that of "it is there".
struct Field {
    std::string value, has;
};
std::vector<Field> fields(const Program& program);

// Each adds its part of the function to the source. Values and states of expression i are v<i> and
// s<i> (0 a value, 1 NULL, 2 failed); numbers are n<i>; m[] is the matrix and raw[] the raw scores.
Status write_expressions(Source& source, std::span<const Field> fields);
Status write_numbers(Source& source, const Numbers& numbers);
void write_trees(Source& source, const Trees& trees, size_t column_count);

}  // namespace quern::score::c
