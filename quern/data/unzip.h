// Bytes that zlib or gzip packed, unpacked in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "quern/base/status.h"

namespace quern::data {

bool is_zipped(std::string_view bytes);
// resource_exhausted beyond `size_bytes_max`; corrupt for what is cut or broken.
Result<std::string> unzip(std::string_view bytes, uint64_t size_bytes_max);

}  // namespace quern::data
