#include "quern/data/avro/schema.h"

#include <algorithm>
#include <map>
#include <optional>

#include <nlohmann/json.hpp>

#include "quern/base/text.h"

namespace quern::data {

using Kind = AvroType::Kind;
using Meaning = AvroType::Meaning;

namespace {

using Json = nlohmann::json;

constexpr int kDepthMax = 60;
constexpr size_t kTypesMax = 100'000;
constexpr int64_t kDigitsMax = 38;  // of a DECIMAL

Status not_a_schema(std::string why) { return invalid_argument("no schema of Avro: " + why); }

std::optional<Kind> plain_kind(std::string_view name) {
    constexpr std::pair<std::string_view, Kind> kPlain[] = {
        {"null", Kind::null},   {"boolean", Kind::boolean}, {"int", Kind::int32},
        {"long", Kind::int64},  {"float", Kind::float32},   {"double", Kind::float64},
        {"bytes", Kind::bytes}, {"string", Kind::text},
    };
    for (const auto& [known, kind] : kPlain) {
        if (known == name) return kind;
    }
    return std::nullopt;
}

// Of a name that is not known, or does not fit its type: none, as Avro wants it.
Meaning meaning_of(std::string_view name, Kind kind) {
    struct Known {
        std::string_view name;
        Kind kind;
        Meaning meaning;
    };
    constexpr Known kKnown[] = {
        {"date", Kind::int32, Meaning::date},
        {"time-millis", Kind::int32, Meaning::time_ms},
        {"time-micros", Kind::int64, Meaning::time_us},
        {"timestamp-millis", Kind::int64, Meaning::moment_ms},
        {"timestamp-micros", Kind::int64, Meaning::moment_us},
        {"timestamp-nanos", Kind::int64, Meaning::moment_ns},
        {"local-timestamp-millis", Kind::int64, Meaning::local_ms},
        {"local-timestamp-micros", Kind::int64, Meaning::local_us},
        {"local-timestamp-nanos", Kind::int64, Meaning::local_ns},
        {"decimal", Kind::bytes, Meaning::decimal},
        {"decimal", Kind::fixed, Meaning::decimal},
        {"uuid", Kind::text, Meaning::uuid},
    };
    for (const Known& known : kKnown) {
        if (known.name == name && known.kind == kind) return known.meaning;
    }
    return Meaning::none;
}

std::string text_of(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

int64_t number_of(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

}  // namespace

class AvroParser {
public:
    explicit AvroParser(std::vector<AvroType>& types) : types_(types) {}

    Result<size_t> parse(const Json& json, const std::string& space, int depth = 0) {
        if (depth > kDepthMax || types_.size() > kTypesMax) return not_a_schema("it is too deep");
        if (json.is_string()) return named(json.get<std::string>(), space);
        if (json.is_array()) return alternatives(json, space, depth);
        if (!json.is_object()) return not_a_schema("a type is a name, a list or a map");
        const auto inner = json.find("type");
        if (inner == json.end()) return not_a_schema("a map without 'type'");
        if (!inner->is_string()) return parse(*inner, space, depth + 1);
        const std::string word = inner->get<std::string>();
        if (word == "record" || word == "error") return record(json, space, depth);
        if (word == "enum" || word == "fixed") return small(json, word, space);
        if (word == "array" || word == "map") return several(json, word, space, depth);
        const auto kind = plain_kind(word);
        if (!kind) return named(word, space);
        AvroType type{.kind = *kind};
        TRY(take_meaning(json, type));
        return add(std::move(type));
    }

private:
    size_t add(AvroType type) {
        types_.push_back(std::move(type));
        return types_.size() - 1;
    }

    Result<size_t> named(const std::string& name, const std::string& space) {
        if (const auto kind = plain_kind(name)) return add({.kind = *kind});
        for (const std::string& full : {space + "." + name, name}) {
            const auto found = known_.find(full);
            if (found != known_.end()) return found->second;
        }
        return not_a_schema("nothing is named '" + name + "'");
    }

    // The type's whole name, and the space that names inside of it are in.
    Result<size_t> begin(const Json& json, AvroType type, std::string& space) {
        const std::string name = text_of(json, "name");
        if (name.empty()) return not_a_schema("a record, enum or fixed needs a name");
        const size_t dot = name.rfind('.');
        if (dot != name.npos) {
            space = name.substr(0, dot);
        } else if (json.contains("namespace")) {
            space = text_of(json, "namespace");
        }
        const size_t index = add(std::move(type));
        const std::string last = dot == name.npos ? name : name.substr(dot + 1);
        const bool is_new = known_.emplace(space.empty() ? last : space + "." + last, index).second;
        if (!is_new) return not_a_schema("two types are named '" + name + "'");
        return index;
    }

    Result<size_t> record(const Json& json, std::string space, int depth) {
        const size_t index = TRY(begin(json, {.kind = Kind::record}, space));
        const auto fields = json.find("fields");
        if (fields == json.end() || !fields->is_array()) return not_a_schema("a record has fields");
        for (const Json& field : *fields) {
            const std::string name = field.is_object() ? text_of(field, "name") : "";
            if (name.empty() || !field.contains("type")) {
                return not_a_schema("a field needs a name and a type");
            }
            const size_t part = TRY(parse(field["type"], space, depth + 1));
            types_[index].names.push_back(name);
            types_[index].parts.push_back(part);
        }
        return index;
    }

    Result<size_t> small(const Json& json, const std::string& word, std::string space) {
        AvroType type{.kind = word == "fixed" ? Kind::fixed : Kind::enumeration};
        if (type.kind == Kind::fixed) {
            constexpr int64_t kSizeMax = 1 << 24;
            type.size = number_of(json, "size");
            if (type.size < 0 || type.size > kSizeMax) return not_a_schema("a fixed has a size");
            TRY(take_meaning(json, type));
        } else {
            for (const Json& symbol : json.value("symbols", Json::array())) {
                if (symbol.is_string()) type.names.push_back(symbol.get<std::string>());
            }
            if (type.names.empty()) return not_a_schema("an enum has symbols");
        }
        return begin(json, std::move(type), space);
    }

    Result<size_t> several(const Json& json, const std::string& word, const std::string& space,
                           int depth) {
        const char* key = word == "array" ? "items" : "values";
        if (!json.contains(key)) return not_a_schema("an " + word + " has " + key);
        const size_t part = TRY(parse(json[key], space, depth + 1));
        return add({.kind = word == "array" ? Kind::array : Kind::map, .parts = {part}});
    }

    Result<size_t> alternatives(const Json& json, const std::string& space, int depth) {
        AvroType type{.kind = Kind::alternatives};
        for (const Json& one : json) type.parts.push_back(TRY(parse(one, space, depth + 1)));
        if (type.parts.empty()) return not_a_schema("a union of nothing");
        return add(std::move(type));
    }

    Status take_meaning(const Json& json, AvroType& type) {
        type.meaning = meaning_of(text_of(json, "logicalType"), type.kind);
        if (type.meaning != Meaning::decimal) return {};
        type.precision = number_of(json, "precision");
        type.scale = number_of(json, "scale");
        const bool is_fine = type.precision > 0 && type.scale >= 0 && type.scale <= type.precision;
        if (!is_fine) type.meaning = Meaning::none;
        return {};
    }

    std::vector<AvroType>& types_;
    std::map<std::string, size_t> known_;
};

Result<AvroSchema> AvroSchema::parse(std::string_view json) {
    const Json parsed = Json::parse(json, nullptr, /*allow_exceptions=*/false);
    if (parsed.is_discarded()) return not_a_schema("it is not JSON");
    AvroSchema schema;
    schema.root_ = TRY(AvroParser(schema.types_).parse(parsed, ""));
    return schema;
}

size_t AvroSchema::without_null(size_t index) const {
    const AvroType& type = types_[index];
    if (type.kind != Kind::alternatives) return index;
    std::optional<size_t> only;
    for (const size_t part : type.parts) {
        if (types_[part].kind == Kind::null) continue;
        if (only) return index;
        only = part;
    }
    return only.value_or(index);
}

std::string AvroSchema::sql_type(size_t index) const {
    std::vector<size_t> around;
    return sql_type(index, around);
}

std::string AvroSchema::sql_type(size_t index, std::vector<size_t>& around) const {
    index = without_null(index);
    const AvroType& type = types_[index];
    if (std::ranges::find(around, index) != around.end()) return "VARCHAR";
    switch (type.meaning) {
        case Meaning::none:
            break;
        case Meaning::date:
            return "DATE";
        case Meaning::time_ms:
        case Meaning::time_us:
            return "TIME";
        case Meaning::moment_ms:
        case Meaning::moment_us:
        case Meaning::moment_ns:
            return "TIMESTAMP WITH TIME ZONE";
        case Meaning::local_ms:
        case Meaning::local_us:
        case Meaning::local_ns:
            return "TIMESTAMP";
        case Meaning::uuid:
            return "UUID";
        case Meaning::decimal:
            if (type.precision > kDigitsMax) return "VARCHAR";
            return "DECIMAL(" + std::to_string(type.precision) + "," + std::to_string(type.scale) +
                   ")";
    }
    switch (type.kind) {
        case Kind::boolean:
            return "BOOLEAN";
        case Kind::int32:
            return "INTEGER";
        case Kind::int64:
            return "BIGINT";
        case Kind::float32:
            return "FLOAT";
        case Kind::float64:
            return "DOUBLE";
        // Within others JSON has no bytes: as texts, with \x00 for what is no letter.
        case Kind::bytes:
        case Kind::fixed:
            return around.size() <= 1 ? "BLOB" : "VARCHAR";
        case Kind::null:
        case Kind::text:
        case Kind::enumeration:
        case Kind::alternatives:
            return "VARCHAR";
        case Kind::record:
        case Kind::array:
        case Kind::map:
            break;
    }
    around.push_back(index);
    std::string sql;
    if (type.kind == Kind::array) sql = sql_type(type.parts[0], around) + "[]";
    if (type.kind == Kind::map) sql = "MAP(VARCHAR, " + sql_type(type.parts[0], around) + ")";
    if (type.kind == Kind::record) {
        for (size_t i = 0; i < type.parts.size(); ++i) {
            sql += (i == 0 ? "STRUCT(" : ", ") + quote_identifier(type.names[i]) + " " +
                   sql_type(type.parts[i], around);
        }
        sql = type.parts.empty() ? "VARCHAR" : sql + ")";
    }
    around.pop_back();
    return sql;
}

Result<frame::Schema> AvroSchema::columns() const {
    const AvroType& record = types_[root_];
    if (record.kind != Kind::record || record.parts.empty()) {
        return invalid_argument("the schema is no record with fields, so it has no columns");
    }
    frame::Schema columns;
    for (size_t i = 0; i < record.parts.size(); ++i) {
        if (frame::column_index(columns, record.names[i]) >= 0) {
            return invalid_argument("two fields are named '" + record.names[i] + "'");
        }
        std::vector<size_t> around = {root_};
        columns.push_back(
            {record.names[i], frame::type_from_sql(sql_type(record.parts[i], around))});
    }
    return columns;
}

}  // namespace quern::data
