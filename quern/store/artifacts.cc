#include "quern/store/artifacts.h"

#include "quern/base/file.h"
#include "quern/base/hash.h"
#include "quern/store/content_file.h"

namespace quern::store {

namespace {

constexpr std::string_view kEnding = ".qn";

}  // namespace

std::string artifact_path(const Layout& layout, std::string_view sha256) {
    return layout.artifacts + "/" + std::string(sha256) + std::string(kEnding);
}

Result<std::string> put_artifact(const Layout& layout, std::string_view bytes) {
    return put_content(layout.artifacts, kEnding, "artifact", bytes);
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
