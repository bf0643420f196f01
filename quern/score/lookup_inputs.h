// Which inputs and expressions compiled features keep, and where looked-up inputs stand.
#pragma once

#include "quern/score/compile.h"

namespace quern::score {

// Drops what constants were folded from, and columns that nothing reads any more.
void drop_unused(CompiledFeatures& features);

// `features.lookups` stands in the order of `specs`, with the columns that are read. Adds keys and
// times to the inputs, puts looked-up ones last, and drops look-ups that nothing reads.
void place_lookups(CompiledFeatures& features, std::span<const LookupSpec> specs);

// Which inputs must be known for `is_read` ones to be: marks the keys of look-ups.
void mark_keys(std::span<const Lookup> lookups, std::vector<uint8_t>& is_read);

// By input, whether an expression or a look-up reads it; the others may be absent.
std::vector<uint8_t> inputs_read(const Program& program);
// The same, and the rows' own times that look-ups go by. Those may be absent: then it is now.
std::vector<uint8_t> inputs_used(const Program& program);
// By input that is read, whether values beyond those of training break the contract. What look-ups
// go by does not: new keys and later times are what there is to expect.
std::vector<uint8_t> inputs_bounded(const Program& program);

}  // namespace quern::score
