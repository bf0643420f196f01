// What the formats of logs share: each line of a file is taken apart into the same fields.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quern/data/source_format.h"

namespace re2 {
class RE2;
}

namespace quern::data {

class LineReader {
public:
    virtual ~LineReader() = default;
    // Fills one field a column; an empty one is a missing value. Returns what is wrong with the
    // line, "" when nothing is.
    virtual std::string read(std::string_view line, std::vector<std::string>& fields) const = 0;

    std::vector<std::string> names;
    std::vector<frame::Type> types;  // of the columns; empty: found by reading
    std::string timestamp_format;    // of columns of times; empty: ISO 8601
};

// Lines that the reader refuses go to the quarantine; a copy of the others is staged.
Result<Staged> stage_log(StageRequest& request, std::shared_ptr<const LineReader> reader);

// A regular expression whose named groups are fields; matching takes linear time.
class Pattern {
public:
    static Result<Pattern> compile(const std::string& text);
    Pattern(Pattern&&) noexcept;
    ~Pattern();
    // Whether the whole line matches; then fields has one text a named group.
    bool match(std::string_view line, std::vector<std::string>& fields) const;
    const std::vector<std::string>& names() const { return names_; }

private:
    explicit Pattern(std::unique_ptr<re2::RE2> compiled);
    std::unique_ptr<re2::RE2> compiled_;
    std::vector<std::string> names_;
    std::vector<int> groups_;  // of the names
};

// What combined and common share; the former says more.
Result<Staged> stage_web_log(StageRequest& request, bool is_combined);

}  // namespace quern::data
