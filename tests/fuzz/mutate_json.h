// Changes of texts that keep them JSON: bytes changed at random hardly ever do.
#pragma once

#include <random>
#include <string>
#include <string_view>

namespace quern::fuzz {

// Some change, mostly one: values that change places, vanish, are doubled, or become what might
// stand elsewhere. Empty where the text is no JSON.
std::string mutate_json(std::string_view text, std::minstd_rand& random);

}  // namespace quern::fuzz
