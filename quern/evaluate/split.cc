#include "quern/evaluate/split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "quern/base/text.h"
#include "quern/stats/random.h"

namespace quern::evaluate {
namespace {

std::string class_text(const SplitRows& rows, int32_t label) {
    const auto index = static_cast<size_t>(label);
    return index < rows.class_names.size() ? "'" + rows.class_names[index] + "'"
                                           : "number " + std::to_string(label);
}

// Row positions in an order that only the seed and the keys decide.
std::vector<uint32_t> shuffled(const SplitRows& rows, uint64_t seed) {
    std::vector<uint64_t> draws(rows.row_count);
    for (size_t row = 0; row < rows.row_count; ++row) {
        draws[row] = stats::mix(seed, rows.keys.empty() ? row : rows.keys[row]);
    }
    std::vector<uint32_t> order(rows.row_count);
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, [&](uint32_t a, uint32_t b) {
        return draws[a] != draws[b] ? draws[a] < draws[b] : a < b;
    });
    return order;
}

std::vector<std::vector<uint32_t>> by_class(const SplitRows& rows, uint64_t seed) {
    const int32_t last = rows.labels.empty() ? 0 : *std::ranges::max_element(rows.labels);
    std::vector<std::vector<uint32_t>> classes(static_cast<size_t>(last) + 1);
    for (const uint32_t row : shuffled(rows, seed)) {
        classes[static_cast<size_t>(rows.labels[row])].push_back(row);
    }
    return classes;
}

struct Group {
    uint64_t id = 0;
    std::vector<uint32_t> rows;
};
std::vector<Group> by_group(const SplitRows& rows) {
    std::map<uint64_t, std::vector<uint32_t>> found;
    for (uint32_t row = 0; row < rows.row_count; ++row) found[rows.groups[row]].push_back(row);
    std::vector<Group> groups;
    groups.reserve(found.size());
    for (auto& [id, members] : found) groups.push_back({id, std::move(members)});
    return groups;
}

std::vector<uint32_t> by_time(const SplitRows& rows) {
    std::vector<uint32_t> order(rows.row_count);
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::stable_sort(order,
                             [&](uint32_t a, uint32_t b) { return rows.times[a] < rows.times[b]; });
    return order;
}

// Moves a cut between rows of one time to the first of them.
size_t before_ties(const SplitRows& rows, const std::vector<uint32_t>& order, size_t cut) {
    while (cut > 0 && cut < order.size() && rows.times[order[cut]] == rows.times[order[cut - 1]]) {
        --cut;
    }
    return cut;
}

Status check_rows(const SplitRows& rows, SplitKind kind) {
    const auto needs = [&](size_t have, std::string_view what) {
        if (have == rows.row_count) return Status();
        return invalid_argument("a " + std::string(name_of(kind)) + " split needs " +
                                std::string(what) + " for every row");
    };
    if (!rows.keys.empty()) TRY(needs(rows.keys.size(), "a key"));
    if (kind == SplitKind::stratified) TRY(needs(rows.labels.size(), "a class"));
    if (kind == SplitKind::group) TRY(needs(rows.groups.size(), "a group"));
    if (kind != SplitKind::time) return {};
    TRY(needs(rows.times.size(), "a time"));
    if (!std::ranges::all_of(rows.times, [](double time) { return std::isfinite(time); })) {
        return invalid_argument("a time split needs a time for every row, and one is missing")
            .hint("filter such rows out in the table's SQL");
    }
    return {};
}

// How many rows of each class judge: the share of each, then whole rows by largest remainder.
Result<std::vector<size_t>> test_counts(const SplitRows& rows,
                                        const std::vector<std::vector<uint32_t>>& classes,
                                        double test) {
    std::vector<size_t> counts(classes.size());
    std::vector<std::pair<double, size_t>> remainders;
    double wanted = 0;
    size_t given = 0;
    for (size_t c = 0; c < classes.size(); ++c) {
        const size_t have = classes[c].size();
        if (have == 0) continue;
        if (have == 1) {
            return failed_precondition("class " + class_text(rows, static_cast<int32_t>(c)) +
                                       " has 1 row; a stratified split needs 2 or more")
                .hint("filter the class out in the table's SQL, or write split: {kind: random}");
        }
        const double share = test * static_cast<double>(have);
        counts[c] = std::clamp<size_t>(static_cast<size_t>(share), 1, have - 1);
        wanted += share;
        given += counts[c];
        if (counts[c] + 1 < have) remainders.push_back({static_cast<double>(counts[c]) - share, c});
    }
    std::ranges::stable_sort(remainders);
    const auto total = static_cast<size_t>(std::llround(wanted));
    for (const auto& [remainder, c] : remainders) {
        if (given >= total) break;
        ++counts[c];
        ++given;
    }
    return counts;
}

Result<std::vector<uint8_t>> hold_out_groups(const SplitRows& rows, const HoldOut& settings) {
    auto groups = by_group(rows);
    if (groups.size() < 2) {
        return failed_precondition("a group split needs 2 groups or more, and there is 1");
    }
    std::ranges::stable_sort(
        groups, {}, [&](const Group& group) { return stats::mix(settings.seed, group.id); });
    std::vector<uint8_t> is_test(rows.row_count);
    const double wanted = settings.test * static_cast<double>(rows.row_count);
    double have = 0;
    size_t taken = 0;
    for (const auto& group : groups) {
        const auto size = static_cast<double>(group.rows.size());
        const bool comes_nearer = std::abs(have + size - wanted) < std::abs(have - wanted);
        const bool is_last_chance = taken == 0 && &group == &groups.back();
        if ((!comes_nearer && !is_last_chance) || taken + 1 == groups.size()) continue;
        for (const uint32_t row : group.rows) is_test[row] = 1;
        have += size;
        ++taken;
    }
    return is_test;
}

Result<std::vector<uint8_t>> hold_out_late(const SplitRows& rows, const HoldOut& settings) {
    const auto order = by_time(rows);
    const double teaching = static_cast<double>(rows.row_count) * (1 - settings.test);
    const size_t wanted =
        std::clamp<size_t>(static_cast<size_t>(std::llround(teaching)), 1, rows.row_count - 1);
    const size_t cut = before_ties(rows, order, wanted);
    if (cut == 0) {
        return failed_precondition(
                   "a time split needs earlier and later rows; too many are of "
                   "the first time")
            .hint("raise the share of the split's `test`, or choose another kind");
    }
    std::vector<uint8_t> is_test(rows.row_count);
    for (size_t i = cut; i < order.size(); ++i) is_test[order[i]] = 1;
    return is_test;
}

Status fold_groups(const SplitRows& rows, const FoldSettings& settings, Folds& folds) {
    auto groups = by_group(rows);
    if (groups.size() < static_cast<size_t>(settings.folds)) {
        return failed_precondition(
            std::to_string(settings.folds) + " folds by group need as many groups, and there " +
            (groups.size() == 1 ? "is 1" : "are " + std::to_string(groups.size())));
    }
    // The largest first, each into the fold with the fewest rows.
    std::ranges::stable_sort(groups, [&](const Group& a, const Group& b) {
        if (a.rows.size() != b.rows.size()) return a.rows.size() > b.rows.size();
        return stats::mix(settings.seed, a.id) < stats::mix(settings.seed, b.id);
    });
    std::vector<size_t> sizes(static_cast<size_t>(settings.folds));
    for (const auto& group : groups) {
        const auto fold = std::ranges::min_element(sizes) - sizes.begin();
        for (const uint32_t row : group.rows) folds.fold_of_row[row] = static_cast<int32_t>(fold);
        sizes[static_cast<size_t>(fold)] += group.rows.size();
    }
    return {};
}

Status fold_times(const SplitRows& rows, Folds& folds) {
    const auto order = by_time(rows);
    size_t begin = 0;
    const auto blocks = static_cast<size_t>(folds.fold_count) + 1;
    for (size_t block = 0; block < blocks; ++block) {
        const size_t end = before_ties(rows, order, rows.row_count * (block + 1) / blocks);
        if (end <= begin) {
            return failed_precondition("part " + std::to_string(block + 1) + " of " +
                                       std::to_string(blocks) +
                                       " in time is empty: too many rows share one time")
                .hint("ask for fewer folds");
        }
        for (size_t i = begin; i < end; ++i) {
            folds.fold_of_row[order[i]] = static_cast<int32_t>(block) - 1;
        }
        begin = end;
    }
    return {};
}

Status fold_classes(const SplitRows& rows, const FoldSettings& settings, Folds& folds) {
    int32_t next = 0;  // goes on from class to class, so that folds differ by one row at most
    const auto classes = by_class(rows, settings.seed);
    for (size_t c = 0; c < classes.size(); ++c) {
        if (!classes[c].empty() && classes[c].size() < static_cast<size_t>(settings.folds)) {
            return failed_precondition(
                       "class " + class_text(rows, static_cast<int32_t>(c)) + " has " +
                       plural(static_cast<int64_t>(classes[c].size()), "row") +
                       ", fewer than the " + std::to_string(settings.folds) + " folds")
                .hint("ask for fewer folds, or write split: {kind: random}");
        }
        for (const uint32_t row : classes[c]) {
            folds.fold_of_row[row] = next;
            next = (next + 1) % folds.fold_count;
        }
    }
    return {};
}

}  // namespace

