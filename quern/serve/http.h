// A request and its answer as routes see them; how they travel is connection.cc's own matter.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"
#include "quern/score/request.h"

namespace quern::serve {

// Each role may do what the ones before it may.
enum class Role : uint8_t { nobody, viewer, scorer, admin };
Result<Role> parse_role(std::string_view name);

enum class Method : uint8_t { get, post, other };
enum class BodyKind : uint8_t { none, json, csv, other };

// Bytes that may be read, whatever they hold, past the end of a body (simdjson reads ahead).
constexpr size_t kBodyPadding = 64;

struct Request {
    Method method = Method::get;
    BodyKind body_kind = BodyKind::none;
    std::string_view body;
    std::array<std::string, 2> arguments;  // of the path's {names}, in order, decoded
    std::string query;                     // after '?', as it came
    Role role = Role::nobody;

    const std::string& model() const { return arguments[0]; }
    const std::string& version() const { return arguments[1]; }
};

struct Response {
    int http = 200;
    std::string_view content_type = "application/json";
    std::string body;
    std::string allow;                            // the methods that a 405 names
    std::vector<score::FieldError> field_errors;  // printed with a failure, when there are any

    void clear() {
        http = 200;
        content_type = "application/json";
        body.clear();
        allow.clear();
        field_errors.clear();
    }
};

}  // namespace quern::serve
