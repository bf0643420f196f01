// One answer in JSON: its records, and what it says about further ones.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "quern/base/status.h"
#include "quern/data/http/json_path.h"

namespace quern::data::http {

class JsonPage {
public:
    // The whole text is checked, so that a page which breaks off gives no record at all.
    static Result<JsonPage> parse(const std::string& body);
    JsonPage(JsonPage&&) noexcept;
    ~JsonPage();

    // Each record as it is written. They are the elements of the array at `path`, or the one
    // object there; null holds none. Without a path the page itself must be that array or object.
    Status each_record(const JsonPath* path,
                       const std::function<Status(std::string_view record)>& visit) const;
    // A text without its quotes, a number or a truth value; none for null and where there is none.
    Result<std::optional<std::string>> value(const JsonPath& path) const;

private:
    struct State;
    explicit JsonPage(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// A field of a record, by a name whose ASCII case does not matter; none for null, lists and
// objects.
std::optional<std::string> field_of(std::string_view record, std::string_view name);

}  // namespace quern::data::http
