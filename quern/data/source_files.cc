#include "quern/data/source_files.h"

#include <algorithm>

#include "quern/base/folder.h"
#include "quern/base/hash.h"

namespace quern::data {
namespace {

std::string shown_path(const std::string& root, const std::string& path) {
    return path.starts_with(root + "/") ? path.substr(root.size() + 1) : path;
}

Result<std::vector<FileFacts>> files_of(const std::string& root, const Located& written) {
    auto facts = file_facts(join_path(root, written.text));
    if (!facts.ok() && is_glob(written.text)) {
        auto found = TRY(glob_files(join_path(literal_pattern(root), written.text)));
        if (!found.empty()) return found;
        return not_found("no file matches '" + written.text + "'")
            .at(written.place.text())
            .hint("paths are relative to " + root);
    }
    if (!facts.ok()) {
        return std::move(facts)
            .status()
            .at(written.place.text())
            .hint("paths are relative to " + root);
    }
    if (facts->is_folder) {
        return invalid_argument("'" + written.text + "' is a folder")
            .at(written.place.text())
            .hint("name the files in it: " + join_path(written.text, "*.csv"));
    }
    if (!facts->is_plain) {
        return invalid_argument("'" + written.text + "' is a pipe or a device, not a file")
            .at(written.place.text())
            .hint("files are read more than once: write its rows to a file first");
    }
    return std::vector<FileFacts>{*facts};
}

}  // namespace

Result<std::vector<FileVersion>> source_files(const std::string& root,
                                              const project::Source& source) {
    std::vector<FileVersion> files;
    for (const auto& written : source.files) {
        for (const auto& facts : TRY(files_of(root, written))) {
            files.push_back(
                {shown_path(root, facts.path), facts.size_bytes, facts.modified_ns, ""});
        }
    }
    if (files.empty()) {
        return invalid_argument("source '" + source.name + "' names no file")
            .at(source.place.text())
            .hint("add `file: data/" + source.name + ".csv`");
    }
    std::ranges::sort(files, {}, &FileVersion::path);
    const auto is_twin = [](const auto& a, const auto& b) { return a.path == b.path; };
    files.erase(std::unique(files.begin(), files.end(), is_twin), files.end());
    return files;
}

Result<std::vector<FileVersion>> source_version(const std::string& root,
                                                const project::Source& source,
                                                const HashLookup& known) {
    auto files = TRY(source_files(root, source));
    for (auto& file : files) {
        if (known) file.sha256 = known(file);
        if (file.sha256.empty()) file.sha256 = TRY(sha256_file(join_path(root, file.path)));
    }
    return files;
}

std::string version_text(const std::vector<FileVersion>& files) {
    Sha256 hash;
    for (const auto& file : files) {
        hash.add_field(file.path);
        hash.add_field(file.sha256);
    }
    return hash.hex();
}

}  // namespace quern::data
