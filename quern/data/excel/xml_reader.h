// XML piece by piece, from bytes as they are unpacked: what office documents need of it, and no
// entities, document types or anything else that reaches outside.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"
#include "quern/data/byte_source.h"

namespace quern::data {

class XmlReader {
public:
    XmlReader(std::unique_ptr<ByteSource> bytes, std::string name)
        : bytes_(std::move(bytes)), name_(std::move(name)) {}

    enum class Kind { start, end, text, finish };
    // corrupt: it is not well-formed, or ends too early.
    Result<Kind> next();

    // Of the element that has just started or ended, without its prefix. Good until the next call.
    std::string_view element() const { return element_; }
    bool has_attribute(std::string_view name) const;
    std::string attribute(std::string_view name) const;  // "" where it has none
    std::string text() const;                            // decoded
    int depth() const { return depth_; }                 // of elements that are open

private:
    struct Attribute {
        std::string_view name, value;
    };

    Result<bool> fill();
    Result<size_t> find(std::string_view what, size_t from);  // npos: it does not come
    Result<size_t> find_tag_end();
    Result<Kind> take_text();
    Result<bool> take_special(Kind& kind);  // comments and the like; true: a text
    Result<Kind> take_tag();
    Status take_attributes(std::string_view tag);
    Status broken(std::string_view why) const;

    std::unique_ptr<ByteSource> bytes_;
    std::string name_, buffer_;
    size_t at_ = 0;  // of what comes next, in the buffer
    bool is_at_end_ = false, ends_at_once_ = false, is_literal_ = false;
    int depth_ = 0;
    std::string_view element_, text_;
    std::vector<Attribute> attributes_;
};

}  // namespace quern::data
