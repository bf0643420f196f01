#include "quern/data/kafka_client.h"

#include <gtest/gtest.h>

namespace quern::data {
namespace {

std::string refusal(std::string_view yaml) {
    const auto tree = parse_yaml({.text = yaml, .file = "x.yml"});
    return std::string(kafka_properties(*tree).status().message());
}

TEST(KafkaClient, TakesHarmlessPropertiesOnly) {
    EXPECT_EQ(refusal("isolation.level: read_uncommitted\nfetch.min.bytes: 5"), "");
    EXPECT_EQ(refusal("5"), "'properties' must be a map");
    EXPECT_EQ(refusal("client.id: [a]"), "'client.id' must be a value");
    for (const std::string name :
         {"plugin.library.paths", "sasl.kerberos.kinit.cmd", "debug", "sasl.password",
          "ssl.engine.location", "enable.auto.commit", "sasl.oauthbearer.config"}) {
        EXPECT_EQ(refusal(name + ": x"), "property '" + name + "' is not known");
    }
}

TEST(KafkaClient, RefusesWhatTheLibraryDoesNotTake) {
    KafkaServer server{.brokers = "127.0.0.1:1"};
    server.properties = {{"isolation.level", "none"}};
    EXPECT_EQ(KafkaClient::consumer(server).status().code(), Code::invalid_argument);
}

}  // namespace
}  // namespace quern::data
