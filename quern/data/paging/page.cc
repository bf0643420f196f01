#include <charconv>

#include "quern/data/paging/paging.h"

namespace quern::data::http {
namespace {

struct ByPage : Pager {
    struct Settings {
        std::string param = "page", size_param = "per_page";
        int64_t first = 1, size = 0;
        static std::vector<Param> params() {
            return {
                quern::param("param", &Settings::param, "Query parameter with the page's number."),
                quern::param("first", &Settings::first, "Number of the first page.").in(0, 1e9),
                quern::param("size", &Settings::size, "Records a page to ask for; 0: not said.")
                    .in(0, 1e6),
                quern::param("size_param", &Settings::size_param, "Query parameter of the size."),
            };
        }
    } settings;

    Result<int64_t> number(const std::string& position) const {
        if (position.empty()) return settings.first;
        int64_t number = 0;
        const char* end = position.data() + position.size();
        const auto [stop, code] = std::from_chars(position.data(), end, number);
        if (code == std::errc() && stop == end) return number;
        return corrupt("'" + position + "' is no number of a page");
    }
    Result<Url> ask(const Url& url, const std::string& position) const override {
        Pairs parameters = {{settings.param, std::to_string(TRY(number(position)))}};
        PageSize{settings.size, settings.size_param}.add_to(parameters);
        return url.with(parameters);
    }
    // A short page need not be the last one: servers may have a limit of their own.
    Result<std::string> next(const Page&, const std::string& position) const override {
        return std::to_string(TRY(number(position)) + 1);
    }
};

Result<std::unique_ptr<Pager>> make(const Tree& settings) {
    auto pager = std::make_unique<ByPage>();
    pager->settings = TRY(parse_params<ByPage::Settings>(settings, "pages: page"));
    return std::unique_ptr<Pager>(std::move(pager));
}

QUERN_REGISTER(Paging)({
    .name = "page",
    .summary = "A parameter holds the page's number; the first page without records is the end.",
    .example = "{page: {param: page, size: 100, size_param: per_page}}",
    .params = ByPage::Settings::params(),
    .short_for = "param",
    .make = make,
});

}  // namespace
}  // namespace quern::data::http
