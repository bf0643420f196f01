// From a request's head to the decision whether its body is wanted, and from the whole request to
// its answer. Deny by default: only a route that says so answers without a token.
#pragma once

#include <string_view>

#include "quern/serve/worker.h"

namespace quern::serve {

// The head of a request, as far as somebody reads it.
struct HeadFacts {
    std::string_view method, target, host, authorization, content_type, origin;
    bool has_body = false;
};

// The route that will answer; null when `response` already holds a refusal. Fills `request`, all
// but the body.
const Route* admit(const HeadFacts& head, Worker& worker, Request& request, Response& response);

// Calls the route and turns its failure into an answer.
void answer(const Route& route, const Request& request, Worker& worker, Response& response);

}  // namespace quern::serve
