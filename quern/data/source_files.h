// Which files a source has today, and what is in them: the source's version.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "quern/base/status.h"
#include "quern/project/project.h"

namespace quern::data {

struct FileVersion {
    std::string path;  // as messages show it: relative to the project's root where it lies below
    uint64_t size_bytes = 0;
    int64_t modified_ns = 0;
    std::string sha256;  // of the bytes as they lie on disk
    bool operator==(const FileVersion&) const = default;
};

// The hash remembered for a file of the same path, size and time; "" when there is none.
using HashLookup = std::function<std::string(const FileVersion& file)>;

// The files of a source, sorted by path, without their hashes. A path that is missing and a
// pattern without a match are refused, each at its place in the project.
Result<std::vector<FileVersion>> source_files(const std::string& root,
                                              const project::Source& source);

// The same with hashes; only files that `known` does not know are read.
Result<std::vector<FileVersion>> source_version(const std::string& root,
                                                const project::Source& source,
                                                const HashLookup& known = {});

// One text for a fingerprint: contents and names of the files, not their times.
std::string version_text(const std::vector<FileVersion>& files);

}  // namespace quern::data
