#include "quern/serve/error_body.h"

#include "quern/base/hash.h"
#include "quern/base/json.h"
#include "quern/base/log.h"

namespace quern::serve {
namespace {

constexpr size_t kIncidentBytes = 9;

struct Phrase {
    int http;
    std::string_view text;
    std::string_view mlflow_code;
};
constexpr Phrase kPhrases[] = {
    {200, "OK", ""},
    {400, "Bad Request", "BAD_REQUEST"},
    {401, "Unauthorized", "UNAUTHENTICATED"},
    {403, "Forbidden", "PERMISSION_DENIED"},
    {404, "Not Found", "RESOURCE_DOES_NOT_EXIST"},
    {405, "Method Not Allowed", "BAD_REQUEST"},
    {408, "Request Timeout", "BAD_REQUEST"},
    {409, "Conflict", "INVALID_STATE"},
    {413, "Content Too Large", "BAD_REQUEST"},
    {414, "URI Too Long", "BAD_REQUEST"},
    {415, "Unsupported Media Type", "BAD_REQUEST"},
    {417, "Expectation Failed", "BAD_REQUEST"},
    {421, "Misdirected Request", "BAD_REQUEST"},
    {429, "Too Many Requests", "REQUEST_LIMIT_EXCEEDED"},
    {431, "Request Header Fields Too Large", "BAD_REQUEST"},
    {500, "Internal Server Error", "INTERNAL_ERROR"},
    {501, "Not Implemented", "NOT_IMPLEMENTED"},
    {503, "Service Unavailable", "TEMPORARILY_UNAVAILABLE"},
    {504, "Gateway Timeout", "DEADLINE_EXCEEDED"},
    {505, "HTTP Version Not Supported", "BAD_REQUEST"},
};

const Phrase& phrase(int http) {
    for (const auto& known : kPhrases) {
        if (known.http == http) return known;
    }
    return kPhrases[15];
}

// One line for the forms that have room for one text only.
std::string all_in_one(const std::string& detail, const Response& response) {
    std::string text = detail;
    for (const auto& error : response.field_errors) {
        text += "; row " + std::to_string(error.row);
        if (!error.field.empty()) text += ", field '" + error.field + "'";
        text += ": " + error.message;
    }
    return text;
}

std::string problem(const std::string& detail, const Status& status, const Response& response) {
    JsonWriter json;
    json.begin_object().field("type", "about:blank");
    json.field("title", http_phrase(response.http)).field("status", response.http);
    json.field("detail", detail);
    if (response.http < 500 && !status.hint().empty()) json.field("hint", status.hint());
    if (!response.field_errors.empty()) {
        json.key("errors").begin_array();
        for (const auto& error : response.field_errors) {
            json.begin_object().field("row", error.row);
            if (!error.field.empty()) json.field("field", error.field);
            json.field("message", error.message).end_object();
        }
        json.end_array();
    }
    return json.end_object().take();
}

}  // namespace

std::string_view http_phrase(int http) { return phrase(http).text; }

void write_error(ErrorForm form, const Status& status, Response& response) {
    if (response.http == 200) response.http = http_status(status.code());
    std::string detail(status.message());
    if (response.http == 500) {
        const std::string incident = random_token(kIncidentBytes);
        log(LogLevel::error, "a request failed",
            {{"incident", incident}, {"reason", status.text()}});
        detail = "something went wrong here; the server's log has it under " + incident;
        response.field_errors.clear();
    }
    switch (form) {
        case ErrorForm::problem:
            response.content_type = "application/problem+json";
            response.body = problem(detail, status, response);
            return;
        case ErrorForm::inference:
            response.content_type = "application/json";
            response.body = JsonWriter()
                                .begin_object()
                                .field("error", all_in_one(detail, response))
                                .end_object()
                                .take();
            return;
        case ErrorForm::mlflow:
            response.content_type = "application/json";
            response.body = JsonWriter()
                                .begin_object()
                                .field("error_code", phrase(response.http).mlflow_code)
                                .field("message", all_in_one(detail, response))
                                .end_object()
                                .take();
            return;
    }
}

}  // namespace quern::serve
