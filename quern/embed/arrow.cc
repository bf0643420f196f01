// Many rows, out of an Arrow record batch. The format is the Arrow C data interface's
// (https://arrow.apache.org/docs/format/CDataInterface.html).
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "quern/base/text.h"
#include "quern/embed/handle.h"

namespace quern::embed {
namespace {

using score::FieldValue;

// One column as it lies in Arrow's buffers; `at(row)` gives its value.
class ArrowColumn {
public:
    static Result<ArrowColumn> make(const ArrowSchema& schema, const ArrowArray& array);
    FieldValue at(int64_t row);
    int input = 0;

private:
    using Read = FieldValue (*)(ArrowColumn& column, int64_t index);

    template <class T>
    const T* values() const {
        return static_cast<const T*>(array_->buffers[1]);
    }
    template <class T>
    static FieldValue number(ArrowColumn& column, int64_t index);
    template <class Offset>
    static FieldValue text(ArrowColumn& column, int64_t index);
    template <class Index>
    static FieldValue code(ArrowColumn& column, int64_t index);
    static FieldValue boolean(ArrowColumn& column, int64_t index);
    static FieldValue missing(ArrowColumn&, int64_t) { return FieldValue::null(); }
    template <class T, int64_t micros_per_unit, int64_t units_per_micro>
    static FieldValue moment(ArrowColumn& column, int64_t index);

    static Read reader_of(std::string_view format);
    static Read code_reader_of(std::string_view format);
    FieldValue shown(const frame::Type& type, const void* value);

