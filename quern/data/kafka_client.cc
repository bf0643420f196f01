#include "quern/data/kafka_client.h"

#include <algorithm>
#include <array>

#include "quern/base/clock.h"
#include "quern/base/nearest.h"
#include "quern/base/text.h"

namespace quern::data {
namespace {

// Not among them: what names programs, libraries and files to load, what we set ourselves, and all
// that could print a secret.
constexpr std::array<std::string_view, 34> kAllowed = {
    "allow.auto.create.topics",
    "api.version.request",
    "broker.address.family",
    "broker.address.ttl",
    "check.crcs",
    "client.dns.lookup",
    "client.id",
    "client.rack",
    "compression.codec",
    "connections.max.idle.ms",
    "fetch.error.backoff.ms",
    "fetch.max.bytes",
    "fetch.message.max.bytes",
    "fetch.min.bytes",
    "fetch.wait.max.ms",
    "isolation.level",
    "max.partition.fetch.bytes",
    "message.max.bytes",
    "metadata.max.age.ms",
    "queued.max.messages.kbytes",
    "queued.min.messages",
    "receive.message.max.bytes",
    "reconnect.backoff.max.ms",
    "reconnect.backoff.ms",
    "socket.connection.setup.timeout.ms",
    "socket.keepalive.enable",
    "socket.nagle.disable",
    "socket.receive.buffer.bytes",
    "socket.send.buffer.bytes",
    "socket.timeout.ms",
    "ssl.cipher.suites",
    "ssl.curves.list",
    "ssl.endpoint.identification.algorithm",
    "ssl.sigalgs.list",
};

// The library would write these to stderr.
void on_log(const rd_kafka_t*, int, const char*, const char*) {}

Status set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
    char reason[512];
    const auto result = rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason, sizeof reason);
    if (result == RD_KAFKA_CONF_OK) return {};
    return invalid_argument(name + ": " + reason);
}

bool is_login(rd_kafka_resp_err_t error) {
    return error == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
           error == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED ||
           error == RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM ||
           error == RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE;
}

// Trying again does not help.
bool is_final(rd_kafka_resp_err_t error) {
    return is_login(error) || error == RD_KAFKA_RESP_ERR__SSL;
}

Code code_of(rd_kafka_resp_err_t error) {
    switch (error) {
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
            return Code::permission_denied;
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
            return Code::not_found;
        default:
            return is_login(error) ? Code::unauthenticated : Code::unavailable;
    }
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> kafka_properties(const Tree& written) {
    std::vector<std::pair<std::string, std::string>> properties;
    if (written.is_null()) return properties;
    if (!written.is_map()) {
        return invalid_argument("'properties' must be a map").at(written.place.text());
    }
    Status faults;
    for (const auto& [name, value, place] : written.entries) {
        if (std::ranges::find(kAllowed, name) == kAllowed.end()) {
            faults.also(unknown_name("property", name, {kAllowed.begin(), kAllowed.end()})
                            .at(place.text()));
        } else if (!value.is_scalar()) {
            faults.also(invalid_argument("'" + name + "' must be a value").at(place.text()));
        } else {
            properties.emplace_back(name, value.text);
        }
    }
    if (!faults.ok()) return faults;
    return properties;
}

void KafkaClient::on_error(rd_kafka_t*, int error, const char* reason, void* self) {
    auto& client = *static_cast<KafkaClient*>(self);
    const auto code = static_cast<rd_kafka_resp_err_t>(error);
    if (is_final(client.last_error_)) return;
    // "All brokers are down" comes after the reason and says less.
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !client.last_reason_.empty()) return;
    client.last_error_ = code;
    client.last_reason_ = reason;
}

Status KafkaClient::configure(rd_kafka_conf_t* conf) {
    const bool has_login = !server_.user.empty();
    const std::string protocol =
        std::string(has_login ? "sasl_" : "") + (server_.has_tls ? "ssl" : "plaintext");
    std::vector<std::pair<std::string, std::string>> all = {
        {"bootstrap.servers", server_.brokers},
        {"client.id", "quern"},
        {"security.protocol", protocol},
        {"log.connection.close", "false"},
    };
    const auto add = [&all](const char* name, const std::string& value) {
        if (!value.empty()) all.emplace_back(name, value);
    };
    if (has_login) {
        add("sasl.mechanism", server_.mechanism);
        add("sasl.username", server_.user);
        add("sasl.password", server_.password);
    }
    if (server_.has_tls) {
        add("ssl.ca.location", server_.authority);
        add("ssl.certificate.location", server_.certificate);
        add("ssl.key.location", server_.key);
        add("ssl.key.password", server_.key_password);
        add("ssl.endpoint.identification.algorithm", "https");
    }
    all.insert(all.end(), server_.properties.begin(), server_.properties.end());
    for (const auto& [name, value] : all) TRY(set(conf, name, value));
    rd_kafka_conf_set_opaque(conf, this);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    return {};
}

