// The nodes of a project and what hangs on what.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "quern/flow/model_calls.h"

namespace quern::flow {

enum class NodeKind { source, table, model, service, lookup };
std::string_view kind_name(NodeKind kind);

// What a fingerprint is made of, kept beside it so that a plan can say what changed.
struct Parts {
    std::string engine;      // versions of quern and DuckDB
    std::string definition;  // hash of what the user wrote, without formatting and descriptions
    std::string settings;    // of a table: hash of all but its SQL and its checks
    std::string data;        // of a source: hash of its files' contents
    std::string checks;      // of a table: hash of its checks; of a model: of its gates
    std::map<std::string, std::string> inputs;  // node id -> content fingerprint
    bool operator==(const Parts&) const = default;
};
std::string parts_json(const Parts& parts);
Parts parts_from_json(const std::string& json);  // empty parts for what is not ours

struct Node {
    NodeKind kind = NodeKind::source;
    std::string name;
    size_t index = 0;            // in the project's list of its kind; of a look-up: its model
    size_t part = 0;             // of a look-up: among its model's
    bool is_landed = false;      // of a source: its rows lie in no file of the project
    std::vector<size_t> inputs;  // positions in Graph::nodes, all smaller than its own
    std::vector<size_t> check_inputs = {};    // those among them that only its checks read
    sql::ExpandedSql sql = {};                // of a table
    std::vector<ModelCall> model_calls = {};  // in it
    Parts parts = {};
    // Two nodes of equal content hold equal data; the whole fingerprint also covers the checks.
    std::string content, fingerprint;
    std::string recipe;  // how the data is made, whatever the sources hold: content without them

    std::string id() const { return std::string(kind_name(kind)) + ":" + name; }
};

struct Graph {
    std::vector<Node> nodes;  // every node after those it reads; else by kind and name

    const Node* find(std::string_view id) const;  // null when there is none
    // Of a model: the table that it learns from, and the nodes of its look-ups in their order.
    size_t from_of(const Node& model) const;
    std::vector<size_t> lookups_of(const Node& model) const;
    // The node and all that hang on it, or that it hangs on, as one flag a node.
    std::vector<bool> downstream_of(size_t node) const;
    std::vector<bool> upstream_of(size_t node) const;
};

}  // namespace quern::flow