    const ArrowArray* array_ = nullptr;
    const uint8_t* validity_ = nullptr;
    Read read_ = nullptr;
    std::unique_ptr<ArrowColumn> dictionary_;
    std::string text_;  // of the last date or timestamp
};

// Signed and unsigned integers and floats, each as the kind that holds all of its values.
template <class T>
FieldValue ArrowColumn::number(ArrowColumn& column, int64_t index) {
    const T value = column.values<T>()[index];
    if constexpr (std::is_floating_point_v<T>)
        return FieldValue::of(double{value});
    else if constexpr (std::is_unsigned_v<T>)
        return FieldValue::of(uint64_t{value});
    else
        return FieldValue::of(int64_t{value});
}

template <class Offset>
FieldValue ArrowColumn::text(ArrowColumn& column, int64_t index) {
    const Offset* offsets = column.values<Offset>();
    const auto* bytes = static_cast<const char*>(column.array_->buffers[2]);
    return FieldValue::of(std::string_view(
        bytes + offsets[index], static_cast<size_t>(offsets[index + 1] - offsets[index])));
}

template <class Index>
FieldValue ArrowColumn::code(ArrowColumn& column, int64_t index) {
    const auto position = static_cast<int64_t>(column.values<Index>()[index]);
    if (position < 0 || position >= column.dictionary_->array_->length) return FieldValue::null();
    return column.dictionary_->at(position);
}

FieldValue ArrowColumn::boolean(ArrowColumn& column, int64_t index) {
    return FieldValue::of((column.values<uint8_t>()[index / 8] >> (index % 8) & 1) != 0);
}

FieldValue ArrowColumn::shown(const frame::Type& type, const void* value) {
    const frame::ColumnView view{type, value, nullptr, 1};
    text_ = frame::value_text(view, 0);
    return FieldValue::of(std::string_view(text_));
}

// Dates and timestamps are written out: the contract reads them as it reads all others. What is
// finer than a microsecond is cut off towards the past.
template <class T, int64_t micros_per_unit, int64_t units_per_micro>
FieldValue ArrowColumn::moment(ArrowColumn& column, int64_t index) {
    int64_t value = column.values<T>()[index];
    if constexpr (micros_per_unit == 0) {
        const auto days = static_cast<int32_t>(value);
        return column.shown({frame::TypeId::date, 0, 0, ""}, &days);
    } else {
        if (__builtin_mul_overflow(value, micros_per_unit, &value)) return FieldValue::null();
        const int64_t rest = value % units_per_micro;
        value = value / units_per_micro - (rest < 0 ? 1 : 0);
        return column.shown({frame::TypeId::timestamp, 0, 0, ""}, &value);
    }
}

ArrowColumn::Read ArrowColumn::reader_of(std::string_view format) {
    struct Known {
        std::string_view format;
        Read read;
    };
    static constexpr Known kKnown[] = {
        {"n", missing},          {"b", boolean},          {"c", number<int8_t>},
        {"C", number<uint8_t>},  {"s", number<int16_t>},  {"S", number<uint16_t>},
        {"i", number<int32_t>},  {"I", number<uint32_t>}, {"l", number<int64_t>},
        {"L", number<uint64_t>}, {"f", number<float>},    {"g", number<double>},
        {"u", text<int32_t>},    {"U", text<int64_t>},    {"tdD", moment<int32_t, 0, 1>},
    };
    for (const auto& known : kKnown) {
        if (known.format == format) return known.read;
    }
    const std::string_view unit = format.substr(0, 4);  // the zone, if any, comes behind
    if (unit == "tss:") return moment<int64_t, 1'000'000, 1>;
    if (unit == "tsm:") return moment<int64_t, 1'000, 1>;
    if (unit == "tsu:") return moment<int64_t, 1, 1>;
    if (unit == "tsn:") return moment<int64_t, 1, 1'000>;
    return nullptr;
}

ArrowColumn::Read ArrowColumn::code_reader_of(std::string_view format) {
    switch (format.size() == 1 ? format[0] : ' ') {
        case 'c':
            return code<int8_t>;
        case 'C':
            return code<uint8_t>;
        case 's':
            return code<int16_t>;
        case 'S':
            return code<uint16_t>;
        case 'i':
            return code<int32_t>;
        case 'I':
            return code<uint32_t>;
        case 'l':
            return code<int64_t>;
        case 'L':
            return code<uint64_t>;
        default:
            return nullptr;
    }
}

Result<ArrowColumn> ArrowColumn::make(const ArrowSchema& schema, const ArrowArray& array) {
    const std::string name = schema.name == nullptr ? "" : schema.name;
    const std::string_view format = schema.format == nullptr ? "" : schema.format;
    ArrowColumn column;
    column.array_ = &array;
    const bool has_codes = schema.dictionary != nullptr && array.dictionary != nullptr;
    column.read_ = has_codes ? code_reader_of(format) : reader_of(format);
    if (column.read_ == nullptr) {
        return invalid_argument("column '" + name + "' has the Arrow format '" +
                                std::string(format) + "', which no input takes")
            .hint("cast it to a number, a text, a date or a timestamp");
    }
    if (has_codes) {
        column.dictionary_ =
            std::make_unique<ArrowColumn>(TRY(make(*schema.dictionary, *array.dictionary)));
    }
    const bool is_missing = format == "n" && !has_codes;
    const int64_t wanted = is_missing ? 0 : format == "u" || format == "U" ? 3 : 2;
    if (array.n_buffers < wanted || (wanted > 0 && array.buffers == nullptr)) {
        return invalid_argument("column '" + name + "' lacks a buffer");
    }
    if (!is_missing && array.null_count != 0) {
        column.validity_ = static_cast<const uint8_t*>(array.buffers[0]);
    }
    return column;
}

FieldValue ArrowColumn::at(int64_t row) {
    const int64_t index = array_->offset + row;
    if (validity_ != nullptr && (validity_[index / 8] >> (index % 8) & 1) == 0) {
        return FieldValue::null();
    }
    return read_(*this, index);
}

Result<std::vector<ArrowColumn>> columns_of(const score::Program& program,
                                            const ArrowSchema& schema, const ArrowArray& batch) {
    if (schema.format == nullptr || std::string_view(schema.format) != "+s" ||
        schema.n_children != batch.n_children) {
        return invalid_argument("a record batch is a struct array with a schema to match");
    }
    std::vector<ArrowColumn> columns;
    for (size_t i = 0; i < program.inputs.size(); ++i) {
        for (int64_t j = 0; j < schema.n_children; ++j) {
            const auto& child = *schema.children[j];
            if (child.name == nullptr ||
                lower_ascii(child.name) != lower_ascii(program.inputs[i].name)) {
                continue;
            }
            if (batch.children[j]->length < batch.offset + batch.length) {
                return invalid_argument("column '" + program.inputs[i].name +
                                        "' is shorter than its batch");
            }
            auto column = TRY(ArrowColumn::make(child, *batch.children[j]));
            column.input = static_cast<int>(i);
            columns.push_back(std::move(column));
            break;
        }
    }
    return columns;
}

struct Place {
    double* outputs;
    uint32_t* labels;
    int64_t* failed_rows;
};

Status score_batch(const quern_model& model, const ArrowSchema& schema, const ArrowArray& batch,
                   const Place& to) {
    auto columns = TRY(columns_of(model.scorer.program(), schema, batch));
    const auto desk = model.batches.lend();
    const size_t output_count = model.output_names.size();
    int64_t failed = 0;
    for (int64_t first = 0; first < batch.length;) {
        desk->reader.clear();
        int64_t row = first;
        for (; row < batch.length && desk->reader.begin_row(); ++row) {
            for (auto& column : columns) {
                desk->reader.field(column.input, column.at(batch.offset + row));
            }
            desk->reader.end_row();
        }
        if (!desk->reader.errors().empty()) {
            return desk->reader.status().at("rows from " + std::to_string(first + 1));
        }
        TRY(model.scorer.score(desk->reader.view(), desk->scratch, desk->predictions));
        const auto& predictions = desk->predictions;
        std::ranges::copy(predictions.outputs,
                          to.outputs + static_cast<size_t>(first) * output_count);
        if (to.labels != nullptr) std::ranges::copy(predictions.labels, to.labels + first);
        failed += static_cast<int64_t>(predictions.failed_count);
        first = row;
    }
    if (to.failed_rows != nullptr) *to.failed_rows = failed;
    return {};
}

}  // namespace
}  // namespace quern::embed

using namespace quern;

quern_code quern_score_arrow(const quern_model* model, const struct ArrowSchema* schema,
                             const struct ArrowArray* batch, double* outputs, uint32_t* labels,
                             int64_t* failed_rows) {
    return embed::answer([&]() -> Status {
        if (model == nullptr || schema == nullptr || batch == nullptr || outputs == nullptr) {
            return invalid_argument("quern_score_arrow: NULL given");
        }
        return embed::score_batch(*model, *schema, *batch, {outputs, labels, failed_rows});
    });
}
