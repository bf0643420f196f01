// A connection to Kafka's brokers. Messages of the library go nowhere but into what fails here.
#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "quern/base/status.h"
#include "quern/base/tree.h"

namespace quern::data {

struct KafkaServer {
    std::string brokers, group;
    std::string user, password, mechanism;
    bool has_tls = false;
    std::string authority, certificate, key, key_password;  // paths of files, and a secret
    int64_t timeout_s = 30;
    std::vector<std::pair<std::string, std::string>> properties;  // as the library names them
    const std::atomic<bool>* cancel = nullptr;
};

// Those of a user, as a map; only what is known to be harmless.
Result<std::vector<std::pair<std::string, std::string>>> kafka_properties(const Tree& written);

struct KafkaFree {
    void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
    void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
    void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
    void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
    void operator()(rd_kafka_topic_partition_list_t* list) const {
        rd_kafka_topic_partition_list_destroy(list);
    }
};
template <class T>
using KafkaPtr = std::unique_ptr<T, KafkaFree>;

class KafkaClient {
public:
    static Result<std::unique_ptr<KafkaClient>> consumer(const KafkaServer& server);

    rd_kafka_t* handle() const { return client_.get(); }
    int timeout_ms() const { return static_cast<int>(server_.timeout_s * 1000); }

    // Partitions of each topic. not_found with the nearest name for a topic that is not there.
    Result<std::map<std::string, int>> partition_counts(const std::vector<std::string>& topics);
    Result<std::string> cluster_id();

    // What is wrong when nothing comes for so long; ok while it may still come.
    Status silence(double seconds) const;
    Status fault(rd_kafka_resp_err_t error, const std::string& doing) const;
    Status cancelled_or_ok() const;

private:
    explicit KafkaClient(const KafkaServer& server) : server_(server) {}
    Status configure(rd_kafka_conf_t* conf);
    Result<std::vector<std::string>> topics();
    static void on_error(rd_kafka_t* client, int error, const char* reason, void* self);

    KafkaServer server_;
    rd_kafka_resp_err_t last_error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
    std::string last_reason_;
    KafkaPtr<rd_kafka_t> client_;
};

}  // namespace quern::data
