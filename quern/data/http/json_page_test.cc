// Pages of JSON and the paths into them.
#include "quern/data/http/json_page.h"

#include <gtest/gtest.h>

namespace quern::data::http {
namespace {

std::string records(const std::string& body, const char* path = nullptr) {
    const auto page = JsonPage::parse(body);
    if (!page.ok()) return std::string(page.status().message());
    std::optional<JsonPath> at;
    if (path != nullptr) at = JsonPath::parse(path).value();
    std::string all;
    const auto status = page->each_record(at ? &*at : nullptr, [&](std::string_view record) {
        all += (all.empty() ? "" : " ") + std::string(record);
        return Status();
    });
    return status.ok() ? all : std::string(status.message());
}

TEST(HttpJson, finds_records) {
    EXPECT_EQ(records(R"([{"a":1}, {"a": 1.10}])"), R"({"a":1} {"a": 1.10})");
    EXPECT_EQ(records("[]"), "");
    const char* page = R"({"meta": {"n": 2}, "data": {"items": [{"a": "x"}, 7], "none": null}})";
    for (const char* path :
         {"data.items", "$.data.items[*]", "$['data'][\"items\"]", "data.items.*"}) {
        EXPECT_EQ(records(page, path), R"({"a": "x"} 7)") << path;
    }
    EXPECT_EQ(records(page, "data.items[0]"), R"({"a": "x"})");
    EXPECT_EQ(records(page, "data.items[-1]"), "7");
    EXPECT_EQ(records(page, "meta"), R"({"n": 2})");
    EXPECT_EQ(records(page, "data.none"), "");
    EXPECT_EQ(records(R"({"g": [{"i": [1, 2]}, {"i": [3]}, {}]})", "g[*].i[*]"), "1 2 3");
    // A number that fits no type of ours is the loader's to judge.
    EXPECT_EQ(records(R"([{"a": 123456789012345678901234567890}])"),
              R"({"a": 123456789012345678901234567890})");
}

TEST(HttpJson, says_where_records_could_be) {
    EXPECT_EQ(records(R"({"meta": 1, "items": [1]})"),
              "the answer is an object with meta, items, not an array");
    EXPECT_EQ(records(R"({"meta": 1, "items": [1]})", "data"),
              "there is no 'data' in the answer: it is an object with meta, items");
    EXPECT_EQ(records("7"), "the answer is a single value, neither an array nor an object");
}

TEST(HttpJson, takes_nothing_of_a_broken_page) {
    EXPECT_EQ(records(R"([{"a": 1}, {"a": 2)").substr(0, 22), "not JSON from byte 18 ");
    EXPECT_EQ(records(R"([{"a": 1}, {"a": ]}, {"a": 3}])"),
              R"(not JSON from byte 18 on: '[{"a": 1}, {"a": ]}, {"a": 3}]')");
    for (const char* body : {"", "<html>", "[1] [2]", "{\"a\":}", "[1,]", "[\"\xFF\"]", "nul"}) {
        EXPECT_TRUE(records(body).starts_with("not JSON from byte")) << body;
    }
}

TEST(HttpJson, reads_single_values) {
    const auto page =
        JsonPage::parse(R"({"next": "a\"b", "n": 12, "more": false, "no": null, "l": [{"i": 5}]})")
            .value();
    const auto value = [&](const char* path) {
        const auto found = page.value(JsonPath::parse(path).value());
        return found.ok() ? found->value_or("none") : "refused";
    };
    EXPECT_EQ(value("next"), "a\"b");
    EXPECT_EQ(value("n"), "12");
    EXPECT_EQ(value("more"), "false");
    EXPECT_EQ(value("no"), "none");
    EXPECT_EQ(value("not.there"), "none");
    EXPECT_EQ(value("l[-1].i"), "5");
    EXPECT_EQ(value("l[-2].i"), "none");
    EXPECT_EQ(value("l"), "refused");
}

TEST(HttpJson, refuses_what_is_no_path) {
    for (const char* path : {"", ".", "a.", "a..b", "a[", "a[x]", "a['b", "a['b'", "a[1]b", "$a"}) {
        EXPECT_FALSE(JsonPath::parse(path).ok()) << path;
    }
    EXPECT_TRUE(JsonPath::parse("$").ok());
    EXPECT_TRUE(JsonPath::parse("$[*]").ok());
}

}  // namespace
}  // namespace quern::data::http
