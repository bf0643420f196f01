#include "quern/store/artifacts.h"

#include "quern/base/fault.h"
#include "quern/base/file.h"
#include "quern/base/hash.h"

namespace quern::store {

std::string artifact_path(const Layout& layout, std::string_view sha256) {
    return layout.artifacts + "/" + std::string(sha256) + ".qn";
}

Result<std::string> put_artifact(const Layout& layout, std::string_view bytes) {
    const std::string hash = sha256_hex(bytes);
    const std::string path = artifact_path(layout, hash);
    if (path_exists(path) && read_artifact(layout, hash).ok()) return hash;
    fault_point("artifact_write");
    TRY(write_file_durable(path, bytes, {.bits = 0444}));
    fault_point("artifact_written");
    return hash;
}

Result<std::string> read_artifact(const Layout& layout, std::string_view sha256) {
    const std::string path = artifact_path(layout, sha256);
    auto bytes = TRY(read_file(path));
    if (sha256_hex(bytes) != sha256) {
        return corrupt(path + " is damaged: its bytes are not the ones its name stands for")
            .hint("delete it and train the model again");
    }
    return bytes;
}

}  // namespace quern::store
