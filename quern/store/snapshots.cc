#include "quern/store/snapshots.h"

#include <charconv>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/store/content_file.h"
#include "quern/store/published.h"

namespace quern::store {
namespace {

constexpr std::string_view kEnding = ".ql";
constexpr const char* kChecked = "snapshot_checked:";  // and the hash: milliseconds

}  // namespace

std::string snapshot_path(const Layout& layout, std::string_view sha256) {
    return layout.snapshots + "/" + std::string(sha256) + std::string(kEnding);
}

std::string lookup_node(std::string_view model, std::string_view lookup) {
    return "lookup:" + std::string(model) + "." + std::string(lookup);
}

Result<std::string> put_snapshot(const Layout& layout, std::string_view bytes) {
    return put_content(layout.snapshots, kEnding, "snapshot", bytes);
}

Result<score::LookupSource> Snapshots::open(const std::string& sha256) {
    score::LookupSource source;
    source.snapshot = sha256;
    auto& known = open_[sha256];
    source.table = known.lock();
    if (!source.table) {
        source.table = TRY(score::LookupTable::open(snapshot_path(store_.layout(), sha256)));
        known = source.table;
    }
    const std::string checked = TRY(store_.meta(kChecked + sha256));
    int64_t checked_ms = 0;
    std::from_chars(checked.data(), checked.data() + checked.size(), checked_ms);
    source.checked_us = checked_ms * 1000;
    return source;
}

Result<score::LookupSource> Snapshots::newest(const score::Program& program,
                                              const score::Lookup& lookup) {
    const std::string node = lookup_node(program.model_name, lookup.name);
    const auto published = TRY(Publications(store_).find(node));
    if (published) {
        auto source = open(published->physical);
        if (source.ok() && score::LookupStage::make(program.inputs, {&lookup, 1}, {*source}).ok())
            return source;
    }
    return open(lookup.snapshot);
}

Result<score::Scorer> Snapshots::attach(const score::Scorer& scorer) {
    std::vector<score::LookupSource> sources;
    for (const auto& lookup : scorer.program().lookups)
        sources.push_back(TRY(newest(scorer.program(), lookup)));
    return scorer.with_lookups(std::move(sources));
}

Status Snapshots::set_checked(const std::string& sha256, int64_t now_ms) {
    return store_.set_meta(kChecked + sha256, std::to_string(now_ms));
}

Status Snapshots::keep_only(const std::set<std::string>& kept) {
    if (!path_exists(store_.layout().snapshots)) return {};
    for (const auto& file : TRY(list_files(store_.layout().snapshots))) {
        const std::string hash = file_stem(file.path);
        if (kept.contains(hash)) continue;
        TRY(remove_file(file.path));
        TRY(store_.database().run("delete from meta where name = ?", {kChecked + hash}));
    }
    return {};
}

}  // namespace quern::store
