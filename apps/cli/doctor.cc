// `quern doctor`: is the machine and the project's state in order?

#include <unistd.h>

#include "quern/base/folder.h"
#include "quern/base/hash.h"
#include "quern/base/json.h"
#include "quern/base/text.h"
#include "quern/base/threads.h"
#include "quern/base/version.h"
#include "quern/project/project.h"
#include "quern/score/scorer.h"
#include "quern/sql/session.h"
#include "quern/store/store.h"

#include "apps/cli/command.h"
#include "apps/cli/output.h"

namespace quern::cli {
namespace {

constexpr uint64_t kFreeBytesMin = 1'000'000'000;
constexpr uint64_t kMemoryBytesMin = 500'000'000;

struct Finding {
    std::string what, state;
    bool is_fine = true;
};

void look_at_machine(std::vector<Finding>& findings) {
    const uint64_t memory = available_memory_bytes();
    findings.push_back({"quern", std::string(version()) + ", DuckDB " + sql::engine_version()});
    findings.push_back({"processors", std::to_string(available_threads()) + " to use"});
    findings.push_back({"memory", size_text(memory) + " to use", memory >= kMemoryBytesMin});
}

void look_at_disk(const std::string& root, std::vector<Finding>& findings) {
    const auto free_bytes = free_space_bytes(root);
    if (!free_bytes.ok()) {
        findings.push_back({"disk", free_bytes.status().text(), false});
        return;
    }
    findings.push_back({"disk", size_text(*free_bytes) + " free", *free_bytes >= kFreeBytesMin});
    const bool can_write = access(root.c_str(), W_OK) == 0;
    findings.push_back({"folder", can_write ? "can be written" : "cannot be written", can_write});
}

// Every artifact's bytes are what its name says, and it opens and reproduces its golden rows.
void look_at_artifacts(const store::Layout& layout, std::vector<Finding>& findings) {
    const auto files = list_files(layout.artifacts);
    if (!files.ok()) return;
    int64_t sound = 0;
    for (const auto& file : *files) {
        const auto hash = sha256_file(file.path);
        if (!hash.ok() || *hash != file_stem(file.path)) {
            findings.push_back(
                {"artifact", file_name(file.path) + " is not what its name says", false});
            continue;
        }
        const auto scorer = score::Scorer::open(file.path);
        if (scorer.ok()) ++sound;
        if (!scorer.ok()) findings.push_back({"artifact", scorer.status().text(), false});
    }
    findings.push_back({"artifacts", with_thousands(sound) + " sound"});
}

void look_at_state(const std::string& root, const std::string& store_name,
                   std::vector<Finding>& findings) {
    const auto state = store::Store::open_existing(root, store_name);
    if (!state.ok()) {
        const bool is_new = state.status().code() == Code::not_found;
        findings.push_back(
            {"state", is_new ? "none yet: nothing has run" : state.status().text(), is_new});
        return;
    }
    const auto integrity = (*state)->database().rows("pragma integrity_check");
    const bool is_whole = integrity.ok() && integrity->size() == 1;
    findings.push_back({"state", is_whole ? "whole" : "damaged", is_whole});
    const auto holder = store::WriterLock::holder((*state)->layout().lock);
    if (holder.ok() && *holder != 0) {
        findings.push_back({"writer", "process " + std::to_string(*holder) + " is running"});
    }
    look_at_artifacts((*state)->layout(), findings);
}

std::string findings_text(const std::vector<Finding>& findings) {
    std::string text;
    for (const auto& finding : findings) {
        std::string line = finding.what;
        line.resize(std::max<size_t>(12, line.size() + 1), ' ');
        text += line + (finding.is_fine ? "ok      " : "PROBLEM ") + finding.state + "\n";
    }
    return text;
}

std::string findings_json(const std::vector<Finding>& findings) {
    JsonWriter json(2);
    json.begin_array();
    for (const auto& finding : findings) {
        json.begin_object().field("what", finding.what).field("state", finding.state);
        json.field("is_fine", finding.is_fine).end_object();
    }
    return json.end_array().take() + "\n";
}

Result<int> run_doctor(const Invocation& invocation) {
    std::vector<Finding> findings;
    look_at_machine(findings);
    const auto root = project::find_project_root(invocation.project_folder);
    look_at_disk(root.ok() ? *root : invocation.project_folder, findings);
    if (root.ok()) {
        const auto project = project::load_project(*root);
        findings.push_back(
            {"project", project.ok() ? project->name : project.status().text(), project.ok()});
        look_at_state(*root, project.ok() ? project->settings.store : ".quern", findings);
    } else {
        findings.push_back({"project", "none here: make one with quern new"});
    }
    TRY(print(invocation.is_json ? findings_json(findings) : findings_text(findings)));
    const bool is_fine = std::ranges::all_of(findings, &Finding::is_fine);
    return is_fine ? 0 : kCheckFailed;
}

QUERN_REGISTER(Command)({
    .name = "doctor",
    .summary = "Look whether the machine and the project's state are in order",
    .example = "quern doctor",
    .run = run_doctor,
});

}  // namespace
}  // namespace quern::cli
