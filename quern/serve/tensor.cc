#include "quern/serve/tensor.h"

#include <algorithm>

namespace quern::serve {
namespace {

using frame::TypeId;

std::string_view input_datatype(const frame::Type& type) {
    switch (type.id) {
        case TypeId::boolean:
            return "BOOL";
        case TypeId::tinyint:
            return "INT8";
        case TypeId::smallint:
            return "INT16";
        case TypeId::integer:
            return "INT32";
        case TypeId::bigint:
            return "INT64";
        case TypeId::utinyint:
            return "UINT8";
        case TypeId::usmallint:
            return "UINT16";
        case TypeId::uinteger:
            return "UINT32";
        case TypeId::ubigint:
            return "UINT64";
        case TypeId::real:
            return "FP32";
        case TypeId::float64:
        case TypeId::decimal:
            return "FP64";
        default:
            return "BYTES";
    }
}

std::string_view label_datatype(const frame::Type& type) {
    if (type.id == TypeId::boolean) return "BOOL";
    return frame::is_integer(type) ? "INT64" : "BYTES";
}

}  // namespace

std::vector<TensorSpec> input_tensors(const score::Program& program) {
    std::vector<TensorSpec> tensors;
    for (const auto& input : program.asked()) {
        tensors.push_back({input.name, input_datatype(input.type), 0});
    }
    return tensors;
}

std::vector<TensorSpec> output_tensors(const LoadedModel& model) {
    const bool has_region = !model.program().conformal.kind.empty();
    std::vector<TensorSpec> tensors;
    if (!model.is_classifier()) {
        tensors.push_back({"prediction", "FP64", 0});
        if (has_region) tensors.push_back({"interval", "FP64", 2});
    } else {
        const auto class_count = static_cast<int64_t>(model.labels.size());
        tensors.push_back({"prediction", label_datatype(model.program().target_type), 0});
        if (model.is_binary()) tensors.push_back({"probability", "FP64", 0});
        tensors.push_back({"probabilities", "FP64", class_count});
        if (has_region) tensors.push_back({"set", "BOOL", class_count});
    }
    if (model.contract.imputes()) tensors.push_back({"imputed", "BYTES", 0});
    return tensors;
}

bool is_datatype(std::string_view datatype) {
    constexpr std::string_view kKnown[] = {"BOOL", "UINT8", "UINT16", "UINT32", "UINT64",
                                           "INT8", "INT16", "INT32",  "INT64",  "FP16",
                                           "FP32", "FP64",  "BYTES"};
    return std::ranges::find(kKnown, datatype) != std::end(kKnown);
}

bool fits_datatype(std::string_view datatype, score::FieldValue::Kind kind) {
    using Kind = score::FieldValue::Kind;
    if (kind == Kind::null) return true;
    if (datatype == "BOOL") return kind == Kind::boolean;
    if (datatype == "BYTES") return kind == Kind::text;
    if (datatype.starts_with("FP")) {
        return kind == Kind::int64 || kind == Kind::uint64 || kind == Kind::float64;
    }
    return kind == Kind::int64 || kind == Kind::uint64;
}

}  // namespace quern::serve
