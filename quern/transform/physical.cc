#include "quern/transform/physical.h"

#include "quern/base/text.h"

namespace quern::transform {

constexpr size_t kFingerprintDigits = 12;

std::string physical_name(std::string_view name, std::string_view content_fingerprint) {
    return std::string(name) + "__" +
           std::string(content_fingerprint.substr(0, kFingerprintDigits));
}

std::string qualified(std::string_view schema, std::string_view name) {
    return std::string(schema) + "." + quote_identifier(name);
}

}  // namespace quern::transform
