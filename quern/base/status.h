// What went wrong, in a form every surface can show: the command line, REST, Python and log lines
// all print the same four facts (code, message, where, hint).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace quern {

// Each code maps to one exit code, one HTTP status and one name; status.cc holds the table.
enum class Code {
    ok,
    invalid_argument,
    not_found,
    already_exists,
    failed_precondition,
    unauthenticated,
    permission_denied,
    resource_exhausted,
    unavailable,
    deadline_exceeded,
    cancelled,
    unimplemented,
    corrupt,
    internal,
};

std::string_view code_name(Code code);
int http_status(Code code);  // 200 for ok, 4xx for the caller's fault, 5xx for ours
int exit_code(Code code);    // 0 ok; 2 wrong use or broken set-up (1 is kept for failed checks)

class [[nodiscard]] Status {
public:
    Status() = default;  // ok
    Status(Code code, std::string message)
        : fault_(std::make_unique<Fault>(Fault{code, std::move(message), {}, {}, {}})) {}
    Status(Status&&) = default;
    Status& operator=(Status&&) = default;
    Status(const Status& other)
        : fault_(other.fault_ ? std::make_unique<Fault>(*other.fault_) : nullptr) {}
    Status& operator=(const Status& other) { return *this = Status(other); }
    ~Status() = default;

    bool ok() const { return !fault_; }
    Code code() const { return fault_ ? fault_->code : Code::ok; }
    std::string_view message() const { return fault_ ? std::string_view(fault_->message) : ""; }
    std::string_view where() const { return fault_ ? std::string_view(fault_->where) : ""; }
    std::string_view hint() const { return fault_ ? std::string_view(fault_->hint) : ""; }
    // Faults found in the same pass after this one, each complete in itself.
    const std::vector<Status>& others() const;

    Status without_others() const;

    // The place in the user's own project, e.g. "models/orders.sql:14:3". The innermost one wins.
    Status at(std::string where) &&;
    // What the user can do about it. The innermost one wins.
    Status hint(std::string hint) &&;
    // Adds a further fault; on an ok status it becomes the fault. Ok statuses are dropped.
    Status& also(Status other);

    // "models/x.yml:7:5: message" and, on a second line, the hint.
    std::string text() const;

    // Says why a failure may be passed over; the only way to drop a Status.
    void ignore(std::string_view /*why*/) const {}

private:
    struct Fault {
        Code code;
        std::string message, where, hint;
        std::vector<Status> others;
    };
    std::unique_ptr<Fault> fault_;  // null means ok: the happy path costs one pointer
};

inline Status invalid_argument(std::string m) { return {Code::invalid_argument, std::move(m)}; }
inline Status not_found(std::string m) { return {Code::not_found, std::move(m)}; }
inline Status already_exists(std::string m) { return {Code::already_exists, std::move(m)}; }
inline Status failed_precondition(std::string m) {
    return {Code::failed_precondition, std::move(m)};
}
inline Status unauthenticated(std::string m) { return {Code::unauthenticated, std::move(m)}; }
inline Status permission_denied(std::string m) { return {Code::permission_denied, std::move(m)}; }
inline Status resource_exhausted(std::string m) { return {Code::resource_exhausted, std::move(m)}; }
inline Status unavailable(std::string m) { return {Code::unavailable, std::move(m)}; }
inline Status deadline_exceeded(std::string m) { return {Code::deadline_exceeded, std::move(m)}; }
inline Status cancelled(std::string m) { return {Code::cancelled, std::move(m)}; }
inline Status unimplemented(std::string m) { return {Code::unimplemented, std::move(m)}; }
inline Status corrupt(std::string m) { return {Code::corrupt, std::move(m)}; }
inline Status internal(std::string m) { return {Code::internal, std::move(m)}; }

// From errno: what was being done, the path, the system's words. Disk full and quota become
// resource_exhausted, a missing file not_found, denied access permission_denied.
Status system_error(int error_number, std::string_view doing, std::string_view path);

template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : slot_(std::in_place_index<0>, std::move(value)) {}
    Result(Status status) : slot_(std::in_place_index<1>, std::move(status)) {}

    bool ok() const { return slot_.index() == 0; }
    T& value() & { return std::get<0>(slot_); }
    T&& value() && { return std::get<0>(std::move(slot_)); }
    const T& value() const& { return std::get<0>(slot_); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    Status status() && { return ok() ? Status() : std::get<1>(std::move(slot_)); }
    const Status& status() const& {
        static const Status fine;
        return ok() ? fine : std::get<1>(slot_);
    }

private:
    std::variant<T, Status> slot_;
};

namespace detail {
inline Status take_status(Status&& s) { return std::move(s); }
template <class T>
Status take_status(Result<T>&& r) {
    return std::move(r).status();
}
inline void take_value(Status&&) {}
template <class T>
T take_value(Result<T>&& r) {
    return std::move(r).value();
}
}  // namespace detail

}  // namespace quern

// Unwraps a Result (or checks a Status); on failure returns it from the enclosing function.
// A GNU statement expression: gcc and clang.
#define TRY(expr)                                                                         \
    __extension__({                                                                       \
        auto try_result = (expr);                                                         \
        if (!try_result.ok()) return ::quern::detail::take_status(std::move(try_result)); \
        ::quern::detail::take_value(std::move(try_result));                               \
    })
