// `quern rollback`: back to what was published before.

#include "quern/flow/rollback.h"

#include "quern/base/json.h"

#include "apps/cli/command.h"
#include "apps/cli/output.h"
#include "apps/cli/workspace.h"

namespace quern::cli {
namespace {

Result<int> rollback(const Invocation& invocation) {
    auto workspace = TRY(open_workspace(invocation));
    const std::string name = invocation.text("NAME");
    const auto back = TRY(flow::roll_back(workspace, name));
    if (invocation.is_json) {
        JsonWriter json;
        json.begin_object().field("name", name).field("kind", back.kind);
        json.field("version", back.version).field("from", back.from_version).end_object();
        TRY(print(json.take() + "\n"));
        return 0;
    }
    TRY(print(name + ": " + (back.kind == "model" ? "champion is v" : "shows v") +
              std::to_string(back.version) + " again, instead of v" +
              std::to_string(back.from_version) + "\n"));
    return 0;
}

}  // namespace

QUERN_REGISTER(Command)
({
    .name = "rollback",
    .summary = "Go back to the version before",
    .example = "quern rollback income",
    .arguments = {{.name = "NAME", .doc = "a model, table or source"}},
    .options = {},
    .run = rollback,
});

}  // namespace quern::cli
