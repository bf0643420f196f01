// A JSON document is taken apart into one object a line, so that json and ndjson share the rest.
#include <simdjson.h>

#include <algorithm>

#include "quern/base/file.h"
#include "quern/base/text.h"
#include "quern/data/plain_file.h"
#include "quern/data/source_format.h"

namespace quern::data {
namespace {

Status broken(const std::string& name, std::string_view text, size_t offset, const char* why) {
    const auto place = line_column(text, offset);
    return corrupt(std::string("not JSON: ") + why)
        .at(name + ":" + std::to_string(place.line) + ":" + std::to_string(place.column));
}

// Line ends between the tokens of one value are blanks like any other.
void add_line(std::string& lines, std::string_view value) {
    while (!value.empty() && trim(value).size() < value.size()) value = trim(value);
    const size_t start = lines.size();
    lines += value;
    std::replace_if(
        lines.begin() + static_cast<std::ptrdiff_t>(start), lines.end(),
        [](char c) { return c == '\n' || c == '\r'; }, ' ');
    lines += '\n';
}

struct Elements {
    std::string text;            // one a line
    std::vector<int64_t> lines;  // where each begins
};

Result<Elements> elements_of_array(const simdjson::padded_string& text, const std::string& name) {
    const std::string_view all(text.data(), text.size());
    simdjson::ondemand::parser parser;
    simdjson::ondemand::document document;
    simdjson::ondemand::array array;
    if (const auto error = parser.iterate(text).get(document)) {
        return broken(name, all, 0, simdjson::error_message(error));
    }
    if (const auto error = document.get_array().get(array)) {
        return broken(name, all, 0, simdjson::error_message(error));
    }
    Elements elements;
    size_t seen = 0, end = all.find('[') + 1;
    int64_t line = 1;
    for (auto element : array) {
        simdjson::ondemand::value value;
        std::string_view raw;
        auto error = element.get(value);
        if (!error) error = simdjson::simdjson_result(value.raw_json_token()).get(raw);
        const char* start = raw.data();
        if (!error && (raw.starts_with('{') || raw.starts_with('['))) {
            if (raw[0] == '{') {
                simdjson::ondemand::object object;
                error = value.get_object().get(object);
                if (!error) error = object.raw_json().get(raw);
            } else {
                simdjson::ondemand::array inner;
                error = value.get_array().get(inner);
                if (!error) error = inner.raw_json().get(raw);
            }
        }
        if (error) return broken(name, all, seen, simdjson::error_message(error));
        const auto offset = static_cast<size_t>(start - text.data());
        line += std::count(all.begin() + static_cast<std::ptrdiff_t>(seen),
                           all.begin() + static_cast<std::ptrdiff_t>(offset), '\n');
        seen = offset;
        end = offset + raw.size();
        elements.lines.push_back(line);
        add_line(elements.text, raw);
    }
    if (trim(all.substr(end)) != "]") {
        return broken(name, all, end, "the array does not end after its last value");
    }
    return elements;
}

Result<Staged> stage_json(StageRequest& request) {
    const project::Source& source = request.source;
    const auto plain =
        TRY(plain_file(request.path, request.name, request.folder,
                       {.compression = source.compression, .encoding = source.encoding}));
    const std::string bytes = TRY(read_file(plain.path));
    const auto first = trim(bytes);
    if (first.empty()) {
        return invalid_argument("the file is empty").at(request.name).hint("[] holds no rows");
    }
    const size_t bad = first_not_utf8(bytes);
    if (bad != std::string_view::npos) {
        return broken(request.name, bytes, bad, "bytes that are not UTF-8")
            .hint(encoding_hint(source, "latin-1") + ", or what else it is written in");
    }
    const simdjson::padded_string text(bytes);
    Elements elements;
    if (first.front() == '[') {
        elements = TRY(elements_of_array(text, request.name));
        if (elements.lines.empty()) {
            return invalid_argument("the array holds no rows, so it has no columns")
                .at(request.name + ":1");
        }
    } else {
        simdjson::dom::parser parser;
        if (parser.parse(text).error() != simdjson::SUCCESS) {
            return stage_json_lines(request, {plain.path, {}});
        }
        elements.lines.push_back(1);
        add_line(elements.text, bytes);
    }
    const std::string path = join_path(request.folder, file_name(plain.path) + ".lines");
    TRY(write_file_durable(path, elements.text));
    return stage_json_lines(request, {path, std::move(elements.lines)});
}

QUERN_REGISTER(SourceFormat)({
    .name = "json",
    .summary = "A JSON document: an array of objects, or one object. Up to 4 GB; ndjson has no "
               "such limit.",
    .example = "file: data/products.json",
    .endings = {".json"},
    .stage = stage_json,
});

}  // namespace
}  // namespace quern::data
