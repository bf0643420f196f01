// Avro's files: each value as JSON beside it, from which it becomes the type that the schema says.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <memory>

#include "quern/base/folder.h"
#include "quern/base/text.h"
#include "quern/data/avro/container.h"
#include "quern/data/avro/decoder.h"
#include "quern/data/record_scanner.h"
#include "quern/data/source_format.h"
#include "quern/sql/session.h"

namespace quern::data {
namespace {

struct Lines {
    std::string path;
    int64_t row_count = 0;
    size_t longest_bytes = 0;
};

Status flush(std::string& out, std::FILE* file, const std::string& path) {
    if (std::fwrite(out.data(), 1, out.size(), file) != out.size()) {
        return system_error(errno, "write", path);
    }
    out.clear();
    return {};
}

Result<Lines> write_lines(AvroFile& avro, const StageRequest& request) {
    constexpr size_t kOutBytes = 1 << 20;
    Lines lines{.path = join_path(request.folder, "avro_XXXXXX")};
    const int descriptor = ::mkstemp(lines.path.data());
    if (descriptor < 0) return system_error(errno, "create a temporary file in", request.folder);
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(::fdopen(descriptor, "wb"), &std::fclose);
    AvroDecoder decoder(avro.schema());
    const int64_t row_count_max = request.is_sample ? request.source.sample_rows : INT64_MAX;
    const auto line_bytes_max = static_cast<size_t>(request.source.line_bytes_max);
    std::string out;
    AvroFile::Block block;
    while (lines.row_count < row_count_max && TRY(avro.next(block))) {
        for (int64_t i = 0; i < block.row_count && lines.row_count < row_count_max; ++i) {
            const size_t start = out.size(), left = block.bytes.size();
            const Status status = decoder.append_json(block.bytes, out);
            if (!status.ok()) return avro.broken(std::string(status.message()));
            if (block.bytes.size() == left && i > 0) return avro.broken("its rows hold nothing");
            out += '\n';
            if (out.size() - start > line_bytes_max) {
                return resource_exhausted("row " + std::to_string(lines.row_count + 1) +
                                          " is longer than " + size_text(line_bytes_max))
                    .at(request.name)
                    .hint("raise `line_bytes_max`");
            }
            ++lines.row_count;
            lines.longest_bytes = std::max(lines.longest_bytes, out.size() - start);
            if (out.size() > kOutBytes) TRY(flush(out, file.get(), lines.path));
        }
        if (!block.bytes.empty() && lines.row_count < row_count_max) {
            return avro.broken("it holds more than its rows");
        }
    }
    TRY(flush(out, file.get(), lines.path));
    if (std::fclose(file.release()) != 0) return system_error(errno, "write", lines.path);
    return lines;
}

// Rows of Avro have no lines: their number stands in.
Result<std::vector<Staged::Origin>> locate_rows(const std::string& path,
                                                const std::vector<int64_t>& row_numbers) {
    std::vector<Staged::Origin> origins;
    std::ifstream file(path);
    std::string line;
    for (int64_t number = 1; origins.size() < row_numbers.size() && std::getline(file, line);
         ++number) {
        if (number == row_numbers[origins.size()]) origins.push_back({number, printable(line)});
    }
    return origins;
}

// The types as the engine spells them.
Result<frame::Schema> engine_types(sql::Session& session, const frame::Schema& columns) {
    std::string list;
    for (const auto& column : columns) {
        list += (list.empty() ? "" : ", ") + std::string("null::") + column.type.text() + " as " +
                quote_identifier(column.name);
    }
    return session.columns_of("select " + list);
}

Result<Staged> stage_avro(StageRequest& request) {
    auto avro = TRY(AvroFile::open(request.path, request.name));
    auto columns = avro.schema().columns();
    if (!columns.ok()) return std::move(columns).status().at(request.name);
    const Lines lines = TRY(write_lines(avro, request));
    Staged staged{.name = request.name,
                  .schema = TRY(engine_types(request.session, *columns)),
                  .row_count = lines.row_count};
    std::string list;
    for (const auto& column : staged.schema) {
        // Of bytes the text is read: only a cast of it knows that \x00 is one byte.
        const bool is_bytes = column.type.id == frame::TypeId::blob;
        const auto type = is_bytes ? frame::Type{.id = frame::TypeId::varchar} : column.type;
        list += (list.empty() ? "" : ", ") + quote_literal(column.name) + ": " +
                quote_literal(type.text());
        staged.relation.push_back({column.name, type});
    }
    constexpr size_t kLineBytes = 1 << 20;
    staged.from_sql = "read_json(" + quote_literal(literal_pattern(lines.path)) +
                      ", format = 'newline_delimited', records = true, compression = "
                      "'uncompressed', maximum_object_size = " +
                      std::to_string(std::max(kLineBytes, lines.longest_bytes)) + ", columns = {" +
                      list + "})";
    staged.locate = [path = lines.path](const std::vector<int64_t>& row_numbers) {
        return locate_rows(path, row_numbers);
    };
    return staged;
}

QUERN_REGISTER(SourceFormat)({
    .name = "avro",
    .summary = "Avro files, plain or packed with deflate, snappy or zstandard; types come from the "
               "schema. A file that is cut or damaged is refused as a whole.",
    .example = "file: data/events/*.avro",
    .endings = {".avro"},
    .stage = stage_avro,
});

}  // namespace
}  // namespace quern::data
