// What things may be called, and that no two share a name.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"
#include "quern/base/tree.h"

namespace quern::project {

// Any text that a path, a URL and quoted SQL can carry.
Status check_name(std::string_view kind, std::string_view name);

// Sources, tables and models are used bare and so share one set of names, without regard to ASCII
// case; services are only ever spoken to, and may be called as their model.
class Names {
public:
    // Refuses a name that is taken, telling both places.
    Status add(std::string_view kind, const std::string& name, const Place& place);

    const std::vector<std::string>& all() const { return written_; }
    bool has(std::string_view name) const;

private:
    struct Owner {
        std::string kind, name;
        Place place;
    };
    std::map<std::string, Owner> owners_;  // by lower-case name
    std::vector<std::string> written_;
};

}  // namespace quern::project
