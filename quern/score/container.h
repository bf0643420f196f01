// The safetensors container: named buffers and a few texts in one file.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "quern/base/status.h"

namespace quern::score {

struct Tensor {
    std::string dtype;  // F64 I64 I32 U32 U8
    std::span<const std::byte> bytes;
};
size_t dtype_bytes(std::string_view dtype);  // 0: not one of ours

struct Container {
    std::map<std::string, std::string> metadata;
    std::map<std::string, Tensor> tensors;
};

// Tensors follow each other by name, each aligned; `metadata` gets the key sha256.
Result<std::string> write_container(Container container);
// Checks the hash of all bytes first, then that the header says nothing but what is there.
// Tensors point into `bytes`.
Result<Container> read_container(std::span<const std::byte> bytes);
Result<std::string> container_hash(std::span<const std::byte> bytes);

}  // namespace quern::score
