// `quern reference`: what there is to use, as Markdown, made from the registries.

#include "quern/data/connector.h"
#include "quern/data/paging/paging.h"
#include "quern/data/source_format.h"
#include "quern/evaluate/metric.h"
#include "quern/project/project.h"
#include "quern/quality/check.h"
#include "quern/score/calibration.h"
#include "quern/score/conformal.h"
#include "quern/score/encoder.h"
#include "quern/score/exporter.h"
#include "quern/score/function.h"
#include "quern/score/importer.h"
#include "quern/serve/route.h"
#include "quern/train/learner.h"
#include "quern/train/load.h"
#include "quern/train/selector.h"
#include "quern/train/transform.h"

#include "apps/cli/command.h"
#include "apps/cli/output.h"

namespace quern::cli {
namespace {

std::string heading(std::string_view name) { return "\n### " + std::string(name) + "\n\n"; }

std::string text_of(std::string_view view) { return std::string(view); }

std::string list_of(const std::vector<std::string_view>& names) {
    std::string list;
    for (const auto name : names) list += (list.empty() ? "`" : ", `") + text_of(name) + "`";
    return list;
}

std::string example_of(std::string_view example) {
    return "\n```\n" + text_of(example) + "\n```\n";
}

std::string files_text() {
    std::string text;
    for (const auto& [kind, table] : project::project_reference()) text += heading(kind) + table;
    return text;
}

std::string checks_text() {
    std::string text;
    for (const auto& check : Registry<quality::Check>::of_kind().all()) {
        text += heading(check.name) + text_of(check.summary) + "\n" + example_of(check.example);
        if (!check.aliases.empty()) text += "\nAlso: " + list_of(check.aliases) + "\n";
        if (!check.params.empty()) text += "\n" + markdown_table(check.params);
    }
    return text;
}

Result<std::string> learners_text() {
    TRY(train::load_training());
    std::string text;
    for (const auto& learner : Registry<train::Learner>::of_kind().all()) {
        text += heading(learner.name) + text_of(learner.summary) + " Done by " +
                text_of(learner.source) + ".\n" + example_of(learner.example);
        if (!learner.params.empty()) text += "\n" + markdown_table(learner.params);
    }
    return text;
}

Result<std::string> transforms_text() {
    TRY(train::load_training());
    std::string text =
        "\nThey are called by name among a model's `features:`, settings by `:=`. They learn from "
        "the "
        "rows\nthat teach, in each fold anew; the model's file holds what they learned. SQL over "
        "the "
        "row stands\ninside of them, never around them; those of numbers may stand inside of each "
        "other. A feature\nwithout one is prepared by its type.\n";
    for (const auto& transform : Registry<train::Transform>::of_kind().all()) {
        text += heading(transform.name) + text_of(transform.summary) + " Takes " +
                text_of(train::takes_text(transform.takes)) +
                ". Reference: " + text_of(transform.reference) + ".\n" +
                example_of(transform.example);
        if (!transform.params.empty()) text += "\n" + markdown_table(transform.params);
    }
    return text;
}

Result<std::string> selectors_text() {
    TRY(train::load_training());
    std::string text =
        "\nOne of them stands under a model's key `select`. It looks at the columns as the learner "
        "would see\nthem, on the rows that teach, in each fold anew; what it drops is not computed "
        "when rows are scored.\n`quern show MODEL` tells the score of each feature.\n";
    for (const auto& selector : Registry<train::Selector>::of_kind().all()) {
        text += heading(selector.name) + text_of(selector.summary) +
                (selector.is_for_regress ? "" : " For classes.") +
                " Reference: " + text_of(selector.reference) + ".\n" +
                example_of(selector.example) + "\n" + markdown_table(selector.params);
    }
    return text;
}

std::string metrics_text() {
    std::string text = "\n| metric | meaning | equals | interval |\n|---|---|---|---|\n";
    for (const auto& metric : Registry<evaluate::Metric>::of_kind().all()) {
        text += "| `" + metric.name + "` | " + metric.summary + " | " + metric.source + " | " +
                metric.interval_method + " |\n";
    }
    return text;
}

template <class Entry>
std::string sourced_text(std::string_view what) {
    std::string text = "\n| " + text_of(what) + " | meaning | equals |\n|---|---|---|\n";
    for (const auto& entry : Registry<Entry>::of_kind().all()) {
        text += "| `" + text_of(entry.name) + "` | " + text_of(entry.summary) + " | " +
                text_of(entry.source) + " |\n";
    }
    return text;
}

std::string functions_text() {
    std::string text = "\n| function | meaning | example |\n|---|---|---|\n";
    for (const auto& function : Registry<score::RowFunction>::of_kind().all()) {
        std::string name = text_of(function.name), example = text_of(function.example);
        for (auto* cell : {&name, &example}) {
            for (size_t at = 0; (at = cell->find('|', at)) != std::string::npos; at += 2) {
                cell->insert(at, "\\");
            }
        }
        text += "| `" + name + "` | " + text_of(function.summary) + " | `" + example + "` |\n";
    }
    return text;
}

std::string exports_text() {
    std::string text;
    for (const auto& exporter : Registry<score::Exporter>::of_kind().all()) {
        text += heading(exporter.name) + text_of(exporter.summary) + "\n" +
                example_of(exporter.example);
    }
    return text;
}

std::string imports_text() {
    std::string text =
        "\nA file is read in a process that may do nothing else, and nothing in it is run. What "
        "quern cannot say\nexactly is refused by its name.\n";
    for (const auto& importer : Registry<score::ModelImporter>::of_kind().all()) {
        text += heading(importer.name) + text_of(importer.summary) + " " + text_of(importer.exact) +
                "\n" + example_of(importer.example);
    }
    return text;
}

std::string formats_text() {
    std::string text;
    for (const auto& format : Registry<data::SourceFormat>::of_kind().all()) {
        text += heading(format.name) + text_of(format.summary) + "\n" + example_of(format.example);
    }
    return text;
}

std::string sources_text() {
    std::string text =
        "\nA source that is no file of the project names its kind as a key; how its rows come to "
        "those that are\nthere is said beside it: see the keys of a source in `quern reference "
        "files`. `quern run` asks for what\nis new before anything else, and keeps it below "
        "`.quern/landing`.\n";
    for (const auto& connector : Registry<data::Connector>::of_kind().all())
        text += heading(connector.name) + data::page_of(connector);
    return text;
}

std::string paging_text() {
    std::string text;
    for (const auto& paging : Registry<data::http::Paging>::of_kind().all()) {
        text += heading(paging.name) + text_of(paging.summary) + "\n" +
                example_of("pages: " + text_of(paging.example));
        if (!paging.params.empty()) text += "\n" + markdown_table(paging.params);
    }
    return text;
}

std::string routes_text() {
    std::string text = "\n| route | meaning |\n|---|---|\n";
    for (const auto& route : Registry<serve::Route>::of_kind().all()) {
        const std::string method = route.method == serve::Method::post ? "POST " : "GET ";
        for (const auto path : route.paths) {
            text += "| `" + method + text_of(path) + "` | " + text_of(route.summary) + " |\n";
        }
    }
    return text;
}

std::string commands_text() {
    std::string text;
    for (const auto& command : Registry<Command>::of_kind().all()) {
        if (!command.is_shown) continue;
        text +=
            heading(command.name) + text_of(command.summary) + ".\n" + example_of(command.example);
    }
    return text;
}

struct Chapter {
    std::string_view name, title;
    std::function<Result<std::string>()> text;
};

const std::vector<Chapter>& chapters() {
    static const std::vector<Chapter> all = {
        {"files", "Keys of the project's files", files_text},
        {"formats", "Source formats", formats_text},
        {"sources", "Kinds of sources", sources_text},
        {"paging", "Ways of paging (`pages:` of a source `http`)", paging_text},
        {"checks", "Checks", checks_text},
        {"functions", "Functions that features may call", functions_text},
        {"transforms", "Fitted transforms (in `features:`)", transforms_text},
        {"selectors", "Selection of columns (`select:`)", selectors_text},
        {"learners", "Learners (`algorithm:`)", learners_text},
        {"metrics", "Metrics, also for `gates:` and `metric:`", metrics_text},
        {"calibrations", "Calibrations (`calibrate:`)",
         [] { return sourced_text<score::Calibration>("calibration"); }},
        {"conformal", "Conformal methods (`conformal:`)",
         [] { return sourced_text<score::ConformalMethod>("method"); }},
        {"exports", "Forms that `quern export` writes", exports_text},
        {"imports", "Models that `quern import model` reads", imports_text},
        {"routes", "Routes of a service", routes_text},
        {"commands", "Commands", commands_text},
    };
    return all;
}

Result<int> run_reference(const Invocation& invocation) {
    const std::string wanted = invocation.text("CHAPTER");
    std::vector<std::string_view> names;
    bool is_found = false;
    for (const auto& chapter : chapters()) {
        names.push_back(chapter.name);
        if (!wanted.empty() && wanted != chapter.name) continue;
        is_found = true;
        const std::string text = TRY(chapter.text());
        TRY(print("## " + text_of(chapter.title) + "\n" + text + "\n"));
    }
    if (!is_found) return unknown_name("chapter", wanted, names);
    return 0;
}

QUERN_REGISTER(Command)
({
    .name = "reference",
    .summary = "Print what there is: file keys, checks, learners, metrics, functions, routes",
    .example = "quern reference learners",
    .arguments =
        {{"CHAPTER",
          "files, formats, sources, paging, checks, functions, transforms, selectors, learners, "
          "metrics, exports, imports, routes or commands",
          false}},
    .run = run_reference,
});

}  // namespace
}  // namespace quern::cli
