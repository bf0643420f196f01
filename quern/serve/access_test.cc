#include "quern/serve/access.h"

#include <gtest/gtest.h>

#include "quern/base/hash.h"
#include "quern/serve/worker.h"

namespace quern::serve {
namespace {

AccessToken token_of(const std::string& text, Role role) {
    return {text.substr(3, kTokenIdSize), hmac_sha256_hex("key", text), role};
}

TEST(AccessTest, knows_the_role_behind_a_token) {
    const AccessList list("key", {token_of("qk_zzzzzzzzsecret", Role::admin),
                                  token_of("qk_aaaaaaaasecret", Role::viewer)});
    EXPECT_EQ(*list.role_of("Bearer qk_aaaaaaaasecret"), Role::viewer);
    EXPECT_EQ(*list.role_of("bearer  qk_zzzzzzzzsecret "), Role::admin);
    for (const std::string_view wrong :
         {"", "Bearer", "Bearer ", "qk_aaaaaaaasecret", "Basic qk_aaaaaaaasecret",
          "Bearer qk_aaaaaaaasecre", "Bearer qk_aaaaaaaasecret2", "Bearer qk_aaaaaaaaSECRET",
          "Bearer qk_zzzzzzzz", "Bearer qk_", "Bearer qk_aaaaaaabsecret"}) {
        const auto role = list.role_of(wrong);
        ASSERT_FALSE(role.ok()) << wrong;
        EXPECT_EQ(role.status().code(), Code::unauthenticated);
        EXPECT_EQ(role.status().text().find("secre"), std::string::npos) << "never shown back";
    }
    EXPECT_FALSE(list.role_of("Bearer qk_" + std::string(100'000, 'a')).ok());
}

TEST(AccessTest, an_empty_list_or_key_opens_nothing) {
    EXPECT_FALSE(AccessList().role_of("Bearer qk_aaaaaaaasecret").ok());
    const AccessToken token{"aaaaaaaa", hmac_sha256_hex("", "qk_aaaaaaaasecret"), Role::admin};
    EXPECT_FALSE(AccessList("", {token}).role_of("Bearer qk_aaaaaaaasecret").ok());
    EXPECT_FALSE(AccessList("other key", {token_of("qk_aaaaaaaasecret", Role::admin)})
                     .role_of("Bearer qk_aaaaaaaasecret")
                     .ok());
}

TEST(AccessTest, a_worker_forgets_what_it_knew_when_the_tokens_change) {
    const ServerSettings settings;
    Served served;
    Worker worker(settings, served);
    const auto serve = [&served](const std::string& token, Role role) {
        served.access.set(std::make_shared<AccessList>("key", std::vector{token_of(token, role)}));
    };
    const std::string header = "Bearer qk_aaaaaaaasecret";
    EXPECT_FALSE(worker.role_of(header).ok());
    EXPECT_FALSE(worker.role_of("").ok());
    serve("qk_aaaaaaaasecret", Role::scorer);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(*worker.role_of(header), Role::scorer);
        EXPECT_FALSE(worker.role_of(header + "2").ok());
        EXPECT_FALSE(worker.role_of("").ok());
    }
    serve("qk_aaaaaaaasecret", Role::viewer);
    EXPECT_EQ(*worker.role_of(header), Role::viewer);
    serve("qk_bbbbbbbbsecret", Role::viewer);
    EXPECT_FALSE(worker.role_of(header).ok());
}

TEST(AccessTest, roles_have_names) {
    EXPECT_EQ(*parse_role("viewer"), Role::viewer);
    EXPECT_EQ(*parse_role("scorer"), Role::scorer);
    EXPECT_EQ(*parse_role("admin"), Role::admin);
    EXPECT_FALSE(parse_role("nobody").ok()) << "no token is for nobody";
    EXPECT_LT(Role::viewer, Role::scorer);
    EXPECT_LT(Role::scorer, Role::admin);
}

}  // namespace
}  // namespace quern::serve
