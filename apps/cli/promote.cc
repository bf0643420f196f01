// `quern promote`: makes a version the champion by hand.

#include "quern/base/json.h"
#include "quern/store/models.h"

#include "apps/cli/command.h"
#include "apps/cli/output.h"
#include "apps/cli/workspace.h"

namespace quern::cli {
namespace {

Result<int> promote(const Invocation& invocation) {
    auto workspace = TRY(open_workspace(invocation));
    const auto name = TRY(store::parse_model_name(invocation.text("MODEL")));
    if (name.version == 0 && name.alias == store::kChampion) {
        return invalid_argument("which version of '" + name.model + "'?")
            .hint("write one, as in `quern promote " + name.model + "@2`");
    }
    store::Models models(*workspace.store);
    const auto before = TRY(models.champion(name.model));
    const auto version = TRY(models.find(name));
    if (!version.gates_passed && !invocation.has("force")) {
        return failed_precondition(name.model + " v" + std::to_string(version.version) +
                                   " did not pass its gates")
            .hint("promote it all the same with --force");
    }
    TRY(models.promote(name.model, version.version));
    if (invocation.is_json) {
        JsonWriter json;
        json.begin_object().field("model", name.model).field("champion", version.version);
        json.field("previous", before ? before->version : 0).end_object();
        TRY(print(json.take() + "\n"));
        return 0;
    }
    std::string text = name.model + ": champion is v" + std::to_string(version.version);
    if (before && before->version != version.version) {
        text += ", before it v" + std::to_string(before->version);
    }
    TRY(print(text + "\n"));
    return 0;
}

}  // namespace

QUERN_REGISTER(Command)
({
    .name = "promote",
    .summary = "Make a version of a model the champion",
    .example = "quern promote income@2",
    .arguments = {{.name = "MODEL", .doc = "with the version, as in income@2"}},
    .options = {{.name = "--force", .value_name = "", .doc = "even if it did not pass its gates"}},
    .run = promote,
});

}  // namespace quern::cli
