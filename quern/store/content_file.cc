#include "quern/store/content_file.h"

#include "quern/base/fault.h"
#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/hash.h"

namespace quern::store {

Result<std::string> put_content(const std::string& folder, std::string_view ending,
                                std::string_view what, std::string_view bytes) {
    const std::string hash = sha256_hex(bytes);
    const std::string path = folder + "/" + hash + std::string(ending);
    TRY(make_folders(folder));
    if (path_exists(path)) {
        const auto there = sha256_file(path);
        if (there.ok() && *there == hash) return hash;
    }
    fault_point(std::string(what) + "_write");
    TRY(write_file_durable(path, bytes, {.bits = 0444}));
    fault_point(std::string(what) + "_written");
    return hash;
}

}  // namespace quern::store
