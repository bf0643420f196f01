#include "quern/flow/plan.h"

#include <gtest/gtest.h>

namespace quern::flow {
namespace {

// A source `a`, a table `t` over it and a model `m` over that, all published as they are.
struct Scene {
    Graph graph;
    Standing standing;

    Scene() {
        add(NodeKind::source, "a", {});
        add(NodeKind::table, "t", {0});
        add(NodeKind::model, "m", {1});
        for (const auto& node : graph.nodes) {
            store::Published published;
            published.node = node.id();
            published.version = 1;
            published.fingerprint = node.fingerprint;
            published.parts = parts_json(node.parts);
            published.physical = node.name + "__1";
            standing.published.emplace(node.id(), published);
        }
    }
    void add(NodeKind kind, const std::string& name, const std::vector<size_t>& inputs) {
        Node node;
        node.kind = kind;
        node.name = name;
        node.inputs = inputs;
        node.parts = {
            .engine = "quern 1", .definition = "d", .settings = "s", .data = "f", .checks = "c"};
        for (const size_t input : inputs) {
            node.parts.inputs.emplace(graph.nodes[input].id(), graph.nodes[input].content);
        }
        node.content = name + " content";
        node.fingerprint = name + " fingerprint";
        graph.nodes.push_back(node);
    }
    // The node is another one now.
    Parts& change(size_t i) {
        graph.nodes[i].fingerprint += " new";
        return graph.nodes[i].parts;
    }
    std::string words(const std::vector<bool>& wanted = {}) const {
        std::string text;
        for (const auto& step : plan_steps(graph, standing, wanted)) {
            if (step.action == Action::none) continue;
            text += (text.empty() ? "" : " | ") + graph.nodes[step.node].name + ": " + step.why;
        }
        return text;
    }
    Action action(size_t i) const { return plan_steps(graph, standing, {})[i].action; }
};

TEST(Plan, NothingChangedNothingRuns) { EXPECT_EQ(Scene().words(), ""); }

TEST(Plan, SaysWhatChanged) {
    const auto check = [](size_t node, std::string Parts::* part, std::string_view want) {
        Scene scene;
        scene.change(node).*part = "other";
        EXPECT_EQ(scene.words(), want);
    };
    check(1, &Parts::definition, "t: its SQL changed");
    check(1, &Parts::settings, "t: its settings changed");
    check(1, &Parts::checks, "t: its checks changed");
    check(0, &Parts::definition, "a: its settings changed");
    check(0, &Parts::data, "a: its files changed");
    check(2, &Parts::definition, "m: its settings changed");
    check(2, &Parts::checks, "m: its gates changed");
    check(0, &Parts::engine, "a: built by quern 1");
}

TEST(Plan, ChangesGoDownstream) {
    Scene scene;
    scene.change(0).data = "other";
    scene.change(1).inputs["source:a"] = "other";
    scene.change(2).inputs["table:t"] = "other";
    EXPECT_EQ(scene.words(), "a: its files changed | t: a changes | m: t changes");
    EXPECT_EQ(scene.words({true, true, false}), "a: its files changed | t: a changes");
}

TEST(Plan, OnlyNewChecksAreCheckedOnly) {
    Scene scene;
    scene.change(1).checks = "other";
    EXPECT_EQ(scene.action(1), Action::recheck);
    scene.change(1).definition = "other";
    EXPECT_EQ(scene.action(1), Action::build);
}

TEST(Plan, RemembersHowItEndedLastTime) {
    const auto check = [](store::RunState state, std::string_view want) {
        Scene scene;
        scene.change(1).definition = "other";
        store::NodeRun run;
        run.fingerprint = scene.graph.nodes[1].fingerprint;
        run.state = state;
        scene.standing.last_runs["table:t"] = run;
        EXPECT_EQ(scene.words(), want);
        scene.standing.published.erase("table:t");
        EXPECT_EQ(scene.words(), "t: " + std::string(want.substr(want.find(';') + 2)));
    };
    check(store::RunState::failed, "t: its SQL changed; failed last time");
    check(store::RunState::killed, "t: its SQL changed; was interrupted last time");
    check(store::RunState::cancelled, "t: its SQL changed; was cancelled last time");
}

TEST(Plan, BuildsAgainWhatIsLost) {
    Scene scene;
    scene.standing.present = std::set<std::string>{"a__1"};
    EXPECT_EQ(scene.words(), "t: its data is not in the warehouse");
    scene.standing.present->insert("t__1");
    scene.standing.artifacts_lost.insert("model:m");
    EXPECT_EQ(scene.words(), "m: its artifact is gone or damaged");
}

TEST(Plan, WhatWasRolledBackStaysSoUntilItChanges) {
    Scene scene;
    auto& published = scene.standing.published.at("table:t");
    published.held_fingerprint = published.fingerprint;
    published.fingerprint = "an older one";
    EXPECT_EQ(scene.words(), "t: held at v1: it was rolled back");
    EXPECT_EQ(scene.action(1), Action::hold);
    scene.change(1).definition = "other";
    EXPECT_EQ(scene.action(1), Action::build);
}

TEST(Parts, ReadBackAsTheyWereWritten) {
    const Parts parts{"e", "d", "s", "f", "c", {{"table:a", "x"}, {"source:\"b\"", "y"}}};
    EXPECT_EQ(parts_from_json(parts_json(parts)), parts);
    EXPECT_EQ(parts_from_json("[not ours"), Parts());
    EXPECT_EQ(parts_from_json(R"({"engine": 7, "inputs": [1]})"), Parts());
}

TEST(Graph, KnowsUpAndDown) {
    const Scene scene;
    EXPECT_EQ(scene.graph.upstream_of(1), (std::vector<bool>{true, true, false}));
    EXPECT_EQ(scene.graph.downstream_of(1), (std::vector<bool>{false, true, true}));
}

}  // namespace
}  // namespace quern::flow
