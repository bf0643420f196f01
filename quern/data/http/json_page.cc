#include "quern/data/http/json_page.h"

#include <simdjson.h>

#include <vector>

#include <nlohmann/json.hpp>

#include "quern/base/text.h"
#include "quern/data/record_scanner.h"

namespace quern::data::http {
namespace {

using simdjson::ondemand::json_type;
using Value = simdjson::ondemand::value;
using Step = JsonPath::Step;

// Goes through every token and keeps none: simdjson looks closely only at what is asked for.
struct Checker : nlohmann::json_sax<nlohmann::json> {
    size_t fault_offset = 0;
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool start_object(size_t) override { return true; }
    bool key(string_t&) override { return true; }
    bool end_object() override { return true; }
    bool start_array(size_t) override { return true; }
    bool end_array() override { return true; }
    bool parse_error(size_t offset, const std::string&,
                     const nlohmann::detail::exception&) override {
        fault_offset = offset;
        return false;
    }
};

Status failed(simdjson::error_code error) {
    return corrupt(std::string("not JSON: ") + simdjson::error_message(error));
}

// The text of a value as it is written.
Result<std::string_view> raw_text(Value value) {
    json_type type{};
    std::string_view raw;
    auto error = value.type().get(type);
    if (!error && type == json_type::object) {
        simdjson::ondemand::object object;
        error = value.get_object().get(object);
        if (!error) error = object.raw_json().get(raw);
    } else if (!error && type == json_type::array) {
        simdjson::ondemand::array array;
        error = value.get_array().get(array);
        if (!error) error = array.raw_json().get(raw);
    } else if (!error) {
        raw = value.raw_json_token();
    }
    if (error) return failed(error);
    return trim(raw);
}

using Visit = std::function<Status(Value)>;

Status walk(Value value, const Step* step, const Step* end, const Visit& visit);

Status walk_array(Value value, const Step* step, const Step* end, const Visit& visit) {
    simdjson::ondemand::array array;
    if (const auto error = value.get_array().get(array)) return failed(error);
    if (step->kind == JsonPath::Kind::all) {
        for (auto element : array) {
            Value inner;
            if (const auto error = element.get(inner)) return failed(error);
            TRY(walk(inner, step + 1, end, visit));
        }
        return {};
    }
    int64_t index = step->index;
    if (index < 0) {
        size_t count = 0;
        if (const auto error = array.count_elements().get(count)) return failed(error);
        index += static_cast<int64_t>(count);
    }
    Value inner;
    if (index < 0 || array.at(static_cast<size_t>(index)).get(inner) != simdjson::SUCCESS) {
        return {};
    }
    return walk(inner, step + 1, end, visit);
}

// Visits what the steps lead to: nothing, where they lead nowhere.
Status walk(Value value, const Step* step, const Step* end, const Visit& visit) {
    if (step == end) return visit(value);
    json_type type{};
    if (const auto error = value.type().get(type)) return failed(error);
    if (type == json_type::array && step->kind != JsonPath::Kind::key) {
        return walk_array(value, step, end, visit);
    }
    if (type != json_type::object || step->kind != JsonPath::Kind::key) return {};
    Value inner;
    const auto error = value.find_field_unordered(step->key).get(inner);
    if (error == simdjson::NO_SUCH_FIELD) return {};
    if (error) return failed(error);
    return walk(inner, step + 1, end, visit);
}

Status visit_records(Value value, const std::function<Status(std::string_view)>& visit) {
    json_type type{};
    if (const auto error = value.type().get(type)) return failed(error);
    if (type == json_type::null) return {};
    if (type != json_type::array) return visit(TRY(raw_text(value)));
    simdjson::ondemand::array array;
    if (const auto error = value.get_array().get(array)) return failed(error);
    for (auto element : array) {
        Value inner;
        if (const auto error = element.get(inner)) return failed(error);
        const auto raw = TRY(raw_text(inner));
        TRY(visit(raw));
    }
    return {};
}

}  // namespace

struct JsonPage::State {
    simdjson::padded_string text;
    mutable simdjson::ondemand::parser parser;

