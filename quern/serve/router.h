// Which route a request's method and path lead to.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "quern/serve/route.h"

namespace quern::serve {

constexpr size_t kPathSegmentsMax = 8;

struct RouteMatch {
    const Route* route = nullptr;  // of this path; of any method when none is right
    bool method_is_right = false;
    std::array<std::string_view, 2> arguments;  // {model}, {version}: as they stand in the path
};

class Router {
public:
    Router();  // over all registered routes

    RouteMatch match(Method method, std::string_view path) const;
    // The methods that the path of this route has: "GET, POST".
    std::string allowed(std::string_view path) const;

private:
    struct Pattern {
        const Route* route;
        std::vector<std::string_view> segments;
    };
    std::vector<Pattern> patterns_;
};

std::string_view method_name(Method method);

// A segment of a path with its %XX decoded. Refused: broken escapes, control characters, text that
// is not UTF-8. A decoded slash is a character like others: segments were split before.
Result<std::string> decode_segment(std::string_view segment);
// The value of a query's `name=value`; empty when it is not there.
Result<std::string> query_value(std::string_view query, std::string_view name);
// ?explain=true; false when it is not there.
Result<bool> is_asked(std::string_view query, std::string_view name);

}  // namespace quern::serve
