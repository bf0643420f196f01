// Where the pull of an API stands, as it is kept with the rows that have landed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "quern/base/status.h"

namespace quern::data::http {

struct Progress {
    std::string at;             // the pager's position
    int64_t record_count = 0;   // of this pull so far
    std::string since;          // what this pull asks from
    std::string last;           // highest value of the cursor column seen
    bool is_under_way = false;  // else the next pull begins with the first page

    // A next link may repeat a secret of ours: what is kept says which one, and not the secret.
    std::string text(const std::vector<std::string>& secrets) const;
    static Result<Progress> parse(const std::string& text, const std::vector<std::string>& secrets);
    // Takes the value if it is above the last one; not a date of the future: were that taken,
    // nothing would be asked for until then.
    void raise(const std::string& value);
};

}  // namespace quern::data::http
