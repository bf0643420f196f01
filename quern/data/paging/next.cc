#include "quern/data/paging/paging.h"

namespace quern::data::http {
namespace {

struct ByNext : Pager {
    struct Settings {
        std::string at;
        static std::vector<Param> params() {
            return {param("at", &Settings::at, "Where an answer holds the next page's address.")
                        .required()};
        }
    };
    std::optional<JsonPath> at;

    Result<Url> ask(const Url& url, const std::string& position) const override {
        return position.empty() ? url : url.join(position);
    }
    Result<std::string> next(const Page& page, const std::string&) const override {
        const std::string text = TRY(page.value(*at)).value_or("");
        if (text.empty()) return text;
        return TRY(page.answer.url.join(text)).text();
    }
    bool ends_with_empty_page() const override { return false; }
};

Result<std::unique_ptr<Pager>> make(const Tree& settings) {
    auto pager = std::make_unique<ByNext>();
    const auto read = TRY(parse_params<ByNext::Settings>(settings, "pages: next"));
    pager->at = TRY(JsonPath::parse(read.at));
    return std::unique_ptr<Pager>(std::move(pager));
}

QUERN_REGISTER(Paging)({
    .name = "next",
    .summary = "Each answer holds the address of the next page; null or nothing is the end.",
    .example = "{next: links.next}",
    .params = ByNext::Settings::params(),
    .short_for = "at",
    .make = make,
});

}  // namespace
}  // namespace quern::data::http
