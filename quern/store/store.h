// What quern remembers of a project, in `.quern/`. Each kind of memory has its own header (journal,
// published, models, tokens, artifacts, file_hashes, check_history); all share one Store.
#pragma once

#include <memory>
#include <string>

#include "quern/base/status.h"
#include "quern/store/database.h"
#include "quern/store/lock.h"

namespace quern::store {

// Where things lie below a project's folder.
struct Layout {
    explicit Layout(const std::string& project_folder, const std::string& store_name = ".quern");

    std::string folder;     // .quern
    std::string state;      // .quern/state.db
    std::string warehouse;  // .quern/warehouse.duckdb
    std::string artifacts;  // .quern/artifacts
    std::string snapshots;  // .quern/snapshots
    std::string landing;    // .quern/landing
    std::string runs;       // .quern/runs
    std::string temporary;  // .quern/tmp: emptied by the next writer
    std::string lock;       // .quern/lock
    std::string key;        // .quern/server.key
};

class Store {
public:
    // Opens, and on first use makes, the state of the project in this folder. Any number of
    // processes may have it open; see lock_writer for who may run.
    static Result<std::unique_ptr<Store>> open(const std::string& project_folder,
                                               const std::string& store_name = ".quern");
    // not_found when the project has never been run; makes nothing.
    static Result<std::unique_ptr<Store>> open_existing(const std::string& project_folder,
                                                        const std::string& store_name = ".quern");

    const Layout& layout() const { return layout_; }
    Database& database() { return *database_; }

    // Becomes the one writer: marks what a killed writer left as killed, empties the temporary
    // folder. Held until the returned lock goes.
    Result<WriterLock> lock_writer();

    // A small named text, such as the seal of the warehouse; empty when absent.
    Result<std::string> meta(const std::string& name);
    Status set_meta(const std::string& name, const std::string& value);

private:
    Store(Layout layout, std::unique_ptr<Database> database)
        : layout_(std::move(layout)), database_(std::move(database)) {}

    Layout layout_;
    std::unique_ptr<Database> database_;
};

}  // namespace quern::store
