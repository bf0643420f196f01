// The first look at a request's bytes, before any parser: is its head all there, and within
// limits? Strict on purpose: what two programs could read in two ways is refused.
#pragma once

#include <string_view>

#include "quern/serve/settings.h"

namespace quern::serve {

// Why a request is refused before a route sees it.
struct Refusal {
    int http = 0;  // 0: it is not
    std::string_view why;
};

// Feeds on a growing buffer and looks at each byte once.
class HeadScanner {
public:
    explicit HeadScanner(const Limits& limits) : limits_(limits) {}

    void clear() { line_begin_ = line_count_ = looked_ = 0; }
    // `bytes` starts where the request starts, and holds at least what it held in the last call.
    // Returns the size of the head with its empty line, or 0 when more bytes are needed or the
    // head is refused (see refusal()).
    size_t scan(std::string_view bytes);
    const Refusal& refusal() const { return refusal_; }

private:
    bool check_line(std::string_view line);
    bool check_size(size_t line_bytes);
    bool refuse(int http, std::string_view why);

    const Limits& limits_;
    size_t line_begin_ = 0, line_count_ = 0, looked_ = 0;
    Refusal refusal_;
};

}  // namespace quern::serve
