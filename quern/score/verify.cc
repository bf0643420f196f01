#include "quern/score/verify.h"

#include <cmath>
#include <cstring>
#include <set>

#include "quern/base/text.h"
#include "quern/score/conformal.h"
#include "quern/score/functions/number.h"
#include "quern/score/lookup_table.h"
#include "quern/score/storage.h"

namespace quern::score {
namespace {

Status bad(std::string what) { return corrupt("program: " + std::move(what)); }

Status check_type(const frame::Type& type) {
    using frame::TypeId;
    if (type.id > TypeId::other) return bad("unknown type");
    bool is_decimal = type.id == TypeId::decimal;
    if (is_decimal ? type.width < 1 || type.width > 38 || type.scale > type.width
                   : type.width != 0 || type.scale != 0)
        return bad("a type has a wrong width");
    if ((type.id == TypeId::other) == type.sql_name.empty()) return bad("a type has a wrong name");
    return {};
}

Status check_name(const std::string& name) {
    return is_utf8(name) ? Status() : bad("a name is not UTF-8");
}

// Values that would mean nothing to the functions: a boolean of 2, bits of a NULL.
Status check_constant(const Constant& constant) {
    TRY(check_type(constant.type));
    Storage storage = storage_of(constant.type);
    size_t size = storage == Storage::text || constant.is_null ? 0 : storage_bytes(storage);
    for (size_t i = size; i < constant.bits.size(); ++i)
        if (constant.bits[i] != std::byte{0}) return bad("a constant has stray bits");
    if (constant.is_null || storage != Storage::text) {
        if (!constant.text.empty()) return bad("a constant has stray text");
    } else if (constant.type.id != frame::TypeId::blob && !is_utf8(constant.text)) {
        return bad("a text is not UTF-8");
    }
    if (constant.is_null) return {};
    if (storage == Storage::boolean && constant.bits[0] > std::byte{1})
        return bad("a boolean is neither true nor false");
    if (constant.type.id != frame::TypeId::decimal) return {};
    return with_storage(storage, [&]<class T>(Tag<T>) -> Status {
        if constexpr (kIsInteger<T>) {
            T value;
            std::memcpy(&value, constant.bits.data(), sizeof(T));
            int128 limit = power_of_ten(constant.type.width);
            if (static_cast<int128>(value) >= limit || static_cast<int128>(value) <= -limit)
                return bad("a decimal is wider than its type");
        }
        return {};
    });
}

Status check_inputs(const Program& program) {
    if (program.inputs.size() > kInputsMax) return bad("too many inputs");
    std::set<std::string> names;
    for (const Input& input : program.inputs) {
        TRY(check_type(input.type));
        TRY(check_name(input.name));
        if (input.type.id == frame::TypeId::other) return bad("an input has no plain type");
        if (input.name.empty() || !names.insert(lower_ascii(input.name)).second)
            return bad("two inputs have one name");
        for (const std::string& category : input.categories) TRY(check_name(category));
        if (input.categories.size() > kInputCategoriesMax) return bad("too many categories");
        bool is_finite = (!input.low || std::isfinite(*input.low)) &&
                         (!input.high || std::isfinite(*input.high));
        if (!is_finite) return bad("a range is not finite");
    }
    return {};
}

// Looked-up inputs are the last ones, one after the other; keys and times come with the request.
Status check_lookups(const Program& program) {
    if (program.lookups.size() > kLookupsMax) return bad("too many look-ups");
    size_t looked_up = 0;
    for (const Lookup& lookup : program.lookups) looked_up += lookup.columns.size();
    if (looked_up > program.inputs.size()) return bad("a looked-up input is not there");
    const size_t asked = program.inputs.size() - looked_up;
    size_t next = asked;
    for (const Lookup& lookup : program.lookups) {
        for (const std::string* name : {&lookup.name, &lookup.table, &lookup.snapshot})
            TRY(check_name(*name));
        if (lookup.keys.empty() || lookup.keys.size() > kLookupKeysMax)
            return bad("a look-up has no key");
        for (const Lookup::Part& key : lookup.keys) {
            TRY(check_name(key.column));
            if (key.input >= asked || !is_key_type(program.inputs[key.input].type))
                return bad("a look-up has no key");
        }
        if (lookup.time &&
            (*lookup.time >= asked || !is_time_type(program.inputs[*lookup.time].type)))
            return bad("a look-up has no time");
        if (lookup.max_age_us && *lookup.max_age_us < 0) return bad("an age is below zero");
        for (const Lookup::Part& column : lookup.columns) {
            TRY(check_name(column.column));
            if (column.input != next++) return bad("a looked-up input is out of place");
        }
    }
    return {};
}

Status check_expression(const Program& program, size_t index) {
    const Expression& expression = program.expressions[index];
    TRY(check_type(expression.type));
    switch (expression.kind) {
        case Expression::Kind::input:
            if (expression.input >= program.inputs.size()) return bad("an input is not there");
            if (!(program.inputs[expression.input].type == expression.type))
                return bad("an input has another type");
            break;
        case Expression::Kind::constant:
            TRY(check_constant(expression.constant));
            if (!(expression.constant.type == expression.type))
                return bad("a constant has another type");
            break;
        case Expression::Kind::call:
            if (expression.function.empty()) return bad("a call has no function");
            break;
        default:
            return bad("unknown kind of expression");
    }
    bool is_call = expression.kind == Expression::Kind::call;
    if (!is_call && !(expression.children.empty() && expression.function.empty()))
        return bad("a value has arguments");
    for (uint32_t child : expression.children)
        if (child >= index) return bad("an expression comes before its arguments");
    return {};
}

Status check_expressions(const Program& program) {
    if (program.expressions.size() > kExpressionsMax) return bad("too many expressions");
    size_t argument_count = 0;
    for (size_t i = 0; i < program.expressions.size(); ++i) {
        argument_count += program.expressions[i].children.size();
        if (argument_count > kExpressionsMax * 4) return bad("too many arguments");
        TRY(check_expression(program, i));
    }
    return {};
}

Status check_features(const Program& program) {
    std::set<std::string> names;
    for (const Feature& feature : program.features) {
        TRY(check_name(feature.name));
        if (feature.expression >= program.expressions.size())
            return bad("a feature has no expression");
        if (storage_of(program.expressions[feature.expression].type) == Storage::interval)
            return bad("a feature is an interval");
        if (!names.insert(lower_ascii(feature.name)).second)
            return bad("two features have one name");
    }
    return {};
}

Status check_texts(const Buffers& learned) {
    for (const auto& [name, buffer] : learned)
        if (auto* texts = std::get_if<std::vector<std::string>>(&buffer))
            for (const std::string& text : *texts) TRY(check_name(text));
    return {};
}

// Which columns stages and the matrix may name is known once encoders are bound (plan.cc).
Status check_columns(const Program& program) {
    for (const FittedEncoder& encoder : program.encoders) {
        if (encoder.feature >= program.features.size()) return bad("an encoder has no feature");
        TRY(check_name(encoder.name));
        TRY(check_texts(encoder.learned));
    }
    for (const FittedStage& stage : program.stages) {
        TRY(check_name(stage.name));
        TRY(check_texts(stage.learned));
        if (stage.columns.size() > kMatrixColumnsMax) return bad("a stage reads too many columns");
    }
    if (program.matrix.size() > kMatrixColumnsMax) return bad("the matrix has too many columns");
    return {};
}

Status check_outputs(const Program& program) {
    bool is_classifier = program.task == Task::classify;
    if (!is_classifier && program.task != Task::regress) return bad("unknown task");
    if (program.link > Link::float_exponential) return bad("unknown link");
    TRY(check_type(program.target_type));
    std::set<std::string> classes(program.classes.begin(), program.classes.end());
    if (classes.size() != program.classes.size()) return bad("two classes have one name");
    for (const std::string& name : classes) TRY(check_name(name));
    bool fits =
        is_classifier ? classes.size() >= 2 && classes.size() <= kClassesMax : classes.empty();
    if (!fits) return bad("the classes do not fit the task");
    if (!std::isfinite(program.threshold) || !std::isfinite(program.link_scale) ||
        program.link_scale <= 0)
        return bad("threshold or scale is out of range");
    return {};
}

Status check_golden(const Program& program) {
    if (program.golden.size() > kGoldenRowsMax) return bad("too many golden rows");
    for (const GoldenRow& row : program.golden) {
        if (row.inputs.size() != program.inputs.size() ||
            row.outputs.size() != program.output_count() ||
            row.region.size() != region_size(program))
            return bad("a golden row does not fit");
        for (size_t i = 0; i < row.inputs.size(); ++i) {
            TRY(check_constant(row.inputs[i]));
            if (!(row.inputs[i].type == program.inputs[i].type))
                return bad("a golden row has another type");
        }
    }
    return {};
}

}  // namespace

Status verify_type(const frame::Type& type) { return check_type(type); }
Status verify_constant(const Constant& constant) { return check_constant(constant); }

Status verify(const Program& program) {
    TRY(check_name(program.model_name));
    TRY(check_name(program.target));
    for (const auto& [key, value] : program.metadata) {
        TRY(check_name(key));
        TRY(check_name(value));
    }
    TRY(check_inputs(program));
    TRY(check_lookups(program));
    TRY(check_expressions(program));
    TRY(check_features(program));
    TRY(check_columns(program));
    TRY(check_outputs(program));
    return check_golden(program);
}

}  // namespace quern::score
