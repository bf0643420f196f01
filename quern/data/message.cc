#include "quern/data/message.h"

#include <algorithm>
#include <utility>

#include "quern/base/json.h"
#include "quern/base/text.h"
#include "quern/data/avro/decoder.h"
#include "quern/data/record_scanner.h"
#include "quern/data/spool.h"

namespace quern::data {

MessageReader::MessageReader(MessageFormat format) : format_(std::move(format)) {
    if (format_.name == "text") format_.names = {"value"};
    for (const auto& name : format_.names) keys_.push_back(json_string(name) + ':');
}

Result<MessageReader> MessageReader::create(MessageFormat format) {
    const bool is_csv = format.name == "csv";
    if (is_csv == format.names.empty()) {
        return invalid_argument(is_csv ? "`value: csv` needs `names`, one for each field"
                                       : "`names` are for `value: csv`");
    }
    if (format.delimiter.size() != 1) {
        return invalid_argument("'delimiter' must be one character, got '" + format.delimiter +
                                "'");
    }
    if ((format.name == "avro") == format.schema.empty()) {
        return invalid_argument("`value: avro`, and no other, needs a `schema`");
    }
    MessageReader reader(std::move(format));
    if (!reader.format_.schema.empty()) TRY(reader.read_schema());
    return reader;
}

Status MessageReader::read_schema() {
    schema_ = std::make_unique<AvroSchema>(TRY(AvroSchema::parse(format_.schema)));
    columns_ = TRY(schema_->columns());
    return {};
}

std::string MessageReader::add(std::string& line, size_t start, std::string_view value) {
    value.remove_prefix(std::min(value.size(), static_cast<size_t>(format_.skip_bytes)));
    if (format_.name == "json") {
        if (append_json_fields(line, value)) return "";
        line.resize(start);
        append_json_raw(line, value);
        // A blank line would be passed over.
        if (trim(value).empty()) line += "\"\"";
        return "";
    }
    const bool is_avro = schema_ != nullptr;
    std::string reason = is_avro ? add_avro(line, value) : add_fields(line, value);
    if (reason.empty()) {
        if (!is_avro) line += '}';
        return "";
    }
    line.resize(start);
    line += "\"\"";
    return reason;
}

std::string MessageReader::add_avro(std::string& line, std::string_view value) {
    decoded_.clear();
    const auto status = AvroDecoder(*schema_).append_json(value, decoded_);
    if (!status.ok()) return std::string(status.message());
    if (!value.empty()) {
        return plural(static_cast<int64_t>(value.size()), "byte") + " more than the schema tells";
    }
    append_json_fields(line, decoded_);
    return "";
}

std::string MessageReader::add_fields(std::string& line, std::string_view value) {
    std::vector<std::string> fields;
    if (format_.name == "text") {
        fields.emplace_back(value);
    } else {
        while (value.ends_with('\n') || value.ends_with('\r')) value.remove_suffix(1);
        fields = split_fields(value, {.delimiter = format_.delimiter});
    }
    if (fields.size() != keys_.size()) {
        return plural(static_cast<int64_t>(fields.size()), "field") + ", expected " +
               std::to_string(keys_.size());
    }
    for (size_t i = 0; i < fields.size(); ++i) {
        if (!line.ends_with('{')) line += ',';
        line += keys_[i];
        if (format_.name == "text") {
            append_json_text(line, fields[i]);
        } else if (fields[i].empty()) {
            line += "null";
        } else {
            append_json_scalar(line, fields[i]);
        }
    }
    return "";
}

}  // namespace quern::data
