// Any bytes at all as a model file. Bytes alone would hardly get past the hash, so half of the
// mutations change one part of a file that is whole and seal it again.
#include <cstdlib>
#include <random>

#include "quern/base/status.h"
#include "quern/score/artifact.h"
#include "quern/score/container.h"
#include "quern/score/describe.h"

#include "tests/fuzz/score_null_row.h"

using namespace quern;

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t size_max);

namespace {

std::span<const std::byte> bytes_of(const uint8_t* data, size_t size) {
    return {reinterpret_cast<const std::byte*>(data), size};
}

void mutate(std::string& text, size_t size_max) {
    size_t size = text.size();
    text.resize(std::max<size_t>(size_max, 1));
    text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(text.data()),
                                 std::min(size, text.size()), text.size()));
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max,
                                          unsigned seed) {
    std::minstd_rand random(seed);
    auto container = score::read_container(bytes_of(data, size));
    if (random() % 8 == 0 || !container.ok()) return LLVMFuzzerMutate(data, size, size_max);
    score::Container& parts = *container;
    std::string changed;
    if (random() % 2 == 0 || parts.tensors.empty()) {
        changed = parts.metadata["program"];
        mutate(changed, std::min(changed.size() + 64, size_max));
        parts.metadata["program"] = changed;
    } else {
        auto chosen = std::next(parts.tensors.begin(), random() % parts.tensors.size());
        const auto old = chosen->second.bytes;
        changed.assign(reinterpret_cast<const char*>(old.data()), old.size());
        mutate(changed, std::min(changed.size() + 64, size_max));
        const size_t element = score::dtype_bytes(chosen->second.dtype);
        changed.resize(changed.size() / element * element);
        chosen->second.bytes = std::as_bytes(std::span(changed));
    }
    const auto file = score::write_container(std::move(parts));
    if (!file.ok() || (*file).size() > size_max) return LLVMFuzzerMutate(data, size, size_max);
    std::copy((*file).begin(), (*file).end(), data);
    return (*file).size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    auto program = score::read_artifact(bytes_of(data, size));
    if (!program.ok()) return 0;
    score::describe(*program).clear();
    // What was read is written to the same program.
    const auto again = score::artifact_bytes(*program);
    if (again.ok()) {
        const auto copy = score::read_artifact(std::as_bytes(std::span(*again)));
        if (!copy.ok()) std::abort();
    }
    fuzz::score_null_row(std::move(*program));
    return 0;
}
