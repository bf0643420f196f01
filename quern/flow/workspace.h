// A project opened for work: what the user wrote, what quern remembers of it, and the data.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "quern/data/load.h"
#include "quern/data/source_files.h"
#include "quern/project/project.h"
#include "quern/sql/catalog.h"
#include "quern/sql/session.h"
#include "quern/store/store.h"

namespace quern::flow {

struct Workspace {
    project::Project project;
    std::unique_ptr<store::Store> store;
    sql::SharedCatalog catalog;  // to plan with; one thread at a time
    // Sources by name that were looked at while something else was opened.
    struct LookedAt {
        std::vector<data::FileVersion> files;
        data::SourceShape shape;
    };
    std::map<std::string, LookedAt> looked_at = {};
};
// The project that `folder` lies in.
Result<Workspace> open_workspace(const std::string& folder);

// The warehouse is sealed when a run has closed it in good order: until its file changes, what the
// store says of it is true, and nobody need open it to know.
Result<bool> is_sealed(store::Store& store);

class Warehouse {
public:
    // For the one writer. A file that cannot be read is put aside (told in `notes`) and begun
    // anew; the views are brought to what the store says is published.
    static Result<Warehouse> open(Workspace& workspace, std::vector<std::string>& notes);
    // not_found when nothing was ever run; unavailable while another process writes, after so long
    // a wait.
    static Result<Warehouse> open_for_reading(Workspace& workspace, double wait_seconds = 0);

    // The physical relations that were there when it was opened for writing; empty when it was
    // sealed, as then the store knows them.
    const std::optional<std::set<std::string>>& present() const { return present_; }
    Result<sql::Session> connect() const { return database_->connect(); }
    // As many threads as data of this size has work for; one when it is opened for writing.
    Status use_threads_for(uint64_t source_bytes, const project::Settings& settings) const;
    // Closes it and, if the last session is gone, seals it.
    Status close_and_seal(store::Store& store);

private:
    explicit Warehouse(sql::Database database) : database_(std::move(database)) {}
    std::optional<sql::Database> database_;
    std::optional<std::set<std::string>> present_;
};

// Physical relations by public name, of all sources and tables that are published.
Result<std::map<std::string, std::string>> published_relations(store::Store& store);

}  // namespace quern::flow
