// Where something stands in a JSON document: `data.items`, `$.data.items[*]`, `['odd name'][-1]`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "quern/base/status.h"

namespace quern::data::http {

class JsonPath {
public:
    enum class Kind { key, index, all };
    struct Step {
        Kind kind = Kind::key;
        std::string key = {};
        int64_t index = 0;  // negative: from the end
    };

    static Result<JsonPath> parse(const std::string& text);
    const std::vector<Step>& steps() const { return steps_; }
    const std::string& text() const { return text_; }

private:
    Status read_bracket(size_t& at);
    std::string text_;
    std::vector<Step> steps_;
};

}  // namespace quern::data::http
