#include "quern/serve/project_watch.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "quern/base/clock.h"
#include "quern/base/log.h"
#include "quern/base/nearest.h"
#include "quern/store/artifacts.h"
#include "quern/store/models.h"
#include "quern/store/snapshots.h"
#include "quern/store/tokens.h"

namespace quern::serve {
namespace {

constexpr int kTokenLooksMax = 5;  // a second

}  // namespace

struct ProjectWatch::State {
    State(std::unique_ptr<store::Store> project_store, WatchSettings watch_settings, Served& what)
        : store(std::move(project_store)),
          snapshots(*store),
          settings(std::move(watch_settings)),
          served(what) {}

    std::unique_ptr<store::Store> store;
    store::Snapshots snapshots;
    WatchSettings settings;
    Served& served;
    int64_t data_version = 0;
    std::vector<std::string> broken;  // artifacts that were not whole: reported once

    std::mutex mutex;
    std::condition_variable wake;
    bool is_stopping = false;
    std::thread thread;

    int64_t look_second = 0;  // of the last look for a token, and their number in it
    int look_count = 0;

    Status load_tokens();
    void look_for_tokens();
    Status load_models();
    LoadedModelPtr load(const store::ModelVersion& version);
    LoadedModelPtr refresh(const LoadedModelPtr& model);
    ServedModel serve(const store::ModelVersion& champion);
    bool is_wanted(const std::string& model) const;
    void watch();
};

Status ProjectWatch::State::load_tokens() {
    store::Tokens tokens(*store);
    const std::string key = TRY(tokens.server_key());
    std::vector<AccessToken> known;
    const auto all = TRY(tokens.all());
    for (const auto& token : all) {
        if (token.revoked_ms != 0) continue;
        const Role role = TRY(parse_role(token.role));
        known.push_back({token.id, token.hash, role});
    }
    served.access.set(std::make_shared<AccessList>(key, std::move(known)));
    return {};
}

// For a request with a token that nobody knows yet. Requests cannot make it look often, and none
// waits for a model that is being loaded.
void ProjectWatch::State::look_for_tokens() {
    const std::unique_lock lock(mutex, std::try_to_lock);
    if (!lock.owns_lock()) return;
    const auto second = static_cast<int64_t>(steady_seconds());
    if (second != look_second) look_count = 0;
    look_second = second;
    if (look_count == kTokenLooksMax) return;
    ++look_count;
    const auto seen = store->database().data_version();
    if (!seen.ok() || *seen == data_version) return;
    const Status status = load_tokens();
    if (!status.ok()) log(LogLevel::error, "cannot read the tokens", {{"reason", status.text()}});
}

bool ProjectWatch::State::is_wanted(const std::string& model) const {
    const auto& wanted = settings.models;
    return wanted.empty() || std::ranges::find(wanted, model) != wanted.end();
}

// The same version with the newest snapshots of its look-ups. What cannot be read leaves the one
// that is being served as it is; its age tells.
LoadedModelPtr ProjectWatch::State::refresh(const LoadedModelPtr& model) {
    const auto* stage = model->scorer.lookup_stage();
    if (stage == nullptr) return model;
    auto scorer = snapshots.attach(model->scorer);
    if (!scorer.ok()) {
        log(LogLevel::error, "the look-ups of a model cannot be refreshed",
            {{"model", model->name}, {"reason", scorer.status().text()}});
        return model;
    }
    if (scorer->lookup_stage()->sources() == stage->sources()) return model;
    return std::make_shared<LoadedModel>(model->name, model->version, std::move(scorer).value(),
                                         model->contract);
}

// The version that is being served already, or the one from its file; null when it is not whole.
LoadedModelPtr ProjectWatch::State::load(const store::ModelVersion& version) {
    const auto now = served.models.get();
    const auto model = now->models.find(version.model);
    if (model != now->models.end()) {
        const auto loaded = model->second.versions.find(version.version);
        if (loaded != model->second.versions.end()) return refresh(loaded->second);
    }
    if (std::ranges::find(broken, version.artifact) != broken.end()) return nullptr;
    auto scorer = score::Scorer::open(store::artifact_path(store->layout(), version.artifact));
    if (scorer.ok()) scorer = snapshots.attach(*scorer);
    if (scorer.ok()) {
        const auto contract = settings.contracts.find(version.model);
        return std::make_shared<LoadedModel>(
            version.model, version.version, std::move(scorer).value(),
            contract == settings.contracts.end() ? project::Contract() : contract->second);
    }
    broken.push_back(version.artifact);
    ++served.metrics.failed_load_count;
    log(LogLevel::error, "a model is not whole and is not served",
        {{"model", version.model},
         {"version", version.version},
         {"reason", scorer.status().text()}});
    return nullptr;
}

ServedModel ProjectWatch::State::serve(const store::ModelVersion& champion) {
    ServedModel model;
    model.champion = load(champion);
    if (!model.champion) {
        const auto now = served.models.get();
        const auto old = now->models.find(champion.model);
        return old == now->models.end() ? model : old->second;
    }
    model.versions[champion.version] = model.champion;
    model.aliases[std::string(store::kChampion)] = champion.version;
    auto versions = store::Models(*store).versions_of(champion.model);
    if (!versions.ok()) return model;  // the champion is what counts
    for (const auto& version : *versions) {
        for (const auto& alias : version.aliases) {
            if (model.aliases.contains(alias)) continue;
            const LoadedModelPtr loaded = load(version);
            if (!loaded) continue;
            model.versions[version.version] = loaded;
            model.aliases[alias] = version.version;
        }
    }
    return model;
}

Status ProjectWatch::State::load_models() {
    auto set = std::make_shared<ModelSet>();
    const auto champions = TRY(store::Models(*store).champions());
    for (const auto& champion : champions) {
        if (!is_wanted(champion.model)) continue;
        ServedModel model = serve(champion);
        if (model.champion) set->models[champion.model] = std::move(model);
    }
    const auto before = served.models.get();
    for (const auto& [name, model] : set->models) {
        const auto old = before->models.find(name);
        const bool is_same = old != before->models.end() && old->second.champion == model.champion;
        if (is_same) continue;
        log(LogLevel::info, "serving", {{"model", name}, {"version", model.champion->version}});
    }
    served.models.set(std::move(set));
    return {};
}

void ProjectWatch::State::watch() {
    std::unique_lock lock(mutex);
    bool has_failed = false;
    while (true) {
        wake.wait_for(lock, std::chrono::milliseconds(settings.poll_ms),
                      [this] { return is_stopping; });
        if (is_stopping) return;
        const auto look = [this]() -> Status {
            const int64_t seen = TRY(store->database().data_version());
            if (seen == data_version) return {};
            TRY(load_tokens());
            TRY(load_models());
            data_version = seen;
            return {};
        };
        const Status status = look();
        // A state that cannot be read leaves everything as it is; said once, not at every poll.
        if (!status.ok() && !has_failed) {
            log(LogLevel::error, "cannot read the project's state", {{"reason", status.text()}});
        }
        has_failed = !status.ok();
    }
}

ProjectWatch::ProjectWatch(std::unique_ptr<State> state) : state_(std::move(state)) {}

ProjectWatch::~ProjectWatch() {
    {
        const std::lock_guard guard(state_->mutex);
        state_->is_stopping = true;
    }
    state_->wake.notify_all();
    if (state_->thread.joinable()) state_->thread.join();
    state_->served.look_for_tokens = nullptr;
}

Result<std::unique_ptr<ProjectWatch>> ProjectWatch::start(const std::string& project_folder,
                                                          WatchSettings settings, Served& served) {
    auto opened = TRY(store::Store::open_existing(project_folder, settings.store_name));
    auto state = std::make_unique<State>(std::move(opened), std::move(settings), served);
    std::vector<std::string_view> known;
    const auto champions = TRY(store::Models(*state->store).champions());
    for (const auto& champion : champions) known.push_back(champion.model);
    for (const auto& wanted : state->settings.models) {
        if (std::ranges::find(known, wanted) != known.end()) continue;
        return unknown_name("model with a champion", wanted, known);
    }
    if (known.empty()) {
        return failed_precondition("no model has a champion yet").hint("make one: quern run");
    }
    state->data_version = TRY(state->store->database().data_version());
    TRY(state->load_tokens());
    TRY(state->load_models());
    State* watched = state.get();
    served.look_for_tokens = [watched] { return watched->look_for_tokens(); };
    std::unique_ptr<ProjectWatch> watch(new ProjectWatch(std::move(state)));
    watched->thread = std::thread([watched] { watched->watch(); });
    return watch;
}

Result<std::string> ProjectWatch::make_first_token() {
    const std::lock_guard guard(state_->mutex);  // not while the watch looks
    store::Tokens tokens(*state_->store);
    const auto all = TRY(tokens.all());
    if (!all.empty()) return std::string();
    const auto token = TRY(tokens.make("scorer"));
    TRY(state_->load_tokens());
    return token.text;
}

}  // namespace quern::serve
