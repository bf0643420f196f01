#include "quern/data/paging/paging.h"

namespace quern::data::http {

Result<std::unique_ptr<Pager>> make_pager(const Tree& pages) {
    std::string name = pages.text;
    Tree settings = Tree::map({});
    if (pages.is_map() && pages.entries.size() == 1) {
        name = pages.entries[0].key;
        settings = pages.entries[0].value;
    } else if (!pages.is_scalar()) {
        return invalid_argument("'pages' must name one way of paging")
            .at(pages.place.text())
            .hint("such as `pages: link` or `pages: {page: {size: 100, size_param: per_page}}`");
    }
    auto found = Registry<Paging>::of_kind().find(name);
    if (!found.ok()) return std::move(found).status().at(pages.place.text());
    const Paging& paging = **found;
    if (settings.is_scalar() && !paging.short_for.empty()) {
        settings = Tree::map({{std::string(paging.short_for), settings, settings.place}});
    }
    if (settings.is_null()) settings = Tree::map({});
    settings.place = pages.place;
    return paging.make(settings);
}

void PageSize::add_to(Pairs& parameters) const {
    if (size > 0) parameters.emplace_back(param, std::to_string(size));
}

}  // namespace quern::data::http
