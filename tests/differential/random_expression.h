// SQL expressions at random, over the columns of the test's table.
#pragma once

#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace quern::score {

class Oracle;

// The forms come from forms.txt and, for every row function that DuckDB lists, from the types of
// its parameters: a function that is registered cannot be left out.
class RandomExpression {
public:
    RandomExpression(uint32_t seed, Oracle& oracle);
    std::string next();

private:
    using Forms = std::map<std::string, std::vector<std::string>, std::less<>>;  // by kind

    void read_forms();
    void add_signatures(Oracle& oracle);
    void add_signature(std::string_view name, std::string_view parameters, std::string_view varargs,
                       std::string_view result);
    std::string of(std::string_view kind, int depth);
    std::string argument(std::string_view type, int depth);
    std::string fill(std::string_view form, int depth);
    size_t pick(size_t count) { return random_() % count; }

    std::mt19937 random_;
    Forms forms_, leaves_;
    std::vector<std::string> by_hand_;  // functions whose forms are in the file alone
};

}  // namespace quern::score
