#include "quern/sql/duckdb_error.h"

#include <string>

#include "quern/base/text.h"

namespace quern::sql {
namespace {

struct Kind {
    std::string_view prefix;
    Code code;
};

// DuckDB writes "<kind> Error: " in front of what it says.
constexpr Kind kKinds[] = {
    {"Parser", Code::invalid_argument},         {"Syntax", Code::invalid_argument},
    {"Binder", Code::invalid_argument},         {"Catalog", Code::not_found},
    {"Conversion", Code::invalid_argument},     {"Out of Range", Code::invalid_argument},
    {"Invalid Input", Code::invalid_argument},  {"Constraint", Code::failed_precondition},
    {"IO", Code::unavailable},                  {"Out of Memory", Code::resource_exhausted},
    {"Permission", Code::permission_denied},    {"INTERRUPT", Code::cancelled},
    {"Interrupt", Code::cancelled},             {"TransactionContext", Code::failed_precondition},
    {"Not implemented", Code::unimplemented},   {"Serialization", Code::corrupt},
    {"INTERNAL", Code::internal},               {"FATAL", Code::internal},
    {"Dependency", Code::failed_precondition},  {"Mismatch Type", Code::invalid_argument},
    {"Invalid", Code::invalid_argument},        {"Missing Extension", Code::unimplemented},
};

Code code_of_type(duckdb_error_type type) {
    switch (type) {
        case DUCKDB_ERROR_IO:
            return Code::unavailable;
        case DUCKDB_ERROR_OUT_OF_MEMORY:
            return Code::resource_exhausted;
        case DUCKDB_ERROR_INTERRUPT:
            return Code::cancelled;
        case DUCKDB_ERROR_PERMISSION:
            return Code::permission_denied;
        case DUCKDB_ERROR_CATALOG:
            return Code::not_found;
        case DUCKDB_ERROR_TRANSACTION:
        case DUCKDB_ERROR_CONSTRAINT:
        case DUCKDB_ERROR_DEPENDENCY:
            return Code::failed_precondition;
        case DUCKDB_ERROR_NOT_IMPLEMENTED:
            return Code::unimplemented;
        case DUCKDB_ERROR_SERIALIZATION:
            return Code::corrupt;
        case DUCKDB_ERROR_INTERNAL:
        case DUCKDB_ERROR_FATAL:
            return Code::internal;
        default:
            return Code::invalid_argument;
    }
}

// Splits "Binder Error: words" and says which kind it was.
std::string_view without_kind(std::string_view message, Code& code) {
    for (const auto& kind : kKinds) {
        if (!message.starts_with(kind.prefix)) continue;
        const auto rest = message.substr(kind.prefix.size());
        constexpr std::string_view kMark = " Error: ";
        if (!rest.starts_with(kMark)) continue;
        code = kind.code;
        return rest.substr(kMark.size());
    }
    return message;
}

bool says_disk_full(std::string_view message) {
    return message.find("No space left on device") != std::string_view::npos ||
           message.find("Disk quota exceeded") != std::string_view::npos;
}

Status status_of(Code code, std::string_view message) {
    message = without_kind(message, code);
    message = message.substr(0, message.find("\n\nLINE "));
    std::string hint;
    constexpr std::string_view kMeant = "\nDid you mean ";
    if (const size_t at = message.find(kMeant); at != std::string_view::npos) {
        hint = "did you mean " + std::string(trim(message.substr(at + kMeant.size())));
        message = message.substr(0, at);
    }
    if (says_disk_full(message)) {
        code = Code::resource_exhausted;
        hint = "free some space; nothing published was changed";
    }
    if (message.find("Could not set lock on file") != std::string_view::npos) {
        code = Code::unavailable;
        hint = "another process has it open; wait for it or stop it";
    }
    Status status(code, std::string(trim(message)));
    return hint.empty() ? status : std::move(status).hint(std::move(hint));
}

}  // namespace

Status duckdb_status(duckdb_error_type type, std::string_view message) {
    return status_of(code_of_type(type), message);
}

Status duckdb_status(std::string_view message) { return status_of(Code::invalid_argument, message); }

}  // namespace quern::sql
