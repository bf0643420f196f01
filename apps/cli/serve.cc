// `quern serve`: scores over HTTP.

#include <algorithm>

#include "quern/base/clock.h"
#include "quern/base/text.h"
#include "quern/project/project.h"
#include "quern/serve/curl_line.h"
#include "quern/serve/project_server.h"
#include "quern/store/models.h"

#include "apps/cli/command.h"
#include "apps/cli/output.h"

namespace quern::cli {
namespace {

constexpr int64_t kPortMax = 65'535, kThreadsMax = 1024;

Result<serve::ServerSettings> settings_of(const Invocation& invocation) {
    serve::ServerSettings settings;
    settings.address = invocation.text("address", settings.address);
    settings.port = TRY(invocation.integer("port", {0, kPortMax, settings.port}));
    settings.threads = TRY(invocation.integer("threads", {0, kThreadsMax, settings.threads}));
    settings.open_network = invocation.has("open-network");
    settings.default_model = invocation.text("default-model");
    if (invocation.has("host")) settings.hosts = {invocation.text("host")};
    return settings;
}

std::string padded(std::string text, size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text;
}

std::string start_text(const serve::ProjectServer& project, const std::string& url,
                       double seconds) {
    constexpr size_t kWidth = 22;
    const auto models = project.models();
    std::string text;
    for (const auto& [name, served] : models->models) {
        text += padded(name + " (v" + std::to_string(served.champion->version) + ")", kWidth) +
                " POST " + serve::score_url(url, name) + "\n";
    }
    if (text.empty()) text = "No model has a champion yet; one is served as soon as it has\n";
    if (!project.first_token().empty()) {
        text += padded("token (shown once)", kWidth) + " " + project.first_token() + "\n" +
                padded("", kWidth) +
                " saved hashed; make more with `quern token new --role scorer`\n";
    }
    if (!models->models.empty()) {
        const auto& [name, served] = *models->models.begin();
        text += padded("try", kWidth) + " " +
                serve::curl_line(url, name, served.champion->program()) + "\n";
    }
    text += padded("routes", kWidth) + " " + url + "/openapi.json\n";
    return text + "ready in " + duration_text(seconds) + "; stop with Ctrl-C\n";
}

// Those that services/*.yml name; without such a file all are served.
Result<std::vector<std::string>> models_to_serve(const project::Project& written) {
    std::vector<std::string> models;
    for (const auto& service : written.services) {
        if (service.alias != store::kChampion) {
            return unimplemented("service '" + service.name + "' asks for '" + service.model + "@" +
                                 service.alias + "', and only champions are served")
                .at(service.model_place.text())
                .hint("write `model: " + service.model + "`; `quern promote " + service.model +
                      "` chooses its champion");
        }
        models.push_back(service.model);
    }
    return models;
}

Result<int> serve(const Invocation& invocation) {
    const double start = steady_seconds();
    const auto settings = TRY(settings_of(invocation));
    const auto written = TRY(project::load_project(invocation.project_folder));
    serve::WatchSettings watch;
    watch.store_name = written.settings.store;
    watch.models = TRY(models_to_serve(written));
    for (const auto& model : written.models)
        watch.contracts[model.name] = written.contract_of(model.name);
    const auto project = TRY(serve::ProjectServer::start(written.root, settings, watch));
    TRY(print(start_text(*project, project->server().url(), steady_seconds() - start)));
    TRY(project->server().run_until_signal());
    return 0;
}

}  // namespace

QUERN_REGISTER(Command)
({
    .name = "serve",
    .summary = "Answer scores over HTTP, of the models in services/",
    .example = "quern serve --port 8484",
    .arguments = {},
    .options = {{.name = "--port", .value_name = "PORT", .doc = "8484 unless told; 0: a free one"},
                {.name = "--address", .value_name = "IP", .doc = "127.0.0.1 unless told"},
                {.name = "--threads", .value_name = "N", .doc = "event loops; one a core"},
                {.name = "--open-network",
                 .value_name = "",
                 .doc = "needed for an address that other machines reach"},
                {.name = "--host",
                 .value_name = "NAME",
                 .doc = "a further name that requests may call this server"},
                {.name = "--default-model",
                 .value_name = "MODEL",
                 .doc = "that /invocations asks; the only one when there is one"}},
    .run = serve,
});

}  // namespace quern::cli
