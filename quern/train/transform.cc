#include "quern/train/transform.h"

#include <cmath>

namespace quern::train {
namespace {

Status check_arguments(const Transform& transform, const Written& written) {
    const std::string name(transform.name);
    if (written.arguments.empty()) {
        return invalid_argument(name +
                                " needs an argument: " + std::string(takes_text(transform.takes)));
    }
    if (transform.is_of_columns()) return {};
    if (written.arguments.size() > 1) {
        return invalid_argument(name + " takes one argument, got " +
                                std::to_string(written.arguments.size()))
            .hint("write one " + name + " for each");
    }
    if (written.arguments[0].transform.empty()) return {};
    return invalid_argument(name + " takes " + std::string(takes_text(transform.takes)) +
                            ", not the numbers of " + written.arguments[0].transform)
        .hint("put SQL over the row inside of it");
}

Status check_type(const Transform& transform, const Written& argument, const frame::Type& type) {
    if (takes_type(transform.takes, type)) return {};
    const std::string name(transform.name);
    auto status = invalid_argument(name + " takes " + std::string(takes_text(transform.takes)) +
                                   ", and " + argument.name + " is " + type.text());
    const bool is_text = type.id == frame::TypeId::varchar;
    switch (transform.takes) {
        case Takes::numbers:
            if (is_text) return std::move(status).hint("write one_hot(" + argument.name + ")");
            return std::move(status).hint("write cycle(" + argument.name + ")");
        case Takes::category:
            return std::move(status).hint("write bucket(" + argument.name + "), or cast it");
        case Takes::text:
        case Takes::date:
            break;
    }
    return std::move(status).hint("cast it in the feature");
}

}  // namespace

bool takes_type(Takes takes, const frame::Type& type) {
    using frame::TypeId;
    const bool is_boolean = type.id == TypeId::boolean, is_text = type.id == TypeId::varchar;
    switch (takes) {
        case Takes::numbers:
            return frame::is_numeric(type) || is_boolean;
        case Takes::category:
            return is_text || is_boolean || (frame::is_integer(type) && type.id != TypeId::hugeint);
        case Takes::text:
            return is_text;
        case Takes::date:
            return type.id == TypeId::date || type.id == TypeId::timestamp ||
                   type.id == TypeId::timestamptz;
    }
    return false;
}

std::vector<double> TransformInput::known(size_t column) const {
    std::vector<double> finite;
    for (size_t row = 0; row < row_count(); ++row)
        if (std::isfinite(at(row, column))) finite.push_back(at(row, column));
    return finite;
}

FittedTransform affine(std::vector<double> center, std::vector<double> scale,
                       std::vector<double> shift) {
    return {
        "affine",
        {{"center", std::move(center)}, {"scale", std::move(scale)}, {"shift", std::move(shift)}}};
}

Status check_written(const Written& written, std::span<const frame::Type> types) {
    if (written.transform.empty()) return {};
    const auto found = Registry<Transform>::of_kind().find(written.transform);
    if (!found.ok()) return Status(found.status()).at(written.place);
    const Transform& transform = **found;
    TRY(check_arguments(transform, written).at(written.place));
    Status faults = transform.check_settings(written.settings, transform.name);
    for (const auto& argument : written.arguments) {
        if (!argument.transform.empty()) {
            faults.also(check_written(argument, types));
        } else {
            faults.also(
                check_type(transform, argument, types[argument.feature]).at(argument.place));
        }
    }
    return faults;
}

}  // namespace quern::train
