// Listing files: whole folders and patterns.
#include <dirent.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "quern/base/folder.h"

namespace quern {
namespace {

class Lister {
public:
    explicit Lister(const ListLimits& limits) : limits_(limits) {}

    Status add_below(const std::string& folder, size_t depth) {
        if (depth > limits_.depth_max) {
            return resource_exhausted("'" + folder + "' lies deeper than " +
                                      std::to_string(limits_.depth_max) + " folders");
        }
        for (const auto& name : TRY(names_in(folder))) {
            if (name[0] == '.') continue;
            const std::string path = join_path(folder, name);
            struct stat facts{};
            if (::stat(path.c_str(), &facts) != 0) continue;  // gone meanwhile, or a dead link
            if (S_ISREG(facts.st_mode)) TRY(add(path, facts));
            if (!S_ISDIR(facts.st_mode) || !is_first_visit(facts)) continue;
            TRY(add_below(path, depth + 1));
        }
        return {};
    }

    // `parts` are the names of the pattern still to match below `folder`.
    Status add_matches(const std::string& folder, const std::vector<std::string>& parts,
                       size_t part_index, size_t depth) {
        if (depth > limits_.depth_max) return {};
        const std::string& part = parts[part_index];
        const bool is_last = part_index + 1 == parts.size();
        if (part == "**") return add_any_folders(folder, parts, part_index, depth);
        if (!is_glob(part)) return take(join_path(folder, part), parts, part_index, depth, is_last);
        for (const auto& name : TRY(names_to_match(folder))) {
            if (::fnmatch(part.c_str(), name.c_str(), FNM_PERIOD) != 0) continue;
            TRY(take(join_path(folder, name), parts, part_index, depth, is_last));
        }
        return {};
    }

    std::vector<FileFacts> sorted() && {
        std::ranges::sort(files_, {}, &FileFacts::path);
        const auto same = [](const auto& a, const auto& b) { return a.path == b.path; };
        files_.erase(std::unique(files_.begin(), files_.end(), same), files_.end());
        return std::move(files_);
    }

    bool is_first_visit(const struct stat& facts) {
        return visited_.insert({facts.st_dev, facts.st_ino}).second;
    }

private:
    static Result<std::vector<std::string>> names_in(const std::string& folder) {
        DIR* const open_folder = ::opendir(folder.c_str());
        if (open_folder == nullptr) return system_error(errno, "list", folder);
        std::vector<std::string> names;
        while (const dirent* entry = ::readdir(open_folder)) {
            const std::string_view name = entry->d_name;
            if (name != "." && name != "..") names.emplace_back(name);
        }
        ::closedir(open_folder);
        std::ranges::sort(names);
        return names;
    }

    // A pattern passes over what is not a folder; one that may not be read is a failure.
    static Result<std::vector<std::string>> names_to_match(const std::string& folder) {
        auto names = names_in(folder.empty() ? "." : folder);
        if (!names.ok() && names.status().code() == Code::not_found) {
            return std::vector<std::string>();
        }
        return names;
    }

    Status add(const std::string& path, const struct stat& facts) {
        if (files_.size() == limits_.file_count_max) {
            return resource_exhausted("more than " + std::to_string(limits_.file_count_max) +
                                      " files, such as '" + path + "'");
        }
        files_.push_back(
            {.path = path,
             .size_bytes = static_cast<uint64_t>(facts.st_size),
             .modified_ns = facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec,
             .is_folder = false});
        return {};
    }

    Status take(const std::string& path, const std::vector<std::string>& parts, size_t part_index,
                size_t depth, bool is_last) {
        struct stat facts{};
        if (::stat(path.c_str(), &facts) != 0) return {};
        if (is_last) return S_ISREG(facts.st_mode) ? add(path, facts) : Status();
        if (!S_ISDIR(facts.st_mode)) return {};
        return add_matches(path, parts, part_index + 1, depth + 1);
    }

    // `**`: this folder and every one below; a last `**` means all files.
    Status add_any_folders(const std::string& folder, const std::vector<std::string>& parts,
                           size_t part_index, size_t depth) {
        std::vector<std::string> rest(parts.begin() + static_cast<ptrdiff_t>(part_index) + 1,
                                      parts.end());
        if (rest.empty()) rest.push_back("*");
        TRY(add_matches(folder, rest, 0, depth));
        for (const auto& name : TRY(names_to_match(folder))) {
            const std::string path = join_path(folder, name);
            struct stat facts{};
            // Linked folders are not followed: a loop of links has no end.
            if (name[0] == '.' || ::lstat(path.c_str(), &facts) != 0) continue;
            if (S_ISDIR(facts.st_mode)) TRY(add_matches(path, parts, part_index, depth + 1));
        }
        return {};
    }

    ListLimits limits_;
    std::vector<FileFacts> files_;
    std::set<std::pair<dev_t, ino_t>> visited_;
};

}  // namespace

bool is_glob(std::string_view pattern) {
    return pattern.find_first_of("*?[") != std::string_view::npos;
}

Result<std::vector<FileFacts>> list_files(const std::string& folder, const ListLimits& limits) {
    Lister lister(limits);
    // Links that lead back to the folder or above it are not followed.
    for (std::string at = absolute_path(folder);; at = folder_of(at)) {
        struct stat facts{};
        if (::stat(at.c_str(), &facts) == 0) lister.is_first_visit(facts);
        if (at == "/" || at == ".") break;
    }
    TRY(lister.add_below(folder, 1));
    return std::move(lister).sorted();
}

Result<std::vector<FileFacts>> glob_files(const std::string& pattern, const ListLimits& limits) {
    // A file that really has this name is meant, whatever signs are in it.
    const auto named = file_facts(pattern);
    if (named.ok() && named->is_plain) return std::vector<FileFacts>{*named};
    std::vector<std::string> parts;
    size_t start = 0;
    while (start <= pattern.size()) {
        const size_t end = std::min(pattern.find('/', start), pattern.size());
        if (end > start) parts.push_back(pattern.substr(start, end - start));
        start = end + 1;
    }
    if (parts.empty()) return std::vector<FileFacts>();
    Lister lister(limits);
    TRY(lister.add_matches(pattern[0] == '/' ? "/" : "", parts, 0, 1));
    return std::move(lister).sorted();
}

std::string literal_pattern(std::string_view path) {
    std::string pattern;
    for (const char c : path) {
        const bool is_special = c == '*' || c == '?' || c == '[';
        pattern += is_special ? std::string{'[', c, ']'} : std::string(1, c);
    }
    return pattern;
}

}  // namespace quern
