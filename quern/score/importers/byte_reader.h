// The bytes of a file from front to back; what is taken is checked against what is left.
#pragma once

#include <string>
#include <string_view>

#include "quern/base/status.h"

namespace quern::score {

class ByteReader {
public:
    // `format`: of the file, for errors: "ONNX".
    ByteReader(std::string_view format, std::string_view bytes) : left_(bytes), format_(format) {}

    Result<std::string_view> take(uint64_t size) {
        if (size > left_.size())
            return corrupt("not a whole " + std::string(format_) + " file: it ends too early");
        const auto taken = left_.substr(0, size);
        left_.remove_prefix(size);
        return taken;
    }
    std::string_view left() const { return left_; }

private:
    std::string_view left_, format_;
};

}  // namespace quern::score
