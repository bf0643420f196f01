// Reads a project's folder: quern.yml first, then the files of each kind.
#include <algorithm>
#include <functional>
#include <set>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/project/keys.h"
#include "quern/project/names.h"
#include "quern/project/sql_text.h"

namespace quern::project {
namespace {

constexpr std::string_view kProjectFile = "quern.yml";

class Loader {
public:
    Loader(Project& project, const LoadLimits& limits) : project_(project), limits_(limits) {}

    Status load() {
        TRY(load_project_file());
        faults_.also(load_folder("sources", {".yml", ".yaml"}, [this](const File& file) {
            return add_yaml(file, "source", &read_source, project_.sources);
        }));
        faults_.also(load_folder("tables", {".sql"}, [this](const File& file) {
            auto table = file.text.ok() ? read_table_file(*file.text, file.shown_path)
                                        : Result<Table>(file.text.status());
            return add(file.name, "table", std::move(table), file.place(), project_.tables);
        }));
        faults_.also(load_folder("models", {".yml", ".yaml"}, [this](const File& file) {
            return add_yaml(file, "model", &read_model, project_.models);
        }));
        faults_.also(load_folder("services", {".yml", ".yaml"}, [this](const File& file) {
            return add_yaml(file, "service", &read_service, project_.services);
        }));
        check_references();
        sort_all();
        return limited(std::move(faults_));
    }

private:
    struct File {
        std::string name, shown_path;
        Result<std::string> text;
        Place place() const { return {std::make_shared<const std::string>(shown_path), 0, 0}; }
    };

    // Reads quern.yml; its headings may hold what otherwise stands in files.
    Status load_project_file() {
        const std::string path = join_path(project_.root, kProjectFile);
        auto text = read_file(path, limits_.file_bytes_max);
        if (!text.ok()) return std::move(text).status().at(std::string(kProjectFile));
        const Tree tree = TRY(parse_yaml({.text = *text, .file = std::string(kProjectFile)}));
        project_.place = tree.place;
        project_.name = file_name(project_.root);
        faults_.also(read_keys(project_keys(), tree, &project_));
        faults_.also(check_name("project", project_.name).at(project_.place.text()));
        add_section(tree.find("sources"), "source", &read_source, project_.sources);
        const auto read_table = [&](const Tree& map) { return read_inline_table(map, *text); };
        add_section(tree.find("tables"), "table", read_table, project_.tables);
        add_section(tree.find("models"), "model", &read_model, project_.models);
        add_section(tree.find("services"), "service", &read_service, project_.services);
        return {};
    }

    template <class Read, class Item>
    void add_section(const Tree* section, std::string_view kind, Read read,
                     std::vector<Item>& items) {
        if (section == nullptr || section->is_null()) return;
        if (!section->is_map()) {
            faults_.also(invalid_argument("'" + std::string(kind) +
                                          "s' must be a map from names, got " +
                                          std::string(section->kind_name()))
                             .at(section->place.text()));
            return;
        }
        for (const auto& entry : section->entries) {
            faults_.also(add(entry.key, kind, read(entry.value), entry.place, items));
        }
    }

    template <class Item>
    Status add_yaml(const File& file, std::string_view kind, Result<Item> (*read)(const Tree&),
                    std::vector<Item>& items) {
        const auto read_text = [&]() -> Result<Item> {
            const std::string text = TRY(Result<std::string>(file.text));
            const Tree tree = TRY(parse_yaml({.text = text, .file = file.shown_path}));
            return read(tree);
        };
        return add(file.name, kind, read_text(), file.place(), items);
    }

    // The name counts as taken even if what it names has faults, so that these are told alone.
    template <class Item>
    Status add(const std::string& name, std::string_view kind, Result<Item> item,
               const Place& place, std::vector<Item>& items) {
        Status faults = check_name(kind, name).at(place.text());
        Names& names = kind == "service" ? service_names_ : names_;
        if (kind == "model") model_names_.push_back(name);
        faults.also(names.add(kind, name, place));
        if (!item.ok()) {
            faults.also(std::move(item).status().at(place.text()));
            return faults;
        }
        item->name = name;
        item->place = place;
        items.push_back(std::move(item).value());
        return faults;
    }

    Status load_folder(const std::string& folder, const std::set<std::string_view>& endings,
                       const std::function<Status(const File&)>& load_file) {
        const std::string path = join_path(project_.root, folder);
        const auto facts = file_facts(path);
        if (!facts.ok()) {
            const bool is_absent = facts.status().code() == Code::not_found;
            return is_absent ? Status() : Status(facts.status()).at(folder);
        }
        if (!facts->is_folder) return invalid_argument("must be a folder").at(folder);
        auto files = list_files(path, {.file_count_max = limits_.file_count_max});
        if (!files.ok()) return std::move(files).status().at(folder);
        Status faults;
        for (const auto& found : *files) {
            const std::string shown = found.path.substr(project_.root.size() + 1);
            const std::string ending = lower_ascii(ending_of(shown));
            if (endings.contains(ending)) {
                faults.also(load_file(
                    {file_stem(shown), shown, read_file(found.path, limits_.file_bytes_max)}));
            } else if (ending == ".yml" || ending == ".yaml" || ending == ".sql") {
                faults.also(misplaced(shown, folder));
            }
            if (faults.others().size() > limits_.fault_count_max) break;
        }
        return faults;
    }

