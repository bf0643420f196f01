// `quern sources`: where rows can come from, and how that is written.

#include "quern/base/json.h"
#include "quern/data/connector.h"
#include "quern/data/source_format.h"

#include "apps/cli/command.h"
#include "apps/cli/output.h"

namespace quern::cli {
namespace {

using data::Connector;
using data::SourceFormat;

template <class Entry>
std::string lines_of(size_t width) {
    std::string text;
    for (const auto& entry : Registry<Entry>::of_kind().all()) {
        std::string name(entry.name);
        name.resize(std::max(width, name.size()), ' ');
        text += "  " + name + "  " + std::string(entry.summary) + "\n";
    }
    return text;
}

std::string overview() {
    constexpr size_t kNameWidth = 10;
    return "Files (`file: PATH`; the format follows from the ending):\n" +
           lines_of<SourceFormat>(kNameWidth) + "\nOther places (`KIND: {...}`):\n" +
           lines_of<Connector>(kNameWidth) + "\nThe settings of one: quern sources KIND\n";
}

std::string all_json() {
    JsonWriter json(2);
    json.begin_array();
    for (const auto& connector : Registry<Connector>::of_kind().all()) {
        json.begin_object().field("name", connector.name).field("summary", connector.summary);
        json.field("example", connector.example).field("is_stream", connector.is_stream);
        json.list("secrets", connector.secrets);
        json.key("settings").raw(json_schema(connector.params)).end_object();
    }
    return json.end_array().take() + "\n";
}

Result<int> run_sources(const Invocation& invocation) {
    const std::string wanted = invocation.text("KIND");
    if (wanted.empty()) {
        TRY(print(invocation.is_json ? all_json() : overview()));
        return 0;
    }
    const auto format = Registry<SourceFormat>::of_kind().find(wanted);
    if (format.ok()) {
        TRY(print(std::string((*format)->summary) + "\n\n" + std::string((*format)->example) +
                  "\n\nAll keys of a file: quern schema source --markdown\n"));
        return 0;
    }
    const auto* connector = TRY(Registry<Connector>::of_kind().find(wanted));
    TRY(print(data::page_of(*connector)));
    return 0;
}

QUERN_REGISTER(Command)({
    .name = "sources",
    .summary = "List the kinds of sources and their settings",
    .example = "quern sources postgres",
    .arguments = {{"KIND", "one of them, with its settings", false}},
    .run = run_sources,
});

}  // namespace
}  // namespace quern::cli
