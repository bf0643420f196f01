// `quern token`: who may call the services.

#include "quern/base/clock.h"
#include "quern/base/json.h"
#include "quern/base/terminal.h"
#include "quern/project/project.h"
#include "quern/store/tokens.h"

#include "apps/cli/command.h"
#include "apps/cli/output.h"

namespace quern::cli {
namespace {

Result<std::unique_ptr<store::Store>> open_store(const Invocation& invocation) {
    const auto project = TRY(project::load_project(invocation.project_folder));
    return store::Store::open(project.root, project.settings.store);
}

Result<int> make_token(const Invocation& invocation, store::Tokens& tokens) {
    const auto made = TRY(tokens.make(invocation.text("role", "scorer")));
    if (invocation.is_json) {
        JsonWriter json;
        json.begin_object().field("id", made.id).field("token", made.text);
        json.field("role", invocation.text("role", "scorer")).end_object();
        TRY(print(json.take() + "\n"));
        return 0;
    }
    // The token alone on standard output, so that TOKEN=$(quern token new) holds nothing else.
    TRY(print(made.text + "\n"));
    print_stderr("Shown once: only its hash is kept. Take it back with: quern token revoke " +
                 made.id + "\n");
    return 0;
}

Result<int> list_tokens(const Invocation& invocation, store::Tokens& tokens) {
    JsonWriter json(2);
    std::string text;
    json.begin_array();
    for (const auto& token : TRY(tokens.all())) {
        const std::string state = token.revoked_ms == 0 ? "valid" : "revoked";
        json.begin_object().field("id", token.id).field("role", token.role);
        json.field("created", utc_text(token.created_ms)).field("state", state).end_object();
        text += token.id + "  " + token.role + "  made " + utc_text(token.created_ms) + "  " +
                state + "\n";
    }
    json.end_array();
    if (text.empty()) text = "No token yet. Make one with: quern token new --role scorer\n";
    TRY(print(invocation.is_json ? json.take() + "\n" : text));
    return 0;
}

Result<int> run_token(const Invocation& invocation) {
    const std::string action = invocation.text("ACTION");
    if (action != "new" && action != "list" && action != "revoke") {
        return unknown_name("action", action, {"list", "new", "revoke"});
    }
    const auto state = TRY(open_store(invocation));
    store::Tokens tokens(*state);
    if (action == "new") return make_token(invocation, tokens);
    if (action == "list") return list_tokens(invocation, tokens);
    const std::string id = invocation.text("ID");
    if (id.empty()) {
        return invalid_argument("which token?").hint("see their ids with: quern token list");
    }
    TRY(tokens.revoke(id));
    if (!invocation.is_json) TRY(print("Revoked " + id + "; it is refused from now on\n"));
    return 0;
}

QUERN_REGISTER(Command)({
    .name = "token",
    .summary = "Make, list and revoke the tokens that services ask for",
    .example = "quern token new --role scorer",
    .arguments = {{"ACTION", "new, list or revoke"}, {"ID", "Which one to revoke", false}},
    .options = {{"--role", "ROLE", "scorer, viewer or admin (default: scorer)"}},
    .run = run_token,
});

}  // namespace
}  // namespace quern::cli
