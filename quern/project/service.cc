// Services: services/*.yml.
#include "quern/project/keys.h"

namespace quern::project {
namespace {

Status read_model_reference(Service& service, const Tree& value) {
    std::string text;
    TRY(detail::read_value(value, detail::Typed<std::string>::shape(), "model", text));
    service.model_place = value.place;
    const size_t at = text.rfind('@');
    service.model = text.substr(0, at);
    if (at != std::string::npos) service.alias = text.substr(at + 1);
    if (!service.model.empty() && !service.alias.empty()) return {};
    return invalid_argument("'model' must be a model's name, or name@alias, got '" + text + "'")
        .at(value.place.text());
}

std::vector<Param> contract_params() {
    const std::vector<std::string> words = {"allow", "impute", "error"};
    return {
        choice_param("type", &Contract::type, words, "Not a value of the column's type."),
        choice_param("null", &Contract::null, words,
                     "NULL, or no such field, where training saw no NULL."),
        choice_param("range", &Contract::range, words,
                     "A number, date or time beyond those of training."),
        choice_param("category", &Contract::category, words,
                     "A text that training did not see; of columns with at most 100 of them."),
    };
}

// One word for all four, or a map.
Status read_contract(Service& service, const Tree& value) {
    Contract& contract = service.contract;
    if (value.is_map()) {
        TRY(read_params(contract_params(), value, &contract, "contract"));
    } else {
        const Param one = contract_params()[0];
        TRY(one.read(&contract, value, one));
        contract.null = contract.range = contract.category = contract.type;
    }
    if (contract.type != OnViolation::allow) return {};
    return invalid_argument("what is no value of a column's type cannot be scored as it is")
        .at(value.place.text())
        .hint("write `type: error` or `type: impute`");
}

}  // namespace

Keys service_keys() {
    auto model = custom_param<Service>("model", detail::plain_shape("string"),
                                       "What is served: `name` or `name@alias`; default alias: "
                                       "champion.",
                                       &read_model_reference);
    model.is_required = true;
    return {
        .what = "service",
        .summary = "What is served.",
        .params = {std::move(model), param("description", &Service::description, "Whom it is for."),
                   custom_param<Service>(
                       "contract", detail::plain_shape("any"),
                       "What becomes of a field that breaks the model's input contract: error, "
                       "impute or allow, or one word each: `{type: error, null: error, range: "
                       "allow, category: allow}` (the default).",
                       &read_contract)},
        .later = {"shadow", "canary", "explain", "roles", "log", "watch", "alert", "retrain"}};
}

Result<Service> read_service(const Tree& map) {
    Service service;
    TRY(read_keys(service_keys(), map, &service));
    return service;
}

}  // namespace quern::project
