// Reading the buffers of a fitted part, none of which can be trusted.
#pragma once

#include <cmath>
#include <initializer_list>
#include <string>
#include <string_view>

#include "quern/score/program.h"

namespace quern::score {

template <class T>
const std::vector<T>* find_buffer(const Buffers& learned, std::string_view name) {
    auto found = learned.find(std::string(name));
    return found == learned.end() ? nullptr : std::get_if<std::vector<T>>(&found->second);
}

constexpr size_t kAnySize = SIZE_MAX;

template <class T>
Result<std::vector<T>> take_buffer(const Buffers& learned, std::string_view name,
                                   size_t size = kAnySize) {
    const std::vector<T>* buffer = find_buffer<T>(learned, name);
    if (buffer == nullptr) return corrupt("buffer '" + std::string(name) + "' is missing");
    if (size != kAnySize && buffer->size() != size)
        return corrupt("buffer '" + std::string(name) + "' has " + std::to_string(buffer->size()) +
                       " values, expected " + std::to_string(size));
    return *buffer;
}

// The one value of a buffer that may be absent.
template <class T>
Result<T> take_value(const Buffers& learned, std::string_view name, T value_if_absent) {
    if (!learned.contains(std::string(name))) return value_if_absent;
    auto buffer = TRY(take_buffer<T>(learned, name, 1));
    return buffer[0];
}

// Doubles that are all finite.
inline Result<std::vector<double>> take_finite(const Buffers& learned, std::string_view name,
                                               size_t size = kAnySize) {
    auto buffer = TRY(take_buffer<double>(learned, name, size));
    for (double number : buffer)
        if (!std::isfinite(number))
            return corrupt("buffer '" + std::string(name) + "' is not finite");
    return buffer;
}

// Refuses buffers that nobody reads.
inline Status check_names(const Buffers& learned, std::initializer_list<std::string_view> names) {
    for (const auto& [name, buffer] : learned) {
        bool is_known = false;
        for (std::string_view known : names) is_known |= known == name;
        if (!is_known) return corrupt("unknown buffer '" + name + "'");
    }
    return {};
}

}  // namespace quern::score
