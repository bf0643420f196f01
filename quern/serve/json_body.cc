#include "quern/serve/json_body.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace quern::serve {
namespace {

namespace json = simdjson::ondemand;
using score::FieldValue;
using simdjson::error_code;

static_assert(kBodyPadding >= simdjson::SIMDJSON_PADDING);

// After a larger body the parser's memory, several times its size, is given back.
constexpr size_t kKeptBodyBytes = 1 << 20;
constexpr int64_t kUnreadDepthMax = 64;
constexpr size_t kDigitsMax = 19;  // of a number that simdjson reads right in any case

Status broken(error_code error) {
    return invalid_argument(std::string("the body is not valid JSON: ") +
                            simdjson::error_message(error));
}

// From simdjson's result to ours.
template <class T>
Result<T> take(simdjson::simdjson_result<T> result) {
    T value;
    if (const error_code error = std::move(result).get(value)) return broken(error);
    return value;
}

Status wrong_type(std::string_view what, std::string_view expected) {
    return invalid_argument(std::string(what) + " must be " + std::string(expected));
}

// A value, or what went wrong on the way to it.
using AnyValue = simdjson::simdjson_result<json::value>;
using json::json_type;

Result<json::array> array_of(AnyValue value, std::string_view what) {
    if (TRY(take(value.type())) != json_type::array) return wrong_type(what, "a list");
    return take(value.get_array());
}

Result<json::object> object_of(AnyValue value, std::string_view what) {
    if (TRY(take(value.type())) != json_type::object) return wrong_type(what, "an object");
    return take(value.get_object());
}

Result<std::string_view> text_of(AnyValue value, std::string_view what) {
    if (TRY(take(value.type())) != json_type::string) return wrong_type(what, "a text");
    return take(value.get_string());
}

// Reads a value that nobody needs, so that what is wrong in it is found.
Status walk(AnyValue value, int64_t depth) {
    if (depth == 0) return invalid_argument("the JSON is nested too deeply");
    switch (TRY(take(value.type()))) {
        case json_type::array: {
            json::array items = TRY(take(value.get_array()));
            for (auto item : items) TRY(walk(item, depth - 1));
            return {};
        }
        case json_type::object: {
            json::object items = TRY(take(value.get_object()));
            for (auto item : items) {
                TRY(take(item.unescaped_key()));
                TRY(walk(item.value(), depth - 1));
            }
            return {};
        }
        case json_type::string:
            return take(value.get_string()).status();
        case json_type::number:
            return take(value.get_number()).status();
        case json_type::boolean:
            return take(value.get_bool()).status();
        default:
            return take(value.is_null()).status();
    }
}

// What is wrong with a plain value, for its field; empty when nothing is.
using Fault = std::string_view;
constexpr Fault kNotPlain = "must be a plain value, not an object or a list";

size_t skip_digits(std::string_view text, size_t at) {
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at;
}

// JSON's own grammar; std::from_chars takes more.
bool is_json_number(std::string_view text) {
    size_t at = text.starts_with('-') ? 1 : 0;
    const size_t whole = skip_digits(text, at);
    if (whole == at || (text[at] == '0' && whole > at + 1)) return false;
    at = whole;
    if (at < text.size() && text[at] == '.') {
        const size_t fraction = skip_digits(text, at + 1);
        if (fraction == at + 1) return false;
        at = fraction;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
        const size_t exponent = skip_digits(text, at);
        if (exponent == at) return false;
        at = exponent;
    }
    return at == text.size();
}

std::string_view token_of(json::value& value) {
    const std::string_view token = value.raw_json_token();
    return token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
}

// A number that does not fit in 64 bits or has very many digits, or none at all.
error_code read_long_number(json::value& value, FieldValue& out, Fault& fault) {
    const std::string_view token = token_of(value);
    if (!is_json_number(token)) return error_code::NUMBER_ERROR;
    double number = 0;
    const auto read = std::from_chars(token.data(), token.data() + token.size(), number);
    if (read.ec == std::errc::result_out_of_range) fault = "the number is too large or too small";
    // Just below the smallest BIGINT, which is what it would be rounded to.
    const bool is_whole = token.find_first_of(".eE") == std::string_view::npos;
    if (is_whole && number == -0x1p63) fault = "the number does not fit in 64 bits";
    out = FieldValue::of(number);
    return error_code::SUCCESS;
}

error_code read_number(json::value& value, FieldValue& out, Fault& fault) {
    json::number number;
    if (value.get_number().get(number)) return read_long_number(value, out, fault);
    switch (number.get_number_type()) {
        case json::number_type::signed_integer:
            out = FieldValue::of(number.get_int64());
            break;
        case json::number_type::unsigned_integer:
            out = FieldValue::of(number.get_uint64());
            break;
        default:
            // simdjson's get_number() gives 0 for more digits than a 64-bit number has.
            if (token_of(value).size() > kDigitsMax) return read_long_number(value, out, fault);
            out = FieldValue::of(number.get_double());
    }
    return error_code::SUCCESS;
}

error_code read_plain(json::value& value, FieldValue& out, Fault& fault) {
    json::json_type type;
    if (const error_code error = value.type().get(type)) return error;
    switch (type) {
        case json_type::string: {
            std::string_view text;
            const error_code error = value.get_string().get(text);
            out = FieldValue::of(text);
            return error;
        }
        case json_type::number:
            return read_number(value, out, fault);
        case json_type::boolean: {
            bool flag = false;
            const error_code error = value.get_bool().get(flag);
            out = FieldValue::of(flag);
            return error;
        }
        case json_type::null: {
            bool is_null = false;
            const error_code error = value.is_null().get(is_null);
            out = FieldValue::null();
            return error ? error : is_null ? error_code::SUCCESS : error_code::N_ATOM_ERROR;
        }
        default:
            fault = kNotPlain;
            return error_code::SUCCESS;
    }
}

// Read to its end all the same: what is no JSON in it is told.
Status add_fault(Scoring& scoring, std::string_view name, Fault fault, const json::value& value) {
    if (fault == kNotPlain) TRY(walk(AnyValue(json::value(value)), kUnreadDepthMax));
    scoring.add_error(name, std::string(fault));
    return {};
}

// An object or array as it is written.
Result<std::string_view> raw_json(json::value& value) {
    if (TRY(take(value.type())) == json_type::object) {
        json::object object = TRY(take(value.get_object()));
        return take(object.raw_json());
    }
    json::array array = TRY(take(value.get_array()));
    return take(array.raw_json());
}

Status read_field(Scoring& scoring, std::string_view name, json::value& value) {
    FieldValue field;
    Fault fault;
    if (const error_code error = read_plain(value, field, fault)) return broken(error);
    if (fault == kNotPlain && scoring.takes_json(name)) {
        const std::string_view raw = TRY(raw_json(value));
        scoring.field(name, FieldValue::json(raw));
        return {};
    }
    if (!fault.empty()) return add_fault(scoring, name, fault, value);
    scoring.field(name, field);
    return {};
}

Status read_row(Scoring& scoring, json::object object) {
    TRY(scoring.begin_row());
    for (auto item : object) {
        const std::string_view name = TRY(take(item.unescaped_key()));
        json::value value = TRY(take(item.value()));
        TRY(read_field(scoring, name, value));
    }
    return scoring.end_row();
}

Status read_row_list(Scoring& scoring, json::array rows, std::string_view what) {
    for (auto item : rows) {
        const json::object row = TRY(object_of(item, what));
        TRY(read_row(scoring, row));
    }
    return {};
}

// The names of columns that values come in the order of; by default the model's own.
class ColumnOrder {
public:
    explicit ColumnOrder(const Scoring& scoring) {
        for (const auto& input : scoring.model().program().asked()) names_.push_back(input.name);
        for (size_t i = 0; i < names_.size(); ++i) positions_.push_back(static_cast<int>(i));
    }
    ColumnOrder(const Scoring& scoring, std::vector<std::string_view> names)
        : names_(std::move(names)) {
        for (const std::string_view name : names_) positions_.push_back(scoring.find(name));
    }
    size_t size() const { return names_.size(); }
    void set(Scoring& scoring, size_t column, const FieldValue& value) const {
        if (positions_[column] < 0) {
            scoring.field(names_[column], value);
        } else {
            scoring.field(positions_[column], value);
        }
    }
    std::string_view name(size_t column) const { return names_[column]; }

private:
    std::vector<std::string_view> names_;
    std::vector<int> positions_;
};

Status read_listed_row(Scoring& scoring, const ColumnOrder& order, json::array row) {
    TRY(scoring.begin_row());
    size_t column = 0;
    for (auto item : row) {
        json::value value = TRY(take(item));
        FieldValue field;
        Fault fault;
        if (const error_code error = read_plain(value, field, fault)) return broken(error);
        if (column < order.size() && fault.empty()) order.set(scoring, column, field);
        if (column < order.size() && !fault.empty()) {
            TRY(add_fault(scoring, order.name(column), fault, value));
        }
        ++column;
    }
    if (column != order.size()) {
        scoring.add_error("", "has " + std::to_string(column) + " values where there are " +
                                  std::to_string(order.size()) + " columns");
    }
    return scoring.end_row();
}

Status read_split(Scoring& scoring, json::object frame) {
    std::vector<std::string_view> names;
    json::array columns = TRY(array_of(frame.find_field_unordered("columns"), "'columns'"));
    for (auto item : columns) names.push_back(TRY(text_of(item, "a name in 'columns'")));
    const ColumnOrder order(scoring, std::move(names));
    json::array data = TRY(array_of(frame.find_field_unordered("data"), "'data'"));
    for (auto item : data) {
        const json::array row = TRY(array_of(item, "a row of 'data'"));
        TRY(read_listed_row(scoring, order, row));
    }
    return {};
}

// A list of rows, each an object or a list in the model's order.
Status read_instances(Scoring& scoring, json::array rows) {
    const ColumnOrder order(scoring);
    for (auto item : rows) {
        json::value row = TRY(take(item));
        switch (TRY(take(row.type()))) {
            case json_type::object: {
                const json::object fields = TRY(take(row.get_object()));
                TRY(read_row(scoring, fields));
                break;
            }
            case json_type::array: {
                const json::array fields = TRY(take(row.get_array()));
                TRY(read_listed_row(scoring, order, fields));
                break;
            }
            default:
                return wrong_type("a row", "an object or a list");
        }
    }
    return {};
}

struct NamedColumn {
    std::string_view name;
    std::vector<FieldValue> values;
};

Status read_columns(Scoring& scoring, json::object columns) {
    std::vector<NamedColumn> read;
    for (auto item : columns) {
        NamedColumn& column = read.emplace_back();
        column.name = TRY(take(item.unescaped_key()));
        json::array values = TRY(array_of(item.value(), "a column"));
        for (auto entry : values) {
            json::value value = TRY(take(entry));
            Fault fault;
            const error_code error = read_plain(value, column.values.emplace_back(), fault);
            if (error) return broken(error);
            if (!fault.empty()) return wrong_type("a value of a column", "a plain value");
        }
        if (column.values.size() != read[0].values.size()) {
            return invalid_argument("the columns differ in their number of values");
        }
    }
    for (size_t row = 0; !read.empty() && row < read[0].values.size(); ++row) {
        TRY(scoring.begin_row());
        for (const auto& column : read) scoring.field(column.name, column.values[row]);
        TRY(scoring.end_row());
    }
    return {};
}

// True when `value` was one of MLflow's four forms and has been read.
Result<bool> read_frame_form(Scoring& scoring, std::string_view form, AnyValue value) {
    if (form == "dataframe_split") {
        const json::object frame = TRY(object_of(value, "'dataframe_split'"));
        TRY(read_split(scoring, frame));
        return true;
    }
    if (form == "dataframe_records") {
        const json::array records = TRY(array_of(value, "'dataframe_records'"));
        TRY(read_row_list(scoring, records, "a record"));
        return true;
    }
    if (form == "instances") {
        const json::array instances = TRY(array_of(value, "'instances'"));
        TRY(read_instances(scoring, instances));
        return true;
    }
    if (form != "inputs") return false;
    if (TRY(take(value.type())) == json_type::object) {
        const json::object columns = TRY(take(value.get_object()));
        TRY(read_columns(scoring, columns));
    } else {
        const json::array instances = TRY(array_of(value, "'inputs'"));
        TRY(read_instances(scoring, instances));
    }
    return true;
}

// The values of a tensor: flat, or nested once by row.
Status read_data(json::array data, std::vector<FieldValue>& values, int depth) {
    for (auto item : data) {
        json::value value = TRY(take(item));
        if (depth > 0 && TRY(take(value.type())) == json_type::array) {
            const json::array row = TRY(take(value.get_array()));
            TRY(read_data(row, values, depth - 1));
            continue;
        }
        FieldValue field;
        Fault fault;
        if (const error_code error = read_plain(value, field, fault)) return broken(error);
        if (!fault.empty()) return invalid_argument("a value of 'data' " + std::string(fault));
        values.push_back(field);
    }
    return {};
}

Status read_shape(json::array shape, Tensor& tensor) {
    for (auto item : shape) {
        int64_t size = 0;
        if (item.get_int64().get(size) || size < 0) {
            return wrong_type("'shape'", "a list of whole numbers");
        }
        if (tensor.shape_size == tensor.shape.size()) {
            return invalid_argument("a tensor has at most 2 dimensions");
        }
        tensor.shape[tensor.shape_size++] = size;
    }
    return {};
}

Status check_shape(const Tensor& tensor) {
    if (tensor.name.empty()) return invalid_argument("a tensor needs a 'name'");
    const auto count = static_cast<int64_t>(tensor.value_count);
    const int64_t rows = tensor.shape[0];
    const int64_t columns = tensor.shape_size == 2 ? tensor.shape[1] : 1;
    // The divisions cannot overflow as the product would.
    const bool fits =
        rows == 0 || columns == 0 ? count == 0 : count % rows == 0 && count / rows == columns;
    if (tensor.shape_size > 0 && fits) return {};
    return invalid_argument("the 'shape' of tensor '" + std::string(tensor.name) +
                            "' does not fit its " + std::to_string(count) + " values");
}

Status read_tensor(json::object object, InferenceRequest& request, int64_t depth) {
    Tensor tensor;
    tensor.value_begin = request.values.size();
    for (auto item : object) {
        const std::string_view key = TRY(take(item.unescaped_key()));
        AnyValue value = item.value();
        if (key == "name") {
            tensor.name = TRY(text_of(value, "'name'"));
        } else if (key == "datatype") {
            tensor.datatype = TRY(text_of(value, "'datatype'"));
        } else if (key == "shape") {
            const json::array shape = TRY(array_of(value, "'shape'"));
            TRY(read_shape(shape, tensor));
        } else if (key == "data") {
            const json::array data = TRY(array_of(value, "'data'"));
            TRY(read_data(data, request.values, 1));
        } else {
            TRY(walk(value, depth));
        }
    }
    tensor.value_count = request.values.size() - tensor.value_begin;
    TRY(check_shape(tensor));
    request.inputs.push_back(tensor);
    return {};
}

Status read_wanted_outputs(json::array outputs, InferenceRequest& request, int64_t depth) {
    for (auto item : outputs) {
        json::object output = TRY(object_of(item, "an entry of 'outputs'"));
        for (auto part : output) {
            const std::string_view key = TRY(take(part.unescaped_key()));
            AnyValue value = part.value();
            if (key == "name") {
                request.outputs.push_back(TRY(text_of(value, "'name'")));
            } else {
                TRY(walk(value, depth));
            }
        }
    }
    return {};
}

}  // namespace

