// Lists as SQL writes them.
#pragma once

#include <string>
#include <string_view>

namespace quern::data {

// text(item) of each, with the separator between them.
template <class Items, class Text>
std::string joined(const Items& items, std::string_view separator, Text text) {
    std::string all;
    for (const auto& item : items) {
        if (!all.empty()) all += separator;
        all += text(item);
    }
    return all;
}

}  // namespace quern::data
