// Topics of Apache Kafka, through librdkafka.
#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include <nlohmann/json.hpp>

#include "quern/base/clock.h"
#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/json.h"
#include "quern/base/text.h"
#include "quern/data/connector.h"
#include "quern/data/kafka_client.h"
#include "quern/data/message.h"
#include "quern/data/spool.h"
#include "quern/frame/value_text.h"
#include "quern/sql/session.h"

namespace quern::data {
namespace {

constexpr size_t kMessagesAtOnce = 10'000;
constexpr int kPollMs = 50;
// The first batch of a pull settles the types; those of later ones are then known.
constexpr int64_t kFirstBatchRows = 50'000;
constexpr int64_t kMomentMsMax = 253'402'300'799'999;  // the end of the year 9999
constexpr uint64_t kSchemaBytesMax = 1 << 20;

struct Kafka {
    std::string brokers, start = "earliest", lost = "fail", prefix = "_";
    std::optional<std::string> group;
    std::vector<std::string> topic, with = {"key", "timestamp", "partition", "offset"};
    std::string value = "json", delimiter = ",", schema;
    int64_t skip_bytes = 0;
    std::vector<std::string> names;
    std::string user, password, mechanism = "PLAIN";
    bool tls = false;
    std::string authority, certificate, key, key_password;
    int64_t batch_rows = 1'000'000, batch_bytes = 256 << 20, batch_seconds = 30, timeout = 30;
    Tree properties;

