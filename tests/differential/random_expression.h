// SQL expressions at random, over the columns of the test's table.
#pragma once

#include <random>
#include <string>

namespace quern::score {

class RandomExpression {
public:
    explicit RandomExpression(uint32_t seed) : random_(seed) {}
    std::string next();

private:
    enum class Kind { integer, number, decimal, text, date, timestamp, boolean };
    std::string of(Kind kind, int depth);
    std::string leaf(Kind kind);
    std::string from_template(std::string_view form, int depth);
    size_t pick(size_t count) { return random_() % count; }

    std::mt19937 random_;
};

}  // namespace quern::score
