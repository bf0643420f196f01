// Every source, check, transform, learner, metric and route is one entry in the registry of its
// kind. An entry adds itself from its own file, before main starts; look-ups come after.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/nearest.h"
#include "quern/base/status.h"

namespace quern {

// `Entry` is a plain struct with `static constexpr std::string_view kind` and a `name`.
template <class Entry>
class Registry {
public:
    static Registry& of_kind() {
        static Registry registry;
        return registry;
    }

    bool add(Entry entry) {
        auto slot = std::ranges::lower_bound(entries_, entry.name, {}, &Entry::name);
        if (slot != entries_.end() && slot->name == entry.name) {
            std::fprintf(stderr, "two entries of one kind are named '%s'\n",
                         std::string(entry.name).c_str());
            std::abort();
        }
        entries_.insert(slot, std::move(entry));
        return true;
    }

    // Entries live as long as the program; their addresses are stable once main has started.
    Result<const Entry*> find(std::string_view name) const {
        auto slot = std::ranges::lower_bound(entries_, name, {}, &Entry::name);
        if (slot != entries_.end() && slot->name == name) return &*slot;
        return unknown_name(Entry::kind, name, names());
    }

    const std::vector<Entry>& all() const { return entries_; }  // sorted by name

    std::vector<std::string_view> names() const {
        std::vector<std::string_view> names;
        for (const auto& entry : entries_) names.push_back(entry.name);
        return names;
    }

private:
    std::vector<Entry> entries_;
};

}  // namespace quern

#define QUERN_JOIN_(a, b) a##b
#define QUERN_JOIN(a, b) QUERN_JOIN_(a, b)
// Used once, as the last statement of the file that implements the entry.
#define QUERN_REGISTER(Entry)                                              \
    [[maybe_unused]] static const bool QUERN_JOIN(registered_, __LINE__) = \
        ::quern::Registry<Entry>::of_kind().add
