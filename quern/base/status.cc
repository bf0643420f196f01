#include "quern/base/status.h"

#include <cerrno>
#include <cstring>

namespace quern {
namespace {

struct CodeFacts {
    std::string_view name;
    int http, exit;
};

// Indexed by Code.
constexpr CodeFacts kCodes[] = {
    {"ok", 200, 0},
    {"invalid_argument", 400, 2},
    {"not_found", 404, 2},
    {"already_exists", 409, 2},
    {"failed_precondition", 409, 2},
    {"unauthenticated", 401, 2},
    {"permission_denied", 403, 2},
    {"resource_exhausted", 429, 2},
    {"unavailable", 503, 2},
    {"deadline_exceeded", 504, 2},
    {"cancelled", 499, 2},
    {"unimplemented", 501, 2},
    {"corrupt", 500, 2},
    {"internal", 500, 2},
};

Code code_of(int error_number) {
    switch (error_number) {
        case ENOENT:
        case ENOTDIR:
            return Code::not_found;
        case EACCES:
        case EPERM:
        case EROFS:
            return Code::permission_denied;
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
        case EMFILE:
        case ENFILE:
        case ENOMEM:
            return Code::resource_exhausted;
        case EEXIST:
            return Code::already_exists;
        default:
            return Code::unavailable;
    }
}

const CodeFacts& facts(Code code) { return kCodes[static_cast<size_t>(code)]; }

}  // namespace

std::string_view code_name(Code code) { return facts(code).name; }
int http_status(Code code) { return facts(code).http; }
int exit_code(Code code) { return facts(code).exit; }

const std::vector<Status>& Status::others() const {
    static const std::vector<Status> none;
    return fault_ ? fault_->others : none;
}

Status Status::without_others() const {
    Status alone = *this;
    if (alone.fault_) alone.fault_->others.clear();
    return alone;
}

Status Status::at(std::string where) && {
    if (fault_ && fault_->where.empty()) fault_->where = std::move(where);
    return std::move(*this);
}

Status Status::hint(std::string hint) && {
    if (fault_ && fault_->hint.empty()) fault_->hint = std::move(hint);
    return std::move(*this);
}

Status& Status::also(Status other) {
    if (other.ok()) return *this;
    if (ok()) return *this = std::move(other);
    auto more = std::move(other.fault_->others);
    fault_->others.push_back(std::move(other));
    for (auto& fault : more) fault_->others.push_back(std::move(fault));
    return *this;
}

std::string Status::text() const {
    if (ok()) return "ok";
    std::string text = fault_->where.empty() ? "" : fault_->where + ": ";
    text += fault_->message;
    if (!fault_->hint.empty()) text += "\n  " + fault_->hint;
    return text;
}

Status system_error(int error_number, std::string_view doing, std::string_view path) {
    std::string message = "cannot " + std::string(doing) + " '" + std::string(path) +
                          "': " + std::strerror(error_number);
    Status status(code_of(error_number), std::move(message));
    if (status.code() != Code::resource_exhausted) return status;
    if (error_number == ENOSPC || error_number == EDQUOT) {
        return std::move(status).hint("free some space; nothing published was changed");
    }
    return status;
}

}  // namespace quern
