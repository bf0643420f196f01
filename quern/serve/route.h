// A route: one way to ask the server something. Each is one file in routes/ and registers itself;
// routing, access, /openapi.json and the contract test are all made from the entries.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quern/base/registry.h"
#include "quern/serve/http.h"

namespace quern::serve {

class Worker;

// Whose way of saying what went wrong a route follows.
enum class ErrorForm : uint8_t { problem, inference, mlflow };

// A value behind '?', which may be left out.
struct QueryValue {
    std::string_view name, summary;
};

struct Route {
    static constexpr std::string_view kind = "route";
    std::string_view name;  // the operation's name in /openapi.json
    std::string_view summary;
    Method method = Method::get;
    std::vector<std::string_view> paths;  // "/score/{model}"; {model} first, then {version}
    Role needs = Role::admin;
    ErrorForm errors = ErrorForm::problem;
    bool takes_csv = false;
    std::vector<QueryValue> query = {};
    std::string_view example = "";         // a body that works for the example model, of a POST
    std::string_view request_schema = "";  // JSON Schema, of a POST
    std::string_view response_type = "application/json";
    std::string_view response_schema = R"({"type": "object"})";
    // A failure becomes the answer; a Response::http that is not 200 is then kept.
    Status (*handle)(const Request& request, Worker& worker, Response& response) = nullptr;
};

}  // namespace quern::serve
