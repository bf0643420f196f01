// Addresses of the web, read by the same parser that later connects to them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quern/base/status.h"

namespace quern::data::http {

using Pairs = std::vector<std::pair<std::string, std::string>>;

class Url {
public:
    // http and https only, without a user and password inside. Odd spellings of a host
    // (HOST, 127.1, 0x7f000001) become the plain one.
    static Result<Url> parse(const std::string& text);
    // A redirect's target or a next link, as seen from here.
    Result<Url> join(const std::string& reference) const;
    // Query parameters; one that is there already is replaced.
    Url with(const Pairs& parameters) const;

    const std::string& text() const { return text_; }  // whole: may hold secrets
    // For messages and logs: of the query's values only numbers are shown.
    std::string shown() const;
    const std::string& host() const { return host_; }
    const std::string& origin() const { return origin_; }  // "https://api.example:443"
    bool is_encrypted() const { return origin_.starts_with("https:"); }

private:
    std::string text_, host_, origin_;
};

// For a query's names and values, and for forms: all but letters, digits and -._~ as %XX.
std::string percent_encoded(std::string_view text);
std::string percent_decoded(std::string_view text);

// "a=1&b=2"
std::string form_text(const Pairs& fields);

}  // namespace quern::data::http