Result<std::unique_ptr<KafkaClient>> KafkaClient::consumer(const KafkaServer& server) {
    std::unique_ptr<KafkaClient> client(new KafkaClient(server));
    KafkaPtr<rd_kafka_conf_t> conf(rd_kafka_conf_new());
    // Without a group the library refuses to assign; with no commits nobody sees its name.
    TRY(set(conf.get(), "group.id", server.group.empty() ? "quern" : server.group));
    TRY(set(conf.get(), "enable.auto.commit", "false"));
    TRY(set(conf.get(), "enable.auto.offset.store", "false"));
    TRY(set(conf.get(), "auto.offset.reset", "error"));
    TRY(set(conf.get(), "enable.partition.eof", "true"));
    TRY(set(conf.get(), "fetch.wait.max.ms", "50"));
    TRY(set(conf.get(), "fetch.message.max.bytes", "8388608"));
    TRY(set(conf.get(), "queued.min.messages", "1000000"));
    TRY(client->configure(conf.get()));
    char reason[512];
    client->client_.reset(rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), reason, sizeof reason));
    if (!client->client_) return invalid_argument(std::string("Kafka: ") + reason);
    (void)conf.release();
    rd_kafka_poll_set_consumer(client->handle());
    return client;
}

Status KafkaClient::cancelled_or_ok() const {
    const bool is_cancelled = server_.cancel != nullptr && server_.cancel->load();
    return is_cancelled ? cancelled("stopped") : Status();
}

Status KafkaClient::silence(double seconds) const {
    TRY(cancelled_or_ok());
    if (is_final(last_error_)) return fault(last_error_, "");
    if (seconds < static_cast<double>(server_.timeout_s)) return {};
    return fault(last_error_, "no answer for " + duration_text(seconds));
}

Status KafkaClient::fault(rd_kafka_resp_err_t error, const std::string& doing) const {
    std::string text = "Kafka at " + server_.brokers;
    if (!doing.empty()) text += ": " + doing;
    const bool has_reason = error == last_error_ || error == RD_KAFKA_RESP_ERR__TIMED_OUT ||
                            error == RD_KAFKA_RESP_ERR__TRANSPORT;
    if (has_reason && !last_reason_.empty()) {
        text += ": " + last_reason_;
    } else if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        text += std::string(": ") + rd_kafka_err2str(error);
    }
    Status status(code_of(error), text);
    if (is_login(error)) return std::move(status).hint("check `user`, `password` and `mechanism`");
    return status;
}

// All that the brokers show us.
Result<std::vector<std::string>> KafkaClient::topics() {
    const rd_kafka_metadata_t* found = nullptr;
    const auto error = rd_kafka_metadata(handle(), 1, nullptr, &found, timeout_ms());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return fault(error, "topics");
    std::vector<std::string> names;
    for (int i = 0; i < found->topic_cnt; ++i) names.emplace_back(found->topics[i].topic);
    rd_kafka_metadata_destroy(found);
    return names;
}

Result<std::map<std::string, int>> KafkaClient::partition_counts(
    const std::vector<std::string>& wanted) {
    constexpr int kPollMs = 200;
    std::map<std::string, int> counts;
    const double start = steady_seconds();
    for (size_t i = 0; i < wanted.size();) {
        KafkaPtr<rd_kafka_topic_t> topic(rd_kafka_topic_new(handle(), wanted[i].c_str(), nullptr));
        if (!topic) return invalid_argument("'" + wanted[i] + "' cannot be the name of a topic");
        const rd_kafka_metadata_t* found = nullptr;
        auto error = rd_kafka_metadata(handle(), 0, topic.get(), &found, kPollMs);
        rd_kafka_poll(handle(), 0);  // brings errors of connections to on_error()
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
            TRY(silence(steady_seconds() - start));
            continue;
        }
        const int count = found->topic_cnt > 0 ? found->topics[0].partition_cnt : 0;
        if (found->topic_cnt > 0) error = found->topics[0].err;
        rd_kafka_metadata_destroy(found);
        const bool is_unknown = error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
        if (is_unknown) {
            const auto known = TRY(topics());
            return unknown_name("topic", wanted[i], {known.begin(), known.end()});
        }
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR && count > 0) {
            counts[wanted[i++]] = count;
        } else if (steady_seconds() - start > static_cast<double>(server_.timeout_s) ||
                   code_of(error) != Code::unavailable) {
            return fault(error, "topic '" + wanted[i] + "'");
        }
    }
    return counts;
}

Result<std::string> KafkaClient::cluster_id() {
    char* id = rd_kafka_clusterid(handle(), timeout_ms());
    std::string text = id == nullptr ? "" : id;
    if (id != nullptr) rd_kafka_mem_free(handle(), id);
    return text;
}

}  // namespace quern::data