    static std::vector<Param> params() {
        return {
            param("brokers", &Kafka::brokers, "`host:port`, several with commas.").required(),
            param("topic", &Kafka::topic, "One or a list.").required(),
            param("value", &Kafka::value, "What a message holds.")
                .one_of({"json", "csv", "text", "avro"}),
            param("names", &Kafka::names, "Of the fields of `value: csv`."),
            param("delimiter", &Kafka::delimiter, "Between the fields of `value: csv`."),
            param("schema", &Kafka::schema, "File with the schema of `value: avro`."),
            param("skip_bytes", &Kafka::skip_bytes,
                  "Before each value, left out; 5 where a schema registry's mark stands there.")
                .in(0, 1e6),
            param("start", &Kafka::start,
                  "Of the first load: `earliest`, `latest` or a moment such as `2026-03-01`."),
            param("with", &Kafka::with, "Columns of the message beside those of its value.")
                .one_of({"key", "timestamp", "partition", "offset", "topic", "headers", "deleted"}),
            param("prefix", &Kafka::prefix, "Before the names of these columns."),
            param("group", &Kafka::group,
                  "Consumer group that is told how far the messages have landed; '' for none. "
                  "Default: `quern-` and the source's name."),
            param("lost", &Kafka::lost,
                  "When messages were removed before they were read: fail, or go on with what is "
                  "left.")
                .one_of({"fail", "skip"}),
            param("user", &Kafka::user, "For brokers that want a login (SASL)."),
            param("password", &Kafka::password, "Of the user."),
            param("mechanism", &Kafka::mechanism, "Of the login.")
                .one_of({"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}),
            param("tls", &Kafka::tls, "Whether the connection is encrypted."),
            param("authority", &Kafka::authority,
                  "File with the certificates that are trusted; default: the system's."),
            param("certificate", &Kafka::certificate, "File with our own certificate."),
            param("key", &Kafka::key, "File with its key."),
            param("key_password", &Kafka::key_password, "Of that file."),
            param("batch_rows", &Kafka::batch_rows, "Messages that land together.").in(1, 1e8),
            param("batch_bytes", &Kafka::batch_bytes, "The same, in bytes.").in(1024, 1e12),
            param("batch_seconds", &Kafka::batch_seconds, "The same, in time.").in(1, 86400),
            param("timeout", &Kafka::timeout, "Seconds without any answer.").in(1, 3600),
            param("properties", &Kafka::properties, "Further settings of librdkafka, by name."),
        };
    }
};

struct Partition {
    int64_t next = 0;  // offset to read
    int64_t end = 0;   // high watermark at the start of this pull
    bool is_done() const { return next >= end; }
};
using Partitions = std::map<std::pair<std::string, int>, Partition>;

// From this line on, offsets are `offset` and those that follow it without a gap.
struct Span {
    int64_t line = 0;
    std::string topic;
    int partition = 0;
    int64_t offset = 0;
};

struct Position {
    std::string cluster;
    std::map<std::pair<std::string, int>, int64_t> offsets;

    std::string text() const {
        JsonWriter json;
        json.begin_object().field("cluster", cluster).key("topics").begin_object();
        const std::string* last = nullptr;
        for (const auto& [key, offset] : offsets) {
            if (last == nullptr || *last != key.first) {
                if (last != nullptr) json.end_object();
                json.key(key.first).begin_object();
                last = &key.first;
            }
            json.field(std::to_string(key.second), offset);
        }
        if (last != nullptr) json.end_object();
        return json.end_object().end_object().take();
    }

    static Result<Position> parse(const std::string& text) {
        Position position;
        if (text.empty()) return position;
        const auto json = nlohmann::json::parse(text, nullptr, false);
        if (!json.is_object() || !json.contains("topics")) return corrupt("no position: " + text);
        position.cluster = json.value("cluster", std::string());
        for (const auto& [topic, partitions] : json["topics"].items()) {
            for (const auto& [partition, offset] : partitions.items()) {
                position.offsets[{topic, std::stoi(partition)}] = offset.get<int64_t>();
            }
        }
        return position;
    }
};

void write_key(const rd_kafka_message_t& message, std::string& line) {
    if (message.key == nullptr) {
        line += "null";
    } else {
        append_json_text(line, {static_cast<const char*>(message.key), message.key_len});
    }
}

void write_timestamp(const rd_kafka_message_t& message, std::string& line) {
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const int64_t ms = rd_kafka_message_timestamp(&message, &type);
    const bool is_sane = ms >= 0 && ms <= kMomentMsMax;
    if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || !is_sane) {
        line += "null";
        return;
    }
    // Thousands of messages come in one second.
    thread_local struct {
        int64_t second = -1;
        std::string text;
    } last;
    if (ms / 1000 != last.second) {
        last.second = ms / 1000;
        last.text = frame::timestamp_text(last.second * 1'000'000);
    }
    const auto digit = [&](int64_t unit) { return static_cast<char>('0' + ms / unit % 10); };
    ((line += '"') += last.text) += {'.', digit(100), digit(10), digit(1)};
    line += "+00\"";
}

// JSON in a text, so that the column's type does not hang on which headers there are.
void write_headers(const rd_kafka_message_t& message, std::string& line) {
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        line += "null";
        return;
    }
    std::string json = "{";
    const char* name = nullptr;
    const void* value = nullptr;
    size_t size = 0;
    for (size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
        if (i > 0) json += ',';
        append_json_text(json, name);
        json += ':';
        if (value == nullptr) {
            json += "null";
        } else {
            append_json_text(json, {static_cast<const char*>(value), size});
        }
    }
    append_json_text(line, json + "}");
}

struct MessageColumn {
    std::string_view name, type;
    void (*write)(const rd_kafka_message_t& message, std::string& line);
};
constexpr MessageColumn kMessageColumns[] = {
    {"topic", "VARCHAR",
     [](const rd_kafka_message_t& message, std::string& line) {
         append_json_text(line, rd_kafka_topic_name(message.rkt));
     }},
    {"partition", "BIGINT",
     [](const rd_kafka_message_t& message, std::string& line) {
         line += std::to_string(message.partition);
     }},
    {"offset", "BIGINT",
     [](const rd_kafka_message_t& message, std::string& line) {
         line += std::to_string(message.offset);
     }},
    {"timestamp", "TIMESTAMP WITH TIME ZONE", write_timestamp},
    {"key", "VARCHAR", write_key},
    {"headers", "VARCHAR", write_headers},
    {"deleted", "BOOLEAN",
     [](const rd_kafka_message_t& message, std::string& line) {
         line += message.payload == nullptr ? "true" : "false";
     }},
};

class KafkaConnection : public Connection {
public:
    KafkaConnection(const ConnectRequest& request, Kafka kafka, MessageReader reader,
                    std::unique_ptr<KafkaClient> client)
        : session_(request.session),
          folder_(request.folder),
          kafka_(std::move(kafka)),
          reader_(std::move(reader)),
          client_(std::move(client)),
          queue_(rd_kafka_queue_get_consumer(client_->handle())) {
        for (const auto& kind : kMessageColumns) {
            if (std::ranges::find(kafka_.with, kind.name) == kafka_.with.end()) continue;
            const std::string name = kafka_.prefix + std::string(kind.name);
            columns_.push_back({json_string(name) + ':', kind.write});
            types_.push_back({name, frame::type_from_sql(kind.type)});
        }
        for (const auto& column : reader_.columns()) types_.push_back(column);
    }

