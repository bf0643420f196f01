#include "quern/serve/worker.h"

namespace quern::serve {
namespace {

Status metrics(const Request&, Worker& worker, Response& response) {
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = worker.all_metrics().text(worker.models());
    return {};
}

QUERN_REGISTER(Route)
({.name = "metrics",
  .summary = "Counters of requests, rows and times, in Prometheus' text format.",
  .paths = {"/metrics"},
  .needs = Role::viewer,
  .response_type = "text/plain",
  .response_schema = R"({"type": "string"})",
  .handle = metrics});

}  // namespace
}  // namespace quern::serve