std::string_view name_of(SplitKind kind) {
    switch (kind) {
        case SplitKind::automatic:
            return "automatic";
        case SplitKind::stratified:
            return "stratified";
        case SplitKind::random:
            return "random";
        case SplitKind::time:
            return "time";
        case SplitKind::group:
            return "group";
    }
    return "";
}

SplitKind resolve(SplitKind kind, const SplitRows& rows) {
    if (kind != SplitKind::automatic) return kind;
    if (!rows.times.empty()) return SplitKind::time;
    return rows.labels.empty() ? SplitKind::random : SplitKind::stratified;
}

Result<std::vector<uint8_t>> hold_out(const SplitRows& rows, const HoldOut& settings) {
    const SplitKind kind = resolve(settings.kind, rows);
    TRY(check_rows(rows, kind));
    if (!(settings.test > 0 && settings.test < 1)) {
        return invalid_argument("'test' of the split must be above 0 and below 1");
    }
    if (rows.row_count < 2) {
        return failed_precondition("a split needs 2 rows or more, and there is " +
                                   plural(static_cast<int64_t>(rows.row_count), "row"));
    }
    if (kind == SplitKind::group) return hold_out_groups(rows, settings);
    if (kind == SplitKind::time) return hold_out_late(rows, settings);
    std::vector<uint8_t> is_test(rows.row_count);
    if (kind == SplitKind::random) {
        const double share = settings.test * static_cast<double>(rows.row_count);
        const auto count =
            std::clamp<size_t>(static_cast<size_t>(std::llround(share)), 1, rows.row_count - 1);
        const auto order = shuffled(rows, settings.seed);
        for (size_t i = 0; i < count; ++i) is_test[order[i]] = 1;
        return is_test;
    }
    const auto classes = by_class(rows, settings.seed);
    const auto counts = TRY(test_counts(rows, classes, settings.test));
    for (size_t c = 0; c < classes.size(); ++c) {
        for (size_t i = 0; i < counts[c]; ++i) is_test[classes[c][i]] = 1;
    }
    return is_test;
}