    Result<Pulled> pull(const std::string& position) override {
        if (!is_begun_) TRY(begin(position));
        is_begun_ = true;
        const std::string name = "messages_" + std::to_string(batch_count_++) + ".ndjson";
        if (!last_.empty()) TRY(remove_file(last_));
        auto spool = TRY(Spool::create(join_path(folder_, name)));
        last_ = spool.path();
        spans_.clear();
        poison_.clear();
        TRY(read(spool));
        TRY(spool.close());
        Pulled pulled{.position = position_.text(), .has_more = has_more()};
        if (spool.row_count() == 0) return pulled;
        pulled.files = {name};
        pulled.format = "ndjson";
        pulled.is_spool = true;
        pulled.columns = types_;
        pulled.origin_of = [this](int64_t line) { return origin_of(line); };
        return pulled;
    }

    // So that Kafka's own tools see how far we are. The journal is the truth: what fails here is
    // told again after the next batch.
    Status landed(const std::string& position) override {
        if (kafka_.group->empty()) return {};
        const auto landed = TRY(Position::parse(position));
        auto list = list_of(landed.offsets);
        if (list->cnt == 0) return {};
        const auto error = rd_kafka_commit(client_->handle(), list.get(), 0);
        if (error == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) {
            return client_->fault(error, "group '" + *kafka_.group + "'")
                .hint("`group: ''` tells no group");
        }
        return {};
    }

private:
    static KafkaPtr<rd_kafka_topic_partition_list_t> list_of(
        const std::map<std::pair<std::string, int>, int64_t>& offsets) {
        KafkaPtr<rd_kafka_topic_partition_list_t> list(
            rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
        for (const auto& [key, offset] : offsets) {
            rd_kafka_topic_partition_list_add(list.get(), key.first.c_str(), key.second)->offset =
                offset;
        }
        return list;
    }

    Status begin(const std::string& landed) {
        Position position = TRY(Position::parse(landed));
        const auto counts = TRY(client_->partition_counts(kafka_.topic));
        const std::string cluster = TRY(client_->cluster_id());
        if (!position.cluster.empty() && position.cluster != cluster) {
            return failed_precondition("the offsets that have landed are of another cluster, '" +
                                       position.cluster + "', and this is '" + cluster + "'")
                .hint("to load this one from its start, run with --reload");
        }
        position.cluster = cluster;
        position_ = std::move(position);
        for (const auto& [topic, count] : counts) {
            const auto known = position_.offsets.lower_bound({topic, 0});
            const bool is_new_topic =
                known == position_.offsets.end() || known->first.first != topic;
            std::map<std::pair<std::string, int>, int64_t> starts;
            for (int partition = 0; partition < count; ++partition) {
                TRY(begin_partition(topic, partition, is_new_topic, starts));
            }
            if (!starts.empty()) TRY(start_at_moment(starts));
        }
        return assign();
    }

    // A new partition of a topic that was read before begins at its start: all in it is new.
    Status begin_partition(const std::string& topic, int number, bool is_new_topic,
                           std::map<std::pair<std::string, int>, int64_t>& starts) {
        const std::pair key{topic, number};
        int64_t low = 0, high = 0;
        const auto error = rd_kafka_query_watermark_offsets(
            client_->handle(), topic.c_str(), number, &low, &high, client_->timeout_ms());
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return client_->fault(error, name_of(topic, number));
        }
        partitions_[key].end = high;
        const auto known = position_.offsets.find(key);
        if (known != position_.offsets.end()) {
            TRY(check_range(key, known->second, low, high));
        } else if (!is_new_topic || kafka_.start == "earliest") {
            position_.offsets[key] = low;
        } else if (kafka_.start == "latest") {
            position_.offsets[key] = high;
        } else {
            starts[key] = 0;
        }
        partitions_[key].next = position_.offsets[key];
        return {};
    }

