#include "quern/store/store.h"

#include <filesystem>
#include <system_error>

#include "quern/base/clock.h"
#include "quern/base/file.h"
#include "quern/store/schema.h"

namespace quern::store {
namespace {

// Temporary files of a killed writer: whole folder of them, and those beside an artifact.
Status sweep(const Layout& layout) {
    std::error_code error;
    std::filesystem::remove_all(layout.temporary, error);
    TRY(make_folders(layout.temporary));
    for (const auto& folder : {layout.artifacts, layout.snapshots}) {
        for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
            if (entry.path().extension() == ".tmp") TRY(remove_file(entry.path().string()));
        }
    }
    return {};
}

}  // namespace

Layout::Layout(const std::string& project_folder, const std::string& store_name)
    : folder((std::filesystem::path(project_folder) / store_name).string()),
      state(folder + "/state.db"),
      warehouse(folder + "/warehouse.duckdb"),
      artifacts(folder + "/artifacts"),
      snapshots(folder + "/snapshots"),
      landing(folder + "/landing"),
      runs(folder + "/runs"),
      temporary(folder + "/tmp"),
      lock(folder + "/lock"),
      key(folder + "/server.key") {}

Result<std::unique_ptr<Store>> Store::open(const std::string& project_folder,
                                           const std::string& store_name) {
    Layout layout(project_folder, store_name);
    TRY(make_folders(layout.artifacts));
    TRY(make_folders(layout.temporary));
    auto database = TRY(Database::open(layout.state));
    TRY(migrate(*database));
    return std::unique_ptr<Store>(new Store(std::move(layout), std::move(database)));
}

Result<std::unique_ptr<Store>> Store::open_existing(const std::string& project_folder,
                                                    const std::string& store_name) {
    if (!path_exists(Layout(project_folder, store_name).state)) {
        return not_found("nothing was run in this project yet").hint("run `quern run` first");
    }
    return open(project_folder, store_name);
}

Result<WriterLock> Store::lock_writer() {
    auto lock = TRY(WriterLock::take(layout_.lock));
    TRY(sweep(layout_));
    const auto change = [&]() -> Status {
        const int64_t now = unix_ms_now();
        TRY(
            database_->run("update node_runs set state = 'killed', finished_ms = ? "
                           "where state = 'running'",
                           {now}));
        return database_->run(
            "update runs set state = 'killed', finished_ms = ? where state = 'running'", {now});
    };
    TRY(database_->transaction(change));
    return lock;
}

Result<std::string> Store::meta(const std::string& name) {
    const auto rows = TRY(database_->rows("select value from meta where name = ?", {name}));
    return rows.empty() ? std::string() : rows[0].text(0);
}

Status Store::set_meta(const std::string& name, const std::string& value) {
    return database_->run("insert or replace into meta values (?, ?)", {name, value});
}

}  // namespace quern::store
