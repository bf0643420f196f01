#include "quern/data/http/url.h"

#include <gtest/gtest.h>

namespace quern::data::http {
namespace {

std::string parsed(const std::string& text) {
    const auto url = Url::parse(text);
    return url.ok() ? url->text() : std::string(url.status().message());
}

TEST(HttpUrl, is_normalised_and_only_of_the_web) {
    EXPECT_EQ(parsed("HTTPS://API.Example/a?b=1#c"), "https://api.example/a?b=1");
    EXPECT_EQ(parsed("http://0x7f000001/"), "http://127.0.0.1/");
    EXPECT_EQ(parsed("http://2130706433"), "http://127.0.0.1/");
    for (const char* text :
         {"file:///etc/passwd", "gopher://h/1", "//h/x", "h/x", "", "http://", "http://h y",
          "http://h/\r\nX: y", "http://u:p@h/", "http://u@h/", "javascript://x", "ftp://h/"}) {
        EXPECT_FALSE(Url::parse(text).ok()) << text;
    }
    EXPECT_EQ(Url::parse("https://h/").value().origin(), "https://h:443");
    EXPECT_EQ(Url::parse("http://H:8080/").value().origin(), "http://h:8080");
}

TEST(HttpUrl, joins_what_a_server_hands_out) {
    const auto base = Url::parse("http://h/a/b?x=1").value();
    const auto joined = [&](const std::string& text) {
        const auto url = base.join(text);
        return url.ok() ? url->text() : "refused";
    };
    EXPECT_EQ(joined("c?y=2"), "http://h/a/c?y=2");
    EXPECT_EQ(joined("/c"), "http://h/c");
    EXPECT_EQ(joined("?page=2"), "http://h/a/b?page=2");
    EXPECT_EQ(joined("//other/c"), "http://other/c");
    EXPECT_EQ(joined("https://other/c"), "https://other/c");
    EXPECT_EQ(joined("file:///etc/passwd"), "refused");
    EXPECT_EQ(joined("dict:x"), "refused");
}

TEST(HttpUrl, takes_parameters_and_hides_their_values) {
    const auto url = Url::parse("http://h/a?page=1&key=abc").value();
    EXPECT_EQ(url.with({{"page", "2"}}).text(), "http://h/a?key=abc&page=2");
    EXPECT_EQ(url.with({{"q", "a b&c=\xC3\xA4"}}).text(),
              "http://h/a?page=1&key=abc&q=a%20b%26c%3D%C3%A4");
    EXPECT_EQ(url.with({}).text(), url.text());
    EXPECT_EQ(url.shown(), "http://h/a?page=1&key=...");
    EXPECT_EQ(percent_decoded("a%20b%zz+c%4"), "a b%zz c%4");
}

}  // namespace
}  // namespace quern::data::http
