#include "tests/fuzz/mutate_json.h"

#include <algorithm>
#include <vector>

#include "quern/score/function.h"

namespace quern::fuzz {
namespace {

constexpr std::string_view kWords[] = {"",
                                       "a",
                                       "1",
                                       "-1",
                                       "nan",
                                       "-inf",
                                       "2024-02-29",
                                       "%Y-%m-%d",
                                       "$.a",
                                       "/a/0",
                                       "(a)(b)?",
                                       "[",
                                       "g",
                                       "UTC",
                                       "0;;/////////////",
                                       "\u00e9",
                                       "BOOLEAN",
                                       "TINYINT",
                                       "INTEGER",
                                       "BIGINT",
                                       "HUGEINT",
                                       "UBIGINT",
                                       "FLOAT",
                                       "DOUBLE",
                                       "DECIMAL",
                                       "VARCHAR",
                                       "BLOB",
                                       "DATE",
                                       "TIME",
                                       "TIMESTAMP",
                                       "TIMESTAMP WITH TIME ZONE",
                                       "INTERVAL",
                                       "LIST",
                                       "STRUCT",
                                       "MAP",
                                       "ENUM",
                                       "NULL",
                                       "JSON",
                                       "BOUND_REF",
                                       "BOUND_CONSTANT",
                                       "BOUND_CAST",
                                       "BOUND_FUNCTION",
                                       "BOUND_CASE",
                                       "BOUND_BETWEEN",
                                       "BOUND_COMPARISON",
                                       "BOUND_CONJUNCTION",
                                       "BOUND_OPERATOR",
                                       "COMPARE_EQUAL",
                                       "COMPARE_LESSTHAN",
                                       "COMPARE_DISTINCT_FROM",
                                       "COMPARE_IN",
                                       "CONJUNCTION_AND",
                                       "CONJUNCTION_OR",
                                       "OPERATOR_NOT",
                                       "OPERATOR_IS_NULL",
                                       "OPERATOR_COALESCE",
                                       "OPERATOR_TRY",
                                       "input",
                                       "constant",
                                       "call",
                                       "classify",
                                       "regress",
                                       "sigmoid",
                                       "softmax",
                                       "identity",
                                       "trees",
                                       "linear",
                                       "DECIMAL(38,10)",
                                       "DECIMAL(4,1)",
                                       "INTEGER[]",
                                       "STRUCT(a INTEGER)",
                                       "MAP(VARCHAR, INTEGER)",
                                       "I64",
                                       "F64"};

constexpr std::string_view kNumbers[] = {"0",
                                         "1",
                                         "2",
                                         "3",
                                         "-1",
                                         "38",
                                         "39",
                                         "127",
                                         "255",
                                         "256",
                                         "2048",
                                         "65535",
                                         "2147483647",
                                         "-2147483648",
                                         "4294967295",
                                         "9223372036854775807",
                                         "-9223372036854775808",
                                         "-0.5e300"};

// A value, from its first byte to behind its last one.
struct Value {
    size_t begin = 0, end = 0;
    size_t member = 0;  // where its key begins, or it itself in a list
    size_t count = 0;   // of the values directly inside
    size_t parent = 0;
    char type = 0;               // { [ " 0 t n
    bool is_expression = false;  // below "expressions", where most is to be found
};

// The values of a text that is JSON, outer ones first. Bytes alone are looked at, not copied: a
// mutation must cost less than what it tries.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    // Empty when the text is no JSON.
    std::vector<Value> run() {
        const bool is_whole = value(0, 0, false) && (skip_blanks(), at_ == text_.size());
        if (!is_whole) all_.clear();
        return std::move(all_);
    }

private:
    static constexpr int kDepthMax = 512;

    void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
    char peek() {
        skip_blanks();
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    bool skip(char c) { return peek() == c && ++at_ > 0; }

    bool skip_text() {
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == '"') return ++at_ > 0;
            if (text_[at_] == '\\') ++at_;
        }
        return false;
    }

    bool value(size_t parent, size_t member, bool is_expression) {
        const char first = peek();
        const size_t self = all_.size();
        const bool is_number = first == '-' || (first >= '0' && first <= '9');
        all_.push_back({.begin = at_, .member = member, .parent = parent, .type = first});
        all_[self].is_expression = is_expression;
        if (is_number) all_[self].type = '0';
        if (first == 'f') all_[self].type = 't';
        bool is_whole = true;
        if (first == '{' || first == '[')
            is_whole = inside(self, first == '{' ? '}' : ']', is_expression);
        else if (first == '"')
            is_whole = skip_text();
        else
            at_ = std::min(text_.find_first_of(" \t\r\n,]}", at_), text_.size());
        all_[self].end = at_;
        return is_whole && all_[self].begin < at_;
    }

