#include "quern/project/keys.h"

#include <charconv>

#include "quern/base/text.h"

namespace quern::project {

Status read_keys(const Keys& keys, const Tree& map, void* object) {
    Status faults;
    Tree known = map;
    std::erase_if(known.entries, [&](const Tree::Entry& entry) {
        const bool is_known =
            std::ranges::find(keys.params, entry.key, &Param::name) != keys.params.end();
        const bool is_other = !is_known && keys.take_other != nullptr;
        if (is_other && keys.take_other(object, map, entry)) return true;
        if (std::ranges::find(keys.later, entry.key) == keys.later.end()) return false;
        faults.also(unimplemented("the key '" + entry.key + "' of a " + std::string(keys.what) +
                                  " is not known to this version of quern")
                        .at(entry.place.text())
                        .hint("leave it out"));
        return true;
    });
    faults.also(read_params(keys.params, known, object, keys.what));
    return faults;
}

Shape map_of(Shape value) {
    Shape shape = detail::plain_shape("object");
    shape.values.push_back(std::move(value));
    return shape;
}

Shape list_of(Shape item) {
    Shape shape = detail::plain_shape("array");
    shape.items.push_back(std::move(item));
    return shape;
}

Result<int64_t> parse_duration_us(const Tree& value, std::string_view name) {
    struct Unit {
        std::string_view name;
        int64_t micros;
    };
    constexpr Unit kUnits[] = {{"second", 1'000'000},
                               {"minute", 60'000'000},
                               {"hour", 3'600'000'000},
                               {"day", 86'400'000'000},
                               {"week", 604'800'000'000}};
    constexpr int64_t kCountMax = 100'000;
    const std::string_view text = trim(value.text);
    int64_t count = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const bool is_count = error == std::errc() && count >= 0 && count <= kCountMax;
    const auto word = trim(text.substr(static_cast<size_t>(end - text.data())));
    for (const auto& unit : kUnits) {
        if (!is_count || (word != unit.name && word != std::string(unit.name) + "s")) continue;
        return count * unit.micros;
    }
    const std::string key(name);
    return invalid_argument("'" + key + "' must be a number and a unit, got '" + value.text + "'")
        .at(value.place.text())
        .hint("write `" + key + ": 3 hours`; units are seconds, minutes, hours, days and weeks");
}

Result<int64_t> parse_size_bytes(const Tree& value) {
    struct Unit {
        std::string_view name;
        double size_bytes;
    };
    constexpr Unit kUnits[] = {
        {"", 1},          {"b", 1},
        {"kb", 1e3},      {"mb", 1e6},
        {"gb", 1e9},      {"tb", 1e12},
        {"kib", 1024},    {"mib", 1048576},
        {"gib", 1 << 30}, {"tib", 1024.0 * (1 << 30)},
    };
    constexpr double kSizeBytesMax = 1e15;
    const auto text = trim(value.text);
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const auto rest = text.substr(static_cast<size_t>(end - text.data()));
    const std::string unit = lower_ascii(trim(rest));
    for (const auto& known : kUnits) {
        const double size_bytes = number * known.size_bytes;
        if (known.name != unit || error != std::errc()) continue;
        if (size_bytes >= 1 && size_bytes <= kSizeBytesMax) return static_cast<int64_t>(size_bytes);
    }
    return invalid_argument("'" + value.text + "' is not a size")
        .at(value.place.text())
        .hint("write it like '4 GB' or '512 MiB'");
}

}  // namespace quern::project