    Status with_root(const Visit& visit) const;
    Status at(const JsonPath& path, const Visit& visit) const;
    std::string shape() const;
};

Status JsonPage::State::with_root(const Visit& visit) const {
    simdjson::ondemand::document document;
    if (const auto error = parser.iterate(text).get(document)) return failed(error);
    Value root;
    const auto error = document.get_value().get(root);
    if (error == simdjson::SCALAR_DOCUMENT_AS_VALUE) {
        return corrupt("the answer is a single value, neither an array nor an object");
    }
    return error ? failed(error) : visit(root);
}

Status JsonPage::State::at(const JsonPath& path, const Visit& visit) const {
    const Step* first = path.steps().data();
    return with_root(
        [&](Value root) { return walk(root, first, first + path.steps().size(), visit); });
}

// "an object with meta, items": the keys, where somebody must choose one.
std::string JsonPage::State::shape() const {
    std::string names;
    with_root([&](Value root) -> Status {
        simdjson::ondemand::object object;
        if (root.get_object().get(object)) return {};
        for (auto field : object) {
            std::string_view key;
            if (field.unescaped_key().get(key)) return {};
            if (names.size() < 200) names += (names.empty() ? "" : ", ") + printable(key, 60);
        }
        return {};
    }).ignore("it is a hint only");
    return names.empty() ? "an array or an empty object" : "an object with " + names;
}

JsonPage::JsonPage(std::unique_ptr<State> state) : state_(std::move(state)) {}
JsonPage::JsonPage(JsonPage&&) noexcept = default;
JsonPage::~JsonPage() = default;

Result<JsonPage> JsonPage::parse(const std::string& body) {
    constexpr size_t kShownBefore = 30, kShown = 60;
    Checker checker;
    if (!nlohmann::json::sax_parse(body, &checker)) {
        const size_t offset = std::min(checker.fault_offset, body.size());
        const size_t start = offset - std::min(offset, kShownBefore);
        return corrupt("not JSON from byte " + std::to_string(offset) + " on: '" +
                       printable(std::string_view(body).substr(start, kShown)) + "'");
    }
    auto state = std::make_unique<State>();
    state->text = simdjson::padded_string(body);
    return JsonPage(std::move(state));
}

Status JsonPage::each_record(const JsonPath* path,
                             const std::function<Status(std::string_view)>& visit) const {
    if (path == nullptr) {
        return state_->with_root([&](Value root) -> Status {
            json_type type{};
            if (const auto error = root.type().get(type)) return failed(error);
            if (type == json_type::array) return visit_records(root, visit);
            return failed_precondition("the answer is " + state_->shape() + ", not an array")
                .hint("say where the records are, such as `records: data`");
        });
    }
    bool is_found = false;
    const auto& steps = path->steps();
    const bool is_list = !steps.empty() && steps.back().kind == JsonPath::Kind::all;
    const Visit take = [&](Value value) -> Status {
        is_found = true;
        if (is_list) return visit(TRY(raw_text(value)));
        return visit_records(value, visit);
    };
    TRY(state_->at(*path, take));
    if (is_found || is_list) return {};
    return failed_precondition("there is no '" + path->text() + "' in the answer: it is " +
                               state_->shape())
        .hint("say in `records:` where the records are");
}

Result<std::optional<std::string>> JsonPage::value(const JsonPath& path) const {
    std::optional<std::string> found;
    const Visit take = [&](Value value) -> Status {
        json_type type{};
        if (const auto error = value.type().get(type)) return failed(error);
        if (type == json_type::null) return {};
        if (type == json_type::array || type == json_type::object) {
            return failed_precondition("'" + path.text() + "' is no single value");
        }
        if (type != json_type::string) {
            found = TRY(raw_text(value));
            return {};
        }
        std::string_view text;
        if (const auto error = value.get_string().get(text)) return failed(error);
        found = text;
        return {};
    };
    TRY(state_->at(path, take));
    return found;
}

std::optional<std::string> field_of(std::string_view record, std::string_view name) {
    const simdjson::padded_string text(record);
    simdjson::ondemand::parser parser;
    simdjson::ondemand::document document;
    simdjson::ondemand::object object;
    if (parser.iterate(text).get(document) || document.get_object().get(object)) return {};
    for (auto field : object) {
        std::string_view key, plain;
        if (field.unescaped_key().get(key)) return {};
        if (lower_ascii(key) != lower_ascii(name)) continue;
        Value value = field.value();
        json_type type{};
        if (value.type().get(type) || type == json_type::array || type == json_type::object) {
            return {};
        }
        if (type == json_type::null) return {};
        if (type != json_type::string) return std::string(trim(value.raw_json_token()));
        if (value.get_string().get(plain)) return {};
        return std::string(plain);
    }
    return {};
}

}  // namespace quern::data::http
