// Reads `name(argument, ..., setting := value, ...) as alias` off a feature's text, where it has
// that shape, without a look at what the arguments are: DuckDB binds them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"

namespace quern::flow {

struct CallText {
    struct Piece {
        size_t offset = 0;  // in the feature's text
        std::string text;
    };
    struct Setting {
        Piece name, value;
    };
    std::string name;  // of the function, in lower case
    size_t offset = 0;
    std::vector<Piece> arguments;
    std::vector<Setting> settings;
    std::string alias;  // empty: none
};

// Nothing where the text is anything but one call, perhaps with an alias.
std::optional<CallText> read_call(std::string_view text);

// The text of a feature without `as alias`, and the alias.
struct AliasText {
    std::string_view expression;
    std::string alias;
};
AliasText split_alias(std::string_view text);

bool is_one_word(std::string_view text);  // a name, quoted or not

}  // namespace quern::flow
