// What a person copies to try a served model: its address and a request that it answers.
#pragma once

#include <string>
#include <string_view>

#include "quern/score/program.h"

namespace quern::serve {

// One segment of a path; everything but letters, digits and -._~ becomes %XX.
std::string encode_segment(std::string_view segment);

std::string score_url(std::string_view server_url, std::string_view model);

constexpr size_t kCurlLineMax = 300;
// A command that scores a row on which the model was tried at its training; of a longer row it
// names a file instead.
std::string curl_line(std::string_view server_url, std::string_view model,
                      const score::Program& program);

}  // namespace quern::serve
