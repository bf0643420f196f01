// The contract of every way of paging, and what each one asks for: page, offset, cursor, next,
// link.
#include "quern/data/paging/paging.h"

#include <gtest/gtest.h>

#include "quern/data/http/json_page.h"

namespace quern::data::http {
namespace {

Tree yaml(const std::string& text) { return parse_yaml({.text = text, .file = "s.yml"}).value(); }

struct Given {
    std::string body;
    int64_t record_count = 1;
    Pairs headers = {};
};

// What is asked for, page by page, when the server gives these answers.
std::string asked(const std::string& pages, const std::vector<Given>& answers) {
    const auto made = make_pager(yaml(pages));
    if (!made.ok()) return made.status().text();
    const auto home = Url::parse("http://h/v1/rows?q=1").value();
    std::string all, position;
    for (const auto& given : answers) {
        const auto url = (*made)->ask(home, position);
        if (!url.ok()) return url.status().text();
        all += (all.empty() ? "" : " ") + url->text().substr(8);
        const Answer answer{.url = *url, .headers = given.headers};
        const auto page = JsonPage::parse(given.body.empty() ? "{}" : given.body).value();
        const auto next = (*made)->next(
            {answer, given.record_count, [&](const JsonPath& path) { return page.value(path); }},
            position);
        if (!next.ok()) return next.status().text();
        position = *next;
        if (position.empty()) return all + " end";
    }
    return all;
}

TEST(Paging, page) {
    EXPECT_EQ(asked("page", {{}, {}}), "/v1/rows?q=1&page=1 /v1/rows?q=1&page=2");
    EXPECT_EQ(asked("{page: p}", {{}}), "/v1/rows?q=1&p=1");
    EXPECT_EQ(asked("{page: {first: 0, size: 50, size_param: n}}", {{}, {}}),
              "/v1/rows?q=1&page=0&n=50 /v1/rows?q=1&page=1&n=50");
}

TEST(Paging, offset) {
    EXPECT_EQ(asked("{offset: {size: 100}}", {{"", 100}, {"", 7}, {}}),
              "/v1/rows?q=1&offset=0&limit=100 /v1/rows?q=1&offset=100&limit=100 "
              "/v1/rows?q=1&offset=107&limit=100");
}

TEST(Paging, cursor) {
    EXPECT_EQ(asked("{cursor: meta.next}",
                    {{R"({"meta": {"next": "a b"}})"}, {R"({"meta": {"next": null}})"}}),
              "/v1/rows?q=1 /v1/rows?q=1&cursor=a%20b end");
    EXPECT_EQ(asked("{cursor: {param: after, next: 'd[-1].id', more: more}}",
                    {{R"({"d": [{"id": 3}, {"id": 5}], "more": true})"},
                     {R"({"d": [{"id": 9}], "more": false})"}}),
              "/v1/rows?q=1 /v1/rows?q=1&after=5 end");
}

TEST(Paging, next) {
    EXPECT_EQ(asked("{next: links.next}", {{R"({"links": {"next": "?page=2"}})"},
                                           {R"({"links": {"next": "http://other/x"}})"},
                                           {R"({"links": {}})"}}),
              "/v1/rows?q=1 /v1/rows?page=2 ther/x end");
    EXPECT_NE(asked("{next: n}", {{R"({"n": "file:///etc/passwd"})"}}).find("only http and https"),
              std::string::npos);
}

TEST(Paging, link) {
    EXPECT_EQ(asked("link", {{.body = "",
                              .headers = {{"link",
                                           "<http://h/a?p=9>; rel=\"last\", "
                                           "</v1/rows?p=2>; rel=\"next\""}}},
                             {.body = "", .headers = {{"link", "<x>; rel=prev"}}}}),
              "/v1/rows?q=1 /v1/rows?p=2 end");
    EXPECT_EQ(asked("link", {{.body = "", .headers = {{"link", "<broken; rel=next"}}}}),
              "/v1/rows?q=1 end");
}

TEST(Paging, refuses_what_it_does_not_know) {
    EXPECT_NE(asked("pages", {}).find("did you mean 'page'?"), std::string::npos);
    EXPECT_NE(asked("{page: {sise: 5}}", {}).find("did you mean 'size'?"), std::string::npos);
    EXPECT_NE(asked("cursor", {}).find("next"), std::string::npos);
    EXPECT_NE(asked("[page]", {}).find("must name one way of paging"), std::string::npos);
    EXPECT_NE(asked("{link: {a: 1}}", {}).find("'a'"), std::string::npos);
}

TEST(Paging, each_is_documented_and_its_example_works) {
    for (const auto& paging : Registry<Paging>::of_kind().all()) {
        EXPECT_FALSE(paging.summary.empty()) << paging.name;
        const auto made = make_pager(yaml(std::string(paging.example)));
        EXPECT_TRUE(made.ok()) << paging.name << ": " << made.status().text();
        for (const auto& known : paging.params) EXPECT_FALSE(known.doc.empty()) << known.name;
    }
}

}  // namespace
}  // namespace quern::data::http
