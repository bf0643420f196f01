#include "quern/base/nearest.h"

#include <algorithm>
#include <cctype>

namespace quern {
namespace {

constexpr size_t kNameMax = 64;    // longer names are compared by their beginning
constexpr size_t kListedMax = 12;  // names listed in a hint when nothing is near

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

size_t distance(std::string_view a, std::string_view b) {
    a = a.substr(0, kNameMax);
    b = b.substr(0, kNameMax);
    std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
            const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                                 lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

}  // namespace

std::string nearest(std::string_view name, const std::vector<std::string_view>& candidates) {
    std::string_view best;
    size_t best_distance = std::max<size_t>(1, std::min(name.size(), kNameMax) / 3) + 1;
    for (auto candidate : candidates) {
        const size_t d = distance(name, candidate);
        if (d < best_distance) {
            best = candidate;
            best_distance = d;
        }
    }
    return std::string(best);
}

Status unknown_name(std::string_view kind, std::string_view name,
                    const std::vector<std::string_view>& candidates) {
    auto status = not_found(std::string(kind) + " '" + std::string(name) + "' is not known");
    const std::string near = nearest(name, candidates);
    if (!near.empty()) return std::move(status).hint("did you mean '" + near + "'?");
    if (candidates.empty()) return status;
    std::vector<std::string_view> once;
    for (const auto candidate : candidates) {
        if (std::ranges::find(once, candidate) == once.end()) once.push_back(candidate);
    }
    std::string list = "known: ";
    for (size_t i = 0; i < once.size() && i < kListedMax; ++i) {
        if (i > 0) list += ", ";
        list += once[i];
    }
    if (once.size() > kListedMax) list += ", ...";
    return std::move(status).hint(std::move(list));
}

}  // namespace quern
