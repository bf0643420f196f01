// Look-up tables against a plain search, their files against hostile bytes: lookup_table.cc,
// lookup_builder.cc, lookup_key.cc, lookup_fields.cc, lookup_inputs.cc, mapped_file.cc, lookup.cc.
#include "quern/score/lookup.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>

#include "quern/score/artifact.h"
#include "quern/score/container.h"
#include "quern/score/lookup_file.h"
#include "quern/score/sample_program.h"
#include "quern/score/verify.h"

namespace quern::score {
namespace {

using frame::TypeId;

frame::Type type_of(TypeId id) { return {id, 0, 0, ""}; }

struct Row {
    int32_t key;
    std::string city;
    int64_t time, known;
    std::optional<double> value;
    auto order() const { return std::tie(key, city, time, known, value); }
};

LookupFacts facts(bool has_time, bool has_known) {
    LookupFacts facts;
    facts.table = "stats";
    facts.keys = {{"key", type_of(TypeId::integer)}, {"city", type_of(TypeId::varchar)}};
    facts.columns = {{"value", type_of(TypeId::float64)}, {"city", type_of(TypeId::varchar)}};
    facts.has_time = has_time;
    facts.has_known = has_known;
    return facts;
}

// The table with its bytes, aligned as a mapped file is.
struct Table {
    std::vector<std::byte> bytes;
    std::shared_ptr<const LookupTable> table;
    size_t replaced_count = 0;
};

Result<std::string> file_of(const LookupFacts& of, std::vector<Row> rows, size_t* replaced) {
    std::ranges::sort(rows, {}, [](const Row& row) { return row.order(); });
    LookupBuilder builder(of);
    frame::Column key(type_of(TypeId::integer)), city(type_of(TypeId::varchar)),
        time(type_of(TypeId::timestamp)), known(type_of(TypeId::timestamp)),
        value(type_of(TypeId::float64));
    for (const Row& row : rows) {
        key.append(row.key);
        city.append_text(row.city);
        time.append(row.time);
        known.append(row.known);
        row.value ? value.append(*row.value) : value.append_null();
    }
    std::vector<frame::ColumnView> views = {key.view(), city.view()};
    if (of.has_time) views.push_back(time.view());
    if (of.has_known) views.push_back(known.view());
    views.push_back(value.view());
    views.push_back(city.view());
    TRY(builder.add({views, rows.size()}));
    if (replaced != nullptr) *replaced = builder.replaced_count();
    return builder.finish();
}

Table table_of(const LookupFacts& of, const std::vector<Row>& rows) {
    Table made;
    const std::string file = file_of(of, rows, &made.replaced_count).value();
    made.bytes.resize(file.size());
    std::memcpy(made.bytes.data(), file.data(), file.size());
    auto table = LookupTable::read(made.bytes);
    EXPECT_TRUE(table.ok()) << table.status().text();
    if (table.ok()) made.table = *table;
    return made;
}

// What find() promises, said plainly.
const Row* seen(const std::vector<Row>& rows, const Row& asked, bool has_time, bool has_known) {
    const Row* best = nullptr;
    for (const Row& row : rows) {
        if (row.key != asked.key || row.city != asked.city) continue;
        if (has_time && row.time > asked.time) continue;
        if (has_known && row.known > asked.time) continue;
        const bool is_better = best == nullptr || std::tie(best->time, best->known, best->value) <
                                                      std::tie(row.time, row.known, row.value);
        if (is_better) best = &row;
    }
    return best;
}

std::optional<double> looked_up(const LookupTable& table, const Row& asked, bool& is_found) {
    LookupKey key;
    key.words[0] = asked.key;
    key.texts[1] = asked.city;
    const uint32_t row = table.find(key, asked.time);
    is_found = row != kNoRow;
    double value = 0;
    if (!is_found || !table.value(0, row, reinterpret_cast<std::byte*>(&value))) return {};
    return value;
}

std::vector<Row> random_rows(std::mt19937& random, size_t count, bool is_unique) {
    std::vector<Row> rows;
    const char* cities[] = {"", "Bonn", "Kiel", "a city of more than eight bytes"};
    for (size_t i = 0; i < count; ++i) {
        Row row{static_cast<int32_t>(random() % 20) - 5,
                cities[random() % 4],
                static_cast<int64_t>(random() % 40),
                0,
                {}};
        row.known = row.time + static_cast<int64_t>(random() % 10);
        if (random() % 5 != 0) row.value = static_cast<double>(random() % 7);
        const auto same = [&](const Row& other) {
            return other.key == row.key && other.city == row.city;
        };
        if (!is_unique || std::ranges::none_of(rows, same)) rows.push_back(row);
    }
    return rows;
}

TEST(LookupTable, FindsWhatAPlainSearchFinds) {
    std::mt19937 random(7);
    for (const auto& [has_time, has_known] :
         {std::pair{false, false}, std::pair{true, false}, std::pair{true, true}}) {
        for (const size_t count : {0, 1, 2, 40, 700}) {
            const auto rows = random_rows(random, count, !has_time);
            const Table made = table_of(facts(has_time, has_known), rows);
            for (const Row& asked : random_rows(random, 500, false)) {
                bool is_found = false;
                const auto value = looked_up(*made.table, asked, is_found);
                const Row* want = seen(rows, asked, has_time, has_known);
                ASSERT_EQ(is_found, want != nullptr);
                ASSERT_EQ(value, want == nullptr ? std::nullopt : want->value);
            }
        }
    }
}

TEST(LookupTable, WhatCameLateLeavesThePastAsItWas) {
    std::mt19937 random(11);
    auto rows = random_rows(random, 400, false);
    const Table before = table_of(facts(true, true), rows);
    // Late rows: of any time, but known from 60 on.
    for (Row late : random_rows(random, 400, false)) {
        late.known = 60 + late.known;
        rows.push_back(late);
    }
    std::ranges::shuffle(rows, random);
    const Table after = table_of(facts(true, true), rows);
    for (Row asked : random_rows(random, 2000, false)) {
        bool was_found = false, is_found = false;
        const auto was = looked_up(*before.table, asked, was_found);
        EXPECT_EQ(was, looked_up(*after.table, asked, is_found));
        EXPECT_EQ(was_found, is_found);
    }
}

TEST(LookupTable, TimesThatAreEqual) {
    const std::vector<Row> rows = {
        {1, "", 10, 12, 1.0}, {1, "", 10, 15, 2.0}, {1, "", 10, 15, 3.0}, {1, "", 20, 20, 4.0}};
    const Table made = table_of(facts(true, true), rows);
    EXPECT_EQ(made.replaced_count, 1) << "two rows of one time and known time";
    const auto at = [&](int64_t time) {
        bool is_found = false;
        return looked_up(*made.table, {1, "", time, 0, {}}, is_found).value_or(-1);
    };
    EXPECT_EQ(at(9), -1);
    EXPECT_EQ(at(11), -1) << "not known yet";
    EXPECT_EQ(at(12), 1) << "known at that very time";
    EXPECT_EQ(at(15), 3) << "known last, then the greatest";
    EXPECT_EQ(at(19), 3);
    EXPECT_EQ(at(20), 4);
}

TEST(LookupTable, RefusesTwoRowsOfAKeyWithoutTime) {
    const auto file =
        file_of(facts(false, false), {{1, "a", 0, 0, 1.0}, {1, "a", 0, 0, 2.0}}, nullptr);
    ASSERT_FALSE(file.ok());
    EXPECT_NE(file.status().text().find("more than one row of key = 1, city = a"),
              std::string::npos);
}

// Every tensor, made shorter or filled with other numbers, under a hash that fits.
TEST(LookupTable, RefusesWhatIsNotWhole) {
    std::mt19937 random(3);
    const auto rows = random_rows(random, 60, false);
    const std::string file = file_of(facts(true, true), rows, nullptr).value();
    const auto whole = std::as_bytes(std::span(file));
    const Container container = read_container(whole).value();
    size_t refused = 0, tried = 0;
    for (const auto& [name, tensor] : container.tensors) {
        for (int fill = -1; fill < 256; fill += 51) {
            Container broken = container;
            broken.metadata.erase("sha256");
            std::vector<std::byte> bytes(tensor.bytes.begin(), tensor.bytes.end());
            if (fill < 0)
                bytes.resize(bytes.size() - dtype_bytes(tensor.dtype));
            else
                std::ranges::fill(bytes, static_cast<std::byte>(fill));
            broken.tensors[name].bytes = bytes;
            const std::string made = write_container(broken).value();
            const auto table = LookupTable::read(std::as_bytes(std::span(made)));
            ++tried;
            if (!table.ok()) {
                EXPECT_EQ(table.status().code(), Code::corrupt) << name;
                ++refused;
                continue;
            }
            for (const Row& asked : random_rows(random, 50, false)) {
                bool is_found = false;  // whatever it finds lies inside
                looked_up(**table, asked, is_found);
            }
        }
    }
    EXPECT_GT(refused, tried / 2);
}

Input input_of(std::string name, TypeId id) {
    Input input;
    input.name = std::move(name);
    input.type = type_of(id);
    return input;
}

TEST(LookupStage, KeysAgesAndMissingRows) {
    const Table made = table_of(facts(true, false), {{1, "a", 100, 0, 1.5}, {2, "a", 100, 0, {}}});
    const std::vector<Input> inputs = {
        input_of("id", TypeId::bigint), input_of("town", TypeId::varchar),
        input_of("at", TypeId::timestamp), input_of("s.value", TypeId::float64)};
    Lookup lookup{.name = "s",
                  .table = "stats",
                  .keys = {{"key", 0}, {"city", 1}},
                  .columns = {{"value", 3}},
                  .time = 2,
                  .max_age_us = 50};
    lookup.fails_if_missing = true;
    const auto stage = LookupStage::make(inputs, {&lookup, 1}, {{made.table, "", 0}}).value();
    EXPECT_EQ(stage->asked_count(), 3);
    LookupStage::State state(*stage, 8);
    frame::Column id(type_of(TypeId::bigint)), town(type_of(TypeId::varchar)),
        at(type_of(TypeId::timestamp));
    const auto add = [&](std::optional<int64_t> key, std::optional<int64_t> time) {
        key ? id.append(*key) : id.append_null();
        town.append_text("a");
        time ? at.append(*time) : at.append_null();
    };
    add(1, 120);   // found
    add(1, {});    // as of now
    add(2, 100);   // found, and NULL
    add(1, 151);   // too old
    add(3, 120);   // no such key
    add({}, 120);  // NULL is no key
    add(1, 99);    // not yet
    const std::vector<frame::ColumnView> views = {id.view(), town.view(), at.view()};
    stage->run({views, 7}, 130, state);
    const auto& value = state.columns[3];
    EXPECT_EQ(value.validity[0], 0b0000011);
    EXPECT_EQ(state.failed[0], 0b1111000);
    EXPECT_EQ(value.values<double>()[1], 1.5);
    EXPECT_NE(stage->row_error(3, state).text().find("too old"), std::string::npos);
    EXPECT_NE(stage->row_error(4, state).text().find("no row for key = 3, city = a"),
              std::string::npos);
}

TEST(LookupStage, WithoutTimeATableIsAsOldAsItsLastCheck) {
    const Table made = table_of(facts(false, false), {{1, "a", 0, 0, 1.5}});
    const std::vector<Input> inputs = {input_of("id", TypeId::integer),
                                       input_of("town", TypeId::varchar),
                                       input_of("s.value", TypeId::float64)};
    const Lookup lookup{.name = "s",
                        .table = "stats",
                        .keys = {{"key", 0}, {"city", 1}},
                        .columns = {{"value", 2}},
                        .time = {},
                        .max_age_us = 50};
    const auto stage = LookupStage::make(inputs, {&lookup, 1}, {{made.table, "", 1000}}).value();
    LookupStage::State state(*stage, 1);
    frame::Column id(type_of(TypeId::integer)), town(type_of(TypeId::varchar));
    id.append<int32_t>(1);
    town.append_text("a");
    const std::vector<frame::ColumnView> views = {id.view(), town.view()};
    for (const auto& [now, is_valid] : {std::pair{1050, true}, std::pair{1051, false}}) {
        stage->run({views, 1}, now, state);
        EXPECT_EQ(state.columns[2].is_valid(0), is_valid);
    }
}

TEST(LookupStage, RefusesTablesThatDoNotFit) {
    const Table made = table_of(facts(true, false), {{1, "a", 100, 0, 1.5}});
    const std::vector<Input> inputs = {
        input_of("id", TypeId::bigint), input_of("town", TypeId::varchar),
        input_of("at", TypeId::timestamp), input_of("s.value", TypeId::float64)};
    const Lookup fits{.name = "s",
                      .table = "stats",
                      .keys = {{"key", 0}, {"city", 1}},
                      .columns = {{"value", 3}},
                      .time = 2,
                      .max_age_us = {}};
    const auto check = [&](const char* why, auto change) {
        Lookup lookup = fits;
        change(lookup);
        const auto stage = LookupStage::make(inputs, {&lookup, 1}, {{made.table, "", 0}});
        EXPECT_FALSE(stage.ok()) << why;
    };
    check("other key", [](Lookup& lookup) { lookup.keys[0].column = "id"; });
    check("key of another type", [](Lookup& lookup) { lookup.keys[0].input = 1; });
    check("one key too few", [](Lookup& lookup) { lookup.keys.pop_back(); });
    check("no time", [](Lookup& lookup) { lookup.time.reset(); });
    check("unknown column", [](Lookup& lookup) { lookup.columns[0].column = "mean"; });
    check("column of another type", [](Lookup& lookup) { lookup.columns[0].column = "city"; });
}

Program program_with_lookup() {
    Program program = sample_program();
    program.golden.clear();
    program.inputs.push_back(input_of("s.value", TypeId::float64));
    Lookup lookup{.name = "s",
                  .table = "stats",
                  .keys = {{"city", 1}},
                  .columns = {{"value", 2}},
                  .time = {},
                  .max_age_us = 7'000'000};
    lookup.snapshot = std::string(64, 'a');
    program.lookups = {lookup};
    return program;
}

TEST(LookupProgram, IsWrittenAndReadAgain) {
    const Program program = program_with_lookup();
    ASSERT_TRUE(verify(program).ok()) << verify(program).text();
    EXPECT_EQ(program.asked().size(), 2);
    const std::string bytes = artifact_bytes(program).value();
    EXPECT_EQ(read_artifact(std::as_bytes(std::span(bytes))).value(), program);
}

TEST(LookupProgram, RefusesWhatIsNotWhole) {
    const auto check = [](const char* why, auto change) {
        Program program = program_with_lookup();
        change(program.lookups[0]);
        EXPECT_EQ(verify(program).code(), Code::corrupt) << why;
    };
    check("a key that is looked up", [](Lookup& lookup) { lookup.keys[0].input = 2; });
    check("a key that is not there", [](Lookup& lookup) { lookup.keys[0].input = 9; });
    check("a key of no key type", [](Lookup& lookup) { lookup.keys[0].input = 0; });
    check("no key", [](Lookup& lookup) { lookup.keys.clear(); });
    check("a time that is none", [](Lookup& lookup) { lookup.time = 1; });
    check("an age below zero", [](Lookup& lookup) { lookup.max_age_us = -1; });
    check("a column out of place", [](Lookup& lookup) { lookup.columns[0].input = 1; });
    check("too many columns", [](Lookup& lookup) { lookup.columns.resize(4); });
}

}  // namespace
}  // namespace quern::score
