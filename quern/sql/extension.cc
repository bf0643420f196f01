#include "quern/sql/extension.h"

#include <dlfcn.h>
#include <duckdb.h>

#include <algorithm>
#include <vector>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/nearest.h"
#include "quern/base/text.h"

namespace quern::sql {
namespace {

constexpr std::string_view kNames[] = {
    "avro",    "delta",         "ducklake",         "excel",         "httpfs",
    "iceberg", "mysql_scanner", "postgres_scanner", "sqlite_scanner"};

struct Needs {
    std::string_view name, other;
};
// What an extension would otherwise try to fetch by itself.
constexpr Needs kNeeds[] = {{"iceberg", "avro"}, {"iceberg", "httpfs"}, {"delta", "httpfs"}};

struct Setting {
    std::string_view name, text;
};
// A certificate must be right, and keys come from the source's own settings: not from variables
// that other programs read.
constexpr Setting kSettings[] = {
    {"httpfs",
     "set enable_server_cert_verification = true; set enable_curl_server_cert_verification = true; "
     "set enable_global_s3_configuration = false"},
};

std::vector<std::string> folders() {
    std::vector<std::string> places = {folder_of(absolute_path("/proc/self/exe"))};
    Dl_info engine;
    if (::dladdr(reinterpret_cast<const void*>(&duckdb_library_version), &engine) != 0) {
        places.push_back(folder_of(absolute_path(engine.dli_fname)));
    }
    std::vector<std::string> found;
    for (const std::string& place : places) {
        found.push_back(join_path(place, "extensions"));
        found.push_back(join_path(folder_of(place), "extensions"));
    }
    return found;
}

}  // namespace

std::span<const std::string_view> extension_names() { return kNames; }

Result<std::string> extension_file(std::string_view name) {
    if (std::ranges::find(kNames, name) == std::end(kNames)) {
        return unknown_name("extension of DuckDB", name, {std::begin(kNames), std::end(kNames)});
    }
    const std::string file = std::string(name) + ".duckdb_extension";
    const std::vector<std::string> places = folders();
    for (const std::string& place : places) {
        std::string path = join_path(place, file);
        if (path_exists(path)) return path;
    }
    return not_found("DuckDB's extension '" + std::string(name) + "' is not installed")
        .hint(file + " belongs into " + places.front() + "; run ./dev setup");
}

Status load_extension(Session& session, std::string_view name) {
    const std::string path = TRY(extension_file(name));
    for (const Needs& need : kNeeds) {
        if (need.name == name) TRY(load_extension(session, need.other));
    }
    TRY(session.execute("load " + quote_literal(path)));
    for (const Setting& setting : kSettings) {
        if (setting.name == name) TRY(session.execute(setting.text));
    }
    return {};
}

}  // namespace quern::sql
