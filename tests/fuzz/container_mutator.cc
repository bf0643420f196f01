// For targets that read containers. Bytes alone would hardly get past the hash, so most mutations
// change one part of a file that is whole and seal it again.
#include <cstdint>
#include <random>

#include "quern/score/container.h"

#include "tests/fuzz/mutate_json.h"

using namespace quern;

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t size_max);

namespace {

void mutate(std::string& text, size_t size_max) {
    size_t size = text.size();
    text.resize(std::max<size_t>(size_max, 1));
    text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(text.data()),
                                 std::min(size, text.size()), text.size()));
}

void mutate_metadata(score::Container& parts, size_t size_max, std::minstd_rand& random) {
    if (parts.metadata.empty()) return;
    auto chosen = std::next(parts.metadata.begin(), random() % parts.metadata.size());
    // The program, or the facts of a look-up table, are most of it.
    for (const char* key : {"program", "lookup"})
        if (parts.metadata.contains(key) && random() % 8 != 0) chosen = parts.metadata.find(key);
    std::string& text = chosen->second;
    if (random() % 4 != 0) {
        std::string changed = fuzz::mutate_json(text, random);
        if (!changed.empty()) {
            text = std::move(changed);
            return;
        }
    }
    mutate(text, std::min(text.size() + 64, size_max));
}

// `bytes` holds what the tensor points at.
void mutate_tensor(score::Container& parts, size_t size_max, std::minstd_rand& random,
                   std::string& bytes) {
    auto chosen = std::next(parts.tensors.begin(), random() % parts.tensors.size());
    const auto old = chosen->second.bytes;
    bytes.assign(reinterpret_cast<const char*>(old.data()), old.size());
    mutate(bytes, std::min(bytes.size() + 64, size_max));
    const size_t element = score::dtype_bytes(chosen->second.dtype);
    bytes.resize(bytes.size() / element * element);
    chosen->second.bytes = std::as_bytes(std::span(bytes));
    if (random() % 64 == 0) parts.tensors.erase(chosen);
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max,
                                          unsigned seed) {
    std::minstd_rand random(seed);
    auto container = score::read_container(std::as_bytes(std::span(data, size)));
    if (random() % 16 == 0 || !container.ok()) return LLVMFuzzerMutate(data, size, size_max);
    score::Container& parts = *container;
    std::string bytes;
    if (random() % 2 == 0 || parts.tensors.empty())
        mutate_metadata(parts, size_max, random);
    else
        mutate_tensor(parts, size_max, random, bytes);
    const auto file = score::write_container(std::move(parts));
    if (!file.ok() || (*file).size() > size_max) return LLVMFuzzerMutate(data, size, size_max);
    std::copy((*file).begin(), (*file).end(), data);
    return (*file).size();
}
