// A model's look-ups: `lookup: {weather: {key: origin, time: observed_at}}`.
#include "quern/base/text.h"
#include "quern/project/keys.h"

namespace quern::project {
namespace {

constexpr std::string_view kTimeless = "none";

Status read_max_age(Lookup& lookup, const Tree& value) {
    lookup.max_age_us = TRY(parse_duration_us(value, "max_age"));
    return {};
}

// `customer_id`, `[a, b]`, or `{column_of_the_table: column_of_the_row}`.
Status read_key(Lookup& lookup, const Tree& value) {
    lookup.key.clear();
    if (value.is_map()) {
        for (const auto& [column, from, place] : value.entries) {
            LookupKey& key = lookup.key.emplace_back();
            key.column = {column, place};
            TRY(detail::read_value(from, detail::plain_shape("string"), "key", key.from));
        }
    } else {
        std::vector<Located> names;
        const Shape shape = detail::Typed<std::vector<Located>>::shape();
        TRY(detail::read_value(value, shape, "key", names));
        for (const auto& name : names) lookup.key.push_back({name, name});
    }
    if (!lookup.key.empty()) return {};
    return invalid_argument("'key' names no column").at(value.place.text());
}

std::vector<Param> lookup_params() {
    return {
        param("table", &Lookup::table, "The table or source to read; default: the look-up's name."),
        custom_param<Lookup>("key", detail::plain_shape("any"),
                             "The column that both have, a list of them, or a map from the "
                             "table's columns to the row's.",
                             &read_key)
            .required(),
        param("time", &Lookup::time,
              "Column of the table with the time of a row; a row of the model sees what is no "
              "later than its own `time`. `none`: values never change."),
        param("known", &Lookup::known,
              "Column of the table with the time from which a row was known; none is seen before."),
        custom_param<Lookup>("max_age", detail::plain_shape("string"),
                             "Older rows count as missing: `3 hours`. Without `time`: how long ago "
                             "a run last found the table unchanged.",
                             &read_max_age),
        choice_param("missing", &Lookup::fails_if_missing, {"null", "error"},
                     "What the columns are when no row fits: NULL, or the row is refused."),
        param("retrain", &Lookup::retrain,
              "Train again when the table's data changes; else only the server's copy is "
              "refreshed."),
    };
}

Result<Lookup> read_one(const Tree::Entry& entry) {
    Lookup lookup;
    lookup.name = entry.key;
    lookup.place = entry.place;
    lookup.table = {entry.key, entry.place};
    // A key alone is short for a map with only that.
    const bool is_short = entry.value.is_scalar() || entry.value.is_list();
    const Tree map = is_short ? Tree::map({{"key", entry.value, entry.value.place}}) : entry.value;
    TRY(read_params(lookup_params(), map, &lookup, "look-up '" + lookup.name + "'"));
    if (lookup.time && lookup.time->text == kTimeless) {
        lookup.time.reset();
        lookup.is_timeless = true;
    }
    if (lookup.known && !lookup.time) {
        return invalid_argument("look-up '" + lookup.name + "' has `known` but no `time`")
            .at(lookup.known->place.text())
            .hint("write `time: COLUMN`, the time that a row is about");
    }
    return lookup;
}

}  // namespace

Shape lookups_shape() {
    Shape shape = detail::plain_shape("object");
    shape.fields = lookup_params();
    shape.takes_text = true;
    return map_of(std::move(shape));
}

Status read_lookups(Model& model, const Tree& value) {
    if (!value.is_map()) {
        return invalid_argument("'lookup' must be a map of tables")
            .at(value.place.text())
            .hint("write `lookup: {TABLE: KEY_COLUMN}`");
    }
    Status faults;
    for (const auto& entry : value.entries) {
        auto lookup = read_one(entry);
        if (lookup.ok())
            model.lookups.push_back(*std::move(lookup));
        else
            faults.also(std::move(lookup).status());
    }
    return faults;
}

}  // namespace quern::project
