// Secrets by reference: `${NAME}` is an environment variable, `${file:/run/secrets/x}` the text of
// a file. Only the settings of connectors may hold them, and what they stand for is never written
// anywhere: see redact().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"
#include "quern/base/tree.h"

namespace quern::data {

bool has_reference(std::string_view text);

class Secrets {
public:
    // The tree with all references filled in, `$${` standing for `${`. not_found, at its place,
    // for a variable or a file that is not there.
    Result<Tree> fill(const Tree& settings);

    // Without anything that was filled in, whoever wrote it into a message.
    std::string redact(std::string_view text) const;
    Status redact(const Status& status) const;
    const std::vector<std::string>& values() const { return values_; }

private:
    Result<std::string> fill_text(const Tree& value);
    Result<std::string> value_of(const std::string& reference, const Place& place);

    std::vector<std::string> values_;
};

}  // namespace quern::data
