#include "quern/flow/rollback.h"

#include <algorithm>

#include "quern/base/nearest.h"
#include "quern/store/models.h"
#include "quern/store/published.h"
#include "quern/transform/publish.h"

namespace quern::flow {
namespace {

Result<RolledBack> roll_back_model(Workspace& workspace, const std::string& name) {
    store::Models models(*workspace.store);
    const auto before = TRY(models.champion(name));
    const auto back = TRY(models.roll_back(name));
    return RolledBack{"model", back.version, before ? before->version : 0};
}

// The row first: if the process dies in between, the next writer brings the view after it.
Result<RolledBack> roll_back_data(Workspace& workspace, const std::string& kind,
                                  const std::string& name) {
    const auto lock = TRY(workspace.store->lock_writer());
    std::vector<std::string> notes;
    auto warehouse = TRY(Warehouse::open(workspace, notes));
    store::Publications publications(*workspace.store);
    const auto back = TRY(publications.roll_back(kind + ":" + name));
    {
        auto session = TRY(warehouse.connect());
        TRY(transform::publish(session, {{name, back.physical}}));
    }
    TRY(warehouse.close_and_seal(*workspace.store));
    return RolledBack{kind, back.version, back.previous_version};
}

}  // namespace

Result<RolledBack> roll_back(Workspace& workspace, const std::string& name) {
    const auto& project = workspace.project;
    if (const auto* model = project.find_model(name))
        return roll_back_model(workspace, model->name);
    if (const auto* table = project.find_table(name)) {
        return roll_back_data(workspace, "table", table->name);
    }
    if (const auto* source = project.find_source(name)) {
        return roll_back_data(workspace, "source", source->name);
    }
    const auto champions = TRY(store::Models(*workspace.store).champions());
    if (std::ranges::count(champions, name, &store::ModelVersion::model) > 0)
        return roll_back_model(workspace, name);  // imported
    std::vector<std::string_view> names;
    for (const auto& model : project.models) names.push_back(model.name);
    for (const auto& table : project.tables) names.push_back(table.name);
    for (const auto& source : project.sources) names.push_back(source.name);
    return unknown_name("model, table or source", name, names);
}

}  // namespace quern::flow
