#include "quern/data/http/egress.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace quern::data::http {
namespace {

sockaddr_storage socket_address(const std::string& text) {
    sockaddr_storage address{};
    auto& v4 = reinterpret_cast<sockaddr_in&>(address);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
    v4.sin_family = AF_INET;
    if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) return address;
    v6.sin6_family = AF_INET6;
    EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr), 1) << text;
    return address;
}

const sockaddr& as_base(const sockaddr_storage& address) {
    return reinterpret_cast<const sockaddr&>(address);
}

TEST(HttpEgress, knows_where_addresses_lead) {
    const auto check = [](Reach want, const std::vector<std::string>& addresses) {
        for (const auto& text : addresses) {
            EXPECT_EQ(reach_of(as_base(socket_address(text))), want) << text;
        }
    };
    check(Reach::world, {"8.8.8.8", "172.32.0.1", "172.15.0.1", "100.63.0.1", "192.169.0.1",
                         "169.253.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"});
    check(Reach::private_network, {"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
                                   "100.64.0.1", "fd12::1", "fc00::1", "::ffff:10.0.0.1"});
    check(Reach::this_machine, {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"});
    check(Reach::never,
          {"169.254.169.254", "169.254.1.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255",
           "100.100.100.200", "168.63.129.16", "192.0.0.192", "::", "fe80::1", "ff02::1",
           "fd00:ec2::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1",
           "2002:7f00:1::", "2001::1", "::7f00:2"});
}

TEST(HttpEgress, lets_only_the_written_address_be_near) {
    const std::vector<Url> written = {Url::parse("http://127.0.0.1:8000/v1").value(),
                                      Url::parse("https://api.example/v1").value()};
    const auto judged = [&](const Egress& egress, const std::string& url, const std::string& to) {
        const auto at = Url::parse(url).value();
        if (!egress.judge(at).ok()) return std::string("host");
        return std::string(egress.judge(at, as_base(socket_address(to))).ok() ? "ok" : "address");
    };
    const Egress own(written, std::nullopt);
    EXPECT_EQ(judged(own, "http://127.0.0.1:8000/next", "127.0.0.1"), "ok");
    EXPECT_EQ(judged(own, "http://127.0.0.1:9000/", "127.0.0.1"), "address");
    EXPECT_EQ(judged(own, "https://api.example/x", "10.0.0.1"), "ok");  // an API of one's own
    EXPECT_EQ(judged(own, "https://api.example/x", "127.0.0.1"), "address");
    EXPECT_EQ(judged(own, "https://api.example/x", "169.254.169.254"), "address");
    EXPECT_EQ(judged(own, "https://api.example:444/x", "8.8.8.8"), "ok");
    EXPECT_EQ(judged(own, "https://api.example:444/x", "10.0.0.1"), "address");
    EXPECT_EQ(judged(own, "https://other.example/x", "8.8.8.8"), "host");

    const Egress listed(written, {{"*.example", "cdn.test"}});
    EXPECT_EQ(judged(listed, "https://API.example/x", "8.8.8.8"), "ok");
    EXPECT_EQ(judged(listed, "https://a.b.example/x", "8.8.8.8"), "ok");
    EXPECT_EQ(judged(listed, "https://example/x", "8.8.8.8"), "host");
    EXPECT_EQ(judged(listed, "https://badexample/x", "8.8.8.8"), "host");
    EXPECT_EQ(judged(listed, "https://cdn.test/x", "8.8.8.8"), "ok");
    EXPECT_EQ(judged(listed, "https://cdn.test/x", "192.168.0.1"), "address");
    EXPECT_EQ(judged(listed, "http://127.0.0.1:8000/v1", "127.0.0.1"), "host");
}

}  // namespace
}  // namespace quern::data::http
