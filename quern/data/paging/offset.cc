#include <charconv>

#include "quern/data/paging/paging.h"

namespace quern::data::http {
namespace {

struct ByOffset : Pager {
    struct Settings {
        std::string param = "offset", size_param = "limit";
        int64_t size = 0;
        static std::vector<Param> params() {
            return {
                quern::param("param", &Settings::param,
                             "Query parameter with the number of records to pass over."),
                quern::param("size", &Settings::size, "Records a page to ask for; 0: not said.")
                    .in(0, 1e6),
                quern::param("size_param", &Settings::size_param, "Query parameter of the size."),
            };
        }
    } settings;

    static Result<int64_t> offset(const std::string& position) {
        int64_t offset = 0;
        const char* end = position.data() + position.size();
        const auto [stop, code] = std::from_chars(position.data(), end, offset);
        if (position.empty() || (code == std::errc() && stop == end)) return offset;
        return corrupt("'" + position + "' is no number of records");
    }
    Result<Url> ask(const Url& url, const std::string& position) const override {
        Pairs parameters = {{settings.param, std::to_string(TRY(offset(position)))}};
        PageSize{settings.size, settings.size_param}.add_to(parameters);
        return url.with(parameters);
    }
    // By what came, not by what was asked for: servers may have a limit of their own.
    Result<std::string> next(const Page& page, const std::string& position) const override {
        return std::to_string(TRY(offset(position)) + page.record_count);
    }
};

Result<std::unique_ptr<Pager>> make(const Tree& settings) {
    auto pager = std::make_unique<ByOffset>();
    pager->settings = TRY(parse_params<ByOffset::Settings>(settings, "pages: offset"));
    return std::unique_ptr<Pager>(std::move(pager));
}

QUERN_REGISTER(Paging)({
    .name = "offset",
    .summary = "A parameter holds how many records to pass over; the first page without records is "
               "the end.",
    .example = "{offset: {param: offset, size: 500, size_param: limit}}",
    .params = ByOffset::Settings::params(),
    .short_for = "param",
    .make = make,
});

}  // namespace
}  // namespace quern::data::http
