// The client and its exchange, against servers that behave, misbehave and lie in wait.
#include "quern/data/http/client.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "quern/base/clock.h"
#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/data/http/raw_server.h"

namespace quern::data::http {
namespace {

Limits quick() {
    return {.connect_s = 5,
            .request_s = 5,
            .body_bytes_max = 1 << 20,
            .redirect_count_max = 2,
            .attempt_count_max = 3,
            .pause_s = 0.001,
            .retry_after_s_max = 1};
}

struct Asked {
    std::string body, fault, hint;
    Code code = Code::ok;
    int64_t request_count = 0;
};

Asked ask(const std::string& address, ClientSettings settings, Request request) {
    request.url = Url::parse(address).value();
    settings.home = request.url.origin();
    auto client = Client::create(std::move(settings)).value();
    const auto answer = client.send(request);
    Asked asked{.request_count = client.request_count()};
    if (answer.ok()) asked.body = answer->body;
    asked.code = answer.status().code();
    asked.fault = answer.status().message();
    asked.hint = answer.status().hint();
    return asked;
}

Asked ask(const std::string& address, Limits limits = quick()) {
    return ask(address,
               {.egress = Egress({Url::parse(address).value()}, std::nullopt), .limits = limits},
               {.url = Url::parse(address).value()});
}

// The n-th request, from 1, gets the n-th answer; the last one is for all further ones.
RawServer::Handler in_turn(std::vector<std::string> answers) {
    auto next = std::make_shared<size_t>(0);
    return [=](const std::string&) { return answers[std::min((*next)++, answers.size() - 1)]; };
}

std::string failing(const std::string& status, const std::string& headers = "",
                    const std::string& body = "") {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           headers + "Connection: close\r\n\r\n" + body;
}

std::string redirect(const std::string& to) {
    return failing("302 Found", "Location: " + to + "\r\n");
}

std::string zipped(const std::string& bytes) {
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

TEST(HttpClient, asks_again_when_that_may_help) {
    const auto check = [](std::vector<std::string> answers, int64_t request_count, Code code) {
        RawServer server(in_turn(answers));
        const auto asked = ask(server.url("/"));
        EXPECT_EQ(asked.request_count, request_count) << answers[0];
        EXPECT_EQ(asked.code, code) << answers[0] << asked.fault;
        return asked;
    };
    const std::string fine = good_answer("fine");
    const std::string cut = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it";
    EXPECT_EQ(check({failing("503 Busy"), fine}, 2, Code::ok).body, "fine");
    EXPECT_EQ(check({cut, cut, fine}, 3, Code::ok).body, "fine");
    EXPECT_EQ(check({"", fine}, 2, Code::ok).body, "fine");
    const auto fault =
        check({failing("500 Oops", "", "out of\norder")}, 3, Code::unavailable).fault;
    EXPECT_NE(fault.find("answered 500: out of order (asked 3 times)"), std::string::npos) << fault;
    check({cut}, 3, Code::unavailable);
    check({"noise\r\n\r\n"}, 3, Code::unavailable);
    check({failing("404 No"), fine}, 1, Code::not_found);
    check({failing("401 No"), fine}, 1, Code::unauthenticated);
    check({failing("400 No"), fine}, 1, Code::invalid_argument);
    check({failing("429 Slow", "Retry-After: 3600\r\n"), fine}, 1, Code::resource_exhausted);
    check({failing("429 Slow", "Retry-After: 0\r\n"), fine}, 2, Code::ok);
}

TEST(HttpClient, waits_as_long_as_the_server_asks) {
    RawServer server(in_turn({failing("429 Slow", "Retry-After: 0.3\r\n"), good_answer("x")}));
    const double start = steady_seconds();
    EXPECT_EQ(ask(server.url("/")).code, Code::ok);
    EXPECT_GE(steady_seconds() - start, 0.3);  // a promise to the server, not a matter of speed
}

TEST(HttpClient, keeps_to_limits_of_size) {
    const std::string zeros(8 << 20, '0');
    RawServer bomb([&](const std::string&) {
        return good_answer(zipped(zeros), "Content-Encoding: gzip\r\n");
    });
    const auto burst = ask(bomb.url("/"));
    EXPECT_EQ(burst.code, Code::resource_exhausted);
    EXPECT_EQ(burst.request_count, 1);
    EXPECT_NE(burst.fault.find("the answer is larger than 1.0 MB"), std::string::npos);
    RawServer large([&](const std::string&) { return good_answer(zeros); });
    EXPECT_EQ(ask(large.url("/")).code, Code::resource_exhausted);
    RawServer endless([&](const std::string&) { return "HTTP/1.1 200 OK\r\n\r\n" + zeros; });
    EXPECT_EQ(ask(endless.url("/")).code, Code::resource_exhausted);
    RawServer headers([&](const std::string&) {
        std::string head;
        for (int i = 0; i < 400; ++i) head += "X: " + std::string(1000, 'x') + "\r\n";
        return good_answer("", head);
    });
    EXPECT_EQ(ask(headers.url("/")).code, Code::resource_exhausted);
    RawServer small([&](const std::string&) {
        return good_answer(zipped("small"), "Content-Encoding: gzip\r\n");
    });
    EXPECT_EQ(ask(small.url("/")).body, "small");
    RawServer broken([&](const std::string&) {
        return good_answer("no gzip at all", "Content-Encoding: gzip\r\n");
    });
    EXPECT_EQ(ask(broken.url("/")).code, Code::corrupt);
}

TEST(HttpClient, judges_each_redirect) {
    RawServer other([](const std::string&) { return good_answer("other"); });
    const auto check = [](const std::string& to, const std::string& words) {
        RawServer server(in_turn({redirect(to)}));
        const auto asked = ask(server.url("/"));
        EXPECT_EQ(asked.code, Code::permission_denied) << to << ": " << asked.fault;
        EXPECT_NE(asked.fault.find(words), std::string::npos) << to << ": " << asked.fault;
        EXPECT_LE(asked.request_count, 2);
    };
    check("http://169.254.169.254/latest/meta-data/", "leads to another host, 169.254.169.254");
    check("file:///etc/passwd", "only http and https are read, not 'file'");
    check("gopher://127.0.0.1/", "only http and https");
    check(other.url("/"), "which is this machine");
    check("http://localhost/", "another host, localhost");
    EXPECT_TRUE(other.requests().empty());

    RawServer near(in_turn({redirect("/there"), good_answer("there")}));
    EXPECT_EQ(ask(near.url("/")).body, "there");
    RawServer circle(in_turn({redirect("/")}));
    const auto asked = ask(circle.url("/"));
    EXPECT_EQ(asked.code, Code::failed_precondition);
    EXPECT_EQ(asked.request_count, 3);
    RawServer nowhere(in_turn({failing("302 Found")}));
    EXPECT_EQ(ask(nowhere.url("/")).code, Code::corrupt);
}

TEST(HttpClient, cannot_be_led_to_credentials_of_a_cloud_by_a_listed_host) {
    for (const char* target : {"http://169.254.169.254/", "http://[::ffff:a9fe:a9fe]/",
                               "http://0.0.0.0/", "http://100.100.100.200/"}) {
        RawServer server(in_turn({redirect(target)}));
        const auto url = Url::parse(server.url("/")).value();
        const auto listed = Url::parse(target).value().host();
        const auto asked = ask(
            server.url("/"), {.egress = Egress({url}, {{"127.0.0.1", listed}}), .limits = quick()},
            {.url = url});
        EXPECT_EQ(asked.code, Code::permission_denied) << asked.fault;
        EXPECT_NE(asked.fault.find("an address that no source may read from"), std::string::npos)
            << asked.fault;
    }
}

TEST(HttpClient, gives_credentials_to_one_origin_only) {
    RawServer other([](const std::string&) { return good_answer("other"); });
    RawServer server(in_turn({redirect(other.url("/"))}));
    const auto url = Url::parse(server.url("/")).value();
    const Request request{.url = url,
                          .headers = {{"X-Own", "secret-2"}},
                          .credentials = {{"Authorization", "Bearer secret-1"}}};
    const auto asked =
        ask(server.url("/"),
            {.egress = Egress({url, Url::parse(other.url("/")).value()}, std::nullopt),
             .limits = quick()},
            request);
    EXPECT_EQ(asked.body, "other");
    EXPECT_NE(server.requests()[0].find("Authorization: Bearer secret-1\r\n"), std::string::npos);
    EXPECT_NE(server.requests()[0].find("X-Own: secret-2\r\n"), std::string::npos);
    EXPECT_EQ(other.requests()[0].find("secret"), std::string::npos);
}

TEST(HttpClient, says_no_secret) {
    RawServer server([](const std::string& request) {
        return failing("400 Bad", "", std::string(150, '.') + request);
    });
    const auto url = Url::parse(server.url("/p@ss?key=p%40ss&page=2")).value();
    const auto asked = ask(url.text(),
                           {.egress = Egress({url}, std::nullopt),
                            .secrets = {"p@ss", "", "Host: 127"},
                            .limits = quick()},
                           {.url = url});
    EXPECT_EQ(asked.fault.find("p@ss"), std::string::npos) << asked.fault;
    EXPECT_EQ(asked.fault.find("p%40ss"), std::string::npos) << asked.fault;
    EXPECT_NE(asked.fault.find("/***?key=...&page=2 answered 400: "), std::string::npos)
        << asked.fault;
}

TEST(HttpClient, ends_what_takes_too_long_and_what_is_cancelled) {
    RawServer slow([](const std::string&) {
        usleep(700'000);
        return good_answer("late");
    });
    Limits limits = quick();
    limits.request_s = 0.2;
    limits.attempt_count_max = 1;
    EXPECT_EQ(ask(slow.url("/"), limits).code, Code::deadline_exceeded);
    RawServer busy(in_turn({failing("503 Busy", "Retry-After: 1\r\n")}));
    const auto url = Url::parse(busy.url("/")).value();
    std::atomic<bool> cancel = false;
    std::thread user([&] {
        usleep(100'000);
        cancel = true;
    });
    limits.attempt_count_max = 100;
    const auto asked = ask(
        busy.url("/"), {.egress = Egress({url}, std::nullopt), .limits = limits, .cancel = &cancel},
        {.url = url});
    user.join();
    EXPECT_EQ(asked.code, Code::cancelled);
    EXPECT_EQ(asked.request_count, 1);
}

TEST(HttpClient, posts_a_form_and_follows_no_redirect_with_it) {
    RawServer server(in_turn({good_answer("token")}));
    const auto url = Url::parse(server.url("/")).value();
    const Request request{.url = url, .method = "POST", .body = "grant=x"};
    const ClientSettings settings{.egress = Egress({url}, std::nullopt), .limits = quick()};
    EXPECT_EQ(ask(server.url("/"), settings, request).body, "token");
    EXPECT_TRUE(server.requests()[0].ends_with("\r\n\r\ngrant=x"));
    RawServer moved(in_turn({redirect("/there")}));
    const auto there = Url::parse(moved.url("/")).value();
    EXPECT_EQ(ask(moved.url("/"), {.egress = Egress({there}, std::nullopt), .limits = quick()},
                  {.url = there, .method = "POST", .body = "x"})
                  .code,
              Code::failed_precondition);
}

TEST(HttpClient, writes_a_large_body_to_a_file_and_begins_anew_after_a_break) {
    const auto folder = TemporaryFolder::create().value();
    RawServer server(
        in_turn({"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", good_answer("a,b\n1,2\n")}));
    const auto url = Url::parse(server.url("/")).value();
    const std::string path = join_path(folder.path(), "page.csv");
    EXPECT_EQ(ask(server.url("/"), {.egress = Egress({url}, std::nullopt), .limits = quick()},
                  {.url = url, .path = path})
                  .code,
              Code::ok);
    EXPECT_EQ(read_file(path).value(), "a,b\n1,2\n");
}

}  // namespace
}  // namespace quern::data::http
