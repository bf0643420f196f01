// Most mutations of a plan keep it JSON.
#include <cstdint>

#include "tests/fuzz/mutate_json.h"

using namespace quern;

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t size_max);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max,
                                          unsigned seed) {
    std::minstd_rand random(seed);
    std::string text;
    if (random() % 16 != 0)
        text = fuzz::mutate_json({reinterpret_cast<const char*>(data), size}, random);
    if (text.empty() || text.size() > size_max) return LLVMFuzzerMutate(data, size, size_max);
    text.copy(reinterpret_cast<char*>(data), text.size());
    return text.size();
}
