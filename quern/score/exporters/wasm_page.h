// The page beside a WebAssembly export: a form for a row, its score, and every check row scored
// anew.
#pragma once

#include "quern/score/scorer.h"

namespace quern::score::wasm {

Result<std::string> page(const Scorer& scorer, std::string_view module);

}  // namespace quern::score::wasm
