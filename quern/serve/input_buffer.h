// Bytes as they come in: appended at one end, consumed at the other, in one piece, with readable
// bytes after them.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>

#include "quern/serve/http.h"

namespace quern::serve {

class InputBuffer {
public:
    std::string_view bytes() const { return {bytes_.get() + begin_, end_ - begin_}; }
    bool is_empty() const { return begin_ == end_; }

    // Room for at least `size` more bytes; it starts at room(). Moves what bytes() holds.
    size_t make_room(size_t size) {
        if (is_empty()) begin_ = end_ = 0;
        const size_t used = end_ - begin_;
        if (end_ + size + kBodyPadding <= capacity_) return capacity_ - kBodyPadding - end_;
        if (used + size + kBodyPadding <= capacity_ && begin_ > 0) {
            std::memmove(bytes_.get(), bytes_.get() + begin_, used);
        } else {
            capacity_ = std::max(2 * used, used + size) + kBodyPadding;
            auto larger = std::make_unique<char[]>(capacity_);
            if (used > 0) std::memcpy(larger.get(), bytes_.get() + begin_, used);
            bytes_ = std::move(larger);
        }
        begin_ = 0;
        end_ = used;
        return capacity_ - kBodyPadding - end_;
    }
    char* room() { return bytes_.get() + end_; }
    void grow(size_t size) { end_ += size; }
    void consume(size_t size) { begin_ += size; }

    // Gives memory back that only a large request needed.
    void shrink(size_t size_max) {
        if (!is_empty() || capacity_ <= size_max + kBodyPadding) return;
        bytes_.reset();
        capacity_ = begin_ = end_ = 0;
    }

private:
    std::unique_ptr<char[]> bytes_;
    size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

}  // namespace quern::serve
