// Runs a fuzz target over kept inputs, without libFuzzer: each file in the folders that are named,
// and of a .txt each line.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

size_t run(const std::string& input) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
    return 1;
}

size_t run_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    size_t count = 0;
    if (path.extension() == ".txt") {
        for (std::string line; std::getline(file, line);) count += run(line);
        return count;
    }
    std::ostringstream bytes;
    bytes << file.rdbuf();
    return run(bytes.str());
}

}  // namespace

int main(int count, char** arguments) {
    size_t inputs = 0;
    for (int i = 1; i < count; ++i)
        for (const auto& entry : std::filesystem::recursive_directory_iterator(arguments[i]))
            if (entry.is_regular_file()) inputs += run_file(entry.path());
    std::printf("%zu inputs\n", inputs);
    return inputs > 0 ? 0 : 1;
}
