#include "quern/flow/graph.h"

// Covers definition.cc, sql_facts.cc and check_tables.cc through the fingerprints they make.
#include "quern/flow/test_project.h"

namespace quern::flow {
namespace {

class GraphTest : public testing::Test {
protected:
    TestProject project_;
    sql::SharedCatalog catalog_;

    Result<Graph> graph() {
        const auto loaded = TRY(project::load_project(project_.folder()));
        auto facts = TRY(SqlFactsCache::open(nullptr, catalog_));
        auto built = TRY(build_graph(loaded, facts));
        const auto data = [](const project::Source&) -> Result<std::string> {
            return std::string("data");
        };
        TRY(add_fingerprints(loaded, facts, data, {}, built));
        return built;
    }
    std::string order() {
        const auto built = graph();
        if (!built.ok()) return built.status().text();
        std::string names;
        for (const auto& node : built->nodes) names += (names.empty() ? "" : " ") + node.name;
        return names;
    }
    std::string fingerprint(const std::string& id) { return graph()->find(id)->fingerprint; }
    std::string content(const std::string& id) { return graph()->find(id)->content; }
};

TEST_F(GraphTest, EachNodeStandsAfterWhatItReads) {
    project_.write("sources/a.yml", "file: a.csv\n");
    project_.write("tables/z.sql", "select * from A");
    project_.write("tables/b.sql", "with c as (from z) select * from c, a");
    project_.write("models/m.yml", "from: b\ntarget: y\n");
    project_.write("services/m.yml", "model: m\n");
    EXPECT_EQ(order(), "a z b m m");
}

TEST_F(GraphTest, RefusesWhatNobodyHas) {
    project_.write("sources/orders.yml", "file: a.csv\n");
    const auto check = [&](const std::string& file, const std::string& text,
                           std::string_view want) {
        project_.write(file, text);
        const auto built = graph();
        ASSERT_FALSE(built.ok()) << text;
        EXPECT_NE(built.status().text().find(want), std::string::npos) << built.status().text();
        project_.remove(file);
    };
    check("tables/t.sql", "select *\nfrom ordrs", "tables/t.sql:2:6: ");
    check("tables/t.sql", "select *\nfrom ordrs", "did you mean 'orders'?");
    check("tables/t.sql", "from 'a.csv'", "tables/t.sql:1:6: ");
    check("tables/t.sql", "from read_csv('a.csv')", "tables/t.sql:1:6: ");
    check("tables/t.sql", "from other.orders", "other");
    check("tables/t.sql", "select $x from orders", "'x'");
    check("tables/t.sql", "drop table orders", "SELECT");
    check("models/m.yml", "from: order\ntarget: y\n", "models/m.yml:1:7: ");
    check("services/s.yml", "model: orders\n", "services/s.yml:1:8: ");
}

TEST_F(GraphTest, ACircleNamesItsWay) {
    project_.write("tables/x.sql", "from y");
    project_.write("tables/y.sql", "from z");
    project_.write("tables/z.sql", "from x");
    EXPECT_NE(order().find("x -> y -> z -> x"), std::string::npos) << order();
    project_.write("tables/z.sql", "from z");
    EXPECT_NE(order().find("z -> z"), std::string::npos) << order();
}

TEST_F(GraphTest, ALongChainIsNoTrouble) {
    project_.write("tables/t0.sql", "select 1 as a");
    for (int i = 1; i < 300; ++i) {
        project_.write("tables/t" + std::to_string(i) + ".sql", "from t" + std::to_string(i - 1));
    }
    EXPECT_TRUE(order().starts_with("t0 t1 t2 "));
}

TEST_F(GraphTest, FormattingAndDescriptionsChangeNoFingerprint) {
    project_.write("sources/a.yml", "file: a.csv\n");
    project_.write("tables/t.sql",
                   "/* ---\ndescription: one\nchecks: [{v: not_null}]\n--- */\n"
                   "select v, 1 as w from a where v > 1");
    project_.write("models/m.yml", "description: one\nfrom: t\ntarget: v\n");
    const std::string table = fingerprint("table:t"), model = fingerprint("model:m");
    project_.write("tables/t.sql",
                   "/* ---\nchecks:\n  - v: [not_null]\ndescription: two\n--- */\n"
                   "SELECT v,\n       1 AS w -- one\nFROM a WHERE (v > 1);\n");
    project_.write("models/m.yml", "target:   v\nfrom: \"t\"\n");
    EXPECT_EQ(fingerprint("table:t"), table);
    EXPECT_EQ(fingerprint("model:m"), model);
}

TEST_F(GraphTest, MeaningChangesTheFingerprint) {
    project_.write("sources/a.yml", "file: a.csv\n");
    const std::string sql = "select v from a where v > $low";
    const std::string models = "from: t\ntarget: v\nsplit: {seed: ";
    const auto write = [&](const std::string& low, const std::string& seed) {
        project_.write("quern.yml", "name: test\nvars: {low: " + low + "}\n");
        project_.write("tables/t.sql", sql);
        project_.write("models/m.yml", models + seed + "}\n");
    };
    write("1", "1");
    const std::string table = content("table:t"), model = content("model:m");
    write("1", "2");
    EXPECT_EQ(content("table:t"), table);
    EXPECT_NE(content("model:m"), model);
    write("2", "1");
    EXPECT_NE(content("table:t"), table);
    EXPECT_NE(content("model:m"), model);
}

TEST_F(GraphTest, ChecksChangeTheFingerprintButNotTheContent) {
    project_.write("sources/a.yml", "file: a.csv\n");
    project_.write("sources/other.yml", "file: b.csv\n");
    const auto write = [&](const std::string& checks) {
        project_.write("tables/t.sql", "/* ---\nchecks: [" + checks + "]\n--- */\nfrom a");
    };
    write("v: not_null");
    const std::string before = fingerprint("table:t"), was = content("table:t");
    write("v: {relationships: {to: other, field: v}}");
    EXPECT_NE(fingerprint("table:t"), before);
    EXPECT_EQ(content("table:t"), was);
    const auto built = graph().value();
    const Node* node = built.find("table:t");
    EXPECT_EQ(node->inputs.size(), 2U) << "the other table must be there before the check";
    EXPECT_EQ(node->check_inputs.size(), 1U);
    EXPECT_EQ(node->parts.inputs.size(), 1U);
}

}  // namespace
}  // namespace quern::flow
