// How a failure reads on the wire, in each of the forms that clients know.
#pragma once

#include <string_view>

#include "quern/serve/route.h"

namespace quern::serve {

std::string_view http_phrase(int http);  // "Not Found"

// Turns `response` into the answer to a failure: its status from Response::http when that is not
// 200, else from the code; its body in this form, with the field errors. A fault of ours is logged
// here, and the client is told only the number to look for in the log.
void write_error(ErrorForm form, const Status& status, Response& response);

}  // namespace quern::serve
