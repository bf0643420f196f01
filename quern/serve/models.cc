#include "quern/serve/models.h"

#include <atomic>
#include <charconv>

#include "quern/base/json.h"
#include "quern/base/nearest.h"

namespace quern::serve {
namespace {

std::atomic<uint64_t> serial_count{0};

std::string label_json(const frame::Type& type, const std::string& label) {
    if (type.id == frame::TypeId::boolean && (label == "true" || label == "false")) return label;
    int64_t number = 0;
    const char* end = label.data() + label.size();
    const auto read = std::from_chars(label.data(), end, number);
    const bool is_number = read.ec == std::errc() && read.ptr == end;
    if (frame::is_integer(type) && is_number) return label;
    return json_string(label);
}

// 0 when it is none.
int64_t version_number(std::string_view text) {
    if (text.starts_with('v')) text.remove_prefix(1);
    int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() ? number : 0;
}

}  // namespace

LoadedModel::LoadedModel(std::string model_name, int64_t model_version, score::Scorer model_scorer,
                         project::Contract model_contract)
    : name(std::move(model_name)),
      version(model_version),
      scorer(std::move(model_scorer)),
      contract(model_contract),
      serial(++serial_count) {
    for (const auto& label : program().classes) {
        labels.push_back(label_json(program().target_type, label));
        label_keys.push_back(json_string(label) + ": ");
    }
    for (const auto& input : program().asked()) input_names.push_back(json_string(input.name));
    for (const auto& source : scorer.sources()) source_keys.push_back(json_string(source) + ": ");
    if (scorer.can_interact().ok())
        for (const auto& pair : score::interaction_names(scorer.sources()))
            pair_keys.push_back(json_string(pair) + ": ");
    tail = ", \"model\": " + json_string(name) + ", \"version\": " + std::to_string(version) + "}";
}

std::vector<std::string_view> ModelSet::names() const {
    std::vector<std::string_view> names;
    for (const auto& [name, model] : models) names.push_back(name);
    return names;
}

Result<const LoadedModel*> ModelSet::find(std::string_view reference,
                                          std::string_view version) const {
    const size_t at = version.empty() ? reference.find('@') : std::string_view::npos;
    const std::string_view name = reference.substr(0, at);
    if (at != std::string_view::npos) version = reference.substr(at + 1);
    const auto found = models.find(name);
    if (found == models.end()) return unknown_name("model", name, names());
    const ServedModel& model = found->second;
    if (version.empty()) return model.champion.get();
    const auto alias = model.aliases.find(version);
    const int64_t number = alias == model.aliases.end() ? version_number(version) : alias->second;
    const auto loaded = model.versions.find(number);
    if (loaded != model.versions.end()) return loaded->second.get();
    return not_found("version '" + std::string(version) + "' of model '" + std::string(name) +
                     "' is not served");
}

}  // namespace quern::serve
