#include "apps/cli/export_check.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "quern/base/process.h"
#include "quern/base/text.h"

namespace quern::cli {
namespace {

namespace fs = std::filesystem;

// A folder that is gone when it is left.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (fs::temp_directory_path() / "quern-export-XXXXXX").string();
        if (::mkdtemp(name.data()) != nullptr) path_ = name;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// The sum of what -fstack-usage tells of each function, beyond the deepest calls possible.
int64_t stack_size_bytes(const std::string& file) {
    std::ifstream lines(file);
    int64_t sum = 0;
    for (std::string line; std::getline(lines, line);) {
        const size_t tab = line.find('\t');
        if (tab != std::string::npos) sum += std::atoll(line.c_str() + tab);
    }
    return sum;
}

int64_t code_size_bytes(const std::string& text) {  // of `size`: text, data, bss
    const size_t line = text.find('\n');
    if (line == std::string::npos) return 0;
    char* at = nullptr;
    const int64_t code = std::strtoll(text.c_str() + line, &at, 10);
    return code + std::strtoll(at, nullptr, 10);
}

// Compiles FILE_check.c and runs it.
Result<ExportCheck> check_c(const std::string& path) {
    ExportCheck check;
    const TemporaryFolder folder;
    const fs::path source = fs::absolute(path), program = fs::path(folder.path()) / "check";
    const fs::path main = source.parent_path() / (score::file_stem(path) + "_check.c");
    const auto version = run_process({"cc", "-dumpfullversion", "-dumpversion"});
    if (!version.ok()) {
        check.not_run = "there is no C compiler (cc) in PATH";
        return check;
    }
    constexpr int kCompileMs = 300'000;
    const ProcessOptions there{.folder = folder.path(), .timeout_ms = kCompileMs};
    const auto compiled = TRY(run_process(
        {"cc", "-std=c99", "-O2", "-o", program.string(), main.string(), "-lm"}, there));
    if (compiled.exit_code != 0)
        return internal("the export does not compile: " + first_line(compiled.text)).at(path);
    const auto ran = TRY(run_process({program.string()}));
    const auto found = nlohmann::json::parse(ran.text, nullptr, false);
    if (!found.is_object()) return internal("the export's check ends with: " + ran.text).at(path);
    check.by = "cc " + std::string(trim(version->text)) + " -std=c99 -O2";
    check.row_count = found.value("rows", 0);
    check.failed_count = found.value("failed", 0);
    check.different_count = found.value("different", 0) + found.value("different_raw", 0);
    check.largest_difference = found.value("largest_difference", 0.0);
    check.largest_difference_raw = found.value("largest_difference_raw", 0.0);
    const auto object = TRY(run_process(
        {"cc", "-std=c99", "-O2", "-fstack-usage", "-c", "-o", "model.o", source.string()}, there));
    if (object.exit_code != 0) return check;
    if (const auto size = run_process({"size", "model.o"}, there); size.ok())
        check.object_size_bytes = code_size_bytes(size->text);
    check.stack_size_bytes = stack_size_bytes(folder.path() + "/model.su");
    return check;
}

}  // namespace

Result<ExportCheck> check_export(std::string_view form, const std::string& path,
                                 const score::Scorer&, const score::ExportOptions&) {
    if (form == "c") return check_c(path);
    ExportCheck check;
    check.not_run = "quern runs no such file; --rows FILE writes rows to check it with";
    return check;
}

}  // namespace quern::cli
