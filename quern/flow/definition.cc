#include "quern/flow/definition.h"

#include "quern/base/json.h"
#include "quern/base/text.h"

namespace quern::flow {
namespace {

void list_of(const std::vector<Located>& items, std::string_view name, JsonWriter& json) {
    json.key(name).begin_array();
    for (const auto& item : items) json.value(item.text);
    json.end_array();
}

// Only what says which of the landed rows are shown: all else decides what lands.
void add_loading(const project::Loading& loading, JsonWriter& json) {
    json.field("load", static_cast<int>(loading.mode));
    list_of(loading.key, "key", json);
    if (loading.cursor) json.field("cursor", loading.cursor->column.text);
    if (loading.deleted) json.field("deleted", loading.deleted->text);
}

std::string text_of(const std::optional<Located>& value) { return value ? value->text : ""; }

}  // namespace

std::string definition_of(const project::Source& source) {
    JsonWriter json;
    json.begin_object();
    list_of(source.files, "files", json);
    json.field("format", source.format).field("compression", source.compression);
    json.field("encoding", source.encoding).field("delimiter", source.delimiter);
    json.field("quote", source.quote).field("escape", source.escape);
    json.field("comment", source.comment).field("skip_lines", source.skip_lines);
    if (source.has_header) json.field("has_header", *source.has_header);
    if (!source.pattern.text.empty()) json.field("pattern", source.pattern.text);
    json.list("names", source.names).list("null_values", source.null_values);
    json.field("date_format", source.date_format);
    json.field("timestamp_format", source.timestamp_format);
    json.field("decimal_separator", source.decimal_separator);
    json.field("fails_on_bad_row", source.fails_on_bad_row);
    json.field("line_bytes_max", source.line_bytes_max);
    json.field("sample_rows", source.sample_rows);
    if (!source.sheet.empty()) json.field("sheet", source.sheet);
    if (source.header_rows > 0) json.field("header_rows", source.header_rows);
    if (source.origin) add_loading(source.loading, json);
    json.key("columns").begin_array();
    for (const auto& column : source.columns) {
        json.begin_object().field("name", column.name).field("type", lower_ascii(column.type));
        json.field("is_nullable", column.is_nullable).end_object();
    }
    return json.end_array().end_object().take();
}

std::string settings_of(const project::Table& table) {
    JsonWriter json;
    json.begin_object().field("materialize", static_cast<int>(table.materialize));
    list_of(table.key, "key", json);
    return json.end_object().take();
}

std::string definition_of(const project::Lookup& lookup) {
    JsonWriter json;
    json.begin_object().field("table", lower_ascii(lookup.table.text));
    json.key("key").begin_array();
    for (const auto& key : lookup.key) json.value(lower_ascii(key.column.text));
    json.end_array().field("time", text_of(lookup.time)).field("known", text_of(lookup.known));
    return json.end_object().take();
}

std::string definition_of(const project::Model& model) {
    JsonWriter json;
    json.begin_object().field("from", lower_ascii(model.from.text));
    json.field("target", model.target.text).field("task", model.task);
    list_of(model.key, "key", json);
    json.field("time", text_of(model.time)).field("weight", text_of(model.weight));
    json.field("positive", text_of(model.positive));
    list_of(model.features, "features", json);
    list_of(model.exclude, "exclude", json);
    if (!model.lookups.empty()) {
        json.key("lookups").begin_array();
        for (const auto& lookup : model.lookups) {
            json.begin_object().field("name", lookup.name).field("lookup", definition_of(lookup));
            json.key("from").begin_array();
            for (const auto& key : lookup.key) json.value(lower_ascii(key.from.text));
            json.end_array().field("max_age_us", lookup.max_age_us.value_or(-1));
            json.field("fails_if_missing", lookup.fails_if_missing).end_object();
        }
        json.end_array();
    }
    json.field("algorithm", model.algorithm.name);
    json.key("settings").raw(tree_json(model.algorithm.settings));
    if (!model.select.method.empty()) {
        json.field("select", model.select.method);
        json.key("select_settings").raw(tree_json(model.select.settings));
    }
    json.field("split", static_cast<int>(model.split.kind)).field("test", model.split.test);
    json.field("folds", model.split.folds).field("seed", model.split.seed);
    json.field("group", model.split.group.text).field("metric", model.metric);
    if (model.threshold) json.field("threshold", *model.threshold);
    if (const auto& rule = model.threshold_rule) {
        json.key("threshold_rule").begin_object().field("kind", static_cast<int>(rule->kind));
        json.field("false_positive", rule->false_positive);
        json.field("false_negative", rule->false_negative);
        json.field("rate", rule->rate).field("metric", rule->metric).end_object();
    }
    if (const auto& calibrate = model.calibrate; !calibrate.method.empty()) {
        json.key("calibrate").begin_object().field("method", calibrate.method);
        json.field("part", calibrate.part).end_object();
    }
    if (const auto& conformal = model.conformal; conformal.coverage > 0) {
        json.key("conformal").begin_object().field("coverage", conformal.coverage);
        json.field("method", conformal.method).field("part", conformal.part).end_object();
    }
    if (model.explain.kind == "interventional") json.field("background", model.explain.background);
    return json.end_object().take();
}

std::string definition_of(const project::Service& service) {
    JsonWriter json;
    json.begin_object().field("model", lower_ascii(service.model)).field("alias", service.alias);
    if (const auto& contract = service.contract; !(contract == project::Contract())) {
        json.field("type", static_cast<int>(contract.type));
        json.field("null", static_cast<int>(contract.null));
        json.field("range", static_cast<int>(contract.range));
        json.field("category", static_cast<int>(contract.category));
    }
    return json.end_object().take();
}

std::string checks_of(const project::Table& table) {
    JsonWriter json;
    json.begin_array();
    for (const auto& check : table.checks) {
        json.begin_object().field("name", check.name).list("columns", check.columns);
        json.field("mostly", check.mostly).field("severity", static_cast<int>(check.severity));
        json.key("arguments").raw(tree_json(check.arguments)).end_object();
    }
    return json.end_array().take();
}

std::string gates_of(const project::Model& model) {
    JsonWriter json;
    json.begin_array();
    for (const auto& gate : model.gates) json.value(gate.text);
    return json.end_array().take();
}

}  // namespace quern::flow
