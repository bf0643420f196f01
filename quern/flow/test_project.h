// A small project on disk, for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/flow/prepare.h"
#include "quern/flow/run.h"
#include "quern/sql/session.h"
#include "quern/transform/publish.h"

namespace quern::flow {

class TestProject {
public:
    TestProject() { write("quern.yml", "name: test\n"); }

    const std::string& folder() const { return folder_.path(); }
    std::string path(const std::string& name) const { return folder() + "/" + name; }

    void write(const std::string& name, const std::string& text) {
        EXPECT_TRUE(make_folders(folder_of(path(name))).ok());
        std::ofstream(path(name)) << text;
    }
    void remove(const std::string& name) { EXPECT_TRUE(remove_file(path(name)).ok()); }

    Result<RunReport> run(const std::vector<std::string>& names = {}) {
        auto workspace = TRY(open_workspace(folder()));
        RunRequest request;
        request.names = names;
        return run_project(workspace, request);
    }
    // "a: 3 rows | t: 3 rows, 1 check passed", in the order of names.
    std::string run_text(const std::vector<std::string>& names = {}) {
        const auto report = run(names);
        if (!report.ok()) return report.status().text();
        std::vector<std::string> lines;
        for (const auto& outcome : report->outcomes) {
            lines.push_back(outcome.name + ": " + outcome.message);
        }
        std::ranges::sort(lines);
        return joined(lines);
    }
    // "t: its SQL changed | u: t changes"
    std::string plan_text() {
        auto workspace = open_workspace(folder());
        if (!workspace.ok()) return workspace.status().text();
        const auto prepared = plan_project(*workspace, {});
        if (!prepared.ok()) return prepared.status().text();
        std::vector<std::string> lines;
        for (const auto& step : prepared->steps) {
            if (step.action == Action::none) continue;
            lines.push_back(prepared->graph.nodes[step.node].name + ": " + step.why);
        }
        return joined(lines);
    }
    // The first value of the first row.
    std::string query(const std::string& sql) {
        auto workspace = open_workspace(folder());
        if (!workspace.ok()) return workspace.status().text();
        const auto warehouse = Warehouse::open_for_reading(*workspace);
        if (!warehouse.ok()) return warehouse.status().text();
        auto session = warehouse->connect();
        if (!session.ok()) return session.status().text();
        const auto text = session->query_text(sql);
        return text.ok() ? text->value_or("NULL") : text.status().text();
    }

private:
    static std::string joined(const std::vector<std::string>& lines) {
        std::string text;
        for (const auto& line : lines) text += (text.empty() ? "" : " | ") + line;
        return text;
    }

    TemporaryFolder folder_ = TemporaryFolder::create().value();
};

}  // namespace quern::flow