    // What the journal wants must still be there.
    Status check_range(const std::pair<std::string, int>& key, int64_t& next, int64_t low,
                       int64_t high) {
        const std::string name = name_of(key.first, key.second);
        if (next < low && kafka_.lost == "fail") {
            return failed_precondition(
                       name + ": " + plural(low - next, "message") + " from offset " +
                       std::to_string(next) +
                       " on were removed before they were read; the log begins at " +
                       std::to_string(low))
                .hint("`lost: skip` goes on with what is left");
        }
        if (next > high && kafka_.lost == "fail") {
            return failed_precondition(name + " ends at offset " + std::to_string(high) +
                                       ", but was read up to " + std::to_string(next) +
                                       ": it was cut or made anew")
                .hint("`lost: skip` goes on with what it holds now, --reload begins anew");
        }
        if (next < low || next > high) next = low;
        return {};
    }

    Status start_at_moment(std::map<std::pair<std::string, int>, int64_t>& starts) {
        const auto moment =
            session_.query_int("select epoch_ms(" + quote_literal(kafka_.start) + "::timestamptz)");
        if (!moment.ok()) {
            return invalid_argument("'start' must be earliest, latest or a moment, got '" +
                                    kafka_.start + "'");
        }
        for (auto& [key, value] : starts) value = *moment;
        auto list = list_of(starts);
        const auto error =
            rd_kafka_offsets_for_times(client_->handle(), list.get(), client_->timeout_ms());
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return client_->fault(error, "offsets of a time");
        for (int i = 0; i < list->cnt; ++i) {
            const auto& found = list->elems[i];
            const std::pair<std::string, int> key{found.topic, found.partition};
            auto& partition = partitions_[key];
            partition.next = found.offset < 0 ? partition.end : found.offset;
            position_.offsets[key] = partition.next;
        }
        return {};
    }

    // By hand rather than as a member of the group: the journal alone knows where to go on, and one
    // run at a time reads, so there is nobody to share partitions with and no rebalance to survive.
    Status assign() {
        std::map<std::pair<std::string, int>, int64_t> offsets;
        for (const auto& [key, partition] : partitions_) {
            if (!partition.is_done()) offsets[key] = partition.next;
        }
        const auto error = rd_kafka_assign(client_->handle(), list_of(offsets).get());
        open_count_ = offsets.size();
        return error == RD_KAFKA_RESP_ERR_NO_ERROR ? Status() : client_->fault(error, "assign");
    }

    bool has_more() const { return open_count_ > 0; }

