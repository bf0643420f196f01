#include "quern/base/text.h"
#include "quern/data/paging/paging.h"

namespace quern::data::http {
namespace {

// `<https://...?page=2>; rel="next", <...>; rel="last"` -> the address with rel next.
std::string next_link(std::string_view header) {
    while (true) {
        const size_t open = header.find('<');
        if (open == std::string_view::npos) return "";
        const size_t close = header.find('>', open);
        if (close == std::string_view::npos) return "";
        const std::string_view target = header.substr(open + 1, close - open - 1);
        header.remove_prefix(close + 1);
        const size_t end = std::min(header.find('<'), header.size());
        std::string facts = ";" + lower_ascii(header.substr(0, end)) + ";";
        std::erase_if(facts, [](char c) { return c == ' ' || c == '"' || c == ',' || c == '\t'; });
        if (facts.find(";rel=next;") != std::string::npos) return std::string(target);
    }
}

struct ByLink : Pager {
    Result<Url> ask(const Url& url, const std::string& position) const override {
        return position.empty() ? url : url.join(position);
    }
    Result<std::string> next(const Page& page, const std::string&) const override {
        for (const auto& [name, value] : page.answer.headers) {
            const std::string target = name == "link" ? next_link(value) : "";
            if (!target.empty()) return TRY(page.answer.url.join(target)).text();
        }
        return std::string();
    }
    bool ends_with_empty_page() const override { return false; }
};

Result<std::unique_ptr<Pager>> make(const Tree& settings) {
    TRY(read_params({}, settings, nullptr, "pages: link"));
    return std::unique_ptr<Pager>(std::make_unique<ByLink>());
}

QUERN_REGISTER(Paging)({
    .name = "link",
    .summary = "The header Link holds the next page's address; an answer without one is the last.",
    .example = "link",
    .params = {},
    .short_for = "",
    .make = make,
});

}  // namespace
}  // namespace quern::data::http
