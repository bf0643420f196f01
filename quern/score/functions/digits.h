// Hexadecimal digits.
#pragma once

namespace quern::score {

// The value of a digit in bases up to 16; -1 when it is none.
inline int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace quern::score
