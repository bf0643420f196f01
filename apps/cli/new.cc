// `quern new`: from a file to a project.

#include "quern/base/folder.h"
#include "quern/base/json.h"
#include "quern/flow/new_project.h"
#include "quern/frame/display_width.h"

#include "apps/cli/command.h"
#include "apps/cli/output.h"

namespace quern::cli {
namespace {

std::string report_json(const flow::NewReport& report) {
    JsonWriter json(2);
    json.begin_object();
    json.field("read", report.file_words);
    json.field("target", report.target_words);
    json.key("files").begin_array();
    for (const auto& file : report.files) {
        json.begin_object().field("path", file.path).field("note", file.note).end_object();
    }
    json.end_array().end_object();
    return json.take() + "\n";
}

std::string report_text(const flow::NewReport& report, const std::string& folder) {
    std::string text = frame::printable(report.file_words) + "\n";
    if (!report.target_words.empty()) text += frame::printable(report.target_words) + "\n";
    text += "Wrote " + folder + "/\n";
    size_t width = 0;
    for (const auto& file : report.files) width = std::max(width, file.path.size());
    for (const auto& file : report.files) {
        text += "  " + file.path;
        if (!file.note.empty()) text += std::string(width - file.path.size() + 2, ' ') + file.note;
        text += "\n";
    }
    return text + "Next: cd " + folder + " && quern run\n";
}

Result<int> run_new(const Invocation& invocation) {
    const std::string folder = invocation.text("NAME");
    const auto report = TRY(flow::new_project({.folder = folder,
                                               .file = invocation.text("from"),
                                               .target = invocation.text("target"),
                                               .names = invocation.comma_list("names"),
                                               .encoding = invocation.text("encoding")}));
    TRY(print(invocation.is_json ? report_json(report) : report_text(report, folder)));
    return 0;
}

QUERN_REGISTER(Command)({
    .name = "new",
    .summary = "Write a project for a file: source, checked table, model, service",
    .example = "quern new income --from census.csv --target income",
    .arguments = {{"NAME", "Folder to make; its last part names the project"}},
    .options = {{"--from", "FILE", "CSV, TSV, Parquet, JSON or NDJSON, also .gz and .zst", true},
                {"--target", "COLUMN", "What to learn; without it no model is written"},
                {"--names", "LIST", "Names of the columns, for a file without a header: a,b,c"},
                {"--encoding", "NAME", "Of the file, if it is not UTF-8: latin-1, utf-16"}},
    .run = run_new,
});

}  // namespace
}  // namespace quern::cli
