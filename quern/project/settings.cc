// quern.yml, and what all kinds of file may hold as schemas and reference pages.
#include "quern/project/keys.h"

namespace quern::project {
namespace {

Status read_store(Project& project, const Tree& value) {
    TRY(detail::read_value(value, detail::Typed<std::string>::shape(), "store",
                           project.settings.store));
    if (!project.settings.store.empty()) return {};
    return invalid_argument("'store' must name a folder").at(value.place.text());
}

// A name, or *.name for all below it.
Status read_egress(Project& project, const Tree& value) {
    std::vector<Located> hosts;
    TRY(detail::read_value(value, detail::Typed<std::vector<std::string>>::shape(), "egress",
                           hosts));
    project.settings.egress.emplace();
    Status faults;
    for (const auto& host : hosts) {
        const std::string_view name =
            std::string_view(host.text).substr(host.text.starts_with("*.") ? 2 : 0);
        const bool is_host = !name.empty() && name.find_first_of("/*@ ") == std::string_view::npos;
        if (!is_host) {
            faults.also(invalid_argument("'" + host.text + "' is no name of a host")
                            .at(host.place.text())
                            .hint("write it without http:// and path: api.example, *.example"));
        }
        project.settings.egress->push_back(host.text);
    }
    return faults;
}

Status read_threads(Project& project, const Tree& value) {
    Shape shape = detail::Typed<int64_t>::shape();
    shape.low = 0;
    shape.high = 1024;
    return detail::read_value(value, shape, "threads", project.settings.threads);
}

Status read_memory(Project& project, const Tree& value) {
    project.settings.memory_bytes = TRY(parse_size_bytes(value));
    return {};
}

bool is_variable_name(std::string_view name) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    if (name.empty() || !is_letter(name[0])) return false;
    return std::ranges::all_of(name,
                               [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

Status check_variable(const Tree::Entry& entry) {
    if (!is_variable_name(entry.key)) {
        return invalid_argument("the variable '" + entry.key +
                                "' must be named by letters, digits and _")
            .at(entry.place.text());
    }
    const auto is_single = [](const Tree& tree) { return tree.is_scalar() || tree.is_null(); };
    const bool is_list = entry.value.is_list() && !entry.value.items.empty() &&
                         std::ranges::all_of(entry.value.items, is_single);
    if (is_single(entry.value) || is_list) return {};
    return invalid_argument("the variable '" + entry.key + "' must be a value or a list of values")
        .at(entry.value.place.text());
}

Status read_variables(Project& project, const Tree& value) {
    if (!value.is_map()) {
        return invalid_argument("'vars' must be a map from names to values, got " +
                                std::string(value.kind_name()))
            .at(value.place.text());
    }
    Status faults;
    for (const auto& entry : value.entries) {
        faults.also(check_variable(entry));
        project.vars[entry.key] = entry.value;
    }
    return faults;
}

struct Kind {
    std::string_view name;
    Keys keys;
};

std::vector<Kind> all_kinds() {
    return {{"quern", project_keys()},
            {"source", source_keys()},
            {"table", table_keys()},
            {"model", model_keys()},
            {"service", service_keys()}};
}

// A heading of quern.yml: a map from names to what a file of that kind would hold. The loader reads
// it once the settings are known.
Param heading(std::string_view name, const Keys& keys) {
    Shape item = detail::plain_shape("object");
    item.fields = keys.params;
    return custom_param<Project>(name, map_of(std::move(item)), keys.summary,
                                 [](Project&, const Tree&) { return Status(); });
}

}  // namespace

Keys project_keys() {
    auto params = std::vector<Param>{
        param("name", &Project::name, "Default: the folder's name."),
        param("description", &Project::description, "What it is for."),
        custom_param<Project>("store", detail::plain_shape("string"),
                              "Folder for everything quern makes; default: .quern.", &read_store),
        custom_param<Project>("threads", detail::plain_shape("integer"),
                              "At most so many; default: all there are.", &read_threads),
        custom_param<Project>("memory", detail::plain_shape("string"),
                              "Limit, such as '4 GB'; default: by what the machine has.",
                              &read_memory),
        custom_param<Project>("egress", list_of(detail::plain_shape("string")),
                              "Hosts that sources may talk to, such as api.example or *.example; "
                              "default: those that each source names itself.",
                              &read_egress),
        custom_param<Project>("vars", map_of(detail::plain_shape("any")),
                              "Values that SQL uses as $name.", &read_variables),
        heading("sources", source_keys()),
        heading("tables", inline_table_keys()),
        heading("models", model_keys()),
        heading("services", service_keys()),
    };
    return {.what = "project",
            .summary = "Settings of the whole project; the only file that must be there.",
            .params = std::move(params),
            .later = {"targets", "target", "schedule", "reports", "tests"}};
}

std::map<std::string, std::string> project_schemas() {
    std::map<std::string, std::string> schemas;
    for (const auto& kind : all_kinds()) {
        schemas.emplace(kind.name, json_schema(kind.keys.params));
    }
    return schemas;
}

std::map<std::string, std::string> project_reference() {
    std::map<std::string, std::string> pages;
    for (const auto& kind : all_kinds()) {
        pages.emplace(kind.name,
                      std::string(kind.keys.summary) + "\n\n" + markdown_table(kind.keys.params));
    }
    return pages;
}

}  // namespace quern::project
