#include "quern/serve/curl_line.h"

#include <gtest/gtest.h>

#include <cstring>

#include "quern/serve/testing/example.h"

namespace quern::serve {
namespace {

constexpr std::string_view kStart =
    R"(curl http://h:1/score/income -H "Authorization: Bearer $TOKEN" )"
    R"(-H "Content-Type: application/json" -d )";

score::Constant number(int64_t value) {
    score::Constant constant;
    constant.type.id = frame::TypeId::bigint;
    constant.is_null = false;
    std::memcpy(constant.bits.data(), &value, sizeof value);
    return constant;
}
score::Constant text(std::string value) {
    score::Constant constant;
    constant.type.id = frame::TypeId::varchar;
    constant.is_null = false;
    constant.text = std::move(value);
    return constant;
}

std::string line(const std::string& education) {
    score::Program program = income_program();
    score::Constant none;
    none.type.id = frame::TypeId::float64;
    program.golden.push_back({.inputs = {number(39), text(education), none}});
    return curl_line("http://h:1", "income", program);
}

TEST(CurlLine, holds_a_row_that_the_model_answers) {
    EXPECT_EQ(line("a \"b\""),
              std::string(kStart) + R"('{"age": 39, "education": "a \"b\"", "hours": null}')");
    EXPECT_NE(line("it's").find(R"("it'\''s")"), std::string::npos) << line("it's");
    EXPECT_EQ(line(std::string(kCurlLineMax, 'x')), std::string(kStart) + "@row.json");
    EXPECT_EQ(curl_line("http://h:1", "income", income_program()),
              std::string(kStart) + "@row.json")
        << "there is no golden row";
}

TEST(CurlLine, an_address_can_be_copied_whatever_the_name) {
    for (const std::string name :
         {"income", "a b", "größe", "🍰", "50% / $HOME '\"&;", "a-b_c.d~"}) {
        const std::string url = score_url("http://h:1", name);
        EXPECT_EQ(url.find_first_of(" '\"$&;"), std::string::npos) << url;
        const auto back = decode_segment(url.substr(std::string("http://h:1/score/").size()));
        ASSERT_TRUE(back.ok());
        EXPECT_EQ(*back, name);
    }
    EXPECT_EQ(encode_segment("a b/🍰"), "a%20b%2F%F0%9F%8D%B0");
}

}  // namespace
}  // namespace quern::serve
