// What the server counts. Each thread counts for itself; a scrape adds the threads up.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "quern/serve/route.h"

namespace quern::serve {

struct LoadedModel;
struct ModelSet;

constexpr std::array<double, 14> kLatencyBuckets = {
    // seconds
    25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 0.1, 0.5, 2.5};
// Versions of models whose counts are kept; the oldest go first.
constexpr size_t kModelSeriesMax = 256;

struct Histogram {
    std::array<uint64_t, kLatencyBuckets.size() + 1> counts{};
    double sum = 0;

    void add(double value);
    void add(const Histogram& other);
};

struct InferenceSeries {
    std::string model;
    int64_t version = 0;
    uint64_t serial = 0;
    uint64_t succeeded = 0, refused = 0, failed = 0;  // 2xx, 4xx, 5xx
    uint64_t rows = 0;
    Histogram duration;
};

struct RequestSeries {
    const Route* route = nullptr;  // null: none was found or allowed
    int http = 0;
    uint64_t count = 0;
};

// Of one thread; locked only so that a scrape may read it.
class MetricsShard {
public:
    void add_request(const Route* route, int http);
    void add_inference(const LoadedModel& model, int http, uint64_t row_count, double seconds);

private:
    friend class Metrics;
    std::mutex mutex_;
    std::vector<RequestSeries> requests_;
    std::vector<InferenceSeries> inferences_;
};

class Metrics {
public:
    MetricsShard& add_shard();
    // Prometheus' text format.
    std::string text(const ModelSet& models);

    std::atomic<int64_t> connection_count{0};
    std::atomic<int64_t> body_bytes{0};  // of bodies being read
    std::atomic<uint64_t> refused_connection_count{0};
    std::atomic<uint64_t> failed_load_count{0};  // new models that were not whole

private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<MetricsShard>> shards_;
};

}  // namespace quern::serve
