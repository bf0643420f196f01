// How an API hands out more records than one answer holds. Each way is one file of this folder
// that registers itself.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/params.h"
#include "quern/base/registry.h"
#include "quern/base/status.h"
#include "quern/data/http/client.h"
#include "quern/data/http/json_path.h"

namespace quern::data::http {

// An answer as a pager sees it.
struct Page {
    const Answer& answer;
    int64_t record_count = 0;
    // A single value of a JSON answer; always none in CSV.
    std::function<Result<std::optional<std::string>>(const JsonPath&)> value;
};

// It keeps nothing: where it stands is the position, a text that is kept with the landed rows.
class Pager {
public:
    virtual ~Pager() = default;
    // What to ask for at this position; "" is the beginning.
    virtual Result<Url> ask(const Url& url, const std::string& position) const = 0;
    // The position after this page; "" at the end.
    virtual Result<std::string> next(const Page& page, const std::string& position) const = 0;
    // Whether a page without records ends it, whatever else the answer says.
    virtual bool ends_with_empty_page() const { return true; }
};

struct Paging {
    static constexpr std::string_view kind = "way of paging";
    std::string_view name, summary, example;  // the value of `pages:`
    std::vector<Param> params;
    std::string_view short_for;  // the setting that a plain text stands for; "": none
    Result<std::unique_ptr<Pager>> (*make)(const Tree& settings);
};

// `pages: link`, `pages: {next: links.next}` or `pages: {page: {size: 100}}`.
Result<std::unique_ptr<Pager>> make_pager(const Tree& pages);

// What pages of a known size share.
struct PageSize {
    int64_t size = 0;  // 0: as many as the server likes
    std::string param;
    void add_to(Pairs& parameters) const;
};

}  // namespace quern::data::http
