#include "quern/serve/dispatch.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "quern/serve/testing/example.h"

namespace quern::serve {
namespace {

class DispatchTest : public testing::Test {
protected:
    ServerSettings settings;
    Served served;
    Worker worker{settings, served};
    Request request;
    Response response;

    int refusal(const HeadFacts& head) {
        response.clear();
        return admit(head, worker, request, response) == nullptr ? response.http : 0;
    }
};

TEST_F(DispatchTest, denies_before_it_says_anything_else) {
    HeadFacts head{.method = "GET", .target = "/nothing", .host = "localhost"};
    EXPECT_EQ(refusal(head), 401);
    head.target = "/v2/health/live";
    EXPECT_EQ(refusal(head), 0);
    head.method = "POST";
    EXPECT_EQ(refusal(head), 401) << "open is the route, not the path";
    head.method = "GET";
    head.has_body = true;
    EXPECT_EQ(refusal(head), 400);
    head.host = "elsewhere";
    EXPECT_EQ(refusal(head), 421);
}

TEST_F(DispatchTest, an_exception_of_a_route_is_an_answer) {
    Route route;
    route.name = "broken";
    route.handle = [](const Request&, Worker&, Response&) -> Status {
        throw std::runtime_error("secret detail");
    };
    answer(route, request, worker, response);
    EXPECT_EQ(response.http, 500);
    EXPECT_EQ(response.body.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace quern::serve
