// Lines about nodes: "census_clean    table     32,537 rows, 8 checks passed    0.04 s".
#pragma once

#include <string>
#include <vector>

#include "quern/flow/node.h"

namespace quern::cli {

class NodeLines {
public:
    // As wide as the longest of these names.
    explicit NodeLines(const std::vector<flow::Node>& nodes);

    struct Line {
        std::string name, kind, message;
        std::string right;  // at the end of the line
    };
    std::string text(const Line& line) const;
    std::string detail(const std::string& text) const;  // below a line

private:
    size_t name_width_ = 0;
};

}  // namespace quern::cli
