#include "quern/serve/router.h"

#include <gtest/gtest.h>

#include "quern/serve/hosts.h"

namespace quern::serve {
namespace {

void check_match(Method method, std::string_view path, std::string_view want) {
    const RouteMatch match = Router().match(method, path);
    const std::string_view name = match.method_is_right ? match.route->name : "";
    EXPECT_EQ(name, want) << path;
}

TEST(RouterTest, finds_the_route_of_a_path) {
    check_match(Method::get, "/v2", "server_metadata");
    check_match(Method::get, "/v2/models/a", "model_metadata");
    check_match(Method::get, "/v2/models/a/ready", "model_ready");
    check_match(Method::get, "/v2/models/a/versions/1/ready", "model_ready");
    check_match(Method::post, "/v2/models/ready/infer", "infer");
    check_match(Method::post, "/score/a%2Fb", "score");
    for (const std::string_view path : {"", "/", "v2", "/v2/", "//v2", "/V2", "/v2/models",
                                        "/v2/models/", "/v2/models//ready", "/score/a/b"}) {
        check_match(Method::get, path, "");
        check_match(Method::post, path, "");
    }
}

TEST(RouterTest, hands_on_the_parts_of_a_path) {
    const Router router;
    const RouteMatch match = router.match(Method::get, "/v2/models/a%20b/versions/7");
    EXPECT_EQ(match.arguments[0], "a%20b");
    EXPECT_EQ(match.arguments[1], "7");
    EXPECT_EQ(router.allowed("/score/a"), "POST");
    EXPECT_FALSE(router.match(Method::other, "/score/a").method_is_right);
    EXPECT_NE(router.match(Method::other, "/score/a").route, nullptr);
    EXPECT_EQ(router.match(Method::other, "/nothing").route, nullptr);
}

TEST(RouterTest, decodes_a_part_once) {
    const auto decoded = [](std::string_view text) {
        const auto result = decode_segment(text);
        return result.ok() ? *result : "refused";
    };
    EXPECT_EQ(decoded("a%20b"), "a b");
    EXPECT_EQ(decoded("%2525"), "%25");
    EXPECT_EQ(decoded("%2f..%5C"), "/..\\");
    EXPECT_EQ(decoded("%f0%9f%8D%90"), "\xF0\x9F\x8D\x90");
    for (const std::string_view wrong : {"%", "%4", "%4g", "%g4", "a%", "%00", "%1f", "%7f", "%ff",
                                         "%c3", "%ed%a0%80", "%c0%af"}) {
        EXPECT_EQ(decoded(wrong), "refused") << wrong;
    }
}

TEST(RouterTest, reads_a_value_of_a_query) {
    EXPECT_EQ(*query_value("a=1&model=x%20y&b", "model"), "x y");
    EXPECT_EQ(*query_value("model", "model"), "");
    EXPECT_EQ(*query_value("models=1&&=&x", "model"), "");
    EXPECT_EQ(*query_value("", "model"), "");
    EXPECT_TRUE(*is_asked("a=1&explain=true", "explain"));
    EXPECT_FALSE(*is_asked("explain=false", "explain"));
    EXPECT_FALSE(*is_asked("", "explain"));
    EXPECT_FALSE(is_asked("explain=yes", "explain").ok());
}

TEST(HostsTest, answers_to_addresses_and_known_names) {
    const HostList hosts({"Quern.Internal"});
    for (const std::string_view good : {"localhost", "127.0.0.1:8484", "10.1.2.3", "[::1]",
                                        "[::1]:80", "quern.internal:443", "QUERN.internal"}) {
        EXPECT_TRUE(hosts.allows(good)) << good;
    }
    for (const std::string_view wrong : {"", ":80", "internal", "a.quern.internal", "localhost:x",
                                         "localhost:123456", "[::1", "[]", "1.2.3", "1.2.3.4.5"}) {
        EXPECT_FALSE(hosts.allows(wrong)) << wrong;
    }
    EXPECT_TRUE(hosts.allows_origin("https://quern.internal"));
    EXPECT_FALSE(hosts.allows_origin("file://quern.internal"));
    EXPECT_FALSE(hosts.allows_origin("null"));
}

}  // namespace
}  // namespace quern::serve
