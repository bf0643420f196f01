// The user's YAML as a tree of texts that remember where they were written. Nothing is typed here:
// the reader of a value (params.h) knows what it should be, so `version: 1.10` stays "1.10".
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quern/base/status.h"

namespace quern {

// A place in the user's project; line and column count from 1 in characters, 0 means unknown.
struct Place {
    std::shared_ptr<const std::string> file;
    int line = 0;
    int column = 0;

    std::string text() const;  // "models/x.yml:7:5", as Status::at takes it
};

class Tree {
public:
    enum class Kind { null, scalar, list, map };
    struct Entry;

    Kind kind = Kind::null;
    std::string text;            // of a scalar, without its quotes
    bool is_quoted = false;      // a quoted scalar is text, whatever it looks like
    std::vector<Tree> items;     // of a list
    std::vector<Entry> entries;  // of a map, in the order written; keys are unique
    Place place;                 // where the value begins

    bool is_null() const { return kind == Kind::null; }
    bool is_scalar() const { return kind == Kind::scalar; }
    bool is_list() const { return kind == Kind::list; }
    bool is_map() const { return kind == Kind::map; }

    const Tree* find(std::string_view key) const;  // null when absent
    std::string_view kind_name() const;            // "nothing", "a value", "a list", "a map"

    static Tree scalar(std::string text);
    static Tree map(std::vector<Entry> entries);
};

struct Tree::Entry {
    std::string key;
    Tree value;
    Place place;  // of the key
};

struct YamlLimits {
    size_t size_bytes_max = 4 << 20;
    size_t depth_max = 64;
    size_t node_count_max = 200'000;  // aliases are counted each time they are used
};

// Parses one YAML document. `file` is the name shown in places; `first_line` is where the text
// starts in it (a table's settings stand inside a comment). Refuses broken YAML, duplicate keys,
// several documents, NUL bytes, text that is not UTF-8 and whatever passes the limits.
// Empty text is a null tree.
struct YamlSource {
    std::string_view text;
    std::string file;
    int first_line = 1;
};
Result<Tree> parse_yaml(const YamlSource& source, const YamlLimits& limits = {});

// For hashing: without places and formatting; 1 and '1' differ.
std::string tree_json(const Tree& tree);

// A string that remembers where it was written.
struct Located {
    std::string text;
    Place place;
    bool operator==(const Located& other) const { return text == other.text; }
};

}  // namespace quern