    static std::string ending_of(const std::string& path) {
        const std::string name = file_name(path);
        return name.substr(std::min(name.size(), file_stem(path).size()));
    }

    static Status misplaced(const std::string& shown, const std::string& folder) {
        return invalid_argument("a file of this kind is not read from " + folder + "/")
            .at(shown)
            .hint(folder == "tables" ? "a table is an .sql file; its settings stand in it"
                                     : "only .yml files belong there");
    }

    void check_references() {
        for (const auto& model : project_.models) {
            if (is_data(model.from.text)) continue;
            faults_.also(unknown_reference("table or source", model.from.text, data_names(),
                                           model.from.place));
        }
        const std::vector<std::string_view> models(model_names_.begin(), model_names_.end());
        for (const auto& service : project_.services) {
            const bool is_known = std::ranges::any_of(
                models, [&](auto name) { return lower_ascii(name) == lower_ascii(service.model); });
            if (!is_known) {
                faults_.also(
                    unknown_reference("model", service.model, models, service.model_place));
            } else if (!(service.contract == project_.contract_of(service.model))) {
                faults_.also(invalid_argument("two services of model '" + service.model +
                                              "' have different contracts")
                                 .at(service.place.text())
                                 .hint("give both the same `contract`"));
            }
        }
        for (const auto& table : project_.tables) check_variables(table);
    }

    // A table that has faults of its own is told once, not at each of its users.
    bool is_data(std::string_view name) const {
        return names_.has(name) && project_.find_model(name) == nullptr;
    }

    std::vector<std::string_view> data_names() const {
        std::vector<std::string_view> names;
        for (const auto& name : names_.all()) {
            if (is_data(name)) names.push_back(name);
        }
        return names;
    }

    static Status unknown_reference(std::string_view kind, std::string_view name,
                                    const std::vector<std::string_view>& known,
                                    const Place& place) {
        const Status unknown = unknown_name(kind, name, known);
        return not_found("there is no " + std::string(kind) + " '" + std::string(name) + "'")
            .at(place.text())
            .hint(std::string(unknown.hint()));
    }

    void check_variables(const Table& table) {
        std::vector<std::string_view> known;
        for (const auto& [name, value] : project_.vars) known.push_back(name);
        for (const auto& statement : scan_sql(table.sql).statements) {
            for (const auto& variable : statement.variables) {
                if (project_.vars.contains(variable.name)) continue;
                const Status unknown = unknown_name("variable", variable.name, known);
                faults_.also(not_found("there is no variable '" + variable.name +
                                       "' under `vars` in quern.yml")
                                 .at(place_in_sql(table, variable.offset).text())
                                 .hint(std::string(unknown.hint())));
            }
        }
    }

    void sort_all() {
        std::ranges::sort(project_.sources, {}, &Source::name);
        std::ranges::sort(project_.tables, {}, &Table::name);
        std::ranges::sort(project_.models, {}, &Model::name);
        std::ranges::sort(project_.services, {}, &Service::name);
    }

    Status limited(Status faults) const {
        const size_t count = faults.others().size();
        if (count <= limits_.fault_count_max) return faults;
        Status fewer = faults.without_others();
        for (size_t i = 0; i < limits_.fault_count_max; ++i) fewer.also(faults.others()[i]);
        fewer.also(
            invalid_argument("and " + plural(static_cast<int64_t>(count - limits_.fault_count_max),
                                             "further fault")));
        return fewer;
    }

    Project& project_;
    LoadLimits limits_;
    Names names_, service_names_;
    std::vector<std::string> model_names_;
    Status faults_;
};

template <class Item>
const Item* find_named(const std::vector<Item>& items, std::string_view name) {
    const std::string wanted = lower_ascii(name);
    const auto found = std::ranges::find_if(
        items, [&](const Item& item) { return lower_ascii(item.name) == wanted; });
    return found == items.end() ? nullptr : &*found;
}

}  // namespace

const Source* Project::find_source(std::string_view wanted) const {
    return find_named(sources, wanted);
}
const Table* Project::find_table(std::string_view wanted) const {
    return find_named(tables, wanted);
}
const Model* Project::find_model(std::string_view wanted) const {
    return find_named(models, wanted);
}
const Service* Project::find_service(std::string_view wanted) const {
    return find_named(services, wanted);
}

Contract Project::contract_of(std::string_view model) const {
    for (const auto& service : services)
        if (lower_ascii(service.model) == lower_ascii(model)) return service.contract;
    return {};
}

Result<std::string> find_project_root(const std::string& folder) {
    const std::string start = absolute_path(folder);
    const auto facts = file_facts(start);
    if (!facts.ok()) return facts.status();
    if (!facts->is_folder) return invalid_argument("'" + folder + "' is a file, not a folder");
    for (std::string at = start;; at = folder_of(at)) {
        if (path_exists(join_path(at, kProjectFile))) return at;
        if (at == "/") break;
    }
    const bool has_yaml = path_exists(join_path(start, "quern.yaml"));
    return not_found("no quern.yml in '" + start + "' or above it")
        .hint(has_yaml ? "rename quern.yaml to quern.yml"
                       : "make a project: quern new NAME --from FILE --target COLUMN");
}

Result<Project> load_project(const std::string& folder, const LoadLimits& limits) {
    Project project;
    project.root = TRY(find_project_root(folder));
    TRY(Loader(project, limits).load());
    return project;
}

}  // namespace quern::project
