#include <algorithm>
#include <charconv>

#include "quern/base/text.h"

#include "apps/cli/command.h"

namespace quern::cli {

std::string long_name(const Option& option) {
    const size_t start = option.name.find("--");
    return std::string(option.name.substr(start == std::string_view::npos ? 0 : start + 2));
}

std::string Invocation::text(std::string_view name, std::string_view fallback) const {
    const auto found = values_.find(std::string(name));
    if (found == values_.end() || found->second.empty()) return std::string(fallback);
    return found->second.front();
}

std::vector<std::string> Invocation::list(std::string_view name) const {
    const auto found = values_.find(std::string(name));
    return found == values_.end() ? std::vector<std::string>() : found->second;
}

std::vector<std::string> Invocation::comma_list(std::string_view name) const {
    const std::string typed = text(name);
    std::vector<std::string> parts;
    for (std::string_view left = typed; !left.empty();) {
        const size_t end = std::min(left.find(','), left.size());
        parts.emplace_back(trim(left.substr(0, end)));
        left.remove_prefix(std::min(end + 1, left.size()));
    }
    return parts;
}

Result<int64_t> Invocation::integer(std::string_view name, const IntegerRange& range) const {
    if (!has(name)) return range.fallback;
    const std::string typed = text(name);
    int64_t number = 0;
    const char* const stop = typed.data() + typed.size();
    const auto [end, error] = std::from_chars(typed.data(), stop, number);
    if (error != std::errc() || end != stop || number < range.low || number > range.high) {
        return invalid_argument("--" + std::string(name) + " must be an integer in [" +
                                std::to_string(range.low) + ", " + std::to_string(range.high) +
                                "], got '" + typed + "'");
    }
    return number;
}

}  // namespace quern::cli
