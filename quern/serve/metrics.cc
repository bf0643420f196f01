#include "quern/serve/metrics.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "quern/base/clock.h"
#include "quern/base/json.h"
#include "quern/base/version.h"
#include "quern/serve/models.h"

namespace quern::serve {
namespace {

// A label's value: quotes, backslashes and line ends are escaped.
std::string label(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
    return out + '"';
}

std::string model_labels(std::string_view model, int64_t version) {
    return "model=" + label(model) + ",version=\"" + std::to_string(version) + "\"";
}

void head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
    out.append("# HELP ").append(name).append(" ").append(help).append("\n");
    out.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

template <class T>
void sample(std::string& out, std::string_view name, std::string_view labels, T value) {
    out += name;
    if (!labels.empty()) out.append("{").append(labels).append("}");
    out += ' ';
    if constexpr (std::is_floating_point_v<T>) {
        out += json_number(value);
    } else {
        out += std::to_string(value);
    }
    out += '\n';
}

void histogram(std::string& out, const std::string& name, const std::string& labels,
               const Histogram& values) {
    uint64_t count = 0;
    for (size_t i = 0; i < kLatencyBuckets.size(); ++i) {
        count += values.counts[i];
        const std::string bound = json_number(kLatencyBuckets[i]);
        sample(out, name + "_bucket", labels + ",le=\"" + bound + "\"", count);
    }
    count += values.counts.back();
    sample(out, name + "_bucket", labels + ",le=\"+Inf\"", count);
    sample(out, name + "_sum", labels, values.sum);
    sample(out, name + "_count", labels, count);
}

int64_t resident_bytes() {
    std::FILE* file = std::fopen("/proc/self/statm", "re");
    if (file == nullptr) return 0;
    long long total = 0, resident = 0;
    const int read_count = std::fscanf(file, "%lld %lld", &total, &resident);
    std::fclose(file);
    return read_count == 2 ? resident * sysconf(_SC_PAGESIZE) : 0;
}

void write_requests(std::string& out, const std::vector<RequestSeries>& series) {
    head(out, "quern_http_requests_total", "counter", "Requests answered, by route and status.");
    for (const auto& each : series) {
        const std::string_view route = each.route == nullptr ? "none" : each.route->name;
        sample(out, "quern_http_requests_total",
               "route=" + label(route) + ",status=\"" + std::to_string(each.http) + "\"",
               each.count);
    }
}

void write_inferences(std::string& out, const std::vector<InferenceSeries>& series) {
    head(out, "quern_inference_requests_total", "counter", "Requests to score, by outcome.");
    for (const auto& each : series) {
        const std::string labels = model_labels(each.model, each.version) + ",status=";
        sample(out, "quern_inference_requests_total", labels + "\"ok\"", each.succeeded);
        sample(out, "quern_inference_requests_total", labels + "\"refused\"", each.refused);
        sample(out, "quern_inference_requests_total", labels + "\"failed\"", each.failed);
    }
    head(out, "quern_inference_rows_total", "counter", "Rows scored.");
    for (const auto& each : series) {
        sample(out, "quern_inference_rows_total", model_labels(each.model, each.version),
               each.rows);
    }
    head(out, "quern_inference_duration_seconds", "histogram",
         "From a request's last byte to its answer.");
    for (const auto& each : series) {
        histogram(out, "quern_inference_duration_seconds", model_labels(each.model, each.version),
                  each.duration);
    }
}

void write_models(std::string& out, const ModelSet& models) {
    head(out, "quern_model_info", "gauge", "The versions that are served.");
    for (const auto& [name, model] : models.models) {
        for (const auto& [version, loaded] : model.versions) {
            const std::string_view alias = loaded == model.champion ? "champion" : "";
            sample(out, "quern_model_info", model_labels(name, version) + ",alias=" + label(alias),
                   1);
        }
    }
}

// Of each look-up that is served: its size, and how long ago a run last found it to be the newest.
void write_lookups(std::string& out, const ModelSet& models) {
    struct Line {
        std::string labels;
        const score::LookupSource* source;
    };
    std::vector<Line> lines;
    for (const auto& [name, model] : models.models) {
        for (const auto& [version, loaded] : model.versions) {
            const auto* stage = loaded->scorer.lookup_stage();
            for (size_t i = 0; stage != nullptr && i < stage->lookups().size(); ++i) {
                lines.push_back(
                    {model_labels(name, version) + ",lookup=" + label(stage->lookups()[i].name),
                     &stage->sources()[i]});
            }
        }
    }
    if (lines.empty()) return;
    head(out, "quern_lookup_age_seconds", "gauge",
         "Since a run last found the look-up's snapshot to be of the newest data.");
    for (const auto& line : lines) {
        sample(out, "quern_lookup_age_seconds", line.labels,
               static_cast<double>(unix_ms_now() - line.source->checked_us / 1000) / 1000);
    }
    head(out, "quern_lookup_newest_timestamp_seconds", "gauge",
         "The latest time of the look-up's rows.");
    for (const auto& line : lines) {
        const auto newest = line.source->table->newest_us();
        if (!newest) continue;
        sample(out, "quern_lookup_newest_timestamp_seconds", line.labels,
               static_cast<double>(*newest) / 1e6);
    }
    head(out, "quern_lookup_rows", "gauge", "Rows of the look-up's snapshot.");
    for (const auto& line : lines) {
        sample(out, "quern_lookup_rows", line.labels, line.source->table->facts().row_count);
    }
}

}  // namespace

void Histogram::add(double value) {
    const auto bucket = std::ranges::lower_bound(kLatencyBuckets, value);
    ++counts[static_cast<size_t>(bucket - kLatencyBuckets.begin())];
    sum += value;
}

void Histogram::add(const Histogram& other) {
    for (size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
    sum += other.sum;
}

void MetricsShard::add_request(const Route* route, int http) {
    const std::lock_guard guard(mutex_);
    for (auto& each : requests_) {
        if (each.route == route && each.http == http) {
            ++each.count;
            return;
        }
    }
    requests_.push_back({route, http, 1});
}

void MetricsShard::add_inference(const LoadedModel& model, int http, uint64_t row_count,
                                 double seconds) {
    const std::lock_guard guard(mutex_);
    auto series = std::ranges::find(inferences_, model.serial, &InferenceSeries::serial);
    if (series == inferences_.end()) {
        if (inferences_.size() == kModelSeriesMax) inferences_.erase(inferences_.begin());
        InferenceSeries next;
        next.model = model.name;
        next.version = model.version;
        next.serial = model.serial;
        inferences_.push_back(std::move(next));
        series = inferences_.end() - 1;
    }
    ++(http < 400 ? series->succeeded : http < 500 ? series->refused : series->failed);
    series->rows += row_count;
    series->duration.add(seconds);
}

MetricsShard& Metrics::add_shard() {
    const std::lock_guard guard(mutex_);
    return *shards_.emplace_back(std::make_unique<MetricsShard>());
}

std::string Metrics::text(const ModelSet& models) {
    std::vector<RequestSeries> requests;
    std::vector<InferenceSeries> inferences;
    const std::lock_guard guard(mutex_);
    for (const auto& shard : shards_) {
        const std::lock_guard shard_guard(shard->mutex_);
        for (const auto& each : shard->requests_) {
            const auto same = [&](const auto& other) {
                return other.route == each.route && other.http == each.http;
            };
            const auto found = std::ranges::find_if(requests, same);
            if (found == requests.end()) {
                requests.push_back(each);
            } else {
                found->count += each.count;
            }
        }
        // A version that was loaded twice is one series to those who read it.
        for (const auto& each : shard->inferences_) {
            const auto same = [&](const auto& other) {
                return other.model == each.model && other.version == each.version;
            };
            auto found = std::ranges::find_if(inferences, same);
            if (found == inferences.end()) {
                inferences.push_back(each);
                continue;
            }
            found->succeeded += each.succeeded;
            found->refused += each.refused;
            found->failed += each.failed;
            found->rows += each.rows;
            found->duration.add(each.duration);
        }
    }
    std::string out;
    write_requests(out, requests);
    write_inferences(out, inferences);
    write_models(out, models);
    write_lookups(out, models);
    head(out, "quern_http_connections", "gauge", "Connections that are open.");
    sample(out, "quern_http_connections", "", connection_count.load());
    head(out, "quern_http_connections_refused_total", "counter", "Connections beyond the limit.");
    sample(out, "quern_http_connections_refused_total", "", refused_connection_count.load());
    head(out, "quern_model_load_failures_total", "counter", "New models that were not whole.");
    sample(out, "quern_model_load_failures_total", "", failed_load_count.load());
    head(out, "process_resident_memory_bytes", "gauge", "Memory in use.");
    sample(out, "process_resident_memory_bytes", "", resident_bytes());
    head(out, "quern_build_info", "gauge", "Which quern this is.");
    sample(out, "quern_build_info", "version=" + label(version()), 1);
    return out;
}

}  // namespace quern::serve