struct JsonBody::State {
    const Limits& limits;
    json::parser parser;
    size_t body_bytes = 0;

    Result<json::document> open(std::string_view body) {
        if (body_bytes > kKeptBodyBytes && body.size() <= kKeptBodyBytes) parser = json::parser{};
        body_bytes = body.size();
        const simdjson::padded_string_view padded(body, body.size() + kBodyPadding);
        return take(parser.iterate(padded));
    }

    static Status check_end(json::document& document) {
        if (document.current_location().error() == error_code::OUT_OF_BOUNDS) return {};
        return invalid_argument("the body goes on after its JSON");
    }
};

JsonBody::JsonBody(const Limits& limits) : state_(new State{limits, json::parser{}, 0}) {}
JsonBody::~JsonBody() = default;

Status JsonBody::read_rows(std::string_view body, Scoring& scoring, bool& is_single) {
    json::document document = TRY(state_->open(body));
    is_single = false;
    const json::json_type type = TRY(take(document.type()));
    if (type == json_type::array) {
        const json::array rows = TRY(take(document.get_array()));
        TRY(read_row_list(scoring, rows, "a row"));
        return state_->check_end(document);
    }
    if (type != json_type::object) return wrong_type("the body", "a row or a list of rows");
    bool has_rows = false;
    json::object object = TRY(take(document.get_object()));
    for (auto item : object) {
        const std::string_view name = TRY(take(item.unescaped_key()));
        json::value value = TRY(take(item.value()));
        if (has_rows)
            return invalid_argument("beside 'rows' there is no '" + std::string(name) + "'");
        if (!is_single && name == "rows" && TRY(take(value.type())) == json_type::array) {
            has_rows = true;
            const json::array rows = TRY(take(value.get_array()));
            TRY(read_row_list(scoring, rows, "a row"));
            continue;
        }
        if (!is_single) TRY(scoring.begin_row());
        is_single = true;
        TRY(read_field(scoring, name, value));
    }
    if (!has_rows && !is_single) TRY(scoring.begin_row());  // {}: every field is missing
    is_single = !has_rows;
    if (is_single) TRY(scoring.end_row());
    return state_->check_end(document);
}

