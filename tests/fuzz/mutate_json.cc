#include "tests/fuzz/mutate_json.h"

#include <cstdint>
#include <vector>

#include <nlohmann/json.hpp>

#include "quern/score/function.h"

namespace quern::fuzz {
namespace {

using nlohmann::json;

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

constexpr int64_t kNumbers[] = {0,         1,         2,          3,         -1,       38,
                                39,        127,       255,        256,       2048,     65535,
                                INT32_MAX, INT32_MIN, UINT32_MAX, INT64_MAX, INT64_MIN};

void collect(json& node, std::vector<json*>& all) {
    all.push_back(&node);
    if (node.is_structured())
        for (json& child : node) collect(child, all);
}

// What stands below "expressions", which is where most is to be found.
void collect_expressions(json& node, std::vector<json*>& all) {
    if (!node.is_structured()) return;
    if (node.is_object() && node.contains("expressions")) return collect(node["expressions"], all);
    for (json& child : node) collect_expressions(child, all);
}

class Mutation {
public:
    Mutation(json& root, std::minstd_rand& random) : random_(random) {
        if (pick(8) != 0) collect_expressions(root, all_);
        if (all_.empty()) collect(root, all_);
    }

    void run() {
        json& chosen = *all_[pick(all_.size())];
        switch (pick(6)) {
            case 0:
                chosen = json(like(chosen));
                return;
            case 1:
                std::swap(chosen, like(chosen));
                return;
            case 2:
                drop_or_double(chosen);
                return;
            default:
                replace(chosen);
        }
    }

private:
    size_t pick(size_t count) { return random_() % count; }

    // Another value of this type, none of which holds the other; or itself.
    json& like(json& one) {
        std::vector<json*> alike;
        for (json* other : all_)
            if (other->type() == one.type()) alike.push_back(other);
        json& other = *alike[pick(alike.size())];
        std::vector<json*> inside, outside;
        collect(one, inside);
        collect(other, outside);
        const bool is_apart = std::ranges::find(inside, &other) == inside.end() &&
                              std::ranges::find(outside, &one) == outside.end();
        return is_apart ? other : one;
    }

    void drop_or_double(json& list) {
        if (!list.is_structured() || list.empty()) return replace(list);
        const size_t at = pick(list.size());
        if (list.is_object()) {
            list.erase(std::next(list.begin(), static_cast<long>(at)));
        } else if (pick(2) == 0) {
            list.erase(at);
        } else {
            list.push_back(json(list[at]));
        }
    }

    void replace(json& value) {
        if (value.is_string()) {
            const auto& functions = Registry<score::RowFunction>::of_kind().all();
            if (pick(2) == 0)
                value = std::string(functions[pick(functions.size())].name);
            else
                value = std::string(kWords[pick(std::size(kWords))]);
        } else if (value.is_number()) {
            value = pick(4) == 0 ? json(-0.5e300) : json(kNumbers[pick(std::size(kNumbers))]);
        } else if (value.is_boolean()) {
            value = !value.get<bool>();
        } else if (pick(4) == 0) {
            value = json();
        }
    }

    std::minstd_rand& random_;
    std::vector<json*> all_;
};

}  // namespace

std::string mutate_json(std::string_view text, std::minstd_rand& random) {
    json root = json::parse(text, nullptr, false);
    if (root.is_discarded()) return {};
    const size_t count = random() % 4 == 0 ? 2 + random() % 3 : 1;
    for (size_t i = 0; i < count; ++i) Mutation(root, random).run();
    return root.dump();
}

}  // namespace quern::fuzz
