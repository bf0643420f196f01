// The one file of a model: a safetensors container (8-byte little-endian header size, JSON header,
// aligned buffers) with format version, a content hash over all of it, and golden rows. Data only:
// nothing in it is ever run, and everything is checked before use.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "quern/score/program.h"

namespace quern::score {

// 1: encoders only. 2: also stages, a matrix of chosen columns, encoders with names of their own.
// 3: also look-ups. 4: also a calibration and a conformal part. 5: also trees with linear leaves or
// with rows to compare with, sums and links of floats.
// A program that needs nothing of a later version is written as an earlier one; all are read
// (tests/bwc).
constexpr int kArtifactVersion = 5;
constexpr size_t kArtifactAlignment = 64;
constexpr uint64_t kArtifactBytesMax = uint64_t{4} << 30;
constexpr uint64_t kArtifactHeaderBytesMax = uint64_t{16} << 20;

// The same program always gives the same bytes.
Result<std::string> artifact_bytes(const Program& program);
// Only the container, hash, and types; Scorer::open goes on to verify and re-score.
Result<Program> read_artifact(std::span<const std::byte> bytes);
Result<Program> read_artifact_file(const std::string& path);

// The hash that the file states of itself, as hexadecimal SHA-256.
Result<std::string> artifact_hash(std::span<const std::byte> bytes);

}  // namespace quern::score