Status JsonBody::read_frame(std::string_view body, Scoring& scoring) {
    json::document document = TRY(state_->open(body));
    if (TRY(take(document.type())) != json_type::object) {
        return wrong_type("the body", "an object");
    }
    int form_count = 0;
    json::object object = TRY(take(document.get_object()));
    for (auto item : object) {
        const std::string_view key = TRY(take(item.unescaped_key()));
        AnyValue value = item.value();
        const bool is_form = key != "params";
        if (is_form && ++form_count > 1) break;
        if (!is_form) {
            TRY(walk(value, state_->limits.json_depth));
        } else {
            const bool is_known = TRY(read_frame_form(scoring, key, value));
            if (!is_known) form_count = 0;
            if (!is_known) break;
        }
    }
    if (form_count != 1) {
        return invalid_argument(
            "the body must hold exactly one of 'dataframe_split', "
            "'dataframe_records', 'instances' and 'inputs'");
    }
    return state_->check_end(document);
}

Status JsonBody::read_inference(std::string_view body, InferenceRequest& request) {
    json::document document = TRY(state_->open(body));
    if (TRY(take(document.type())) != json_type::object) {
        return wrong_type("the body", "an object");
    }
    const int64_t depth = state_->limits.json_depth;
    json::object object = TRY(take(document.get_object()));
    for (auto item : object) {
        const std::string_view key = TRY(take(item.unescaped_key()));
        AnyValue value = item.value();
        if (key == "id") {
            request.id = TRY(text_of(value, "'id'"));
        } else if (key == "inputs") {
            json::array tensors = TRY(array_of(value, "'inputs'"));
            for (auto entry : tensors) {
                const json::object tensor = TRY(object_of(entry, "a tensor"));
                TRY(read_tensor(tensor, request, depth));
            }
        } else if (key == "outputs") {
            const json::array outputs = TRY(array_of(value, "'outputs'"));
            TRY(read_wanted_outputs(outputs, request, depth));
        } else {
            TRY(walk(value, depth));
        }
    }
    if (request.inputs.empty()) return invalid_argument("the body has no 'inputs'");
    return state_->check_end(document);
}

}  // namespace quern::serve
