// Functions of a row's values that quern gives to SQL: called with a batch of rows at a time, from
// any of DuckDB's threads.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "quern/sql/session.h"

namespace quern::sql {

// What one call gives: a number or a text a row, or a map of the names to numbers.
struct FunctionValues {
    std::vector<double> numbers;          // [row][name], or [row]
    std::vector<std::string_view> texts;  // [row]; good until the next call
    std::vector<uint8_t> is_null;         // [row]; empty: none
};

struct ScalarFunction {
    enum class Gives : uint8_t { number, text, map };  // DOUBLE, VARCHAR, MAP(VARCHAR, DOUBLE)
    // A failure ends the query, with its words.
    using Call = std::function<Status(const frame::BatchView& arguments, FunctionValues& out)>;

    std::string name;
    frame::Schema arguments;  // columns of type `other` come as DuckDB's text of the value
    Gives gives = Gives::number;
    std::vector<std::string> names;     // of a map
    std::function<Call()> make_worker;  // one a thread
};

// Known to this database until it is closed. One of that name that is there already stays.
Status add_function(Session& session, ScalarFunction function);

}  // namespace quern::sql
