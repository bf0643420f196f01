#include "quern/serve/dispatch.h"

#include <exception>

#include "quern/base/text.h"
#include "quern/serve/error_body.h"

namespace quern::serve {
namespace {

Method parse_method(std::string_view text) {
    if (text == "GET") return Method::get;
    return text == "POST" ? Method::post : Method::other;
}

// "application/json; charset=utf-8"; any other charset is another kind.
BodyKind parse_content_type(std::string_view text) {
    if (text == "application/json") return BodyKind::json;
    const size_t end = std::min(text.find(';'), text.size());
    const std::string type = lower_ascii(trim(text.substr(0, end)));
    std::string_view rest = text.substr(end);
    while (!rest.empty()) {
        rest.remove_prefix(1);
        const size_t next = std::min(rest.find(';'), rest.size());
        const std::string parameter = lower_ascii(trim(rest.substr(0, next)));
        const bool is_charset = parameter.starts_with("charset=");
        if (is_charset && parameter != "charset=utf-8" && parameter != "charset=\"utf-8\"") {
            return BodyKind::other;
        }
        rest.remove_prefix(next);
    }
    if (type == "application/json") return BodyKind::json;
    return type == "text/csv" ? BodyKind::csv : BodyKind::other;
}

const Route* refuse(ErrorForm form, int http, const Status& why, Response& response) {
    response.http = http;
    write_error(form, why, response);
    return nullptr;
}

Status read_arguments(const RouteMatch& match, Request& request) {
    for (size_t i = 0; i < match.arguments.size(); ++i) {
        if (match.arguments[i].empty()) {
            request.arguments[i].clear();
        } else {
            request.arguments[i] = TRY(decode_segment(match.arguments[i]));
        }
    }
    return {};
}

Status check_content(const Route& route, const HeadFacts& head, BodyKind kind, int& http) {
    if (route.method == Method::get) {
        if (!head.has_body) return {};
        http = 400;
        return invalid_argument("a GET request has no body");
    }
    if (kind == BodyKind::json || (kind == BodyKind::csv && route.takes_csv)) return {};
    http = 415;
    return invalid_argument(route.takes_csv
                                ? "the content type must be application/json or text/csv, in UTF-8"
                                : "the content type must be application/json, in UTF-8");
}

}  // namespace

const Route* admit(const HeadFacts& head, Worker& worker, Request& request, Response& response) {
    if (!worker.hosts().allows(head.host) ||
        (!head.origin.empty() && !worker.hosts().allows_origin(head.origin))) {
        const Status why = invalid_argument("this server does not answer to that host name");
        return refuse(ErrorForm::problem, 421, why, response);
    }
    request.method = parse_method(head.method);
    const size_t mark = std::min(head.target.find('?'), head.target.size());
    const std::string_view path = head.target.substr(0, mark);
    request.query = head.target.substr(std::min(mark + 1, head.target.size()));
    const RouteMatch match = worker.router().match(request.method, path);
    const ErrorForm form = match.route == nullptr ? ErrorForm::problem : match.route->errors;

    const bool is_open = match.method_is_right && match.route->needs == Role::nobody;
    if (!is_open) {
        auto role = worker.role_of(head.authorization);
        if (!role.ok()) return refuse(form, 401, role.status(), response);
        request.role = *role;
    }
    if (match.route == nullptr) {
        return refuse(form, 404, not_found("there is nothing at this path"), response);
    }
    if (!match.method_is_right) {
        response.allow = worker.router().allowed(path);
        return refuse(form, 405, invalid_argument("this path takes " + response.allow), response);
    }
    if (request.role < match.route->needs) {
        const Status why = permission_denied("the token's role does not allow this");
        return refuse(form, 403, why, response);
    }
    if (Status status = read_arguments(match, request); !status.ok()) {
        return refuse(form, 400, status, response);
    }
    int http = 200;
    request.body_kind =
        head.content_type.empty() ? BodyKind::none : parse_content_type(head.content_type);
    if (Status status = check_content(*match.route, head, request.body_kind, http); !status.ok()) {
        return refuse(form, http, status, response);
    }
    return match.route;
}

void answer(const Route& route, const Request& request, Worker& worker, Response& response) {
    Status status;
    try {
        status = route.handle(request, worker, response);
    } catch (const std::exception& error) {
        status = internal(error.what());
        response.http = 500;
    }
    if (!status.ok()) write_error(route.errors, status, response);
}

}  // namespace quern::serve
