// What one event loop owns and routes may use: its view of what is served, and its memory for
// scoring. Nothing in it is shared, so nothing in it is locked.
#pragma once

#include <functional>
#include <memory>

#include "quern/serve/access.h"
#include "quern/serve/hosts.h"
#include "quern/serve/json_body.h"
#include "quern/serve/live.h"
#include "quern/serve/metrics.h"
#include "quern/serve/models.h"
#include "quern/serve/router.h"
#include "quern/serve/scoring.h"
#include "quern/serve/settings.h"

namespace quern::serve {

// What is served to whom; whoever watches the project replaces them while the server runs.
struct Served {
    Live<ModelSet> models{std::make_shared<ModelSet>()};
    Live<AccessList> access{std::make_shared<AccessList>()};
    // Looks for tokens that are newer than `access`. From any thread; null when nobody watches. Set
    // before the server starts.
    std::function<void()> look_for_tokens;
    Metrics metrics;
};

class Worker {
public:
    Worker(const ServerSettings& settings, Served& served)
        : settings_(settings),
          served_(served),
          metrics_(served.metrics.add_shard()),
          models_(served.models),
          access_(served.access),
          hosts_(settings.hosts),
          json_(settings.limits) {}

    const ServerSettings& settings() const { return settings_; }
    const Router& router() const { return router_; }
    const HostList& hosts() const { return hosts_; }
    // Both good until the request is answered.
    const ModelSet& models() { return models_.get(); }
    const AccessList& access() { return access_.get(); }
    // The role behind an Authorization header. The last one that was good is known again without
    // another HMAC, for as long as the tokens are the same.
    Result<Role> role_of(std::string_view authorization);

    Metrics& all_metrics() { return served_.metrics; }
    MetricsShard& metrics() { return metrics_; }
    JsonBody& json() { return json_; }
    Lanes& lanes() { return lanes_; }

    // Lets go of models that were replaced; called now and then, between requests.
    void refresh() { lanes_.keep_only(models()); }

private:
    const ServerSettings& settings_;
    Served& served_;
    MetricsShard& metrics_;
    Live<ModelSet>::Reader models_;
    Live<AccessList>::Reader access_;
    std::string last_authorization_;
    uint64_t last_access_number_ = 0;
    Role last_role_ = Role::nobody;
    Router router_;
    HostList hosts_;
    JsonBody json_;
    Lanes lanes_;
};

}  // namespace quern::serve
