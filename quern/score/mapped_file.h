// A whole file, mapped to be read for as long as this lives.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "quern/base/status.h"

namespace quern::score {

class MappedFile {
public:
    // `size_bytes_max`: larger files are refused as not whole.
    static Result<MappedFile> open(const std::string& path, size_t size_bytes_max);
    MappedFile(MappedFile&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(other.size_) {}
    ~MappedFile();

    std::span<const std::byte> bytes() const {
        return {static_cast<const std::byte*>(data_), size_};
    }

private:
    MappedFile(void* data, size_t size) : data_(data), size_(size) {}
    void* data_;
    size_t size_;
};

}  // namespace quern::score
