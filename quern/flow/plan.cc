#include "quern/flow/plan.h"

#include <algorithm>

namespace quern::flow {
namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : "; ") + word;
    return text;
}

class Planner {
public:
    Planner(const Graph& graph, const Standing& standing) : graph_(graph), standing_(standing) {}

    Step step_of(size_t position, const std::vector<Step>& before) const {
        const Node& node = graph_.nodes[position];
        Step step;
        step.node = position;
        const auto found = standing_.published.find(node.id());
        if (found == standing_.published.end()) {
            step.action = Action::build;
            step.why = first_time(node);
            return step;
        }
        const store::Published& now = found->second;
        step.seconds = now.seconds;
        step.row_count = now.row_count;
        if (now.held_fingerprint == node.fingerprint) {
            step.action = Action::hold;
            step.why = "held at v" + std::to_string(now.version) + ": it was rolled back";
            return step;
        }
        if (is_lost(node, now)) {
            step.action = Action::build;
            step.why = node.kind == NodeKind::model    ? "its artifact is gone or damaged"
                       : node.kind == NodeKind::lookup ? "its snapshot is gone or damaged"
                                                       : "its data is not in the warehouse";
            return step;
        }
        if (now.fingerprint == node.fingerprint) return step;
        const Parts was = parts_from_json(now.parts);
        Parts without_checks = was;
        without_checks.checks = node.parts.checks;
        step.action = without_checks == node.parts ? Action::recheck : Action::build;
        step.why = differences(node, was, before);
        return step;
    }

private:
    // What happened to this very state of the node before, if it did not end well.
    std::string last_end(const Node& node) const {
        const auto last = standing_.last_runs.find(node.id());
        if (last == standing_.last_runs.end()) return "";
        const auto& run = last->second;
        if (run.fingerprint != node.fingerprint) return "";
        if (run.state == store::RunState::failed) return "failed last time";
        if (run.state == store::RunState::killed) return "was interrupted last time";
        if (run.state == store::RunState::cancelled) return "was cancelled last time";
        return "";
    }

    std::string first_time(const Node& node) const {
        const std::string end = last_end(node);
        return end.empty() ? "new" : end;
    }

    bool is_lost(const Node& node, const store::Published& now) const {
        if (node.kind == NodeKind::model || node.kind == NodeKind::lookup)
            return standing_.artifacts_lost.contains(node.id());
        if (node.kind == NodeKind::service || !standing_.present) return false;
        return !standing_.present->contains(now.physical);
    }

    std::string differences(const Node& node, const Parts& was,
                            const std::vector<Step>& before) const {
        std::vector<std::string> words;
        const Parts& is = node.parts;
        if (was.engine != is.engine) words.push_back("built by " + was.engine);
        if (was.definition != is.definition) {
            words.push_back(node.kind == NodeKind::table ? "its SQL changed"
                                                         : "its settings changed");
        } else if (was.settings != is.settings) {
            words.push_back("its settings changed");
        }
        if (was.data != is.data) words.push_back(node.is_landed ? "new rows" : "its files changed");
        for (const auto& [id, content] : is.inputs) {
            const auto earlier = was.inputs.find(id);
            if (earlier != was.inputs.end() && earlier->second == content) continue;
            words.push_back(input_words(id, before));
        }
        if (was.checks != is.checks) {
            words.push_back(node.kind == NodeKind::model ? "its gates changed"
                                                         : "its checks changed");
        }
        const std::string end = last_end(node);
        if (!end.empty()) words.push_back(end);
        return words.empty() ? "what it reads changed" : joined(words);
    }

    std::string input_words(const std::string& id, const std::vector<Step>& before) const {
        const std::string name = id.substr(id.find(':') + 1);
        for (const auto& step : before) {
            if (graph_.nodes[step.node].id() != id) continue;
            const bool is_still = step.action == Action::none || step.action == Action::hold;
            return name + (is_still ? " changed" : " changes");
        }
        return name + " changed";
    }

    const Graph& graph_;
    const Standing& standing_;
};

}  // namespace

std::vector<Step> plan_steps(const Graph& graph, const Standing& standing,
                             const std::vector<bool>& wanted) {
    const Planner planner(graph, standing);
    std::vector<Step> steps;
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
        const bool is_wanted = wanted.empty() || wanted[i];
        steps.push_back(is_wanted ? planner.step_of(i, steps) : Step{.node = i, .why = {}});
    }
    return steps;
}

size_t count_to_run(const std::vector<Step>& steps) {
    return static_cast<size_t>(std::ranges::count_if(steps, [](const Step& step) {
        return step.action == Action::build || step.action == Action::recheck;
    }));
}

}  // namespace quern::flow
