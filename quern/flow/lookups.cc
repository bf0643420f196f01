#include "quern/flow/lookups.h"

#include <algorithm>

#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/score/lookup_table.h"

namespace quern::flow {
namespace {

using project::Lookup;

// The column's position, -1 with a fault added when it is not there.
int find_column(const frame::Schema& columns, const Located& name, const std::string& table,
                Status& faults) {
    const int found = frame::column_index(columns, name.text);
    if (found >= 0) return found;
    std::vector<std::string_view> names;
    for (const auto& column : columns) names.push_back(column.name);
    const std::string close = nearest(name.text, names);
    std::string all;
    for (const auto known : names) all += (all.empty() ? "it has: " : ", ") + std::string(known);
    faults.also(not_found("'" + table + "' has no column '" + name.text + "'")
                    .at(name.place.text())
                    .hint(close.empty() ? all : "did you mean '" + close + "'?"));
    return -1;
}

void check_key(const project::Model& model, const Lookup& lookup, const project::LookupKey& key,
               const ModelColumns& columns, const frame::Schema& table, Status& faults) {
    const int theirs = find_column(table, key.column, lookup.table.text, faults);
    const int ours = find_column(columns.from, key.from, model.from.text, faults);
    if (theirs < 0 || ours < 0) return;
    const auto& their_type = table[static_cast<size_t>(theirs)].type;
    const auto& our_type = columns.from[static_cast<size_t>(ours)].type;
    if (score::are_key_types(our_type, their_type)) return;
    const std::string types = "'" + lookup.table.text + "." + key.column.text + "' is " +
                              their_type.text() + " and '" + model.from.text + "." + key.from.text +
                              "' is " + our_type.text();
    const bool is_key = score::is_key_type(our_type) && score::is_key_type(their_type);
    faults.also(invalid_argument(is_key ? "the key cannot match: " + types
                                        : "a key is an integer, text, date or time, but " + types)
                    .at(key.from.place.text())
                    .hint("cast one of them in its table under tables/"));
}

void check_time(const Located& name, const std::string& of, const frame::Schema& columns,
                const frame::Type* other, Status& faults) {
    const int found = find_column(columns, name, of, faults);
    if (found < 0) return;
    const auto& type = columns[static_cast<size_t>(found)].type;
    if (other == nullptr ? score::is_time_type(type) : score::are_time_types(type, *other)) return;
    const std::string is = "'" + of + "." + name.text + "' is " + type.text();
    if (other == nullptr || !score::is_time_type(*other) || !score::is_time_type(type)) {
        faults.also(invalid_argument(is + "; times of look-ups are DATE or TIMESTAMP")
                        .at(name.place.text())
                        .hint("cast it in its table under tables/"));
        return;
    }
    faults.also(invalid_argument(is + ", but the model's time is " + other->text() +
                                 "; one of them has a time zone")
                    .at(name.place.text())
                    .hint("cast one of them in its table under tables/"));
}

void check_names(const project::Model& model, const Lookup& lookup, const ModelColumns& columns,
                 const frame::Schema& table, Status& faults) {
    if (frame::column_index(columns.from, lookup.name) >= 0) {
        faults.also(invalid_argument("'" + lookup.name + "' is a look-up and a column of '" +
                                     model.from.text + "'")
                        .at(lookup.place.text())
                        .hint("name the look-up otherwise: `other_name: {table: " +
                              lookup.table.text + ", ...}`"));
    }
    for (const auto& column : table) {
        const std::string name = lookup.name + "." + column.name;
        if (frame::column_index(columns.from, name) < 0) continue;
        faults.also(invalid_argument("'" + name + "' is a look-up's column and one of '" +
                                     model.from.text + "'")
                        .at(lookup.place.text())
                        .hint("name the look-up otherwise"));
    }
    for (const auto& other : model.lookups) {
        if (&other == &lookup) return;
        if (lower_ascii(other.name) != lower_ascii(lookup.name)) continue;
        faults.also(invalid_argument("two look-ups are called '" + lookup.name + "'")
                        .at(lookup.place.text()));
    }
}

score::Input input_of(const frame::Schema& columns, const std::string& name) {
    const auto& column = columns[static_cast<size_t>(frame::column_index(columns, name))];
    score::Input input;
    input.name = column.name;
    input.type = column.type;
    return input;
}

}  // namespace

Status check_lookups(const project::Model& model, const ModelColumns& columns) {
    Status faults;
    for (size_t i = 0; i < model.lookups.size(); ++i) {
        const auto& lookup = model.lookups[i];
        const auto& table = columns.lookups[i];
        check_names(model, lookup, columns, table, faults);
        for (const auto& key : lookup.key) check_key(model, lookup, key, columns, table, faults);
        if (lookup.key.size() > score::kLookupKeysMax) {
            faults.also(invalid_argument("a key has at most " +
                                         std::to_string(score::kLookupKeysMax) + " columns")
                            .at(lookup.place.text()));
        }
        if (!lookup.time || !model.time) continue;
        check_time(*model.time, model.from.text, columns.from, nullptr, faults);
        const int position = frame::column_index(columns.from, model.time->text);
        if (position < 0) continue;
        const auto& type = columns.from[static_cast<size_t>(position)].type;
        check_time(*lookup.time, lookup.table.text, table, &type, faults);
        if (lookup.known) check_time(*lookup.known, lookup.table.text, table, &type, faults);
    }
    return faults;
}

std::vector<score::LookupSpec> lookup_specs(const project::Model& model,
                                            const ModelColumns& columns) {
    std::vector<score::LookupSpec> specs;
    for (size_t i = 0; i < model.lookups.size(); ++i) {
        const auto& lookup = model.lookups[i];
        auto& spec = specs.emplace_back();
        spec.lookup.name = lookup.name;
        spec.lookup.table = lookup.table.text;
        spec.lookup.max_age_us = lookup.max_age_us;
        spec.lookup.fails_if_missing = lookup.fails_if_missing;
        for (const auto& key : lookup.key) {
            spec.lookup.keys.push_back({input_of(columns.lookups[i], key.column.text).name, 0});
            spec.keys.push_back(input_of(columns.from, key.from.text));
        }
        if (lookup.time) spec.time = input_of(columns.from, model.time->text);
    }
    return specs;
}

frame::Schema row_columns(const project::Model& model, const ModelColumns& columns) {
    frame::Schema row = columns.from;
    for (size_t i = 0; i < model.lookups.size(); ++i) {
        std::string fields;
        for (const auto& column : columns.lookups[i]) {
            fields += (fields.empty() ? "" : ", ") + quote_identifier(column.name) + " " +
                      column.type.text();
        }
        row.push_back(
            {model.lookups[i].name, {frame::TypeId::other, 0, 0, "STRUCT(" + fields + ")"}});
    }
    return row;
}

Status check_all_read(const project::Model& model, const score::CompiledFeatures& features) {
    Status faults;
    for (const auto& lookup : model.lookups) {
        const auto found = std::ranges::find(features.lookups, lookup.name, &score::Lookup::name);
        if (found != features.lookups.end()) continue;
        faults.also(
            invalid_argument("no feature reads the look-up '" + lookup.name + "'")
                .at(lookup.place.text())
                .hint("add a feature `" + lookup.name + ".COLUMN`, or take the look-up out"));
    }
    return faults;
}

std::string lookup_node_name(const project::Model& model, const project::Lookup& lookup) {
    return model.name + "." + lookup.name;
}

}  // namespace quern::flow
