// `quern schema`: what the YAML files of a project may hold, for editors and for people.

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/project/project.h"

#include "apps/cli/command.h"
#include "apps/cli/output.h"

namespace quern::cli {
namespace {

Status write_all(const std::map<std::string, std::string>& schemas, const std::string& folder) {
    TRY(make_folders(folder));
    std::string list;
    for (const auto& [kind, schema] : schemas) {
        const std::string path = join_path(folder, kind + ".schema.json");
        TRY(write_file_durable(path, schema + "\n"));
        list += "Wrote " + path + "\n";
    }
    return print(list + "Name one at the head of a file: # yaml-language-server: $schema=PATH\n");
}

Result<int> run_schema(const Invocation& invocation) {
    const bool is_markdown = invocation.has("markdown");
    const auto texts = is_markdown ? project::project_reference() : project::project_schemas();
    if (invocation.has("write")) {
        TRY(write_all(project::project_schemas(), invocation.text("write")));
        return 0;
    }
    const std::string kind = invocation.text("KIND");
    const auto found = texts.find(kind);
    if (found != texts.end()) {
        TRY(print(found->second + "\n"));
        return 0;
    }
    std::vector<std::string_view> kinds;
    for (const auto& [name, text] : texts) kinds.push_back(name);
    if (!kind.empty()) return unknown_name("kind of file", kind, kinds);
    std::string list;
    for (const auto name : kinds) list += std::string(name) + "\n";
    TRY(print(list));
    return 0;
}

QUERN_REGISTER(Command)({
    .name = "schema",
    .summary = "Print the JSON Schema of a project's files, so that an editor completes them",
    .example = "quern schema --write .schemas",
    .arguments = {{"KIND", "quern, source, table, model or service; without it: their names",
                   false}},
    .options = {{"--markdown", "", "A table for people instead"},
                {"--write", "FOLDER", "Write all of them as files"}},
    .run = run_schema,
});

}  // namespace
}  // namespace quern::cli
