#include "quern/store/models.h"

#include <algorithm>
#include <charconv>

#include "quern/base/clock.h"
#include "quern/base/nearest.h"

namespace quern::store {
namespace {

constexpr std::string_view kColumns =
    "select v.model, v.version, v.artifact, v.fingerprint, v.metrics, v.gates_passed, v.run, "
    "v.created_ms, coalesce((select group_concat(alias) from aliases a where a.model = v.model "
    "and a.version = v.version), '') from model_versions v ";

ModelVersion version_of(const Row& row) {
    ModelVersion version{row.text(0),    row.integer(1), row.text(2),
                         row.text(3),    row.text(4),    row.integer(5) != 0,
                         row.integer(6), row.integer(7), {}};
    std::string aliases = row.text(8);
    for (size_t start = 0; start < aliases.size();) {
        const size_t comma = std::min(aliases.find(',', start), aliases.size());
        version.aliases.push_back(aliases.substr(start, comma - start));
        start = comma + 1;
    }
    return version;
}

std::vector<ModelVersion> versions_of_rows(const std::vector<Row>& rows) {
    std::vector<ModelVersion> versions;
    for (const auto& row : rows) versions.push_back(version_of(row));
    return versions;
}

}  // namespace

Result<ModelName> parse_model_name(std::string_view text) {
    const size_t at = text.rfind('@');
    if (at == std::string_view::npos)
        return ModelName{std::string(text), std::string(kChampion), 0};
    ModelName name{std::string(text.substr(0, at)), std::string(text.substr(at + 1)), 0};
    std::string_view number = name.alias;
    if (number.starts_with('v')) number.remove_prefix(1);
    const char* end = number.data() + number.size();
    const auto [stop, error] = std::from_chars(number.data(), end, name.version);
    if (error == std::errc() && stop == end && name.version > 0) {
        name.alias.clear();
        return name;
    }
    name.version = 0;
    if (name.model.empty() || name.alias.empty()) {
        return invalid_argument("'" + std::string(text) + "' is not the name of a model")
            .hint("write name, name@champion or name@3");
    }
    return name;
}

Result<int64_t> Models::add(const ModelVersion& next) {
    int64_t version = 0;
    const auto change = [&]() -> Status {
        const auto known = TRY(
            database_.rows("select version from model_versions where model = ? and fingerprint = ?",
                           {next.model, next.fingerprint}));
        if (!known.empty()) {
            version = known[0].integer(0);
            return database_.run(
                "update model_versions set artifact = ?, metrics = ?, gates_passed = ?, run = ? "
                "where model = ? and version = ?",
                {next.artifact, next.metrics, int64_t{next.gates_passed}, next.run, next.model,
                 version});
        }
        const auto added = TRY(database_.rows(
            "insert into model_versions select ?, coalesce(max(version), 0) + 1, ?, ?, ?, ?, ?, ? "
            "from model_versions where model = ? returning version",
            {next.model, next.artifact, next.fingerprint, next.metrics, int64_t{next.gates_passed},
             next.run, unix_ms_now(), next.model}));
        version = added[0].integer(0);
        return {};
    };
    TRY(database_.transaction(change));
    return version;
}

Status Models::promote(const std::string& model, int64_t version) {
    return database_.transaction([&]() -> Status {
        TRY(find({model, "", version}));
        const auto now = TRY(champion(model));
        if (now && now->version == version) return {};
        constexpr std::string_view kPoint = "insert or replace into aliases values (?, ?, ?, ?)";
        if (now) {
            TRY(database_.run(kPoint,
                              {model, std::string(kPrevious), now->version, unix_ms_now()}));
        }
        return database_.run(kPoint, {model, std::string(kChampion), version, unix_ms_now()});
    });
}

Result<ModelVersion> Models::roll_back(const std::string& model) {
    ModelVersion back;
    const auto change = [&]() -> Status {
        TRY(find({model, std::string(kChampion), 0}));
        auto previous = find({model, std::string(kPrevious), 0});
        if (!previous.ok()) {
            return failed_precondition("model '" + model + "' has no earlier champion")
                .hint("see its versions with `quern show " + model + "`, then `quern promote " +
                      model + "@VERSION`");
        }
        TRY(promote(model, previous->version));
        back = TRY(find({model, std::string(kChampion), 0}));
        return {};
    };
    TRY(database_.transaction(change));
    return back;
}

Result<ModelVersion> Models::find(const ModelName& name) {
    const auto rows =
        name.version > 0
            ? TRY(database_.rows(std::string(kColumns) + "where v.model = ? and v.version = ?",
                                 {name.model, name.version}))
            : TRY(database_.rows(std::string(kColumns) +
                                     "join aliases n on n.model = v.model and n.version = "
                                     "v.version where v.model = ? and n.alias = ?",
                                 {name.model, name.alias}));
    if (!rows.empty()) return version_of(rows[0]);

    const auto known = TRY(database_.rows("select distinct model from model_versions"));
    std::vector<std::string> names;
    for (const auto& row : known) names.push_back(row.text(0));
    const std::vector<std::string_view> views(names.begin(), names.end());
    const bool is_known = std::ranges::find(names, name.model) != names.end();
    if (names.empty()) {
        return not_found("no model has been trained here yet").hint("run `quern run` first");
    }
    if (!is_known) return unknown_name("model", name.model, views);
    const std::string what =
        name.version > 0 ? "version " + std::to_string(name.version) : name.alias;
    return not_found("model '" + name.model + "' has no " + what)
        .hint("see its versions with `quern show " + name.model + "`");
}

Result<std::optional<ModelVersion>> Models::champion(const std::string& model) {
    const auto rows = TRY(database_.rows(
        std::string(kColumns) + "join aliases n on n.model = v.model and n.version = v.version "
                                "where v.model = ? and n.alias = ?",
        {model, std::string(kChampion)}));
    return rows.empty() ? std::optional<ModelVersion>() : version_of(rows[0]);
}

Result<std::vector<ModelVersion>> Models::versions_of(const std::string& model) {
    return versions_of_rows(TRY(database_.rows(
        std::string(kColumns) + "where v.model = ? order by v.version desc", {model})));
}

Result<std::vector<ModelVersion>> Models::champions() {
    return versions_of_rows(TRY(database_.rows(
        std::string(kColumns) + "join aliases n on n.model = v.model and n.version = v.version "
                                "where n.alias = ? order by v.model",
        {std::string(kChampion)})));
}

}  // namespace quern::store
