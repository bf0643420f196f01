#include "quern/data/paging/paging.h"

namespace quern::data::http {
namespace {

struct ByCursor : Pager {
    struct Settings {
        std::string param = "cursor", next, more, size_param = "limit";
        int64_t size = 0;
        static std::vector<Param> params() {
            return {
                quern::param("param", &Settings::param,
                             "Query parameter that takes the cursor of the page before."),
                quern::param("next", &Settings::next,
                             "Where an answer holds the next cursor: meta.next, or data[-1].id.")
                    .required(),
                quern::param("more", &Settings::more,
                             "Where an answer says whether there is more; default: a cursor does."),
                quern::param("size", &Settings::size, "Records a page to ask for; 0: not said.")
                    .in(0, 1e6),
                quern::param("size_param", &Settings::size_param, "Query parameter of the size."),
            };
        }
    } settings;
    std::optional<JsonPath> cursor, more;

    Result<Url> ask(const Url& url, const std::string& position) const override {
        Pairs parameters;
        if (!position.empty()) parameters.emplace_back(settings.param, position);
        PageSize{settings.size, settings.size_param}.add_to(parameters);
        return url.with(parameters);
    }
    Result<std::string> next(const Page& page, const std::string&) const override {
        if (more && TRY(page.value(*more)).value_or("false") == "false") return std::string();
        return TRY(page.value(*cursor)).value_or("");
    }
    bool ends_with_empty_page() const override { return false; }
};

Result<std::unique_ptr<Pager>> make(const Tree& settings) {
    auto pager = std::make_unique<ByCursor>();
    pager->settings = TRY(parse_params<ByCursor::Settings>(settings, "pages: cursor"));
    pager->cursor = TRY(JsonPath::parse(pager->settings.next));
    if (!pager->settings.more.empty()) pager->more = TRY(JsonPath::parse(pager->settings.more));
    return std::unique_ptr<Pager>(std::move(pager));
}

QUERN_REGISTER(Paging)({
    .name = "cursor",
    .summary = "Each answer holds a text that a parameter of the next request takes; an answer "
               "without one is the last.",
    .example = "{cursor: {param: starting_after, next: \"data[-1].id\", more: has_more}}",
    .params = ByCursor::Settings::params(),
    .short_for = "next",
    .make = make,
});

}  // namespace
}  // namespace quern::data::http