    bool inside(size_t self, char close, bool is_expression) {
        ++at_;
        if (skip(close)) return true;
        if (++depth_ > kDepthMax) return false;
        do {
            peek();
            const size_t member = at_;
            bool is_below = is_expression;
            if (close == '}') {
                if (peek() != '"' || !skip_text()) return false;
                is_below |= text_.substr(member, at_ - member) == "\"expressions\"";
                if (!skip(':')) return false;
            }
            ++all_[self].count;
            if (!value(self, member, is_below)) return false;
        } while (skip(','));
        --depth_;
        return skip(close);
    }

    std::string_view text_;
    size_t at_ = 0;
    int depth_ = 0;
    std::vector<Value> all_;
};

class Mutation {
public:
    Mutation(std::string_view text, std::minstd_rand& random)
        : text_(text), random_(random), all_(Scanner(text).run()) {}

    std::string run() {
        if (all_.empty()) return {};
        const Value& chosen = choose();
        switch (pick(6)) {
            case 0:
                return with(chosen, of(like(chosen)));
            case 1:
                return swapped(chosen, like(chosen));
            case 2:
                return drop_or_double(chosen);
            default:
                return replaced(chosen);
        }
    }

private:
    size_t pick(size_t count) { return random_() % count; }
    std::string_view of(const Value& value) const {
        return text_.substr(value.begin, value.end - value.begin);
    }
    std::string with(size_t begin, size_t end, std::string_view other) const {
        return std::string(text_.substr(0, begin)).append(other).append(text_.substr(end));
    }
    std::string with(const Value& value, std::string_view other) const {
        return with(value.begin, value.end, other);
    }

    const Value& choose() {
        const Value* chosen = &all_[pick(all_.size())];
        const bool wants_expression = pick(8) != 0;
        for (int i = 0; i < 8 && wants_expression && !chosen->is_expression; ++i)
            chosen = &all_[pick(all_.size())];
        return *chosen;
    }

    // Another value of this type, or itself.
    const Value& like(const Value& one) {
        const size_t start = pick(all_.size());
        for (size_t i = 0; i < all_.size(); ++i) {
            const Value& other = all_[(start + i) % all_.size()];
            if (other.type == one.type) return other;
        }
        return one;
    }

    std::string swapped(const Value& one, const Value& other) const {
        const Value& first = one.begin < other.begin ? one : other;
        const Value& second = one.begin < other.begin ? other : one;
        if (second.begin < first.end) return with(one, of(other));  // one holds the other
        std::string text(text_.substr(0, first.begin));
        text.append(of(second)).append(text_.substr(first.end, second.begin - first.end));
        return text.append(of(first)).append(text_.substr(second.end));
    }

    std::string drop_or_double(const Value& list) {
        if (list.count == 0) return replaced(list);
        const size_t self = static_cast<size_t>(&list - all_.data());
        size_t left = pick(list.count);
        const Value* chosen = nullptr;
        for (size_t i = self + 1; chosen == nullptr; ++i)
            if (all_[i].parent == self && left-- == 0) chosen = &all_[i];
        const std::string_view member = text_.substr(chosen->member, chosen->end - chosen->member);
        if (list.type == '[' && pick(2) == 0)
            return with(chosen->end, chosen->end, "," + std::string(member));
        if (list.count == 1) return with(list, list.type == '[' ? "[]" : "{}");
        const size_t next = text_.find_first_not_of(" \t\r\n", chosen->end);
        if (text_[next] == ',') return with(chosen->member, next + 1, "");
        return with(text_.find_last_of(',', chosen->member), chosen->end, "");
    }

    std::string replaced(const Value& value) {
        switch (value.type) {
            case '"': {
                const auto& functions = Registry<score::RowFunction>::of_kind().all();
                const std::string_view word = pick(2) == 0 ? functions[pick(functions.size())].name
                                                           : kWords[pick(std::size(kWords))];
                return with(value, '"' + std::string(word) + '"');
            }
            case '0':
                return with(value, kNumbers[pick(std::size(kNumbers))]);
            case 't':
                return with(value, of(value) == "true" ? "false" : "true");
            default:
                return pick(4) == 0 ? with(value, "null") : std::string(text_);
        }
    }

    std::string_view text_;
    std::minstd_rand& random_;
    std::vector<Value> all_;
};

}  // namespace

std::string mutate_json(std::string_view text, std::minstd_rand& random) {
    std::string changed(text);
    const size_t count = random() % 4 == 0 ? 2 + random() % 3 : 1;
    for (size_t i = 0; i < count; ++i) changed = Mutation(changed, random).run();
    return changed;
}

}  // namespace quern::fuzz
