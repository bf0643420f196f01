#include "quern/store/published.h"

#include <algorithm>
#include <utility>

#include "quern/base/clock.h"

namespace quern::store {
namespace {

constexpr std::string_view kColumns =
    "select node, version, fingerprint, parts, physical, row_count, facts, seconds, published_ms, "
    "previous_version, previous_fingerprint, previous_parts, previous_physical, "
    "previous_row_count, held_fingerprint, previous_facts from published ";

Published published_of(const Row& row) {
    return {row.text(0),    row.integer(1),  row.text(2),  row.text(3),
            row.text(4),    row.integer(5),  row.text(6),  row.number(7),
            row.integer(8), row.integer(9),  row.text(10), row.text(11),
            row.text(12),   row.integer(13), row.text(14), row.text(15)};
}

// "table:orders" -> "table orders"
std::string words_of(std::string node) {
    std::ranges::replace(node, ':', ' ');
    return node;
}

Value text_or_null(const std::string& text) { return text.empty() ? Value(nullptr) : Value(text); }

}  // namespace

Result<std::optional<Published>> Publications::find(const std::string& node) {
    const auto rows = TRY(database_.rows(std::string(kColumns) + "where node = ?", {node}));
    return rows.empty() ? std::optional<Published>() : published_of(rows[0]);
}

Result<std::vector<Published>> Publications::all() {
    std::vector<Published> all;
    for (const auto& row : TRY(database_.rows(std::string(kColumns) + "order by node"))) {
        all.push_back(published_of(row));
    }
    return all;
}

Result<int64_t> Publications::publish(const Published& next) {
    int64_t version = 1;
    const auto change = [&]() -> Status {
        const auto now = TRY(find(next.node));
        const bool is_same = now && now->fingerprint == next.fingerprint;
        if (now) version = is_same ? now->version : now->version + 1;
        // A version that was rolled back keeps its number to itself.
        if (now && !is_same && now->previous_version >= version)
            version = now->previous_version + 1;
        Published before;
        if (is_same) {
            before.version = now->previous_version;
            before.fingerprint = now->previous_fingerprint;
            before.parts = now->previous_parts;
            before.physical = now->previous_physical;
            before.row_count = now->previous_row_count;
            before.facts = now->previous_facts;
        } else if (now) {
            before = *now;
        }
        return database_.run(
            "insert or replace into published values "
            "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null, ?)",
            {next.node, version, next.fingerprint, next.parts, next.physical, next.row_count,
             next.facts, next.seconds, unix_ms_now(), before.version,
             text_or_null(before.fingerprint), text_or_null(before.parts),
             text_or_null(before.physical), before.row_count, text_or_null(before.facts)});
    };
    TRY(database_.transaction(change));
    return version;
}

Result<Published> Publications::roll_back(const std::string& node) {
    Published swapped;
    const auto change = [&]() -> Status {
        const auto now = TRY(find(node));
        if (!now) return not_found(words_of(node) + " has never been published");
        if (now->previous_version == 0) {
            return failed_precondition(words_of(node) + " has no earlier version to go back to");
        }
        TRY(database_.run(
            "update published set version = previous_version, fingerprint = previous_fingerprint, "
            "parts = previous_parts, physical = previous_physical, row_count = previous_row_count, "
            "facts = coalesce(previous_facts, facts), previous_facts = facts, "
            "previous_version = version, previous_fingerprint = fingerprint, "
            "previous_parts = parts, previous_physical = physical, "
            "previous_row_count = row_count, held_fingerprint = fingerprint, published_ms = ? "
            "where node = ?",
            {unix_ms_now(), node}));
        swapped = TRY(find(node)).value_or(Published());
        return {};
    };
    TRY(database_.transaction(change));
    return swapped;
}

Status Publications::release(const std::string& node) {
    return database_.run("update published set held_fingerprint = null where node = ?", {node});
}

Status Publications::remove(const std::string& node) {
    return database_.run("delete from published where node = ?", {node});
}

}  // namespace quern::store