Result<Folds> make_folds(const SplitRows& rows, const FoldSettings& settings) {
    Folds folds;
    folds.kind = resolve(settings.kind, rows);
    TRY(check_rows(rows, folds.kind));
    if (settings.folds < 2) return invalid_argument("'folds' must be at least 2");
    const size_t parts =
        static_cast<size_t>(settings.folds) + (folds.kind == SplitKind::time ? 1 : 0);
    if (rows.row_count < parts) {
        return failed_precondition(std::to_string(settings.folds) + " folds are more than " +
                                   plural(static_cast<int64_t>(rows.row_count), "row") +
                                   " can fill");
    }
    folds.fold_count = static_cast<int32_t>(settings.folds);
    folds.fold_of_row.resize(rows.row_count);
    if (folds.kind == SplitKind::group) TRY(fold_groups(rows, settings, folds));
    if (folds.kind == SplitKind::time) TRY(fold_times(rows, folds));
    if (folds.kind == SplitKind::stratified) TRY(fold_classes(rows, settings, folds));
    if (folds.kind == SplitKind::random) {
        const auto order = shuffled(rows, settings.seed);
        for (size_t i = 0; i < order.size(); ++i) {
            folds.fold_of_row[order[i]] = static_cast<int32_t>(i % parts);
        }
    }
    return folds;
}

}  // namespace quern::evaluate
