// An answer as bytes of HTTP/1.1.
#pragma once

#include <string>
#include <string_view>

#include "quern/serve/http.h"

namespace quern::serve {

struct ResponseFrame {
    bool keeps_alive = true;
    std::string_view date;  // as http_date() has it
};
// Appends status line, headers and body.
void append_response(std::string& out, const Response& response, const ResponseFrame& frame);

std::string http_date(int64_t unix_ms);  // "Sun, 06 Nov 1994 08:49:37 GMT"

}  // namespace quern::serve
