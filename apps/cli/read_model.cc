// `quern read-model`: the restricted process that `quern import model` starts. Not for people.

#include "quern/flow/import_process.h"

#include "apps/cli/command.h"

namespace quern::cli {
namespace {

Result<int> read_model(const Invocation& invocation) {
    flow::answer_read_model({.format = invocation.text("from"),
                             .names = invocation.comma_list("names"),
                             .target = invocation.text("target")});
}

}  // namespace

QUERN_REGISTER(Command)
({
    .name = flow::kReadModelVerb,
    .summary = "Read a model of another program from standard input",
    .example = "quern read-model < model.txt",
    .options = {{.name = "--from", .value_name = "KIND", .doc = "of the file"},
                {.name = "--names", .value_name = "LIST", .doc = "of the features"},
                {.name = "--target", .value_name = "NAME", .doc = "what the model predicts"}},
    .run = read_model,
    .is_shown = false,
});

}  // namespace quern::cli
