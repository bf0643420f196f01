// A user's project as plain structs, each knowing where it was written. What a name, a column or
// a setting means is judged by the stage that uses it; here everything is read and checked for
// form alone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"
#include "quern/base/tree.h"
#include "quern/project/contract.h"
#include "quern/project/model_outputs.h"
#include "quern/project/source.h"

namespace quern::project {

enum class Severity { error, warn };

// One check of a table. `- income: {between: [0, 100], mostly: 0.99}` is
// {name "between", columns {"income"}, arguments {value: [0, 100]}, mostly 0.99}.
// A check whose value is a map has the map's keys as its arguments; any other value is the
// argument "value". Names and arguments are judged by the registry of checks.
struct CheckSpec {
    std::string name;                  // as written: quern's, dbt's or Great Expectations' word
    std::vector<std::string> columns;  // empty: a check of the whole table
    Tree arguments;                    // always a map
    double mostly = 1;                 // the part of the rows that must pass, in (0, 1]
    Severity severity = Severity::error;
    std::string description;
    Place place;
};

enum class Materialize { view, table };

struct Table {
    std::string name;
    Place place;  // of the file
    std::string description;
    Materialize materialize = Materialize::table;
    std::vector<Located> key;
    std::vector<CheckSpec> checks;
    // One statement: from its first word to its last, so without the settings, a last `;` and the
    // comments around it. `$name` still stands for the variable.
    std::string sql;
    Place sql_place;     // where it begins
    int sql_indent = 0;  // columns before each further line, when it stands inside YAML
};

// The place of a byte of a table's SQL in the user's file.
Place place_in_sql(const Table& table, size_t offset);

enum class SplitKind { automatic, stratified, random, time, group };

struct Split {
    SplitKind kind = SplitKind::automatic;  // time if `time`, stratified if classes, else random
    double test = 0.2;                      // the part of the rows held out
    int64_t folds = 0;                      // of cross-validation; 0: none
    int64_t seed = 1;
    Located group;  // the column whose equal values stay together
    Place place;
};

// `algorithm: gbdt` or `algorithm: {gbdt: {num_leaves: 31}}`; the registry of learners judges both.
struct Algorithm {
    std::string name = "auto";
    Tree settings;  // a map, or null
    Place place;
};

struct LookupKey {
    Located column, from;  // a column of the looked-up table, and the row's column it must equal
};

// A published table that features read by key, see score/lookup_table.h.
struct Lookup {
    std::string name;  // as features call it
    Place place;
    Located table;
    std::vector<LookupKey> key;
    std::optional<Located> time, known;
    bool is_timeless = false;  // `time: none`
    std::optional<int64_t> max_age_us;
    bool fails_if_missing = false;
    bool retrain = false;
};

struct Model {
    std::string name;
    Place place;
    std::string description;
    Located from, target;
    std::string task;  // classify or regress; empty: from the target
    std::vector<Located> key;
    std::optional<Located> time, weight;
    std::optional<Located> positive;  // the class that `probability` speaks of
    std::vector<Located> features;    // empty: every column but key, target, time and `exclude`
    std::vector<Located> exclude;
    std::vector<Lookup> lookups;
    Algorithm algorithm;
    Select select;
    Split split;
    std::string metric;                           // watched by early stopping; empty: by the task
    std::optional<double> threshold;              // of a binary classifier; absent: 0.5
    std::optional<ThresholdRule> threshold_rule;  // instead of a number
    Calibrate calibrate;
    Conformal conformal;
    Explain explain;
    std::vector<Located> gates;  // `roc_auc >= champion - 0.005`; evaluate reads them
};

struct Service {
    std::string name;
    Place place;
    std::string description;
    std::string model, alias = "champion";  // `model: repay@champion`
    Place model_place;
    Contract contract;
};

struct Settings {
    std::string store = ".quern";                    // relative to the project's root
    std::optional<std::vector<std::string>> egress;  // hosts to talk to; absent: as sources name
    int64_t threads = 0;                             // 0: all there are
    int64_t memory_bytes = 0;                        // written "4 GB"; 0: by what the machine has
};

struct Project {
    std::string root;  // absolute path of the folder
    std::string name, description;
    Place place;  // of quern.yml
    Settings settings;
    std::map<std::string, Tree> vars;  // `$name` in SQL; scalars and lists of scalars
    std::vector<Source> sources;       // each list is sorted by name
    std::vector<Table> tables;
    std::vector<Model> models;
    std::vector<Service> services;

    // Null when there is none. ASCII case does not matter, as in SQL.
    const Source* find_source(std::string_view name) const;
    const Table* find_table(std::string_view name) const;
    const Model* find_model(std::string_view name) const;
    const Service* find_service(std::string_view name) const;
    // What the services of this model say; the default when there is none.
    Contract contract_of(std::string_view model) const;
};

struct LoadLimits {
    size_t file_count_max = 100'000;
    size_t file_bytes_max = 4 << 20;
    size_t fault_count_max = 100;  // faults beyond it are counted only
};

// Reads the project that `folder` lies in. All faults of all its files are reported in one status,
// each with its place.
Result<Project> load_project(const std::string& folder, const LoadLimits& limits = {});

// The nearest folder with a quern.yml: `folder` itself or one above it.
Result<std::string> find_project_root(const std::string& folder);

// What the YAML files may hold, as JSON Schema: "quern", "source", "table", "model", "service".
std::map<std::string, std::string> project_schemas();
// The same as Markdown tables.
std::map<std::string, std::string> project_reference();

}  // namespace quern::project