    Status read(Spool& spool) {
        std::vector<rd_kafka_message_t*> messages(kMessagesAtOnce);
        const double start = steady_seconds();
        double last_seen = start;
        const int64_t row_count_max =
            batch_count_ == 1 ? std::min(kFirstBatchRows, kafka_.batch_rows) : kafka_.batch_rows;
        while (has_more() && spool.row_count() < row_count_max &&
               spool.size_bytes() < static_cast<uint64_t>(kafka_.batch_bytes) &&
               steady_seconds() - start < static_cast<double>(kafka_.batch_seconds)) {
            const auto count = rd_kafka_consume_batch_queue(queue_.get(), kPollMs, messages.data(),
                                                            messages.size());
            Status status;
            for (ssize_t i = 0; i < count; ++i) {
                auto* message = messages[static_cast<size_t>(i)];
                if (status.ok()) status = take(*message, spool);
                rd_kafka_message_destroy(message);
            }
            TRY(std::move(status));
            if (count > 0) last_seen = steady_seconds();
            TRY(client_->silence(steady_seconds() - last_seen));
        }
        return {};
    }

    Status take(const rd_kafka_message_t& message, Spool& spool) {
        if (message.rkt == nullptr) return client_->fault(message.err, "read");
        if (message.rkt != topic_ || message.partition != partition_number_) {
            topic_ = message.rkt;
            partition_number_ = message.partition;
            topic_name_ = rd_kafka_topic_name(message.rkt);
            const auto found = partitions_.find({topic_name_, message.partition});
            partition_ = found == partitions_.end() ? nullptr : &found->second;
            offset_ = partition_ == nullptr ? nullptr
                                            : &position_.offsets[{topic_name_, partition_number_}];
        }
        if (partition_ == nullptr || partition_->is_done()) return {};
        if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            // Behind the last message may stand marks of transactions and gaps of compaction.
            return move_to(std::max(message.offset, partition_->next), true);
        }
        if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) return find_lost();
        if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return client_->fault(message.err, name_of(topic_name_, partition_number_));
        }
        if (message.offset < partition_->next) return {};
        note_origin(message, spool.row_count() + 1);
        TRY(write(message, spool));
        return move_to(message.offset + 1, false);
    }

    Status move_to(int64_t next, bool is_end) {
        partition_->next = *offset_ = next;
        if (is_end) partition_->end = std::min(partition_->end, next);
        if (!partition_->is_done()) return {};
        --open_count_;
        // What comes after is for the next pull.
        KafkaPtr<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
        rd_kafka_topic_partition_list_add(list.get(), topic_name_.c_str(), partition_number_);
        auto* error = rd_kafka_incremental_unassign(client_->handle(), list.get());
        if (error != nullptr) rd_kafka_error_destroy(error);
        return {};
    }

    // Removed while we read.
    Status find_lost() {
        int64_t low = 0, high = 0;
        const auto error =
            rd_kafka_query_watermark_offsets(client_->handle(), topic_name_.c_str(),
                                             partition_number_, &low, &high, client_->timeout_ms());
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return client_->fault(error, topic_name_);
        TRY(check_range({topic_name_, partition_number_}, *offset_, low, high));
        partition_->next = *offset_;
        partition_->end = std::max(partition_->end, high);
        return assign();
    }

    void note_origin(const rd_kafka_message_t& message, int64_t line) {
        if (!spans_.empty()) {
            const auto& last = spans_.back();
            const bool goes_on = last.partition == message.partition &&
                                 last.offset + line - last.line == message.offset &&
                                 last.topic == topic_name_;
            if (goes_on) return;
        }
        spans_.push_back({line, topic_name_, message.partition, message.offset});
    }

    RowOrigin origin_of(int64_t line) const {
        const auto after = std::ranges::upper_bound(spans_, line, {}, &Span::line);
        if (after == spans_.begin()) return {"messages", line};
        const auto& span = *(after - 1);
        RowOrigin origin{name_of(span.topic, span.partition), span.offset + line - span.line};
        const auto poison = poison_.find(line);
        if (poison != poison_.end()) std::tie(origin.reason, origin.raw) = poison->second;
        return origin;
    }

    static std::string name_of(const std::string& topic, int partition) {
        return topic + "[" + std::to_string(partition) + "]";
    }

    // {"_partition":3,"_offset":17,...,"a":1}
    Status write(const rd_kafka_message_t& message, Spool& spool) {
        std::string& line = spool.line();
        const size_t start = line.size();
        line += '{';
        for (const auto& column : columns_) {
            if (!line.ends_with('{')) line += ',';
            line += column.key;
            column.write(message, line);
        }
        if (message.payload == nullptr) {
            line += '}';
            return spool.end_line();
        }
        const std::string_view value(static_cast<const char*>(message.payload), message.len);
        std::string reason = reader_.add(line, start, value);
        if (!reason.empty()) {
            poison_[spool.row_count() + 1] = {std::move(reason), std::string(value)};
        }
        return spool.end_line();
    }

    struct Column {
        std::string key;  // as JSON, with its colon
        void (*write)(const rd_kafka_message_t& message, std::string& line);
    };
    std::vector<Column> columns_;
    frame::Schema types_;

    sql::Session& session_;
    std::string folder_;
    Kafka kafka_;
    MessageReader reader_;
    std::unique_ptr<KafkaClient> client_;
    KafkaPtr<rd_kafka_queue_t> queue_;
    bool is_begun_ = false;
    int batch_count_ = 0;
    std::string last_;
    size_t open_count_ = 0;
    Position position_;
    Partitions partitions_;
    std::vector<Span> spans_;
    std::map<int64_t, std::pair<std::string, std::string>> poison_;  // line: reason, raw
    // Of the message before.
    const rd_kafka_topic_t* topic_ = nullptr;
    int partition_number_ = -1;
    std::string topic_name_;
    Partition* partition_ = nullptr;
    int64_t* offset_ = nullptr;
};

