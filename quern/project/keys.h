// How the YAML of each kind is described and read. The lists are the only description of the
// keys: reading, refusals, JSON Schemas and reference pages come from them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quern/base/params.h"
#include "quern/project/project.h"

namespace quern::project {

struct Keys {
    std::string_view what;  // "model", in messages
    std::string_view summary;
    std::vector<Param> params;
    // Keys of the language that this version does not build: refused with words of their own.
    std::vector<std::string_view> later;
    // Takes an entry whose key is none of `params`; false: it is refused. May be null.
    bool (*take_other)(void* object, const Tree& map, const Tree::Entry& entry) = nullptr;
};

Keys project_keys();
Keys source_keys();
Keys table_keys();         // of the comment before the SQL
Keys inline_table_keys();  // of a table in quern.yml, with its SQL as a key
Keys model_keys();
Keys service_keys();

// Keys of a model that speak of what stands after it: threshold, calibrate, conformal.
std::vector<Param> output_keys();

Status read_keys(const Keys& keys, const Tree& map, void* object);

// The object's name and place are the caller's to set.
Result<Source> read_source(const Tree& map);
Result<Table> read_table_settings(const Tree& map);
Result<Model> read_model(const Tree& map);
Result<Service> read_service(const Tree& map);
// `text` is the whole file, read as UTF-8.
Result<Table> read_table_file(std::string_view text, const std::string& file);
// `file_text` is the YAML file around it, to find the SQL's place in.
Result<Table> read_inline_table(const Tree& map, std::string_view file_text);

Status read_checks(const Tree& list, std::vector<CheckSpec>& checks);

Shape lookups_shape();
Status read_lookups(Model& model, const Tree& value);

// Keys of a source that speak of loading it again: load, key, cursor, schema, ...
std::vector<Param> loading_keys();

// "3 hours", "90 minutes", in microseconds; `name` is the key's.
Result<int64_t> parse_duration_us(const Tree& value, std::string_view name);

// "4 GB", "512 MiB", "1000": at least one byte.
Result<int64_t> parse_size_bytes(const Tree& value);

// A key whose value is none of the plain field types.
template <class P>
Param custom_param(std::string_view name, Shape shape, std::string_view doc,
                   Status (*read)(P& object, const Tree& value)) {
    Param described;
    described.name = name;
    described.doc = doc;
    described.shape = std::move(shape);
    described.read = [read](void* object, const Tree& value, const Param&) {
        return read(*static_cast<P*>(object), value);
    };
    return described;
}

// One of a few words; the field holds the word's index, as a bool or an enum.
template <class P, class T>
Param choice_param(std::string_view name, T P::* field, std::vector<std::string> words,
                   std::string_view doc) {
    static const P defaults{};
    Param described;
    described.name = name;
    described.doc = doc;
    described.shape = detail::plain_shape("string");
    described.default_text = words[static_cast<size_t>(defaults.*field)];
    described.shape.choices = std::move(words);
    described.read = [field](void* object, const Tree& value, const Param& self) -> Status {
        std::string word;
        TRY(detail::read_value(value, self.shape, self.name, word));
        const auto& choices = self.shape.choices;
        const auto index = std::ranges::find(choices, word) - choices.begin();
        static_cast<P*>(object)->*field = static_cast<T>(index);
        return {};
    };
    return described;
}

Shape map_of(Shape value);
Shape list_of(Shape item);

}  // namespace quern::project
