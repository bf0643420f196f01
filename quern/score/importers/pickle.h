// Reads a pickle without running it: what the pickle would call or build stays a description of
// itself. A function that it names is a text; no name leads to code.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"

namespace quern::score {

// One value of the pickle, by its place among all of them. Values may be shared, and may hold
// themselves: whoever walks them counts its steps.
using PickleId = uint32_t;

struct PickleNode {
    enum class Kind : uint8_t {
        none,
        boolean,  // integer 0 or 1
        integer,  // that fits 64 bits
        big,      // that does not
        number,
        text,  // bytes, UTF-8 or not
        bytes,
        list,    // children; also tuples and sets
        dict,    // children: key, value, key, value
        name,    // of a class or function: "sklearn.tree._tree Tree" in `bytes`
        object,  // children: what is called, its arguments, and each state that was set
    };
    Kind kind = Kind::none;
    union {
        int64_t integer = 0;
        double number;
        size_t data;  // of an object of joblib's: where its array's bytes begin, in the file
    };
    std::string_view bytes;
    std::vector<PickleId> children;
};

class Pickle {
public:
    // `bytes` must outlive it.
    static Result<Pickle> read(std::string_view bytes);

    PickleId root() const { return root_; }
    const PickleNode& at(PickleId id) const { return nodes_[id]; }
    std::string_view file() const { return file_; }

    // "sklearn.tree._tree Tree" of an object; empty where it is none.
    std::string_view class_of(PickleId id) const;
    // The arguments an object was made of; null where there are none.
    const std::vector<PickleId>* arguments_of(PickleId id) const;
    // The last state that was set; null where there is none.
    const PickleNode* state_of(PickleId id) const;
    // The value of a key, in a dict or in the state of an object; none where it is not there.
    PickleId find(PickleId id, std::string_view key) const;

    static constexpr PickleId kNone = 0;  // also the id of the value None

private:
    friend class PickleReader;
    std::string_view file_;
    std::vector<PickleNode> nodes_;
    std::deque<std::string> made_;  // texts that do not stand in the file as they are
    PickleId root_ = kNone;
};

}  // namespace quern::score