Result<std::unique_ptr<Connection>> connect(const ConnectRequest& request) {
    auto kafka = TRY(settings_of<Kafka>(request));
    if (!kafka.group) kafka.group = "quern-" + request.source.name;
    if (kafka.user.empty() != kafka.password.empty()) {
        return invalid_argument("a login needs both `user` and `password`");
    }
    const auto path = [&](const std::string& file) {
        return file.empty() ? file : join_path(request.root, file);
    };
    std::string schema;
    if (!kafka.schema.empty()) schema = TRY(read_file(path(kafka.schema), kSchemaBytesMax));
    auto reader = TRY(MessageReader::create({.name = kafka.value,
                                             .names = kafka.names,
                                             .delimiter = kafka.delimiter,
                                             .schema = std::move(schema),
                                             .skip_bytes = kafka.skip_bytes}));
    auto properties = TRY(kafka_properties(kafka.properties));
    auto client = TRY(KafkaClient::consumer({.brokers = kafka.brokers,
                                             .group = *kafka.group,
                                             .user = kafka.user,
                                             .password = kafka.password,
                                             .mechanism = kafka.mechanism,
                                             .has_tls = kafka.tls,
                                             .authority = path(kafka.authority),
                                             .certificate = path(kafka.certificate),
                                             .key = path(kafka.key),
                                             .key_password = kafka.key_password,
                                             .timeout_s = kafka.timeout,
                                             .properties = std::move(properties),
                                             .cancel = request.cancel}));
    return std::unique_ptr<Connection>(std::make_unique<KafkaConnection>(
        request, std::move(kafka), std::move(reader), std::move(client)));
}

QUERN_REGISTER(Connector)
({
    .name = "kafka",
    .summary = "Topics of Apache Kafka: each message is a row, and is loaded exactly once.",
    .example = "kafka: {brokers: \"kafka.example:9092\", topic: orders, user: reader, password: "
               "\"${KAFKA_PASSWORD}\", tls: true}\nload: append\n",
    .params = Kafka::params(),
    .secrets = {"password", "key_password"},
    .identity = {"value", "prefix"},
    .is_stream = true,
    .connect = connect,
});

}  // namespace
}  // namespace quern::data
