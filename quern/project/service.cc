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

}  // namespace

Keys service_keys() {
    auto model = custom_param<Service>("model", detail::plain_shape("string"),
                                       "What is served: `name` or `name@alias`; default alias: "
                                       "champion.",
                                       &read_model_reference);
    model.is_required = true;
    return {.what = "service",
            .summary = "What is served.",
            .params = {std::move(model),
                       param("description", &Service::description, "Whom it is for.")},
            .later = {"shadow", "canary", "explain", "roles", "log", "watch", "alert", "retrain"}};
}

Result<Service> read_service(const Tree& map) {
    Service service;
    TRY(read_keys(service_keys(), map, &service));
    return service;
}

}  // namespace quern::project
